"""A whole unit: how fast it starts, what it weighs, and how long from the end of the dwell to the screen.

The agent's and the display's own processes, a simulated radio, no hub. The unit's own events tell the times: a
visit starts in the step that ends the dwell, and ``content.shown`` is stamped when the display has said that the
first frame was presented; so the figure holds the way back over the socket too.
"""

import os
import statistics
import time
from datetime import UTC, datetime
from pathlib import Path

from edge_agent.contracts.event import CloudEvent
from edge_agent.store.opening import open_stores
from edge_agent.store.unit_key import load_unit_key
from tests.fault.lone_unit import Walk, started, write_unit

VISITS = 24
EVERY_S = 2.5
DWELL_S = 0.8


def test_start_weight_and_delay(tmp_path: Path) -> None:
    tables = {"presence": {"screen_dwell_s": DWELL_S, "screen_silence_s": 0.4}, "screen": {"minimum_s": 0.1}}
    config = write_unit(tmp_path, datetime.now(UTC), one_after_the_other(), tables)
    with (
        started("edge-agent", config, tmp_path) as (agent, agent_ready_s),
        started("edge-display", config, tmp_path) as (display, display_ready_s),
    ):
        time.sleep(VISITS * EVERY_S + 3)
        agent_cpu, display_cpu = cpu_s(agent.pid), cpu_s(display.pid)
        agent_mb, display_mb = rss_mb(agent.pid), rss_mb(display.pid)
    stores = open_stores(tmp_path, "bench", load_unit_key(tmp_path, None))
    delays_ms = [1000 * delay_s for delay_s in shown_after([out.event for out in stores.journal.outbox(10_000)])]
    stores.close()
    assert delays_ms, "nobody was greeted"
    cuts = statistics.quantiles(delays_ms, n=100)
    print(f"\nagent, start -> ready                   {agent_ready_s:8.2f} s      (target: scanning within 2 s)")
    print(f"display, start -> ready                 {display_ready_s:8.2f} s")
    print(f"agent, memory                           {agent_mb:8.0f} MB     (target 120)")
    print(f"display, memory at 1920x1080            {display_mb:8.0f} MB     (target 120)")
    run_s = VISITS * EVERY_S
    print(f"agent, CPU with one phone near          {100 * agent_cpu / run_s:8.1f} %")
    print(f"display, CPU, a new scene every {EVERY_S} s   {100 * display_cpu / run_s:8.1f} %")
    print(
        f"end of dwell -> first frame, {len(delays_ms)} scenes   p50 {cuts[49]:.0f} ms, p99 {cuts[98]:.0f} ms "
        "(target 100 ms, card not prepared)"
    )


def one_after_the_other() -> dict[str, Walk]:
    """Shoppers who come near in turn."""
    return {
        f"shopper-{number}": ((2 + EVERY_S * number, 0.8), (3.4 + EVERY_S * number, 0.8)) for number in range(VISITS)
    }


def shown_after(events: list[CloudEvent]) -> list[float]:
    """Seconds from the start of each visit to its first frame."""
    starts = {event.data["visit"]: float(event.monotonic) for event in events if event.type == "visit.started"}
    shown = {event.data["visit"]: float(event.monotonic) for event in events if event.type == "content.shown"}
    return [shown[visit] - starts[visit] for visit in shown]


def rss_mb(pid: int) -> float:
    """Resident memory of a process, megabytes."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def cpu_s(pid: int) -> float:
    """CPU seconds of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
