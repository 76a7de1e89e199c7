"""The platform's edge gateway: stores pull slices from it and push events to it."""
