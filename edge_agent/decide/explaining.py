"""From what a decision found to its explanation: small enough for one event, whatever the number of campaigns."""

from collections.abc import Collection, Mapping, Sequence
from typing import Final

from edge_agent.contracts.explanation import RANKED_MAX, REJECTED_MAX, Explanation, Ranked
from edge_agent.decide.candidates import Candidate
from edge_agent.decide.knowledge import Situation
from edge_agent.decide.reasons import WHY_NOT

_PLACES: Final = {reason: place for place, reason in enumerate(WHY_NOT)}


def explain(
    situation: Situation,
    ranked: Sequence[Candidate],
    rejected: Mapping[str, Collection[str]],
    silent: str | None,
    holdout: bool,
) -> Explanation:
    """Return the explanation of a decision. ``ranked``: the best first. ``rejected``: reason -> campaigns."""
    best = ranked[0] if ranked else None
    told = _told(rejected)
    listed = len(ranked[:RANKED_MAX]) + sum(map(len, told.values()))
    found = len(ranked) + sum(map(len, rejected.values()))
    return Explanation(
        at=situation.utc,
        silent=silent,
        campaign=None if best is None else best.campaign.campaign,
        holdout=holdout,
        screen=best is not None and best.screen and not holdout,
        card=best is not None and best.card and not holdout,
        mode=situation.mode,
        ranking=tuple(
            Ranked(
                campaign=candidate.campaign.campaign,
                message_class=candidate.campaign.message_class,
                expected_value=candidate.expected_value,
            )
            for candidate in ranked[:RANKED_MAX]
        ),
        rejected=told,
        others=found - listed,
    )


def _told(rejected: Mapping[str, Collection[str]]) -> dict[str, tuple[str, ...]]:
    """Return what there is room for: first those that came farthest, for they are asked about."""
    told: dict[str, tuple[str, ...]] = {}
    room = REJECTED_MAX
    for reason in sorted(rejected, key=_PLACES.__getitem__, reverse=True):
        if room:
            told[reason] = tuple(sorted(rejected[reason])[:room])
            room -= len(told[reason])
    return told
