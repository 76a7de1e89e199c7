"""What was found, as a table for a terminal."""

from collections import Counter
from collections.abc import Sequence
from textwrap import wrap
from typing import Final
from zoneinfo import ZoneInfo

from edge_agent.admin.doctor.spans import many
from edge_agent.admin.text import Line, harmless, pad
from edge_agent.contracts.examination import Examination, Finding, Severity

_MARKS: Final[dict[Severity, tuple[str, str]]] = {
    "fault": ("✘", "bad"),
    "warning": ("!", "odd"),
    "note": ("·", "quiet"),
    "ok": ("✔", "good"),
}
_ABOUT: Final = 13  # columns
_WRAP_LEAST: Final = 30


def title(examination: Examination) -> Line:
    """Return whose examination it is, and of when, by the store's clock."""
    at = examination.at.astimezone(ZoneInfo(examination.timezone))
    where = f"{examination.unit} · {harmless(examination.zone)} · store {examination.store}"
    return (where, "strong"), (f"   {at:%a %Y-%m-%d %H:%M %Z}   version {harmless(examination.version)}", "quiet")


def table(findings: Sequence[Finding], columns: int, left_out: int = 0) -> list[Line]:
    """Return the lines for a terminal so many columns wide: the verdict, then each finding with what to do."""
    lines = [verdict(findings), ()]
    for finding in findings:
        lines += _finding(finding, columns)
    if left_out:
        lines.append(((f"  and {left_out} more", "quiet"),))
    return lines


def verdict(findings: Sequence[Finding]) -> Line:
    """Return in a few words how things are."""
    often = Counter(finding.severity for finding in findings)
    faults, warnings = often["fault"], often["warning"]
    if not faults and not warnings:
        return (("✔ all is well", "good"),)
    said = [many(faults, "fault")] if faults else []
    said += [many(warnings, "warning")] if warnings else []
    return ((f"{'✘' if faults else '!'} {', '.join(said)}", "bad" if faults else "odd"),)


def _finding(finding: Finding, columns: int) -> list[Line]:
    mark, style = _MARKS[finding.severity]
    label = f"{mark} {pad(harmless(finding.about), _ABOUT)}"
    blank = " " * len(label)
    room = max(_WRAP_LEAST, columns - len(label))
    lines: list[Line] = []
    for number, text in enumerate(_wrapped(finding.what, room)):
        lines.append(((label if number == 0 else blank, style), (text, "quiet" if finding.severity == "ok" else "")))
    for number, text in enumerate(_wrapped(finding.todo, room - 2)):
        lines.append(((f"{blank}{'→ ' if number == 0 else '  '}{text}", "strong"),))
    return lines


def _wrapped(text: str, columns: int) -> list[str]:
    return wrap(harmless(text), columns, break_on_hyphens=False)  # paths and commands stay whole
