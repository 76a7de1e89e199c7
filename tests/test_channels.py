"""Bounded queues: what each does when it is full."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.channels import DropOldest, Full, NeverDrop


@given(st.integers(1, 20), st.lists(st.integers()))
def test_drop_oldest_keeps_the_newest_in_order_and_counts_the_rest(size: int, items: list[int]) -> None:
    channel: DropOldest[int] = DropOldest(size)
    for item in items:
        channel.put(item)
    kept = [channel.take() for _ in range(len(channel))]
    assert kept == items[-size:]
    assert channel.dropped == len(items) - len(kept)
    assert channel.take() is None


def test_never_drop_says_that_its_reader_is_dead() -> None:
    channel: NeverDrop[int] = NeverDrop(2)
    channel.put(1)
    channel.put(2)
    with pytest.raises(Full, match="2 items"):
        channel.put(3)
    assert [channel.take(), channel.take()] == [1, 2]


async def test_a_reader_waits_until_something_arrives() -> None:
    woken: list[None] = []
    channel: NeverDrop[int] = NeverDrop(9, lambda: woken.append(None))
    reader = asyncio.create_task(channel.get())
    await asyncio.sleep(0)
    assert not reader.done()
    channel.put(7)
    assert await reader == 7
    assert len(woken) == 1
    channel.put(8)
    channel.clear()
    assert len(channel) == 0
    again = asyncio.create_task(channel.get())
    await asyncio.sleep(0)
    assert not again.done()
    channel.put(9)
    assert await again == 9
