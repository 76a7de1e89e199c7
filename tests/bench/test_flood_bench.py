"""A flood of 10,000 advertisements a second: the oldest are dropped and counted, and nobody waits for long."""

import asyncio
import statistics
import time
from pathlib import Path

from edge_agent.constants import RADIO_QUEUE_MAX
from edge_agent.contracts.clerk import TabletHello
from edge_agent.events import SliceChanged, TabletJoined
from tests.bench import air
from tests.test_loop import UNTIL, Running, looping

PER_SECOND = 10_000
SECONDS = 10.0
PIECE_S = 0.01
ASK_S = 0.1
STALL_ADVERTISEMENTS = 20_000
"""What piles up while nobody reads for two seconds."""


async def flood(running: Running, until_s: float) -> int:
    """Put 10,000 advertisements a second into the inbox."""
    heard, sent, started_s = air.street(), 0, time.monotonic()
    while (now_s := time.monotonic()) < until_s:
        due = int((now_s - started_s) * PER_SECOND)
        for number in range(sent, due):
            running.inbox.put(heard[number % len(heard)])
        sent = due
        await asyncio.sleep(PIECE_S)
    return sent


async def wait_ms(running: Running, received: object) -> float:
    """How long until the engine has taken an input."""
    queue = running.inbox.urgent if isinstance(received, SliceChanged) else running.inbox.clerks
    started_s = time.monotonic()
    running.inbox.put(received)  # type: ignore[arg-type]
    while len(queue):
        await asyncio.sleep(0)
    return (time.monotonic() - started_s) * 1e3


async def test_a_flood(tmp_path: Path) -> None:
    async with looping(tmp_path, customers=["anna", "ben"]) as running:
        inbox = running.inbox
        await running.until(lambda: not len(inbox))
        until_s = time.monotonic() + SECONDS
        flooding = asyncio.create_task(flood(running, until_s))
        withdrawals, replies = [], []
        while not flooding.done():
            withdrawals.append(await wait_ms(running, SliceChanged(frozenset({"ben"}), UNTIL)))
            replies.append(await wait_ms(running, TabletJoined(TabletHello(tablet="t", departments=()))))
            await asyncio.sleep(ASK_S)
        sent = await flooding
        await running.until(lambda: not len(inbox))
        dropped = inbox.radio.dropped
        print(f"\n{sent} advertisements in {SECONDS:.0f} s: {dropped} dropped, the queue holds {RADIO_QUEUE_MAX}")
        for name, waits in (("a withdrawal", withdrawals), ("a clerk's message", replies)):
            print(f"{name} waits meanwhile: median {statistics.median(waits):.1f} ms, longest {max(waits):.1f} ms")

        for heard in air.street() * (STALL_ADVERTISEMENTS // air.DEVICES):
            inbox.put(heard)
        dropped, started_s = inbox.radio.dropped - dropped, time.monotonic()
        assert dropped == STALL_ADVERTISEMENTS - RADIO_QUEUE_MAX
        waited_ms = await wait_ms(running, SliceChanged(frozenset({"anna"}), UNTIL))
        await running.until(lambda: not len(inbox))
        caught_up_ms = (time.monotonic() - started_s) * 1e3
        print(f"{STALL_ADVERTISEMENTS} at once: {dropped} dropped; a withdrawal behind them waits {waited_ms:.1f} ms,")
        print(f"and all that were kept are heard after {caught_up_ms:.0f} ms")
