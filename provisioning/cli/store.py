"""``edge-fleet store``."""

import click

from edge_agent.contracts.config import HubServerConfig
from provisioning.cli.on_hub import on_hub, opened


@click.group()
def store() -> None:
    """Stores."""


@store.command("add")
@click.argument("name")
@click.option("--timezone", default="UTC", show_default=True, help="IANA name, such as Europe/Vienna.")
@on_hub
def store_add(config: HubServerConfig, name: str, timezone: str) -> None:
    """Make a store."""
    with opened(config) as hub:
        hub.fleet.add_store(name, timezone, hub.now())
    click.echo(f"store {name} is there; next: edge-fleet unit add {name} UNIT --zone ZONE")
