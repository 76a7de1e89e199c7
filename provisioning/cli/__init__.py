"""``edge-fleet``: run the hub, make stores and units, see how they are. Commands are loaded when they are called.

So ``--help`` needs none of the hub's libraries, and says in no time what there is.
"""

import importlib
from typing import Final

import click

_COMMANDS: Final = {
    "hub": "Serve the stores until a signal ends it.",
    "store": "Stores.",
    "unit": "Units of a store.",
    "load": "Fill a store from a store file, or give it new campaigns.",
    "emergency": "Show an emergency on every screen of a store within seconds, or end it.",
    "status": "Show stores and units: how old their data is, what they delivered, and what they have yet to erase.",
    "erasures": "Show which units of a store have not confirmed that they erased whom.",
    "restored": "Say that the database was restored from a backup, before the hub serves again.",
}


class _Commands(click.Group):
    def list_commands(self, _context: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, _context: click.Context, name: str) -> click.Command | None:
        if name not in _COMMANDS:
            return None
        try:
            command: click.Command = getattr(importlib.import_module(f"provisioning.cli.{name}"), name)
        except ModuleNotFoundError as error:
            raise click.ClickException(
                f"edge-fleet {name} needs {error.name}, which a unit does not have: pip install 'edge-agent[hub]'"
            ) from error
        return command

    def format_commands(self, _context: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(_COMMANDS.items()))


@click.command(cls=_Commands)
def main() -> None:
    """Run the hub, make stores and units, and see how they are.

    Every command works on the hub's folder and database; a hub that is running notices.
    """
