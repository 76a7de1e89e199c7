"""``edge-fleet restored``."""

import click

from edge_agent.contracts.config import HubServerConfig
from provisioning.cli.on_hub import on_hub, opened


@click.command()
@on_hub
def restored(config: HubServerConfig) -> None:
    """Say that the database was restored from a backup, before the hub serves again.

    Every unit then loads its slice anew, and numbers of events go on behind those that were lost.
    """
    with opened(config) as hub:
        count = hub.fleet.restored()
    click.echo(f"slices that are loaded anew: {count}; now let the platform repeat what it said since the backup")
