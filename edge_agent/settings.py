"""Load the configuration: a TOML file, and ``EDGE_AGENT_...`` variables over it."""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from pydantic import ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, SettingsError

from edge_agent.contracts.config import AgentConfig
from edge_agent.contracts.problems import explain
from edge_agent.contracts.written_file import toml_tree
from edge_agent.errors import FileError

_PREFIX: Final = "EDGE_AGENT_"
_LEVELS: Final = "__"


class _Environment(AgentConfig, BaseSettings):
    model_config = SettingsConfigDict(env_prefix=_PREFIX, env_nested_delimiter=_LEVELS, extra="forbid", frozen=True)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Variables win over the file, which arrives as initial values."""
        return env_settings, init_settings


def load_config(path: Path) -> AgentConfig:
    """Return the configuration in ``path``, with the variables of the environment over it.

    ``EDGE_AGENT_PRESENCE__ENTER_M=1.5`` sets ``presence.enter_m``. Raises FileError, which names
    every wrong key with its value and what is allowed.
    """
    try:
        tree = toml_tree(path.read_bytes())
    except OSError as error:
        raise FileError(f"{path}: cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise FileError(f"{path}: {error}") from error
    unknown = [name for name in _variables() if _key(name).split(".")[0] not in AgentConfig.model_fields]
    if unknown:
        raise FileError("\n".join(f"{name}: no such key; levels are joined by {_LEVELS!r}" for name in unknown))
    try:
        return AgentConfig.model_validate(_Environment(**tree).model_dump())
    except SettingsError as error:
        raise FileError(f"{_PREFIX}...: {error}; lists are written as JSON") from error
    except ValidationError as error:
        keys = {_key(name): name for name in _variables()}
        raise FileError("\n".join(_place(path, keys, line) for line in explain(error))) from error


def _variables() -> Iterable[str]:
    return sorted(name for name in os.environ if name.startswith(_PREFIX))


def _key(variable: str) -> str:
    return variable.removeprefix(_PREFIX).lower().replace(_LEVELS, ".")


def _place(path: Path, variables: dict[str, str], line: str) -> str:
    """Say where the wrong value was written: in the file, or in a variable."""
    name = next((name for key, name in variables.items() if line.startswith((f"{key} ", f"{key}:"))), None)
    return f"{path}: {line}" if name is None else f"{name}: {line}"
