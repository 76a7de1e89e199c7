"""The configuration that the hub wants this unit to have, as a file."""

from collections.abc import Mapping
from pathlib import Path

import tomli_w
from pydantic import JsonValue, RootModel, ValidationError

from edge_agent.contracts.config import AgentConfig
from edge_agent.errors import HubError
from edge_agent.store.files import write_atomically
from edge_agent.sync.files import disk_told

_CONFIG_MODE = 0o640


class ConfigTree(RootModel[dict[str, JsonValue]]):
    """The tree as the hub sends it, unchecked."""


def desired_config(tree: Mapping[str, JsonValue], hub_url: str, folder: Path) -> AgentConfig:
    """Return the hub's tree with what only the unit knows: how it reaches the hub, and where its files lie.

    Raises HubError that names the field which this version does not take.
    """
    hub = tree.get("hub")
    known = hub if isinstance(hub, dict) else {}
    try:
        return AgentConfig.model_validate({**tree, "hub": {"url": hub_url, **known}, "folder": str(folder)})
    except ValidationError as error:
        problem = error.errors(include_input=False)[0]
        where = ".".join(map(str, problem["loc"]))
        raise HubError(f"the hub's configuration for this unit is not valid: {where}: {problem['msg']}") from error


def write_config(path: Path, config: AgentConfig) -> bool:
    """Write a configuration file, defaults left out; return whether it changed. Raises DiskError."""
    text = tomli_w.dumps(config.model_dump(mode="json", exclude_defaults=True, exclude_none=True)).encode()
    with disk_told(path):
        if path.exists() and path.read_bytes() == text:
            return False
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, text, _CONFIG_MODE)
    return True
