"""``python -m display`` is ``edge-display``."""

from display.cli import main

main()
