"""What the machine holds: disk, databases, memory, and whether what is past its time is deleted."""

from collections.abc import Iterator, Sequence
from typing import Final

from edge_agent.admin.doctor.facts import Facts, Space
from edge_agent.admin.doctor.spans import many, since_s, size, span
from edge_agent.contracts.examination import Finding
from edge_agent.contracts.storage import RetentionJob

SPACE_SHORT_BYTES: Final = 500_000_000
"""Less is a few days of a busy shop whose line is down."""

SPACE_FULL_BYTES: Final = 50_000_000
"""Less, and the databases cannot clean up after themselves."""

MEMORY_MUCH_BYTES: Final = 320_000_000
"""systemd begins to slow the agent down here (MemoryHigh= of edge-agent.service)."""

LATE: Final = 3.0
"""A job of retention that has missed so many rounds does not run."""

LATE_S: Final = 600.0
"""But so long is never late: the others take their time."""


def disk(facts: Facts) -> Iterator[Finding]:
    """Yield whether the disk takes what it is given, and what it could not keep."""
    report, now = facts.storage.disk, facts.now.utc
    if facts.unreadable:
        what = f"The databases cannot be looked at: {facts.unreadable}"
        yield Finding(severity="fault", about="disk", what=what[:200], todo="dmesg says whether the disk works; df -h")
    if report.refused_since is not None:
        for_s = span(since_s(report.refused_since, now))
        what = f"For {for_s} it refuses what is written: {report.problem}"
        todo = "free space (df -h), or replace the card (dmesg)"
        yield Finding(severity="fault", about="disk", what=what[:200], todo=todo)
    if report.rows_waiting:
        what = (
            f"The unit goes on, with {many(report.rows_waiting, 'row')} in memory; {report.rows_max} find room there."
        )
        yield Finding(
            severity="fault",
            about="disk",
            what=what,
            todo="keep the agent running until the disk writes: a restart would lose them",
        )
    if report.erasures_waiting:
        what = f"{many(report.erasures_waiting, 'withdrawal')} obeyed, but the data could not be deleted yet."
        yield Finding(severity="fault", about="disk", what=what, todo="as soon as the disk writes again it is done")
    if report.rows_lost:
        what = f"{many(report.rows_lost, 'row')} of what happened lost: too many waited for the disk."
        yield Finding(
            severity="fault", about="disk", what=what, todo="replace the card; dmesg says what is wrong with it"
        )
    if facts.space.total_bytes:
        yield space(facts.space)
    for problem in facts.storage.set_aside:
        todo = "once: watch it. Again: the card wears out, or the key is another one after each start (docs/keys.md)"
        yield Finding(severity="warning", about="database", what=problem, todo=todo)


def space(left: Space) -> Finding:
    """Return how much room is left on a disk."""
    free = f"{size(left.free_bytes)} of {size(left.total_bytes)} are free"
    todo = "df -h says what is full; journalctl --vacuum-size=100M frees the journal's"
    if left.free_bytes < SPACE_FULL_BYTES:
        return Finding(severity="fault", about="disk", what=f"It is full: {free}.", todo=todo)
    if left.free_bytes < SPACE_SHORT_BYTES:
        return Finding(severity="warning", about="disk", what=f"It fills up: {free}.", todo=todo)
    return Finding(severity="ok", about="disk", what=f"{free[0].upper()}{free[1:]}.")


def retention(facts: Facts) -> Iterator[Finding]:
    """Yield whether what is past its time is deleted, kind by kind."""
    jobs = facts.storage.retention.jobs
    late = [job for job in jobs if _late_s(job, facts) > max(LATE_S, LATE * job.every_s)]
    for job in jobs:
        if job.refused_since is not None:
            for_s = span(since_s(job.refused_since, facts.now.utc))
            what = f"{_spoken(job)}: not deleted for {for_s}: {job.problem}"
            todo = "personal data is kept too long until this works: see disk"
            yield Finding(severity="fault", about="retention", what=what[:200], todo=todo)
    waiting = [job for job in late if job.waits_for_clock and job.refused_since is None]
    if waiting:
        what = f"Waits for a clock that is set: {_list(waiting)}."
        yield Finding(severity="warning", about="retention", what=what, todo="see clock")
    stuck = [job for job in late if not job.waits_for_clock and job.refused_since is None]
    if stuck:
        what = f"Not run for {span(max(_late_s(job, facts) for job in stuck))}: {_list(stuck)}."
        todo = "personal data is kept too long: systemctl restart edge-agent, and report it"
        yield Finding(severity="fault", about="retention", what=what[:200], todo=todo)
    done = [job for job in jobs if job.ran_ago_s is not None and job not in late and job.refused_since is None]
    if done:
        removed = sum(job.removed_in_all for job in done)
        what = f"What is past its time is deleted ({removed} since the start): {_list(done)}."
        yield Finding(severity="ok", about="retention", what=what[:200])


def _late_s(job: RetentionJob, facts: Facts) -> float:
    return facts.now.monotonic_s - facts.started_s if job.ran_ago_s is None else job.ran_ago_s


def _list(jobs: Sequence[RetentionJob]) -> str:
    return ", ".join(map(_spoken, jobs))


def _spoken(job: RetentionJob) -> str:
    return job.job.replace("_", " ")


def memory(facts: Facts) -> Iterator[Finding]:
    """Yield what the agent takes, and since when it runs."""
    what = f"The agent takes {size(facts.memory_bytes)}, after {span(facts.now.monotonic_s - facts.started_s)} at work."
    if facts.memory_bytes > MEMORY_MUCH_BYTES:
        todo = "systemctl restart edge-agent; if it grows again, report it with the number of customers"
        yield Finding(severity="warning", about="memory", what=what, todo=todo)
    else:
        yield Finding(severity="ok", about="memory", what=what)
