"""``edge-fleet``: run the hub, make stores and units, see how they are."""

import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path

import click
from sqlalchemy.exc import SQLAlchemyError

from edge_agent.contracts.catalogue import Emergency
from edge_agent.contracts.config import HubServerConfig
from edge_agent.contracts.platform import ERASURES_MAX
from provisioning.files import SECRET_MODE, write_atomically
from provisioning.hub.context import Hub
from provisioning.hub.problem import ProblemError, first_line
from provisioning.hub.server import serve
from provisioning.report import console, erasure_table, housekeeping_line, show_fleet
from provisioning.settings import SettingsError, hub_config, read_toml
from provisioning.store_file import Loaded, StoreFileError, read_campaign_file, read_store_file
from provisioning.typed import TypedError, typed_emergency

FILE = click.Path(path_type=Path, dir_okay=False)
FOLDER = click.Path(path_type=Path, file_okay=False)

Command = Callable[..., None]


def on_hub(command: Command) -> Command:
    """Give a command the options that name the hub; it gets the hub's configuration as first argument."""

    @click.option("--config", type=FILE, help="The hub's configuration (TOML).")
    @click.option("--folder", type=FOLDER, help="The hub's folder. [default: hub]")
    @wraps(command)
    def with_config(config: Path | None, folder: Path | None, **arguments: object) -> None:
        with _spoken():
            command(hub_config(config, folder), **arguments)

    return with_config


@click.group()
def main() -> None:
    """Run the hub, make stores and units, and see how they are.

    Every command works on the hub's folder and database; a hub that is running notices.
    """


@main.command()
@on_hub
def hub(config: HubServerConfig) -> None:
    """Serve the stores until a signal ends it."""
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s", stream=sys.stderr)
    serve(config)


@main.group()
def store() -> None:
    """Stores."""


@store.command("add")
@click.argument("name")
@click.option("--timezone", default="UTC", show_default=True, help="IANA name, such as Europe/Vienna.")
@on_hub
def store_add(config: HubServerConfig, name: str, timezone: str) -> None:
    """Make a store."""
    with _opened(config) as opened:
        opened.fleet.add_store(name, timezone, opened.now())
    click.echo(f"store {name} is there; next: edge-fleet unit add {name} UNIT --zone ZONE")


@main.group()
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
    with _opened(config) as opened:
        part = read_toml(config_file) if config_file else {}
        opened.fleet.add_unit(store, name, zone, part, opened.now())
        _hand_out(opened, store, name, claim_file)


@unit.command("claim")
@click.argument("store")
@click.argument("name")
@click.option("--claim-file", type=FILE, help="Write the claim here, mode 0600.")
@on_hub
def unit_claim(config: HubServerConfig, store: str, name: str, claim_file: Path | None) -> None:
    """Hand out a new claim for a unit; an unused older one stops working."""
    with _opened(config) as opened:
        opened.fleet.config(store, name)
        _hand_out(opened, store, name, claim_file)


@unit.command("revoke")
@click.argument("store")
@click.argument("name")
@on_hub
def unit_revoke(config: HubServerConfig, store: str, name: str) -> None:
    """Refuse a unit from now on: it is lost, stolen or replaced."""
    with _opened(config) as opened:
        opened.fleet.config(store, name)
        opened.fleet.revoke(store, name)
    click.echo(f"unit {name} of store {store} is refused from now on; a new claim lets it enrol again")


@main.command()
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
    with _opened(config) as opened:
        if path is not None:
            _fill(opened, store, read_store_file(path, store, opened.now()))
        if campaign_path is not None:
            campaigns = read_campaign_file(campaign_path)
            opened.content.put_campaigns(store, campaigns)
            click.echo(f"store {store}: {len(campaigns.campaigns)} campaigns")


@main.command()
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
    with _opened(config) as opened:
        known = sorted(opened.fleet.sequences())
        if unknown := set(stores) - set(known):
            raise click.UsageError(f"there is no such store: {', '.join(sorted(unknown))}")
        told = None if end else typed_emergency(headlines, bodies, until or "", opened.now())
        refused = [name for name in (known if everywhere else stores) if not _tell_emergency(opened, name, told)]
    if refused:
        raise click.ClickException(f"not shown in: {', '.join(refused)}")


@main.command()
@on_hub
def status(config: HubServerConfig) -> None:
    """Show stores and units: how old their data is, what they delivered, and what they have yet to erase."""
    with _opened(config) as opened:
        stores, now_s = opened.fleet.status(), opened.now().timestamp()
        owed, done = [opened.erasures.unconfirmed(one.store) for one in stores], opened.housekeeping.last()
    show_fleet(console(), stores, owed, now_s)
    click.echo(housekeeping_line(done, now_s))


@main.command()
@on_hub
def restored(config: HubServerConfig) -> None:
    """Say that the database was restored from a backup, before the hub serves again.

    Every unit then loads its slice anew, and numbers of events go on behind those that were lost.
    """
    with _opened(config) as opened:
        count = opened.fleet.restored()
    click.echo(f"{count} stores load their slices anew; now let the platform repeat what it said since the backup")


@main.command()
@click.argument("store")
@on_hub
def erasures(config: HubServerConfig, store: str) -> None:
    """Show which units of a store have not confirmed that they erased whom."""
    with _opened(config) as opened:
        found, now_s = opened.erasures.unconfirmed(store), opened.now().timestamp()
    if not found:
        click.echo(f"store {store}: every unit has confirmed every erasure")
        return
    console().print(erasure_table(found, now_s))
    if len(found) == ERASURES_MAX:
        click.echo(f"the oldest {ERASURES_MAX}; there may be more")


def _fill(opened: Hub, store: str, loaded: Loaded) -> None:
    for digest, file in loaded.pictures.items():
        opened.content.copy_file(store, digest, file)
    opened.content.put_catalogue(store, loaded.content.catalogue)
    opened.content.put_campaigns(store, loaded.content.campaigns)
    opened.slices.put(store, loaded.content.customers, opened.now())
    click.echo(
        f"store {store}: {len(loaded.content.catalogue.products)} products, {len(loaded.pictures)} pictures, "
        f"{len(loaded.content.campaigns.campaigns)} campaigns, {len(loaded.content.customers)} customers"
    )


def _tell_emergency(opened: Hub, store: str, emergency: Emergency | None) -> bool:
    """Begin or end an emergency in one store; what one store refuses must not keep it from the others."""
    try:
        if emergency is None:
            ended = opened.emergencies.end(store)
            click.echo(f"store {store}: {'the emergency is over' if ended else 'there was no emergency'}")
        else:
            opened.emergencies.put(store, emergency, opened.now())
            click.echo(f"store {store}: on its screens within seconds, until {emergency.valid_until:%Y-%m-%d %H:%M %Z}")
    except ProblemError as error:
        click.echo(f"store {store}: {error.problem.title} {error.problem.detail}", err=True)
        return False
    return True


def _hand_out(opened: Hub, store: str, name: str, claim_file: Path | None) -> None:
    claim = opened.enrolment.new_claim(store, name, opened.now())
    days = int(opened.config.claim_s // 86_400)
    text = claim.text(f"claim for unit {name} of store {store}; works once, within {days} days")
    if claim_file is None:
        click.echo(text, nl=False)
        return
    write_atomically(claim_file, text.encode(), SECRET_MODE)
    click.echo(f"{claim_file}: claim for unit {name} of store {store}; on the unit: edge-agent enrol --claim-file FILE")


@contextmanager
def _opened(config: HubServerConfig) -> Iterator[Hub]:
    with _spoken():
        opened = Hub.open(config)
        try:
            yield opened
        finally:
            opened.close()


@contextmanager
def _spoken() -> Iterator[None]:
    """Say an expected failure in a sentence, without a traceback."""
    try:
        yield
    except ProblemError as error:
        raise click.ClickException(f"{error.problem.title} {error.problem.detail}".strip()) from error
    except (SettingsError, StoreFileError, TypedError, OSError) as error:
        raise click.ClickException(str(error)) from error
    except SQLAlchemyError as error:
        raise click.ClickException(f"the hub's database cannot be used: {first_line(error)}") from error
