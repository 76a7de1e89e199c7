"""How long scenes take: every stretch counted, whatever the display says."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.contracts.screen import Clear, Scene, Show, Shown
from edge_agent.events import ToScreen
from edge_agent.screen.traces import BUCKETS_S, LATE_MAX, PENDING_MAX, STRETCHES, Histogram, Traces

TIMES = st.floats(0, 1e6)


def show(message_id: str = "m1", heard_s: float | None = 100.0, decided_s: float | None = 103.0) -> ToScreen:
    scene = Scene(message_id=message_id, layout="welcome", mode="badge", language="en", headline="Hello")
    return ToScreen(Show(scene=scene, permit_until_s=110.0), heard_s, decided_s)


def taken(traces: Traces) -> dict[str, float]:
    """The last duration of each stretch that has one."""
    return {stretch: histogram.late[-1] for stretch, histogram in traces.histograms.items() if histogram.late}


def test_each_stretch_of_a_prepared_scene():
    traces = Traces()
    traces.sent(show(), 103.002)
    traces.shown(Shown(message_id="m1", first_frame_s=103.020, received_s=103.003, composed_s=101.0))
    assert taken(traces) == pytest.approx(
        {
            "heard_decided": 3.0,
            "decided_sent": 0.002,
            "sent_received": 0.001,
            "received_composed": 0.0,
            "composed_shown": 0.017,
            "decided_shown": 0.020,
            "heard_shown": 3.020,
        }
    )
    assert set(taken(traces)) == set(STRETCHES)


def test_a_scene_that_was_not_prepared():
    traces = Traces()
    traces.sent(show(), 103.0)
    traces.shown(Shown(message_id="m1", first_frame_s=103.1, received_s=103.0, composed_s=103.08))
    assert taken(traces)["received_composed"] == pytest.approx(0.08)
    assert taken(traces)["composed_shown"] == pytest.approx(0.02)


def test_what_is_not_known_is_not_counted():
    traces = Traces()
    traces.sent(show(heard_s=None), 103.0)
    traces.shown(Shown(message_id="m1", first_frame_s=103.1))
    assert set(taken(traces)) == {"decided_sent", "decided_shown"}
    traces.shown(Shown(message_id="m1", first_frame_s=999.0))
    traces.shown(Shown(message_id="never-sent", first_frame_s=999.0))
    traces.sent(ToScreen(Clear(message_id="m2", reason="away")), 104.0)
    traces.sent(show("m3", decided_s=None), 104.0)
    traces.shown(Shown(message_id="m3", first_frame_s=104.0))
    assert sum(traces.histograms["decided_shown"].counts) == 1


@given(times=st.tuples(TIMES, TIMES, TIMES, TIMES, TIMES, TIMES))
def test_a_display_that_lies_about_its_clock_breaks_nothing(times: tuple[float, ...]):
    heard_s, decided_s, sent_s, received_s, composed_s, first_frame_s = times
    traces = Traces()
    traces.sent(show(heard_s=heard_s, decided_s=decided_s), sent_s)
    traces.shown(Shown(message_id="m1", first_frame_s=first_frame_s, received_s=received_s, composed_s=composed_s))
    assert all(duration_s >= 0 for duration_s in taken(traces).values())
    assert all(sum(histogram.counts) == 1 for histogram in traces.histograms.values())


def test_scenes_that_never_come_up_take_no_room():
    traces = Traces()
    for number in range(1000):
        traces.sent(show(f"m{number}"), 103.0)
    shown = 0
    for number in range(1000):
        traces.shown(Shown(message_id=f"m{number}", first_frame_s=104.0))
        shown = sum(traces.histograms["decided_shown"].counts)
    assert shown == PENDING_MAX


@given(durations=st.lists(st.floats(0, 1000), max_size=300))
def test_a_histogram_counts_all_and_judges_the_last(durations: list[float]):
    histogram = Histogram()
    for duration_s in durations:
        histogram.add(duration_s)
    assert sum(histogram.counts) == len(durations)
    for number, bound_s in enumerate(BUCKETS_S):
        assert sum(histogram.counts[: number + 1]) == sum(duration_s <= bound_s for duration_s in durations)
    late = durations[-LATE_MAX:]
    median_s, nearly_all_s = histogram.quantile_s(0.5), histogram.quantile_s(0.99)
    if not late:
        assert median_s is nearly_all_s is None
    else:
        assert min(late) <= median_s <= nearly_all_s <= max(late)
        assert sum(duration_s <= median_s for duration_s in late) >= len(late) / 2
