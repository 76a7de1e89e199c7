"""``edge-fleet hub``."""

import logging
import sys

import click

from edge_agent.contracts.config import HubServerConfig
from provisioning.cli.on_hub import on_hub
from provisioning.hub.server import serve


@click.command()
@on_hub
def hub(config: HubServerConfig) -> None:
    """Serve the stores until a signal ends it."""
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s", stream=sys.stderr)
    serve(config)
