"""``edge-display``, with a sentence where the display's libraries are not installed."""

import sys


def main() -> None:
    """Run ``edge-display``."""
    from display.cli import main as display

    try:
        display()
    except ModuleNotFoundError as error:
        sys.exit(f"edge-display needs {error.name}, which this unit does not have: pip install 'edge-agent[display]'")


if __name__ == "__main__":
    main()
