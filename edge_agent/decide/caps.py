"""Frequency caps, over all channels: what this store said and what the platform said elsewhere."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from edge_agent.contracts.base import CustomerId
from edge_agent.contracts.campaign import Campaign
from edge_agent.contracts.slice import Profile
from edge_agent.events import ContactRow

CountContacts = Callable[[CustomerId, str, datetime], int]
"""(customer, campaign, since) -> contacts of this unit."""

_TIMES_MAX = 100  # per customer and campaign: no sensible cap counts farther


class ContactLog:
    """What this unit has said, as far as a cap may look back."""

    def __init__(self, rows: Iterable[ContactRow] = ()) -> None:
        self._times: dict[tuple[CustomerId, str], tuple[datetime, ...]] = {}
        for row in rows:
            self.add(row)

    def add(self, row: ContactRow) -> None:
        """Remember one contact."""
        key = (row.customer, row.campaign)
        self._times[key] = (*self._times.get(key, ()), row.at)[-_TIMES_MAX:]

    def count(self, customer: CustomerId, campaign: str, since: datetime) -> int:
        """Return how often she met a campaign since a time."""
        return sum(at > since for at in self._times.get((customer, campaign), ()))

    def forget(self, customer: CustomerId) -> None:
        """Drop what is known of a customer: she withdrew."""
        for key in [key for key in self._times if key[0] == customer]:
            del self._times[key]


def capped(campaign: Campaign, profile: Profile, contacts: CountContacts, utc: datetime) -> bool:
    """Whether one more contact would be too many."""
    elsewhere = sum(contact.count for contact in profile.contacts if contact.campaign == campaign.campaign)
    return any(
        elsewhere + contacts(profile.customer, campaign.campaign, utc - timedelta(seconds=cap.per_s or 0)) >= cap.count
        for cap in campaign.caps
    )
