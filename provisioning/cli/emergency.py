"""``edge-fleet emergency``."""

import click

from edge_agent.contracts.catalogue import Emergency
from edge_agent.contracts.config import HubServerConfig
from provisioning.cli.on_hub import on_hub, opened
from provisioning.hub.context import Hub
from provisioning.hub.problem import ProblemError
from provisioning.typed import typed_emergency


@click.command()
@click.argument("stores", nargs=-1)
@click.option("--all", "everywhere", is_flag=True, help="In every store.")
@click.option("--headline", "headlines", multiple=True, metavar="LANG=TEXT", help="What to do; for every language.")
@click.option("--body", "bodies", multiple=True, metavar="LANG=TEXT", help="Where to go; for every language, or none.")
@click.option("--until", metavar="TIME", help="When it ends by itself: +2h, or 2026-05-04T18:00+02:00.")
@click.option("--end", is_flag=True, help="End it now.")
@on_hub
def emergency(
    config: HubServerConfig,
    stores: tuple[str, ...],
    everywhere: bool,
    headlines: tuple[str, ...],
    bodies: tuple[str, ...],
    until: str | None,
    end: bool,
) -> None:
    """Show an emergency on every screen of a store within seconds, or end it.

    edge-fleet emergency vienna-1 --until +2h --headline "en=Please leave the building" --headline "de=..."
    """
    if bool(stores) == everywhere:
        raise click.UsageError("say where: STORE..., or --all")
    if end == bool(headlines or bodies or until):
        raise click.UsageError("say what: --headline and --until, or --end")
    if not end and not (headlines and until):
        raise click.UsageError("--headline and --until are needed: it must end by itself, also where the line is down")
    with opened(config) as hub:
        known = sorted(hub.fleet.sequences())
        if unknown := set(stores) - set(known):
            raise click.UsageError(f"there is no such store: {', '.join(sorted(unknown))}")
        told = None if end else typed_emergency(headlines, bodies, until or "", hub.now())
        refused = [name for name in (known if everywhere else stores) if not _tell(hub, name, told)]
    if refused:
        raise click.ClickException(f"not shown in: {', '.join(refused)}")


def _tell(hub: Hub, store: str, emergency: Emergency | None) -> bool:
    """Begin or end an emergency in one store; what one store refuses must not keep it from the others."""
    try:
        if emergency is None:
            ended = hub.emergencies.end(store)
            click.echo(f"store {store}: {'the emergency is over' if ended else 'there was no emergency'}")
        else:
            hub.emergencies.put(store, emergency, hub.now())
            click.echo(f"store {store}: on its screens within seconds, until {emergency.valid_until:%Y-%m-%d %H:%M %Z}")
    except ProblemError as error:
        click.echo(f"store {store}: {error.problem.title} {error.problem.detail}", err=True)
        return False
    return True
