"""The command line of a unit. Commands are loaded when they are called: ``--help`` and small ones stay fast."""

import importlib
import sys
from typing import Final

import click

from edge_agent import __version__
from edge_agent.errors import EdgeError

_COMMANDS: Final = {
    "run": "Run the agent of this unit.",
    "demo": "Show the whole product on this machine.",
    "replay": "Feed a capture through the pipeline, faster than real time.",
    "decode": "Print what the advertisements of a capture contain.",
    "watch": "Show live what this unit hears and how its parts are.",
    "explain": "Tell why this, and why not that, is said to a customer.",
    "doctor": "Tell what is wrong with this unit, and what to do.",
    "screenshot": "Take a picture of what is on the screen, without what is personal.",
    "calibrate": "Measure at 1 m and at 4 m, and set how far away that is for this unit.",
    "token": "Print what an app with a given key must send at a given time.",
    "campaigns": "Check a file of campaigns before it goes to the hub.",
    "enrol": "Give this unit its identity, with a claim code of the hub.",
    "schema": "Print the interface documents (asyncapi, openapi), or the states of a visit.",
}


class _Commands(click.Group):
    def list_commands(self, _context: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, _context: click.Context, name: str) -> click.Command | None:
        if name not in _COMMANDS:
            return None
        command: click.Command = getattr(importlib.import_module(f"edge_agent.cli.{name}"), name)
        return command

    def format_commands(self, _context: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(_COMMANDS.items()))


@click.command(cls=_Commands)
@click.version_option(__version__, package_name="edge-agent")
def cli() -> None:
    """In-store edge agent for beacons and digital displays."""


def main() -> None:
    """Run a command; an error that a person can mend is one line, without a traceback."""
    try:
        cli(standalone_mode=True)
    except EdgeError as error:
        click.echo(f"edge-agent: {error}", err=True)
        sys.exit(1)
