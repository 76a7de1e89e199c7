"""Read the unit's configuration file: the same file that the agent reads."""

from pathlib import Path

from pydantic import ValidationError

from display.errors import SettingsError
from edge_agent.contracts.config import AgentConfig
from edge_agent.contracts.problems import explain
from edge_agent.contracts.written_file import toml_tree


def load_config(path: Path) -> AgentConfig:
    """Return the configuration in ``path``.

    Raises SettingsError, which names every wrong key with its value and what is allowed.
    """
    try:
        tree = toml_tree(path.read_bytes())
    except OSError as error:
        raise SettingsError(f"{path}: cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise SettingsError(f"{path}: {error}") from error
    try:
        return AgentConfig.model_validate(tree)
    except ValidationError as error:
        raise SettingsError("\n".join(f"{path}: {line}" for line in explain(error))) from error


def parse_size(text: str) -> tuple[int, int]:
    """Return width and height of ``1920x1080`` in pixels. Raises SettingsError for anything else."""
    width, _, height = text.partition("x")
    if not (width.isascii() and width.isdigit() and height.isascii() and height.isdigit()):
        raise SettingsError(f"size = {text!r}: must look like 1920x1080")
    size = int(width), int(height)
    if not all(200 <= side <= 8192 for side in size):
        raise SettingsError(f"size = {text!r}: each side must be 200 to 8192 pixels")
    return size
