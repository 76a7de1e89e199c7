"""``edge-fleet unit``."""

from pathlib import Path

import click

from edge_agent.contracts.config import HubServerConfig
from provisioning.cli.on_hub import FILE, on_hub, opened
from provisioning.files import SECRET_MODE, write_atomically
from provisioning.hub.context import Hub
from provisioning.settings import read_toml


@click.group()
def unit() -> None:
    """Units of a store."""


@unit.command("add")
@click.argument("store")
@click.argument("name")
@click.option("--zone", required=True, help='The area that it serves, as a clerk would say it: "Outdoor".')
@click.option("--config-file", type=FILE, help="Any part of its configuration.")
@click.option("--claim-file", type=FILE, help="Write the claim here, mode 0600.")
@on_hub
def unit_add(
    config: HubServerConfig, store: str, name: str, zone: str, config_file: Path | None, claim_file: Path | None
) -> None:
    """Make a unit, or give it a new configuration, and hand out a claim. The claim is shown once."""
    with opened(config) as hub:
        part = read_toml(config_file) if config_file else {}
        hub.fleet.add_unit(store, name, zone, part, hub.now())
        _hand_out(hub, store, name, claim_file)


@unit.command("claim")
@click.argument("store")
@click.argument("name")
@click.option("--claim-file", type=FILE, help="Write the claim here, mode 0600.")
@on_hub
def unit_claim(config: HubServerConfig, store: str, name: str, claim_file: Path | None) -> None:
    """Hand out a new claim for a unit; an unused older one stops working."""
    with opened(config) as hub:
        hub.fleet.config(store, name)
        _hand_out(hub, store, name, claim_file)


@unit.command("revoke")
@click.argument("store")
@click.argument("name")
@on_hub
def unit_revoke(config: HubServerConfig, store: str, name: str) -> None:
    """Refuse a unit from now on: it is lost, stolen or replaced."""
    with opened(config) as hub:
        hub.fleet.config(store, name)
        hub.fleet.revoke(store, name)
    click.echo(f"unit {name} of store {store} is refused from now on; a new claim lets it enrol again")


def _hand_out(hub: Hub, store: str, name: str, claim_file: Path | None) -> None:
    claim = hub.enrolment.new_claim(store, name, hub.now())
    days = int(hub.config.claim_s // 86_400)
    text = claim.text(f"claim for unit {name} of store {store}; works once, within {days} days")
    if claim_file is None:
        click.echo(text, nl=False)
        return
    write_atomically(claim_file, text.encode(), SECRET_MODE)
    address = f"https://{hub.config.names[0]}:{hub.config.port}"
    click.echo(
        f"{claim_file}: claim for unit {name} of store {store}; "
        f"on the unit: edge-agent enrol --hub {address} --claim-file FILE"
    )
