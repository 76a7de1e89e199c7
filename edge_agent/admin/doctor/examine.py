"""The whole examination: every check, the worst findings first."""

from collections.abc import Callable, Iterable, Iterator
from typing import Final

from edge_agent.admin.doctor import data, hearing, keeping, links, pictures
from edge_agent.admin.doctor.facts import Facts
from edge_agent.contracts.examination import FINDINGS_MAX, SEVERITIES, Examination, Finding

Check = Callable[[Facts], Iterator[Finding]]

CHECKS: Final[tuple[Check, ...]] = (
    data.trust,
    hearing.hearing,
    links.screen,
    links.parts,
    links.tablets,
    links.network,
    links.units,
    links.hub,
    data.slice_age,
    data.offers,
    data.key,
    pictures.content,
    keeping.disk,
    keeping.retention,
    keeping.memory,
)
"""In the order in which equally bad findings are told."""


def examine(facts: Facts, version: str) -> Examination:
    """Return what is wrong with a unit and what to do. ``version``: of the agent."""
    found = ranked(finding for check in CHECKS for finding in check(facts))
    config = facts.config
    return Examination(
        at=facts.now.utc,
        unit=config.unit,
        store=config.store,
        zone=config.zone,
        timezone=config.timezone,
        version=version,
        findings=found[:FINDINGS_MAX],
        left_out=max(0, len(found) - FINDINGS_MAX),
    )


def ranked(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return findings with the worst first, else as they came."""
    return tuple(sorted(findings, key=lambda finding: SEVERITIES.index(finding.severity)))
