"""What a scene would say, and to whom: composed, and not shown yet."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from edge_agent.contracts.base import CustomerId
from edge_agent.contracts.config import AgentConfig
from edge_agent.contracts.screen import Scene
from edge_agent.decide.decision import Decision
from edge_agent.decide.facts import expected
from edge_agent.decide.languages import language_for
from edge_agent.decide.patterns import prepare
from edge_agent.decide.products import public
from edge_agent.decide.scenes import compose_group, compose_scene, scene_mode
from edge_agent.identify.badges import badge as named_badge
from edge_agent.visit.coupons import Code, code_for
from edge_agent.visit.journey import Journey


@dataclass(frozen=True, slots=True)
class Draft:
    """What of a scene is there before its words: with the same draft, the same words make the same scene."""

    message_id: str
    """The name of the scene, and of the decision that it carries out."""
    secret: str
    """What its code is made of, where it gets one."""


@dataclass(frozen=True, slots=True)
class Others:
    """Who else stands before the screen."""

    badges: Sequence[int | None] = ()
    """Of the other known customers who are near."""
    addressable: Sequence[Journey] = ()
    """Visits of those of them to whom the screen may speak, and has something to say: nobody else's badge is shown."""


@dataclass(frozen=True, slots=True)
class Composed:
    """A scene, whom it speaks to, and what of."""

    scene: Scene
    customers: tuple[CustomerId, ...]
    campaign: str | None = None
    """``None``: it greets a group, and says nothing else."""
    product: str | None = None
    code: Code | None = None


class Composer:
    """Makes scenes of decisions."""

    def __init__(self, config: AgentConfig) -> None:
        self._config = config
        self._zone = ZoneInfo(config.timezone)
        for language in config.screen.languages:
            prepare(language)

    def compose(
        self,
        draft: Draft,
        customer: CustomerId,
        number: int | None,
        decision: Decision,
        others: Others,
        utc: datetime,
    ) -> Composed | None:
        """Return the scene of a decision for a customer with badge ``number``; in company, the one for the group.

        ``None`` where nothing may be said on a screen: by the decision; or in company, where two badges look alike, or
        there are no badges at all, and the wrong person would be addressed.
        """
        campaign, profile, screen = decision.campaign, decision.profile, self._config.screen
        if not decision.screen or campaign is None or profile is None:
            return None
        if others.badges:
            return self._compose_group(draft, customer, number, others)
        language = language_for(profile.languages, screen.languages, campaign.wording)
        mine = None if number is None else named_badge(number, language)
        code = code_for(campaign, screen.qr_url, draft.secret)
        scene = compose_scene(
            campaign,
            public(decision.product, utc),
            expected(campaign, profile, self._zone, utc),
            mine,
            scene_mode(screen.mode, mine),
            language,
            draft.message_id,
            screen.minimum_s,
            screen.maximum_s,
            "" if code is None else code.url,
        )
        product = None if decision.product is None else decision.product.product
        return Composed(scene, (customer,), campaign.campaign, product, code)

    def _compose_group(self, draft: Draft, customer: CustomerId, number: int | None, others: Others) -> Composed | None:
        screen = self._config.screen
        greeted = [n for n in (number, *(other.badge for other in others.addressable)) if n is not None]
        if screen.mode == "contextual" or not greeted or lookalikes(number, others.badges):
            return None
        language = screen.languages[0]  # one scene for several people: the shop's own language
        badges = tuple(named_badge(n, language) for n in greeted)
        scene = compose_group(badges, language, draft.message_id, screen.minimum_s, screen.maximum_s)
        return Composed(scene, (customer, *(other.customer for other in others.addressable)))


def lookalikes(number: int | None, others: Sequence[int | None]) -> bool:
    """Whether two of those who are near have the same badge."""
    known = [n for n in (number, *others) if n is not None]
    return len(set(known)) < len(known)
