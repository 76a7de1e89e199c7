"""An agent that is started where there is not a single free byte: a real process on a real full disk."""

import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import pytest

from edge_agent.admin.client import asking
from edge_agent.contracts.admin import Doctor
from edge_agent.contracts.examination import Examination, Finding
from edge_agent.errors import AgentError
from edge_agent.store.opening import open_stores
from edge_agent.store.unit_key import load_unit_key
from tests.fault.lone_unit import started, write_unit
from tests.store.small_disk import full, small_disk

pytestmark = [pytest.mark.integration, pytest.mark.timeout(120)]

WAIT_S = 40
SHE_STAYS = ((0.0, 9.0), (1.0, 1.0), (300.0, 1.0))


def about_the_disk(config: Path) -> list[Finding]:
    """What the doctor says of the disk; nothing before the agent listens."""
    try:
        with asking(config.with_name("admin.sock"), Doctor()) as conversation:
            examination = conversation.expect(Examination, 10)
    except AgentError:
        return []
    return [finding for finding in examination.findings if finding.about == "disk"]


def rows_wait(findings: list[Finding]) -> bool:
    return any("rows in memory" in finding.what for finding in findings)


def wait_for(config: Path, condition: Callable[[list[Finding]], bool]) -> list[Finding]:
    until_s = time.monotonic() + WAIT_S
    while not (findings := about_the_disk(config)) or not condition(findings):
        assert time.monotonic() < until_s, findings
        time.sleep(0.2)
    return findings


@pytest.mark.parametrize("killed", [False, True], ids=["stopped before", "killed before"])
def test_it_decides_holds_its_events_and_says_so(tmp_path: Path, killed: bool) -> None:
    with small_disk(tmp_path / "disk", "12m") as folder:
        config = write_unit(folder, datetime.now(UTC), {"anna": SHE_STAYS}, {"display": {"enabled": False}})
        if killed:
            with started("edge-agent", config, tmp_path) as (process, _):
                process.kill()
                process.wait()
        with ExitStack() as filled:
            filled.enter_context(full(folder))
            with started("edge-agent", config, tmp_path):
                findings = wait_for(config, rows_wait)
                assert {"fault"} == {finding.severity for finding in findings}
                filled.close()
                room_at = datetime.now(UTC)
                wait_for(config, lambda findings: not rows_wait(findings))
        stores = open_stores(folder, "bench", load_unit_key(folder, None))
        events = [outgoing.event for outgoing in stores.journal.outbox(100)]
        stores.close()
    assert {"visit.started", "decision.made"} <= {event.type for event in events}
    assert [event.type for event in events if event.time < room_at][:1] == ["visit.started"]
