"""What words may be filled with. A slot of a pattern is a field here: what is no field cannot be said."""

from dataclasses import asdict, dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from edge_agent.constants import APPOINTMENT_LATE_S
from edge_agent.contracts.campaign import Campaign
from edge_agent.contracts.catalogue import Price
from edge_agent.contracts.slice import Profile
from edge_agent.decide.patterns import Facts
from edge_agent.decide.phrases.book import money, wall_time


@dataclass(frozen=True, slots=True)
class PublicFacts:
    """Everything that words on a screen can ever contain, apart from the pattern's own. Empty or zero: not known."""

    badge: str = ""
    """Her badge, where the screen addresses it."""
    product: str = ""
    """Name of a public product."""
    price: str = ""
    """What it costs."""
    place: str = ""
    """Where it stands."""
    pieces: int = 0
    """How many the store has, of all sizes."""
    desk: str = ""
    """Where she is expected: her order waits there, or an appointment is."""
    time: str = ""
    """When an appointment begins."""


@dataclass(frozen=True, slots=True)
class ClerkFacts(PublicFacts):
    """Everything that an opening line on a card can contain."""

    size: str = ""
    """Her size, where it is known."""
    quantity: int = 0
    """How many the store has in it; of all sizes where none is known."""


@dataclass(frozen=True, slots=True)
class Expected:
    """Where and when she is expected. All of a profile that a scene ever sees."""

    desk: str = ""
    at: datetime | None = None
    """Begin of the appointment, in the store's time zone."""


def expected(campaign: Campaign, profile: Profile, zone: ZoneInfo, utc: datetime) -> Expected:
    """Return where a campaign may send her: to her appointment if it is about one, else to her order."""
    within_s = campaign.audience.appointment_within_s
    if within_s is not None:
        for appointment in profile.appointments:
            if -APPOINTMENT_LATE_S <= (appointment.at - utc).total_seconds() <= within_s:
                return Expected(appointment.desk, wall_time(appointment.at, zone))
        return Expected()
    return Expected(profile.orders[0].desk) if profile.orders else Expected()


def price_text(price: Price | None, language: str) -> str:
    """Return a price as the language writes it; empty where none is claimed."""
    return "" if price is None else money(price.amount, price.currency, language)


def slots(facts: PublicFacts) -> Facts:
    """Return the slots of a pattern and what fills them."""
    return asdict(facts)
