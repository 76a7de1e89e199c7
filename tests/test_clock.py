"""The one place that reads a clock."""

from datetime import UTC

from edge_agent.clock import SystemClock, kernel_clock_synchronised


def test_time_goes_on_and_has_a_zone() -> None:
    clock = SystemClock("always")
    first, second = clock.now(), clock.now()
    assert first.monotonic_s <= second.monotonic_s
    assert first.utc.tzinfo is UTC
    assert first.utc_trusted


def test_trust_follows_the_kernel_unless_it_is_given() -> None:
    assert SystemClock("synchronised").now().utc_trusted is kernel_clock_synchronised()
