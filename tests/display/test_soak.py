"""Two hundred scenes leave nothing behind. Ten thousand: ``tests/bench/test_display_soak_bench.py``."""

from collections.abc import Callable

import pytest

from edge_agent.contracts.screen import Scene, State
from tests.display.soaking import soak
from tests.display.units import Agent, Unit, children

pytestmark = pytest.mark.integration

GROWTH_MAX_MB = 12
"""After the first hundred: what fragmentation takes. A poster of this screen has half a megabyte."""


def test_hundreds_of_scenes_leave_nothing_behind(unit: Unit, agent: Agent, make_scene: Callable[..., Scene]) -> None:
    process = unit.start()
    agent.accept()
    agent.send(State())
    warm, *_, last = soak(unit, agent, process, make_scene, scenes=200, every=100)
    assert last.memory_mb - warm.memory_mb < GROWTH_MAX_MB
    assert last.files <= warm.files + 4  # a child that decodes has two ends of a pipe
    assert len(children(process.pid)) <= 2
    assert len(unit.log().splitlines()) < 40
