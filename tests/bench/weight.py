"""What a program weighs with all its children: memory that is its own, and processor time."""

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Weight:
    """Of a whole process tree at one moment."""

    processes: int
    pss_mb: float
    """Proportional set size: what is shared with others counts as its share."""
    rss_mb: float
    """Resident memory of all of them added up: what is shared counts each time."""
    cpu_s: float
    """Processor seconds so far."""


def weigh(pid: int) -> Weight:
    """Weigh a process and its descendants."""
    pids = family(pid)
    smaps = [_smaps(member) for member in pids]
    return Weight(
        len(pids),
        sum(fields.get("Pss", 0) for fields in smaps) / 1000,
        sum(fields.get("Rss", 0) for fields in smaps) / 1000,
        sum(map(cpu_s, pids)),
    )


def family(pid: int) -> list[int]:
    """Return a process and its descendants."""
    pids = [pid]
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            children = task.read_text().split()
        except OSError:  # a thread that has ended
            continue
        pids += [member for child in children for member in family(int(child))]
    return pids


def cpu_s(pid: int) -> float:
    """CPU seconds of a process so far, with those of its children that have ended."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")


def _smaps(pid: int) -> dict[str, int]:
    """Return the sums of a process's memory, kilobytes."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]
    except OSError:  # it has ended, or is not ours
        return {}
    return {name: int(rest.split()[0]) for name, _, rest in (line.partition(":") for line in lines)}
