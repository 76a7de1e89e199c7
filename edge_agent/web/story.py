"""What happens, told in one line per fact, for somebody who sees the product for the first time. Pure."""

from datetime import datetime, tzinfo

from edge_agent.events import Fact


def line(fact: Fact, at: datetime, zone: tzinfo) -> str:
    """Return the line for a fact that happened ``at``, on the clock of time zone ``zone``."""
    return f"{at.astimezone(zone):%H:%M:%S} {sentence(fact)}"


def sentence(fact: Fact) -> str:
    """Return what a fact says, without its time."""
    who = fact.badge or "A customer"
    where = f" near {fact.zone}" if fact.zone else ""
    match fact.kind:
        case "near":
            distance = f" ({fact.distance_m:.1f} m)" if fact.distance_m is not None else ""
            return f"{who}{where}{distance}"
        case "screen":
            return f"-> screen: {fact.text}{_due(fact)}"
        case "shown":
            return f"-> on the screen now: {fact.text}" if fact.text else "-> on the screen now"
        case "card":
            return f"-> card for {fact.text or fact.zone}{_due(fact)}"
        case "claimed":
            return "-> claimed: a clerk is on the way"
        case "outcome":
            outcome = (fact.outcome or "done").replace("_", " ")
            return f"-> outcome: {outcome}"
        case "silent":
            return f"-> nothing is said{f': {fact.text}' if fact.text else ''}"
        case "withdrawn":
            return f"-> card withdrawn{f': {fact.text}' if fact.text else ''}"
        case "away":
            return f"{who} steps away{f' from {fact.zone}' if fact.zone else ''}"
        case "left":
            return f"{who} has left the shop"


def _due(fact: Fact) -> str:
    return f" in {fact.due_s:.0f} s" if fact.due_s else ""
