"""``edge-fleet load``."""

from pathlib import Path

import click

from edge_agent.contracts.config import HubServerConfig
from provisioning.cli.on_hub import FILE, on_hub, opened
from provisioning.hub.context import Hub
from provisioning.store_file import Loaded, read_campaign_file, read_store_file


@click.command()
@click.argument("store")
@click.option("--file", "path", type=FILE, help="Store file (TOML or JSON): catalogue, campaigns, customers, pictures.")
@click.option(
    "--campaigns", "campaign_path", type=FILE, help="Campaigns alone (TOML or JSON), see: edge-agent campaigns check."
)
@on_hub
def load(config: HubServerConfig, store: str, path: Path | None, campaign_path: Path | None) -> None:
    """Fill a store from a store file, or give it new campaigns."""
    if path is None and campaign_path is None:
        raise click.UsageError("say what to load: --file or --campaigns")
    with opened(config) as hub:
        if path is not None:
            _fill(hub, store, read_store_file(path, store, hub.now()))
        if campaign_path is not None:
            campaigns = read_campaign_file(campaign_path)
            hub.content.put_campaigns(store, campaigns)
            click.echo(f"store {store}: {len(campaigns.campaigns)} campaigns")


def _fill(hub: Hub, store: str, loaded: Loaded) -> None:
    for digest, file in loaded.pictures.items():
        hub.content.copy_file(store, digest, file)
    hub.content.put_catalogue(store, loaded.content.catalogue)
    hub.content.put_campaigns(store, loaded.content.campaigns)
    hub.slices.put(store, loaded.content.customers, hub.now())
    click.echo(
        f"store {store}: {len(loaded.content.catalogue.products)} products, {len(loaded.pictures)} pictures, "
        f"{len(loaded.content.campaigns.campaigns)} campaigns, {len(loaded.content.customers)} customers"
    )
