"""Why this, why not that: the reasons of one decision. The same with the event, and for ``edge-agent explain``."""

from typing import Annotated

from pydantic import Field

from edge_agent.contracts.base import Contract, Identifier, UtcTime
from edge_agent.contracts.campaign import MessageClass, ScreenMode

RANKED_MAX = 20
"""So many of those that may be said are listed, the best first."""

REJECTED_MAX = 200
"""So many campaigns are listed under their reasons; the others are counted."""


class Ranked(Contract):
    """A campaign that might be said to her now."""

    campaign: Identifier
    """Campaign id."""
    message_class: MessageClass
    """Ranks first."""
    expected_value: float
    """Value times probability, for her; ranks second."""


class Explanation(Contract):
    """What was chosen and why, and why nothing else was. Holds no customer and no fact about her but these reasons."""

    at: UtcTime
    """When it was decided."""
    silent: Identifier | None = None
    """The reason why nothing at all is said."""
    campaign: Identifier | None = None
    """What was chosen."""
    holdout: bool = False
    """It was chosen and is held back, so that its effect can be measured."""
    screen: bool = False
    """The screen may say it."""
    card: bool = False
    """A clerk may be told."""
    mode: ScreenMode = "generic"
    """How personally this screen may speak at most."""
    ranking: Annotated[tuple[Ranked, ...], Field(max_length=RANKED_MAX)] = ()
    """What may be said, the best first."""
    rejected: dict[Identifier, tuple[Identifier, ...]] = Field(default_factory=dict)
    """Reason -> campaigns that it stopped, by name."""
    others: Annotated[int, Field(ge=0)] = 0
    """Campaigns that are not listed for want of room."""
