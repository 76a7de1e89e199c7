"""One customer in one situation: what every campaign is measured against, worked out once per decision."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Final

from edge_agent.contracts.campaign import Campaign
from edge_agent.contracts.dayparts import week_second
from edge_agent.contracts.slice import Profile
from edge_agent.decide.caps import Room, room
from edge_agent.decide.eligibility import Sizes, consents
from edge_agent.decide.knowledge import Situation
from edge_agent.events import ContactRow

NEVER_S: Final = float("inf")
"""Age of what has never been; longer than any time that a campaign may ask for."""


class Encounter:
    """Whom a decision is about, where and when, and what she has heard already."""

    def __init__(self, profile: Profile, campaigns: Mapping[str, Campaign], situation: Situation) -> None:
        """``campaigns``: by name."""
        utc = situation.utc
        self.profile = profile
        self.situation = situation
        self.utc = utc
        self.now_s = utc.timestamp()
        self.week_s = week_second(utc.astimezone(situation.timezone))
        self.screen = situation.screen and situation.mode != "generic" and consents(profile, "screen", utc)
        """Whether the screen may say anything to her."""
        self.clerk = consents(profile, "clerk", utc)
        """Whether clerks may be told anything about her."""
        self.met, self.bought, self.zone = situation.met, situation.bought, situation.zone
        self.viewed_s = {viewed.product: _age_s(viewed.viewed_at, utc) for viewed in reversed(profile.viewed)}
        """Product -> seconds since she viewed it."""
        self.emails_s = {email.campaign: _age_s(email.opened_at, utc) for email in reversed(profile.emails)}
        """Campaign -> seconds since she opened an e-mail about it."""
        self.appointments_s = [(appointment.at - utc).total_seconds() for appointment in profile.appointments]
        """Seconds until her appointments; negative where they have begun."""
        self.basket = frozenset(profile.basket)
        self.sizes = Sizes(profile)
        self.needs = frozenset(need.topic for need in profile.needs if need.content_class != "sensitive")
        """A sensitive need is not even acted upon: what follows from it would tell it."""
        self.offers = {offer.campaign: offer.value * offer.probability for offer in reversed(profile.offers)}
        """Campaign -> the platform's expected value for her."""
        self.complained = bool(profile.tickets)
        """Whether offers must be silent because a ticket of hers is open."""
        self._contacts: dict[str, list[ContactRow]] = defaultdict(list)
        for row in situation.contacts.of(profile.customer):
            self._contacts[row.campaign].append(row)
        self._elsewhere: dict[str, int] = defaultdict(int)
        for contacts in profile.contacts:
            self._elsewhere[contacts.campaign] += contacts.count
        self.heard_of = {*self._contacts, *self._elsewhere}
        """Campaigns that she has heard of, here or in other channels."""
        self.groups = self._groups_heard_of(campaigns)
        """What she has heard of each exclusive group: campaign, seconds ago, for how long it excludes others."""
        self.room_for_offers = self._room_for_offers(campaigns)
        """Where the store's own limits leave room for one more offer."""

    def room_for(self, campaign: Campaign) -> Room:
        """Return where a campaign's caps leave room for one more contact."""
        name = campaign.campaign
        return room(
            campaign.caps,
            self._contacts.get(name, ()),
            self._elsewhere.get(name, 0),
            partial(self.situation.contacts.with_anybody, name),
            self.situation.visit,
            self.utc,
        )

    def heard_another(self, campaign: Campaign) -> bool:
        """Whether she heard of another campaign of its exclusive group lately; of two times the longer counts."""
        for other, age_s, its_s in self.groups.get(campaign.exclusive, ()):
            if other != campaign.campaign and age_s < max(campaign.exclusive_s, its_s):
                return True
        return False

    def _groups_heard_of(self, campaigns: Mapping[str, Campaign]) -> dict[str | None, list[tuple[str, float, float]]]:
        heard: dict[str | None, list[tuple[str, float, float]]] = defaultdict(list)
        for name in self.heard_of:
            campaign = campaigns.get(name)
            if campaign is None or campaign.exclusive is None:
                continue
            if self._elsewhere.get(name):  # other channels tell no times
                heard[campaign.exclusive].append((name, 0.0, campaign.exclusive_s))
            elif name in self._contacts:
                age = self.utc - max(row.at for row in self._contacts[name])
                heard[campaign.exclusive].append((name, age.total_seconds(), campaign.exclusive_s))
        return heard

    def _room_for_offers(self, campaigns: Mapping[str, Campaign]) -> Room:
        offers = [row for rows in self._contacts.values() for row in rows if row.message_class == "offer"]
        elsewhere = sum(count for name, count in self._elsewhere.items() if _is_offer(campaigns.get(name)))
        with_anybody = partial(self.situation.contacts.with_anybody, None)
        return room(self.situation.limits, offers, elsewhere, with_anybody, self.situation.visit, self.utc)


def _is_offer(campaign: Campaign | None) -> bool:
    """What the store does not know counts as an offer: offers are held back the most."""
    return campaign is None or campaign.message_class == "offer"


def _age_s(at: datetime, utc: datetime) -> float:
    """Return how long ago something was; what lies ahead has never been."""
    age_s = (utc - at).total_seconds()
    return age_s if age_s >= 0 else NEVER_S
