"""Decide without an agent: from files, as a unit of this configuration would that has met nobody yet."""

from datetime import datetime
from pathlib import Path
from typing import Any, Final

import click
from pydantic import ValidationError

from edge_agent.admin.reporter import utc
from edge_agent.cli.shelf import LEASE_UNTIL, Shelf, read_campaigns, read_slice
from edge_agent.clock import SystemClock
from edge_agent.contracts.admin import Explain, Explained
from edge_agent.contracts.base import CustomerId, Identifier
from edge_agent.contracts.config import AgentConfig, NoticeConfig
from edge_agent.contracts.problems import explain as problems_of
from edge_agent.contracts.screen import Hello
from edge_agent.errors import FileError
from edge_agent.events import DisplayJoined, Instant
from edge_agent.pipeline import Pipeline
from edge_agent.settings import load_config

_SCREEN: Final = Hello(width_px=1920, height_px=1080)


def explain_from_files(slice_path: Path, campaigns_path: Path | None, question: Explain, **unit: Any) -> Explained:
    """Return why this, why not that would be said to a customer of a slice file. ``unit``: what is known of the unit.

    Raises FileError where a file or an option is wrong, click.UsageError where no customer is named.
    """
    shelf = read_slice(slice_path)
    if campaigns_path is not None:
        shelf = shelf.saying(read_campaigns(campaigns_path))
    if question.customer is None:
        raise click.UsageError(f"name the customer with --customer; {_known(shelf)}")
    config = _config(**unit)
    moment = utc(question.at, config.timezone) or SystemClock().now().utc
    return _explain(shelf, config, question.customer, moment, question.campaign)


def _known(shelf: Shelf) -> str:
    some = ", ".join(list(shelf.profiles)[:5])
    return f"the file has {len(shelf.profiles)}: {some}{', ...' if len(shelf.profiles) > 5 else ''}"


def _config(
    config_path: Path | None, zone: str | None, timezone: str | None, mode: str | None, no_notice: bool
) -> AgentConfig:
    """Return the configuration of a unit that exists, or of one that is only thought of."""
    if config_path is None:
        config = AgentConfig(store="desk", unit="desk", zone="Desk", notice=NoticeConfig(version="desk"))
    else:
        config = load_config(config_path)
    tree = config.model_dump()
    tree.update({name: value for name, value in (("zone", zone), ("timezone", timezone)) if value is not None})
    if mode is not None:
        tree["screen"]["mode"] = mode
    if no_notice:
        tree["notice"]["version"] = None
    try:
        return AgentConfig.model_validate(tree)
    except ValidationError as error:
        raise FileError("\n".join(f"--{line}" for line in problems_of(error))) from error


def _explain(
    shelf: Shelf, config: AgentConfig, customer: CustomerId, at: datetime, campaign: Identifier | None
) -> Explained:
    """Return why this, why not that would be said to a customer of the files at a UTC time.

    The clock is believed, the slice has its lease, and a screen is there if the configuration has one.
    """
    now = Instant(0.0, at, utc_trusted=True)
    pipeline = Pipeline(config, shelf, lambda: "desk")
    pipeline.restore((), (), (), (), LEASE_UNTIL, now)
    if config.display.enabled:
        pipeline.step(DisplayJoined(_SCREEN), now)
    return Explained(
        unit=config.unit,
        store=config.store,
        zone=config.zone,
        timezone=config.timezone,
        held=shelf.profile(customer) is not None,
        campaign=campaign,
        explanation=pipeline.explain(customer, at, now),
    )
