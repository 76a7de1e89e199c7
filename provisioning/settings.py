"""Configuration files of the platform's side."""

from pathlib import Path
from typing import Any

from pydantic import ValidationError

from edge_agent.contracts.config import HubServerConfig
from edge_agent.contracts.problems import explain
from edge_agent.contracts.written_file import toml_tree


class SettingsError(ValueError):
    """A file is wrong; the message names file, field and what is allowed."""


def read_toml(path: Path) -> dict[str, Any]:
    """Return a TOML file as a tree; raises SettingsError."""
    try:
        return toml_tree(path.read_bytes())
    except OSError as error:
        raise SettingsError(f"{path}: cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise SettingsError(f"{path}: {error}") from error


def hub_config(file: Path | None, folder: Path | None) -> HubServerConfig:
    """Return the hub's configuration; ``folder`` wins over the file. Raises SettingsError."""
    tree = read_toml(file) if file else {}
    if folder:
        tree["folder"] = folder
    try:
        return HubServerConfig.model_validate(tree)
    except ValidationError as error:
        raise SettingsError("\n".join(f"{file or 'hub'}: {line}" for line in explain(error))) from error
