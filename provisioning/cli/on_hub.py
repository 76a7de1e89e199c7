"""What the commands have in common: which hub they work on, and how they fail."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import Final

import click
from sqlalchemy.exc import SQLAlchemyError

from edge_agent.contracts.config import HubServerConfig
from provisioning.hub.context import Hub
from provisioning.hub.problem import ProblemError, first_line
from provisioning.settings import SettingsError, hub_config
from provisioning.store_file import StoreFileError
from provisioning.typed import TypedError

FILE: Final = click.Path(path_type=Path, dir_okay=False)
FOLDER: Final = click.Path(path_type=Path, file_okay=False)

Command = Callable[..., None]


def on_hub(command: Command) -> Command:
    """Give a command the options that name the hub; it gets the hub's configuration as first argument.

    An expected failure is said in a sentence, without a traceback.
    """

    @click.option("--config", type=FILE, help="The hub's configuration (TOML).")
    @click.option("--folder", type=FOLDER, help="The hub's folder. [default: hub]")
    @wraps(command)
    def with_config(config: Path | None, folder: Path | None, **arguments: object) -> None:
        with _spoken():
            command(hub_config(config, folder), **arguments)

    return with_config


@contextmanager
def opened(config: HubServerConfig) -> Iterator[Hub]:
    """Open the hub's folder and database for the length of a block."""
    hub = Hub.open(config)
    try:
        yield hub
    finally:
        hub.close()


@contextmanager
def _spoken() -> Iterator[None]:
    try:
        yield
    except ProblemError as error:
        raise click.ClickException(f"{error.problem.title} {error.problem.detail}".strip()) from error
    except (SettingsError, StoreFileError, TypedError, OSError) as error:
        raise click.ClickException(str(error)) from error
    except SQLAlchemyError as error:
        raise click.ClickException(f"the hub's database cannot be used: {first_line(error)}") from error
