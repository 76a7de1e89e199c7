"""In-store edge agent: from a Bluetooth advertisement to a message on a screen and a card on a tablet."""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("edge-agent")
except PackageNotFoundError:  # imported from a source tree that was never installed
    __version__ = "0+unknown"
