"""Why this, why not that, as a table for a terminal. Pure: what the agent or the files said goes in, lines come out."""

from textwrap import wrap
from typing import Final
from zoneinfo import ZoneInfo

from edge_agent.admin.text import Line, harmless, pad, width
from edge_agent.admin.words import distance, doing
from edge_agent.contracts.admin import Explained
from edge_agent.contracts.campaign import ScreenMode
from edge_agent.contracts.explanation import Explanation
from edge_agent.decide.reasons import REASONS

_NAME_MAX: Final = 28  # columns of a campaign's name; a longer one gets a line of its own
_WRAP_LEAST: Final = 30
_INDENT: Final = "  "

_MODES: Final[dict[ScreenMode, str]] = {
    "generic": "nothing personal",
    "contextual": "about the topic, addressing nobody",
    "badge": "to her badge",
    "named": "to her badge; no screen says names yet",
}


def reasoning(said: Explained, columns: int) -> list[Line]:
    """Return the lines for a terminal so many columns wide. No line is longer, but for a long word."""
    lines = [_title(said), *_who(said), (), *_verdict(said.explanation, columns)]
    if said.campaign is not None:
        lines += [(), *_about(said.explanation, said.campaign, columns)]
    return [*lines, *_ranking(said.explanation), *_rejected(said.explanation, columns)]


def _title(said: Explained) -> Line:
    at = said.explanation.at.astimezone(ZoneInfo(said.timezone))
    where = f"{said.unit} · {harmless(said.zone)} · store {said.store}"
    return (where, "strong"), (f"   {at:%a %Y-%m-%d %H:%M:%S %Z}", "quiet")


def _who(said: Explained) -> list[Line]:
    if not said.held:
        return [(("No profile of this customer is held here.", "odd"),)]
    if said.person is None:
        return []
    name = f"Tag {said.person.person}" if said.person.badge is None else harmless(said.person.badge.label)
    where = ", ".join(filter(None, (distance(said.person), doing(said.person))))
    return [((f"{name}: {where}", ""),)]


def _verdict(explanation: Explanation, columns: int) -> list[Line]:
    """What would be said, or why nothing at all."""
    if explanation.silent is not None:
        return _told("Nothing is said: ", _sentence(explanation.silent), "bad", columns)
    if explanation.campaign is None:
        return _told("Nothing is said: ", "there is nothing to say.", "bad", columns)
    if explanation.holdout:
        why = f"{explanation.campaign} would be, but {_sentence('holdout')}"
        return _told("Nothing is said: ", why, "odd", columns)
    ways = []
    if explanation.screen:
        ways.append(f"the screen ({_MODES[explanation.mode]})")
    if explanation.card:
        ways.append("a card for the clerks")
    return [(("Said: ", "strong"), (explanation.campaign, "good"), (f", by {' and '.join(ways)}", ""))]


def _about(explanation: Explanation, campaign: str, columns: int) -> list[Line]:
    """Why one campaign is said, or is not."""
    label = f"{campaign}: "
    if campaign == explanation.campaign:
        how = "it is chosen, and held back" if explanation.holdout else "it is what is said"
        return _told(label, f"{how}.", "good", columns)
    ranks = [ranked.campaign for ranked in explanation.ranking]
    if campaign in ranks:
        place = ranks.index(campaign) + 1
        ahead = f"it may be said, and is number {place} of {len(ranks)}: only the first is said."
        return _told(label, ahead, "odd", columns)
    for reason, campaigns in explanation.rejected.items():
        if campaign in campaigns:
            return _told(label, _sentence(reason), "bad", columns)
    if explanation.silent is not None and not explanation.rejected:
        return _told(label, "no campaign was looked at, because nothing at all is said.", "bad", columns)
    if explanation.others:
        return _told(label, f"not among those that are listed; {explanation.others} more are not.", "odd", columns)
    unknown = "there is no such campaign here: check its spelling, and that the hub has it for this store."
    return _told(label, unknown, "bad", columns)


def _ranking(explanation: Explanation) -> list[Line]:
    if not explanation.ranking:
        return []
    columns = min(_NAME_MAX, max(width(ranked.campaign) for ranked in explanation.ranking))
    head = f"{_INDENT} {pad('', columns + 3)}class     expected value"
    lines: list[Line] = [(), (("May be said, the best first", "strong"),), ((head, "quiet"),)]
    for place, ranked in enumerate(explanation.ranking, start=1):
        name = pad(ranked.campaign, columns)
        text = f"{_INDENT}{place:>2}  {name}  {ranked.message_class:<8}  {ranked.expected_value:>12.2f}"
        lines.append(((text, "good" if ranked.campaign == explanation.campaign else ""),))
    return lines


def _rejected(explanation: Explanation, columns: int) -> list[Line]:
    """Each campaign that was stopped, with its reason."""
    ranked = {ranked.campaign for ranked in explanation.ranking}
    stopped = [(name, reason) for reason, names in explanation.rejected.items() for name in names if name not in ranked]
    if not stopped and not explanation.others:
        return []
    name_columns = min(_NAME_MAX, max((width(campaign) for campaign, _ in stopped), default=0))
    lines: list[Line] = [(), (("May not be said", "strong"),)]
    for campaign, reason in stopped:
        label = f"{_INDENT}{pad(campaign, name_columns)}  "
        if width(campaign) > name_columns:
            lines.append(((_INDENT + campaign, ""),))
            label = f"{_INDENT}{' ' * name_columns}  "
        lines += _told(label, _sentence(reason), "", columns)
    if explanation.others:
        lines.append(((f"{_INDENT}and {explanation.others} more", "quiet"),))
    return lines


def _told(label: str, text: str, style: str, columns: int) -> list[Line]:
    """A label, and a sentence beside it that is wrapped, not cut."""
    texts = wrap(text, max(_WRAP_LEAST, columns - width(label)), break_on_hyphens=False) or [""]
    blank = " " * width(label)
    return [((label if number == 0 else blank, style), (part, "")) for number, part in enumerate(texts)]


def _sentence(reason: str) -> str:
    """Return what a reason means; a newer agent may have one that this command does not know."""
    return REASONS.get(reason, reason)
