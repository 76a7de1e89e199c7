"""What the screen has to show: pictures and films, and an emergency."""

from collections.abc import Iterator

from edge_agent.admin.doctor.facts import Facts
from edge_agent.admin.doctor.spans import left_s, many, size, span
from edge_agent.contracts.examination import Finding
from edge_agent.contracts.storage import ContentReport


def content(facts: Facts) -> Iterator[Finding]:
    """Yield what of the loop is here, and why the rest is not."""
    report = facts.content
    if report is None or not facts.config.display.enabled:
        return
    yield from _emergency(report, facts)
    if report.missing:
        what = f"{many(report.missing, 'file')} of the screen not here: {report.problem or 'on the way'}"
        severity, todo = "warning", "the screen shows what it has; see hub and disk"
        if not report.problem:
            severity, todo = "note", "ask again when it has had time"
        yield Finding.model_validate({"severity": severity, "about": "content", "what": what[:200], "todo": todo})
    elif report.problem:
        yield Finding(severity="warning", about="content", what=report.problem, todo="see disk")
    yield from _no_room(report, facts)
    if report.damaged:
        what = f"{many(report.damaged, 'file')} found damaged on the disk since the start, and fetched again."
        todo = "once: watch it. Again: the card wears out; replace it (dmesg)"
        yield Finding(severity="warning", about="content", what=what, todo=todo)
    budget = size(facts.config.content.budget_mb * 1_000_000)
    what = f"{many(report.files, 'file')} for the screen, {size(report.files_bytes)} of {budget}."
    if report.files:
        yield Finding(severity="ok", about="content", what=what)
    else:
        todo = "put some into the hub: docs/content.md"
        yield Finding(severity="note", about="content", what="There is none: the screen shows its brand.", todo=todo)


def _emergency(report: ContentReport, facts: Facts) -> Iterator[Finding]:
    if report.emergency_until is not None and (for_s := left_s(report.emergency_until, facts.now.utc)) > 0:
        what = f"An emergency is on the screen, for {span(for_s)} more unless it is ended."
        todo = f"when it is over: edge-fleet emergency {facts.config.store} --end"
        yield Finding(severity="warning", about="emergency", what=what, todo=todo)


def _no_room(report: ContentReport, facts: Facts) -> Iterator[Finding]:
    limits = facts.config.content
    if count := report.left_out.get("budget", 0):
        what = f"{many(count, 'file')} left out: all would take more than {limits.budget_mb} MB (content.budget_mb)."
        todo = "films go first, then what is not valid yet: have the loop made smaller, or raise it"
        yield Finding(severity="warning", about="content", what=what, todo=todo)
    if count := report.left_out.get("room", 0):
        what = f"{many(count, 'file')} left out: the disk would have less than {limits.spare_mb} MB left."
        todo = "df -h says what is full; content.spare_mb is kept for the journal"
        yield Finding(severity="fault", about="content", what=what, todo=todo)
    if report.over_bytes:
        what = f"What is due now takes {size(report.over_bytes)} more than {limits.budget_mb} MB (content.budget_mb)."
        todo = "it stays on the screen; have the loop made smaller, or raise it"
        yield Finding(severity="warning", about="content", what=what, todo=todo)
