"""Which words of a campaign are said: in the nearest language, and for the screen's mode."""

from dataclasses import dataclass

from edge_agent.contracts.campaign import Campaign, ScreenMode
from edge_agent.contracts.wording import ModeWording, Wording
from edge_agent.decide.languages import pick


@dataclass(frozen=True, slots=True)
class Words:
    """The patterns of one campaign for one occasion."""

    language: str
    """Language that they are written in."""
    headline: str
    body: str
    opening: str


def words(campaign: Campaign, mode: ScreenMode, language: str) -> Words:
    """Return what a campaign says in a language, or in the nearest that it has; else in its first."""
    written_in, wording = pick(campaign.wording, language)
    special = _special(wording, mode)
    headline = wording.headline if special is None or special.headline is None else special.headline
    body = wording.body if special is None or special.body is None else special.body
    return Words(written_in, headline, body, wording.opening)


def _special(wording: Wording, mode: ScreenMode) -> ModeWording | None:
    """Return the words for a mode; whoever may be named may be addressed by her badge too."""
    if mode == "named":
        return wording.named or wording.badge
    return {"contextual": wording.contextual, "badge": wording.badge}.get(mode)
