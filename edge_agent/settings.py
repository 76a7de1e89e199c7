"""Load the configuration: a TOML file, and ``EDGE_AGENT_...`` variables over it."""

import tomllib
from pathlib import Path

from pydantic import ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from edge_agent.contracts.config import AgentConfig
from edge_agent.contracts.problems import explain
from edge_agent.errors import FileError


class _Environment(AgentConfig, BaseSettings):
    model_config = SettingsConfigDict(env_prefix="EDGE_AGENT_", env_nested_delimiter="__", extra="forbid", frozen=True)

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
        tree = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise FileError(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise FileError(f"{path}: byte {error.start} is not UTF-8 text") from error
    except tomllib.TOMLDecodeError as error:
        raise FileError(f"{path}: is not TOML: {error}") from error
    try:
        return AgentConfig.model_validate(_Environment(**tree).model_dump())
    except ValidationError as error:
        raise FileError("\n".join(f"{path}: {line}" for line in explain(error))) from error
