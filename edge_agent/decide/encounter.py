"""One customer in one situation: what every campaign is measured against, worked out once per decision."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import partial

from edge_agent.contracts.campaign import Campaign
from edge_agent.contracts.slice import Profile
from edge_agent.decide.caps import Room, room
from edge_agent.decide.eligibility import consents
from edge_agent.decide.knowledge import Situation
from edge_agent.events import ContactRow


class Encounter:
    """Whom a decision is about, where and when, and what she has heard already."""

    def __init__(self, profile: Profile, campaigns: Iterable[Campaign], situation: Situation) -> None:
        self.profile = profile
        self.situation = situation
        self.utc = situation.utc
        self.store_time = situation.utc.astimezone(situation.timezone)
        """The clock on the store's wall."""
        self.screen = situation.screen and situation.mode != "generic" and consents(profile, "screen", self.utc)
        """Whether the screen may say anything to her."""
        self.clerk = consents(profile, "clerk", self.utc)
        """Whether clerks may be told anything about her."""
        self._contacts: dict[str, list[ContactRow]] = defaultdict(list)
        for row in situation.contacts.of(profile.customer):
            self._contacts[row.campaign].append(row)
        self._elsewhere: dict[str, int] = defaultdict(int)
        for contacts in profile.contacts:
            self._elsewhere[contacts.campaign] += contacts.count
        heard = self._contacts or self._elsewhere
        self._of_groups = self._heard_of_groups(campaigns) if heard else {}
        self.room_for_offers = self._room_for_offers(campaigns)
        """Where the store's own limits leave room for one more offer."""

    def room_for(self, campaign: Campaign) -> Room:
        """Return where the campaign's caps leave room for one more contact."""
        name = campaign.campaign
        return room(
            campaign.caps,
            self._contacts.get(name, ()),
            self._elsewhere.get(name, 0),
            partial(self.situation.contacts.with_anybody, name),
            self.situation.visit,
            self.utc,
        )

    def heard_another_of_group(self, campaign: Campaign) -> bool:
        """Whether she heard of another campaign of the same exclusive group lately; the longer of two times counts."""
        if campaign.exclusive is None:
            return False
        for other, last_at in self._of_groups.get(campaign.exclusive, ()):
            lasts = timedelta(seconds=max(campaign.exclusive_s, other.exclusive_s))
            if other.campaign != campaign.campaign and (last_at is None or self.utc - last_at < lasts):
                return True
        return False

    def _heard_of_groups(self, campaigns: Iterable[Campaign]) -> dict[str, list[tuple[Campaign, datetime | None]]]:
        """Return the campaigns that she has heard of, by group, each with the last time; other channels tell none."""
        heard: dict[str, list[tuple[Campaign, datetime | None]]] = defaultdict(list)
        for campaign in campaigns:
            if campaign.exclusive is not None:
                if self._elsewhere.get(campaign.campaign):
                    heard[campaign.exclusive].append((campaign, None))
                elif campaign.campaign in self._contacts:
                    last_at = max(row.at for row in self._contacts[campaign.campaign])
                    heard[campaign.exclusive].append((campaign, last_at))
        return heard

    def _room_for_offers(self, campaigns: Iterable[Campaign]) -> Room:
        offers = [row for rows in self._contacts.values() for row in rows if row.message_class == "offer"]
        elsewhere = 0
        if self._elsewhere:  # what the store does not know counts as an offer
            others = {known.campaign for known in campaigns if known.message_class != "offer"}
            elsewhere = sum(count for name, count in self._elsewhere.items() if name not in others)
        with_anybody = partial(self.situation.contacts.with_anybody, None)
        return room(self.situation.limits, offers, elsewhere, with_anybody, self.situation.visit, self.utc)
