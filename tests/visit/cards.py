"""Cards and clocks for the tests of the desk."""

from datetime import UTC, datetime, timedelta

from edge_agent.contracts.clerk import Card, Reply
from edge_agent.contracts.config import CardConfig
from edge_agent.events import CardRow, Instant
from edge_agent.visit.desk import Desk

MADE = datetime(2026, 3, 14, 13, tzinfo=UTC)
MADE_S = 1000.0
CONFIG = CardConfig(opportunity_s=180, claimed_s=3600, escalate_s=90)
PERSONAL = ("Trail Jacket", "Blue diamond", "Viewed it yesterday", "How do you like it?", "Because")


def at(after_s: float, set_by_s: float = 0, trusted: bool = True) -> Instant:
    """So many seconds after the card was made, with a wall clock that was set by so many seconds since then."""
    return Instant(MADE_S + after_s, MADE + timedelta(seconds=after_s + set_by_s), trusted)


def card(**changes: object) -> Card:
    fields = {
        "card": "c1",
        "revision": 1,
        "unit": "entrance",
        "state": "open",
        "kind": "opportunity",
        "department": "outdoor",
        "zone": "Outdoor",
        "title": PERSONAL[0],
        "badge": PERSONAL[1],
        "badge_colour": "blue",
        "badge_shape": "diamond",
        "facts": (PERSONAL[2],),
        "opening": PERSONAL[3],
        "why": PERSONAL[4],
        "created_at": MADE,
        "expires_at": MADE + timedelta(seconds=180),
    }
    return Card.model_validate({**fields, **changes})


def desk(**changes: object) -> Desk:
    """Return a desk with one card of Anna's on it."""
    opened = Desk(CONFIG)
    opened.open(CardRow(card(**changes), "anna", "v1", "jacket", "p1"), at(0))
    return opened


def restarted(before: Desk, now: Instant) -> Desk:
    """Return the desk of the next run, from what the journal kept of the one before."""
    after = Desk(CONFIG)
    after.restore([entry.row for entry in before.entries()], now)
    return after


def reply(action: str, tablet: str = "a", number: object = 1, **more: object) -> Reply:
    return Reply.model_validate(
        {"reply": f"{tablet}-{number}", "card": "c1", "tablet": tablet, "action": action, **more}
    )
