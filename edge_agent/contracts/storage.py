"""How a unit's databases are: what was deleted in time, what is held, what the disk refuses. For the doctor.

Counts, times and our own words only: nothing here names anybody.
"""

from typing import Annotated, Literal

from pydantic import Field

from edge_agent.contracts.base import Contract, Seconds, ShortText, UtcTime

Count = Annotated[int, Field(ge=0)]

JobName = Literal[
    "visits",
    "cards",
    "contacts",
    "withdrawals",
    "queued",
    "dead_letters",
    "profiles",
    "token_keys",
    "set_aside",
]
"""``queued``: personal events that the hub has not taken. ``profiles``: what a newer slice has replaced.
``set_aside``: copies of databases that were corrupt."""


class RetentionJob(Contract):
    """One kind of thing that is deleted in time."""

    job: JobName
    """What it deletes."""
    keep_s: Seconds
    """How long after its end a thing is kept."""
    every_s: Seconds = 60.0
    """How often it runs."""
    held: Count | None = None
    """How many are held, as counted at the last run; ``None``: not looked yet, or not countable."""
    oldest_at: UtcTime | None = None
    """Time of the oldest that is held, as its row says; ``None``: there is none, or it cannot be read."""
    ran_ago_s: Seconds | None = None
    """How long ago it last ran to its end, by a clock that never jumps; ``None``: not since the start of the agent."""
    removed: Count = 0
    """How many it deleted when it last ran."""
    removed_in_all: Count = 0
    """How many since the start of the agent."""
    waits_for_clock: bool = False
    """It runs only by a clock that may be believed and has not jumped lately, and that is not so now."""
    refused_since: UtcTime | None = None
    """Since when the disk refuses it; ``None``: it does not."""
    problem: ShortText = ""
    """Why it is refused, and what to do."""


class RetentionReport(Contract):
    """Whether everything that is past its time is deleted."""

    jobs: tuple[RetentionJob, ...]
    """Every kind, in a fixed order."""


class DiskReport(Contract):
    """What waits in memory because the disk refuses it. Decisions go on meanwhile."""

    refused_since: UtcTime | None = None
    """Since when the disk refuses to write; ``None``: it writes."""
    problem: ShortText = ""
    """What it says, and what to do."""
    rows_waiting: Count = 0
    """Rows and events in memory: they are lost if the agent ends before there is room."""
    rows_max: Count = 0
    """As many may wait; then the oldest are lost."""
    erasures_waiting: Count = 0
    """Withdrawals that are obeyed, and whose data could not be deleted yet."""
    rows_lost: Count = 0
    """Rows that were lost since the start of the agent."""


class StorageReport(Contract):
    """How the databases are."""

    disk: DiskReport
    """What the disk refuses."""
    retention: RetentionReport
    """What is deleted in time."""
    set_aside: tuple[ShortText, ...] = ()
    """What was corrupt at the last start, and what became of it: it was set aside and begun anew."""


class ContentReport(Contract):
    """What lies in the content folder, and what does not."""

    version: str = ""
    """Version of the playlist; empty: there is none yet."""
    files: Count = 0
    """Files that are here and may be shown."""
    files_bytes: Count = 0
    """What they take."""
    missing: Count = 0
    """Files that should be here and are not yet."""
    left_out: dict[str, Count] = Field(default_factory=dict)
    """Files that are not held, by reason: ``class``, ``language``, ``past``, ``film``, ``budget``, ``room``."""
    over_bytes: Count = 0
    """By how much what is due now exceeds ``content.budget_mb``."""
    damaged: Count = 0
    """Files that were found damaged on the disk since the start of the agent; each is fetched again."""
    problem: ShortText = ""
    """Why the last file that is missing could not be had."""
    emergency_until: UtcTime | None = None
    """An emergency is on the screens until then."""
