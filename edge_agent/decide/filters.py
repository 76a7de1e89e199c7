"""Hard filters: what stops campaigns for one customer. The first that holds is told; the plain ones come first.

They are asked for all campaigns at once. Those that lay down the same condition share the answer; those that list
things, of which she must bring one, are found by what she brings: it is little, however many campaigns there are.
"""

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from typing import Final, Protocol

from edge_agent.constants import APPOINTMENT_LATE_S
from edge_agent.contracts.campaign import Campaign
from edge_agent.contracts.dayparts import bounds, within
from edge_agent.decide.encounter import Encounter
from edge_agent.decide.reasons import WHY_NOT

Stops = Callable[[Encounter], object]
"""Whether a condition stops its campaigns: something true, or nothing."""

Brings = Callable[[Encounter], Mapping[str, float]]
"""Things that she, or the place, brings, and how many seconds ago they were."""

_EVER_S: Final = float("inf")


class Sieve(Protocol):
    """All filters with one reason."""

    def stopped(self, her: Encounter) -> set[str]:
        """Return the names of the campaigns that it stops."""
        ...


def sieves(campaigns: Iterable[Campaign]) -> tuple[tuple[str, Sieve], ...]:
    """Return the filters of campaigns, with their reasons, in the order in which they are looked at.

    What no campaign asks for needs no filter, and costs nothing.
    """
    conditions: dict[str, Conditions] = {}
    lists: dict[str, Lists] = {}
    for campaign in campaigns:
        for reason, asked, stops in _conditions(campaign):
            conditions.setdefault(reason, Conditions()).add(campaign.campaign, asked, stops)
        for reason, things, within_s in _lists(campaign):
            lists.setdefault(reason, Lists(_BRINGS[reason])).add(campaign.campaign, things, within_s)
    found: dict[str, Sieve] = {**conditions, **lists}
    return tuple((reason, found[reason]) for reason in WHY_NOT if reason in found)


class Conditions:
    """Campaigns that lay down conditions."""

    def __init__(self) -> None:
        self._asked: dict[Hashable, tuple[Stops, set[str]]] = {}

    def add(self, name: str, asked: Hashable, stops: Stops) -> None:
        """Add a campaign. ``asked``: the same for campaigns with the same condition."""
        self._asked.setdefault(asked, (stops, set()))[1].add(name)

    def stopped(self, her: Encounter) -> set[str]:
        """Return the names of those whose condition she does not meet."""
        return set().union(*[names for stops, names in self._asked.values() if stops(her)])


class Lists:
    """Campaigns that list things of which she must bring one."""

    def __init__(self, brings: Brings) -> None:
        self._brings = brings
        self._names: set[str] = set()
        self._listing: dict[str, dict[float, set[str]]] = {}
        """Thing -> how many seconds ago at most -> campaigns that list it so."""

    def add(self, name: str, things: Iterable[str], within_s: float) -> None:
        """Add a campaign and what it lists."""
        self._names.add(name)
        for thing in things:
            self._listing.setdefault(thing, {}).setdefault(within_s, set()).add(name)

    def stopped(self, her: Encounter) -> set[str]:
        """Return the names of those that list nothing of hers."""
        met = [
            names
            for thing, age_s in self._brings(her).items()
            for within_s, names in self._listing.get(thing, {}).items()
            if age_s <= within_s
        ]
        return self._names.difference(*met)


def _conditions(campaign: Campaign) -> Iterator[tuple[str, Hashable, Stops]]:
    """Yield a campaign's conditions by their reasons."""
    audience = campaign.audience
    if campaign.starts_at is not None or campaign.ends_at is not None:
        starts_s = 0.0 if campaign.starts_at is None else campaign.starts_at.timestamp()
        ends_s = float("inf") if campaign.ends_at is None else campaign.ends_at.timestamp()
        yield "not_now", (starts_s, ends_s), lambda her: not starts_s <= her.now_s < ends_s
    if campaign.dayparts:
        parts = bounds(campaign.dayparts)
        yield "daypart", parts, lambda her: not within(parts, her.week_s)
    if campaign.message_class == "offer":
        yield "open_complaint", None, lambda her: her.complained
        yield "bought", None, lambda her: her.bought
    if audience.order_ready:
        yield "no_order", None, lambda her: not her.profile.orders
    if audience.ticket_open:
        yield "no_ticket", None, lambda her: not her.profile.tickets
    if audience.appointment_within_s is not None:
        soon_s = audience.appointment_within_s
        yield (
            "no_appointment",
            soon_s,
            lambda her: not any(-APPOINTMENT_LATE_S <= in_s <= soon_s for in_s in her.appointments_s),
        )


def _lists(campaign: Campaign) -> Iterator[tuple[str, Iterable[str], float]]:
    """Yield what a campaign lists by the reasons, and how many seconds ago it may have been at most."""
    name, audience = campaign.campaign, campaign.audience
    if campaign.zones:
        yield "zone", campaign.zones, _EVER_S
    if audience.viewed:
        yield "not_viewed", audience.viewed, audience.viewed_within_s
    if audience.offered:
        yield "not_offered", (name,), _EVER_S
    if audience.basket:
        yield "not_in_basket", audience.basket, _EVER_S
    if audience.emailed:
        yield "not_emailed", (name,), audience.emailed_within_s
    if audience.tiers:
        yield "tier", audience.tiers, _EVER_S
    if audience.needs:
        yield "no_need", audience.needs, _EVER_S


def _now(things: Iterable[str]) -> Mapping[str, float]:
    return dict.fromkeys(things, 0.0)


_BRINGS: Final[dict[str, Brings]] = {
    "zone": lambda her: _now((her.zone,)),
    "not_viewed": lambda her: her.viewed_s,
    "not_offered": lambda her: _now(her.offers),
    "not_in_basket": lambda her: _now(her.basket),
    "not_emailed": lambda her: her.emails_s,
    "tier": lambda her: _now(() if her.profile.tier is None else (her.profile.tier,)),
    "no_need": lambda her: _now(her.needs),
}
