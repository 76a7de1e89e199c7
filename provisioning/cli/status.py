"""``edge-fleet status``."""

import click

from edge_agent.contracts.config import HubServerConfig
from provisioning.cli.on_hub import on_hub, opened
from provisioning.report import console, housekeeping_line, show_fleet


@click.command()
@on_hub
def status(config: HubServerConfig) -> None:
    """Show stores and units: how old their data is, what they delivered, and what they have yet to erase."""
    with opened(config) as hub:
        stores, now_s = hub.fleet.status(), hub.now().timestamp()
        owed, done = [hub.erasures.unconfirmed(one.store) for one in stores], hub.housekeeping.last()
    show_fleet(console(), stores, owed, now_s)
    click.echo(housekeeping_line(done, now_s))
