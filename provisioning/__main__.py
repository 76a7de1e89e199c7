"""``edge-fleet``, with a sentence where the hub's libraries are not installed."""

import sys


def main() -> None:
    """Run ``edge-fleet``."""
    try:
        from provisioning.cli import main as fleet
    except ModuleNotFoundError as error:
        sys.exit(f"edge-fleet needs {error.name}, which a unit does not have: pip install 'edge-agent[hub]'")
    fleet()


if __name__ == "__main__":
    main()
