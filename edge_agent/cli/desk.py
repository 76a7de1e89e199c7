"""Decide without an agent: from files, as a unit of this configuration would that has met nobody yet."""

from datetime import datetime
from typing import Final

from edge_agent.cli.shelf import LEASE_UNTIL, Shelf
from edge_agent.contracts.admin import Explained
from edge_agent.contracts.base import CustomerId, Identifier
from edge_agent.contracts.config import AgentConfig
from edge_agent.contracts.screen import Hello
from edge_agent.events import DisplayJoined, Instant
from edge_agent.pipeline import Pipeline

_SCREEN: Final = Hello(width_px=1920, height_px=1080)


def explain_on_a_desk(
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
