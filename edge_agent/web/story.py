"""What happens, told in one line per fact, for somebody who sees the product for the first time. Pure."""

from datetime import datetime, tzinfo

from edge_agent.telling import Fact


def line(fact: Fact, at: datetime, zone: tzinfo) -> str:
    """Return the line for a fact that happened ``at``, on the clock of time zone ``zone``."""
    return f"{at.astimezone(zone):%H:%M:%S} {sentence(fact)}"


def sentence(fact: Fact) -> str:
    """Return what a fact says, without its time. Every line names who it is about: several may be here at once."""
    who = fact.badge or "A customer"
    match fact.kind:
        case "near":
            distance = "" if fact.distance_m is None else f" ({fact.distance_m:.1f} m)"
            return f"{who} near {fact.zone}{distance}"
        case "screen":
            return f"{who} → screen: {fact.text}"
        case "shown":
            card = "" if fact.due_s is None else f" → card in {fact.due_s:.0f} s"
            return f"{who} → on the screen now{card}"
        case "card":
            return f"{who} → card for {fact.text.replace('-', ' ').capitalize()}"
        case "escalated":
            return f"{who} → nobody has been free: the lead sees the card too"
        case "claimed":
            return f"{who} → claimed: a clerk is on the way"
        case "outcome":
            return f"{who} → outcome: {(fact.outcome or 'done').replace('_', ' ')}"
        case "silent":
            return f"{who} → nothing personal on the screen: {fact.text.replace('_', ' ')}"
        case "withdrawn":
            return f"{who} → withdrew consent: screen, card and profile are cleared"
        case "away":
            return f"{who} steps away from {fact.zone}"
        case "left":
            return f"{who} has left the shop"
