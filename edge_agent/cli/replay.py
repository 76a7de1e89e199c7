"""``edge-agent replay``: a capture through the pipeline of a unit, on a virtual clock."""

import itertools
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import BinaryIO

import click
from pydantic import ValidationError

from edge_agent.contracts.base import CustomerId
from edge_agent.contracts.campaign import Campaign
from edge_agent.contracts.catalogue import Product
from edge_agent.contracts.config import AgentConfig, NoticeConfig
from edge_agent.contracts.problems import explain
from edge_agent.contracts.slice import Profile
from edge_agent.contracts.slice_file import SliceFile
from edge_agent.errors import CaptureError, FileError
from edge_agent.events import EventRow, Instant, Outcomes
from edge_agent.identify.index import TokenIndex
from edge_agent.pipeline import Pipeline
from edge_agent.radio.replay import advertisements
from edge_agent.settings import load_config
from edge_agent.simulator.virtual import VirtualUnit

_LEASE = timedelta(hours=24)
_TAIL_S = 120.0  # after the last record: long enough for every visit to end


@click.command()
@click.argument("capture", type=click.File("rb"))
@click.option(
    "--slice",
    "slice_path",
    type=click.Path(path_type=Path, dir_okay=False),
    required=True,
    help="JSON file with profiles, products and campaigns.",
)
@click.option(
    "--config",
    "config_path",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Configuration of the unit; without one, the defaults with a privacy notice.",
)
@click.option("--at", type=click.DateTime(), help="UTC time of the first record. [default: as the capture says]")
def replay(capture: BinaryIO, slice_path: Path, config_path: Path | None, at: datetime | None) -> None:
    """Feed a btsnoop CAPTURE through the pipeline; print visits and decisions as JSON lines."""
    unit = _Unit(read_slice(slice_path), _config(config_path))
    shift_s: float | None = None
    try:
        for unix_s, heard in advertisements(capture):
            if shift_s is None:
                start = datetime.fromtimestamp(unix_s, UTC) if at is None else at.replace(tzinfo=UTC)
                unit.start(start)
                shift_s = unix_s
            unit.virtual.advance(unix_s - shift_s)
            unit.virtual.put(heard)
            unit.heard += 1
        if shift_s is not None:
            unit.virtual.advance(unit.virtual.now_s + _TAIL_S)
    except CaptureError as error:
        raise click.ClickException(f"{capture.name}: {error}") from error
    finally:
        click.echo(f"{unit.heard} advertisements, {unit.visits} visits", err=True)


class Shelf:
    """What a slice file holds, as the pipeline asks for it."""

    def __init__(self, profiles: Iterable[Profile], products: Iterable[Product], campaigns: Sequence[Campaign]) -> None:
        self.profiles: Mapping[CustomerId, Profile] = {profile.customer: profile for profile in profiles}
        self._products = {product.product: product for product in products}
        self._campaigns = campaigns

    def profile(self, customer: CustomerId) -> Profile | None:
        """Return a profile."""
        return self.profiles.get(customer)

    def product(self, product: str) -> Product | None:
        """Return a product."""
        return self._products.get(product)

    def campaigns(self) -> Sequence[Campaign]:
        """Return what could be said."""
        return self._campaigns


def read_slice(path: Path) -> Shelf:
    """Read a slice file. Raises FileError that names the wrong field; a broken profile is only reported."""
    try:
        content = SliceFile.model_validate_json(path.read_bytes())
    except OSError as error:
        raise FileError(f"{path}: {error.strerror}") from error
    except ValidationError as error:
        raise FileError("\n".join(f"{path}: {line}" for line in explain(error))) from error
    profiles = []
    for number, raw in enumerate(content.profiles, start=1):
        try:
            profiles.append(Profile.model_validate(raw))
        except ValidationError as error:
            click.echo(f"{path}: profile {number} is skipped: {'; '.join(explain(error))}", err=True)
    return Shelf(profiles, content.products, content.campaigns)


class _Unit:
    """A unit that lives for one capture."""

    def __init__(self, shelf: Shelf, config: AgentConfig) -> None:
        numbers = itertools.count(1)
        index = TokenIndex((profile.customer, profile.tokens) for profile in shelf.profiles.values())
        self._pipeline = Pipeline(config, shelf, lambda: f"replay-{next(numbers)}", index)
        self.virtual: VirtualUnit
        self.heard = 0
        self.visits = 0

    def start(self, at: datetime) -> None:
        """Begin at the time of the first record."""
        self._pipeline.restore((), (), (), (), at + _LEASE, Instant(0.0, at, utc_trusted=True))
        self.virtual = VirtualUnit(self._pipeline, at, self._print)

    def _print(self, outcomes: Outcomes, instant: Instant) -> None:
        for row in outcomes.rows:
            if isinstance(row, EventRow):
                self.visits += row.type == "visit.started"
                data = row.data.model_dump(mode="json", exclude_none=True)
                click.echo(json.dumps({"at_s": round(instant.monotonic_s, 3), "type": row.type, **data}))


def _config(path: Path | None) -> AgentConfig:
    if path is not None:
        return load_config(path)
    return AgentConfig(store="replay", unit="replay", zone="Replay", notice=NoticeConfig(version="replay"))
