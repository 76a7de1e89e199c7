"""``edge-agent schema``: the documents that are made from the code itself."""

import json

import click

from edge_agent.contracts.asyncapi import asyncapi
from edge_agent.contracts.openapi import openapi
from edge_agent.visit.drawing import drawn


@click.command()
@click.argument("kind", type=click.Choice(["asyncapi", "openapi", "visit"]))
def schema(kind: str) -> None:
    """Print the interface document of the broker (asyncapi) or of the hub (openapi), or the states of a visit."""
    if kind == "visit":
        click.echo(drawn(), nl=False)
        return
    document = asyncapi() if kind == "asyncapi" else openapi()
    click.echo(json.dumps(document, indent=2, ensure_ascii=False))
