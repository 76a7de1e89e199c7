"""``edge-agent enrol``: a new unit gets its identity."""

from pathlib import Path
from typing import TextIO

import click

from edge_agent.contracts.claim import parse_claim
from edge_agent.errors import FileError


@click.command()
@click.option("--hub", "hub_url", required=True, help="Address of the hub: https://hub.example:8443")
@click.option(
    "--claim-file", type=click.File("r"), required=True, help='The claim that edge-fleet made ("-": standard input).'
)
@click.option(
    "--folder",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("/var/lib/edge-agent"),
    show_default=True,
    help="Where the unit keeps its identity and data.",
)
@click.option(
    "--config",
    "config_file",
    type=click.Path(path_type=Path, dir_okay=False),
    default=Path("/etc/edge-agent/agent.toml"),
    show_default=True,
    help="Where its configuration is written.",
)
def enrol(hub_url: str, claim_file: TextIO, folder: Path, config_file: Path) -> None:
    """Make this unit's key, and get its certificate and configuration from the hub. Safe to repeat."""
    from edge_agent.sync.enrol import enrol as get_identity

    try:
        claim = parse_claim(claim_file.read())
    except ValueError as error:
        raise FileError(f"{claim_file.name}: {error}") from error
    config = get_identity(hub_url, claim, folder.absolute(), config_file)
    click.echo(f"this is unit {config.unit} of store {config.store}; next: edge-agent run --config {config_file}")
