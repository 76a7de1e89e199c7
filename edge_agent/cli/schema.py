"""``edge-agent schema``: the interface documents, made from the contracts."""

import json

import click

from edge_agent.contracts.documents import asyncapi, openapi


@click.command()
@click.argument("kind", type=click.Choice(["asyncapi", "openapi"]))
def schema(kind: str) -> None:
    """Print the interface document of the broker (asyncapi) or of the hub (openapi)."""
    document = asyncapi() if kind == "asyncapi" else openapi()
    click.echo(json.dumps(document, indent=2, ensure_ascii=False))
