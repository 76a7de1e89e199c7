"""``edge-agent replay``: a capture through the pipeline of a unit, on a virtual clock."""

import itertools
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import BinaryIO

import click

from edge_agent.cli.counts import tell_counts
from edge_agent.cli.shelf import LEASE_UNTIL, Shelf, read_slice
from edge_agent.contracts.config import AgentConfig, NoticeConfig
from edge_agent.errors import CaptureError, FileError
from edge_agent.events import EventRow, Instant, Outcomes
from edge_agent.identify.index import TokenIndex
from edge_agent.pipeline import Pipeline
from edge_agent.radio.replay import Capture, Heard
from edge_agent.settings import load_config
from edge_agent.simulator.virtual import VirtualUnit

_TAIL_S = 120.0  # after the last record: long enough for every visit to end
_PAUSE_MAX_S = 3600.0  # a longer one is lived through so far, and the rest jumped: nobody is left by then
_LATEST_UNIX_S = 32_503_680_000  # the year 3000
_CLOCK_SET = timedelta(seconds=1)  # further apart than packets that are told a little late


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
    """Feed a CAPTURE (btsnoop, pcap, pcapng) through the pipeline; print visits and decisions as JSON lines."""
    unit = _Unit(read_slice(slice_path), _config(config_path), None if at is None else at.replace(tzinfo=UTC))
    heard = Capture(capture)
    try:
        for one in heard:
            unit.hear(one)
        unit.end()
    except CaptureError as error:
        raise click.ClickException(f"{capture.name}: {error}") from error
    finally:
        click.echo(f"advertisements: {unit.heard}, visits: {unit.visits}", err=True)
        tell_counts("rejected parts of advertisements", unit.rejected)
        tell_counts("packets passed over", heard.skipped)


class _Unit:
    """A unit that lives for one capture."""

    def __init__(self, shelf: Shelf, config: AgentConfig, begin: datetime | None) -> None:
        """``begin``: UTC of the first record; ``None``: as the capture says."""
        numbers = itertools.count(1)
        index = TokenIndex((profile.customer, profile.tokens) for profile in shelf.profiles.values())
        self._pipeline = Pipeline(config, shelf, lambda: f"replay-{next(numbers)}", index)
        self._begin = begin
        self._shift_s = 0.0
        self._elapsed_s = 0.0
        self._jumped_s = 0.0
        self._virtual: VirtualUnit | None = None
        self.heard = 0
        self.visits = 0

    @property
    def rejected(self) -> Mapping[str, int]:
        """What of the advertisements was not understood, by reason."""
        return self._pipeline.rejected

    def hear(self, heard: Heard) -> None:
        """Let the time of the capture pass, then hear one advertisement. Raises FileError for a time that is none."""
        utc = self._utc(heard)
        if self._virtual is None:
            self._pipeline.restore((), (), (), (), LEASE_UNTIL, Instant(0.0, utc, utc_trusted=True))
            self._virtual = VirtualUnit(self._pipeline, utc, self._print)
        virtual = self._virtual
        pause_s = heard.elapsed_s - self._elapsed_s
        virtual.advance(virtual.now_s + min(pause_s, _PAUSE_MAX_S))
        self._elapsed_s = heard.elapsed_s
        self._jumped_s += max(0.0, pause_s - _PAUSE_MAX_S)
        if abs(utc - virtual.instant.utc) > _CLOCK_SET:
            virtual.start = utc - timedelta(seconds=virtual.now_s)
        virtual.put(heard.advertisement)
        self.heard += 1

    def end(self) -> None:
        """Let everybody leave."""
        if self._virtual is not None:
            self._virtual.advance(self._virtual.now_s + _TAIL_S)

    def _utc(self, heard: Heard) -> datetime:
        if self._virtual is None and self._begin is not None:
            self._shift_s = self._begin.timestamp() - heard.unix_s
        unix_s = heard.unix_s + self._shift_s
        if not 0 <= unix_s <= _LATEST_UNIX_S:
            raise FileError(
                f"advertisement {self.heard + 1} is of Unix second {unix_s:.0f}, which is no time: "
                "say with --at when the capture begins"
            )
        return datetime.fromtimestamp(unix_s, UTC)

    def _print(self, outcomes: Outcomes, instant: Instant) -> None:
        at_s = round(instant.monotonic_s + self._jumped_s, 3)
        for row in outcomes.rows:
            if isinstance(row, EventRow):
                self.visits += row.type == "visit.started"
                data = row.data.model_dump(mode="json", exclude_none=True)
                click.echo(json.dumps({"at_s": at_s, "type": row.type, **data}))


def _config(path: Path | None) -> AgentConfig:
    if path is not None:
        return load_config(path)
    return AgentConfig(store="replay", unit="replay", zone="Replay", notice=NoticeConfig(version="replay"))
