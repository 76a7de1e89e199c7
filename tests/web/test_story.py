"""The story's lines are plain, and each tells one fact."""

from datetime import UTC, datetime
from typing import get_args
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.events import Instant
from edge_agent.telling import Fact
from edge_agent.web.feed import KEEP, StoryFeed
from edge_agent.web.story import line, sentence

AT = datetime(2026, 5, 4, 12, 2, 11, tzinfo=UTC)
KINDS = get_args(Fact.__annotations__["kind"])


@pytest.mark.parametrize(
    ("fact", "told"),
    [
        (Fact("near", "c", "Blue diamond", "Outdoor", distance_m=1.26), "Blue diamond near Outdoor (1.3 m)"),
        (Fact("near", "c", zone="Outdoor"), "A customer near Outdoor"),
        (Fact("screen", "c", "Blue diamond", text="Trail Jacket"), "Blue diamond → screen: Trail Jacket"),
        (Fact("shown", "c", "Blue diamond", due_s=20.2), "Blue diamond → on the screen now → card in 20 s"),
        (Fact("shown", "c", "Blue diamond"), "Blue diamond → on the screen now"),
        (Fact("card", "c", "Blue diamond", text="lost-and-found"), "Blue diamond → card for Lost and found"),
        (Fact("escalated", "c"), "A customer → nobody has been free: the lead sees the card too"),
        (Fact("claimed", "c"), "A customer → claimed: a clerk is on the way"),
        (Fact("outcome", "c", outcome="not_interested"), "A customer → outcome: not interested"),
        (Fact("silent", "c", text="open_complaint"), "A customer → nothing personal on the screen: open complaint"),
        (Fact("withdrawn", "c"), "A customer → withdrew consent: screen, card and profile are cleared"),
        (Fact("away", "c", "Blue diamond", "Outdoor"), "Blue diamond steps away from Outdoor"),
        (Fact("left", "c", "Blue diamond"), "Blue diamond has left the shop"),
    ],
)
def test_sentences(fact, told):
    assert sentence(fact) == told


def test_the_clock_is_the_shops():
    assert line(Fact("left", "c"), AT, ZoneInfo("Europe/Vienna")).startswith("14:02:11 ")


@given(st.builds(Fact, kind=st.sampled_from(KINDS), customer=st.just("customer-7f3a"), badge=st.text(), text=st.text()))
def test_no_line_names_the_customer_id(fact):
    assert "customer-7f3a" not in line(fact, AT, UTC)


async def test_a_new_watcher_sees_the_recent_lines_and_then_the_next():
    feed = StoryFeed(UTC)
    for number in range(KEEP + 5):
        feed.tell(Fact("near", "c", badge=f"Badge {number}"), Instant(0, AT, utc_trusted=True))
    lines = feed.lines()
    assert "Badge 5" in await anext(lines)
    for _ in range(KEEP - 1):
        await anext(lines)
    feed.tell(Fact("left", "c", badge="Last"), Instant(0, AT, utc_trusted=True))
    assert "Last" in await anext(lines)
    await lines.aclose()
