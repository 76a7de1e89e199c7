"""Time is an argument: each process reads its clocks in one module only."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

CLOCK_MODULES = {Path("edge_agent/clock.py"), Path("display/clock.py"), Path("provisioning/clock.py")}

READERS = {
    "time": {"time", "time_ns", "monotonic", "monotonic_ns", "perf_counter", "perf_counter_ns", "clock_gettime"},
    "datetime": {"now", "utcnow", "today"},
    "date": {"today"},
    "loop": {"time"},
    "get_running_loop": {"time"},
    "get_event_loop": {"time"},
}


def clock_reads(source: str) -> Iterator[str]:
    """Yield every place in ``source`` that reads a clock, as ``line: what``."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and node.module == "time":
            yield from (f"{node.lineno}: {a.name}" for a in node.names if a.name in READERS["time"])
        if not isinstance(node, ast.Attribute):
            continue
        owner = node.value.func if isinstance(node.value, ast.Call) else node.value
        name = owner.attr if isinstance(owner, ast.Attribute) else getattr(owner, "id", "")
        if node.attr in READERS.get(name.lstrip("_"), ()):
            yield f"{node.lineno}: {name}.{node.attr}"


def test_only_the_clock_modules_read_a_clock(root: Path, modules: list[Path]) -> None:
    found = [
        f"{path}:{read}"
        for path in modules
        if path not in CLOCK_MODULES
        for read in clock_reads((root / path).read_text())
    ]
    assert found == []


@pytest.mark.parametrize(
    "source",
    [
        "time.monotonic()",
        "from time import time",
        "datetime.datetime.now(UTC)",
        "x = datetime.utcnow",
        "self._loop.time()",
        "asyncio.get_running_loop().time()",
        "date.today()",
    ],
)
def test_a_clock_read_is_found(source: str) -> None:
    assert list(clock_reads(source))


@pytest.mark.parametrize("source", ["clock.now()", "now.time()", "instant.monotonic_s", "import time", "time.sleep"])
def test_other_uses_of_time_are_fine(source: str) -> None:
    assert not list(clock_reads(source))
