"""Between a frame and an eye: window, renderer, panel and its power, and the frames written for a live view."""
