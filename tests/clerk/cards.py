"""Cards for tests."""

from datetime import UTC, datetime, timedelta

from edge_agent.contracts.clerk import Card

NOW = datetime(2026, 5, 4, 14, 2, 11, tzinfo=UTC)


def card(name: str = "c1", *, now: datetime = NOW, expires_s: float = 180, **changes: object) -> Card:
    """Return an open opportunity card, with changes."""
    values: dict[str, object] = {
        "card": name,
        "revision": 1,
        "unit": "unit-1",
        "state": "open",
        "kind": "opportunity",
        "department": "outdoor",
        "zone": "Outdoor",
        "title": "Trail Jacket",
        "badge": "Blue diamond",
        "badge_colour": "blue",
        "badge_shape": "diamond",
        "facts": ("Looked at the Trail Jacket this week", "Size M is in stock: 3", "Rack 4"),
        "opening": "Hi! Would you like to feel how light this jacket is?",
        "why": "She has been near the jackets for a while.",
        "created_at": now,
        "expires_at": now + timedelta(seconds=expires_s),
    }
    return Card.model_validate(values | changes)
