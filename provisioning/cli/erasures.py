"""``edge-fleet erasures``."""

import click

from edge_agent.contracts.config import HubServerConfig
from edge_agent.contracts.platform import ERASURES_MAX
from provisioning.cli.on_hub import on_hub, opened
from provisioning.report import console, erasure_table


@click.command()
@click.argument("store")
@on_hub
def erasures(config: HubServerConfig, store: str) -> None:
    """Show which units of a store have not confirmed that they erased whom."""
    with opened(config) as hub:
        found, now_s = hub.erasures.unconfirmed(store), hub.now().timestamp()
    if not found:
        click.echo(f"store {store}: every unit has confirmed every erasure")
        return
    console().print(erasure_table(found, now_s))
    if len(found) == ERASURES_MAX:
        click.echo(f"the oldest {ERASURES_MAX}; there may be more")
