"""What a decision may ask for."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from typing import Protocol

from edge_agent.contracts.base import CustomerId
from edge_agent.contracts.campaign import Campaign, Cap, ScreenMode
from edge_agent.contracts.catalogue import Product
from edge_agent.contracts.slice import Profile
from edge_agent.decide.contacts import ContactLog


class Knowledge(Protocol):
    """What the hub sent. Answers at once, from memory or the unit's own database."""

    def profile(self, customer: CustomerId) -> Profile | None:
        """Return what the slice holds of a customer."""
        ...

    def product(self, product: str) -> Product | None:
        """Return a product of the catalogue."""
        ...

    def campaigns(self) -> Sequence[Campaign]:
        """Return what could be said."""
        ...


@dataclass(frozen=True, slots=True)
class Situation:
    """Where and when a decision is made, and what was said before."""

    utc: datetime
    utc_trusted: bool
    lease_until: datetime | None
    """End of the slice's lease; ``None``: there is no slice."""
    notice: bool
    """Whether a privacy notice hangs in the shop."""
    mode: ScreenMode
    """How personally this screen may speak at most."""
    screen: bool
    """Whether a display is connected."""
    withdrawn: bool
    """Whether a withdrawal or a pause of hers is in force."""
    zone: str = ""
    """Area of the store, as campaigns name it."""
    timezone: tzinfo = UTC
    """The store's; dayparts go by it."""
    visit: str = ""
    """Her visit, or the first one of her stay where she has come back within minutes; empty: it has not begun."""
    met: frozenset[str] = frozenset()
    """Campaigns that are done with for this visit: they do not come up again, for the reason ``met``."""
    bought: bool = False
    """A card of this visit was closed as sold."""
    limits: tuple[Cap, ...] = ()
    """The store's own caps, over all offers together."""
    contacts: ContactLog = field(default_factory=ContactLog)
    """What the units of this store have said, as far as this one knows."""
