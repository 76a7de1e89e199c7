"""What the commands that ask the running agent have in common."""

import signal

import pytest

from edge_agent.cli.asking import until_stopped

STOPS = (signal.SIGTERM, signal.SIGHUP)


@pytest.mark.parametrize("number", [*STOPS, signal.SIGINT])
def test_whoever_stops_a_command_ends_it_with_its_status_and_leaves_no_handler(number: signal.Signals) -> None:
    before = [signal.getsignal(one) for one in STOPS]
    with pytest.raises(SystemExit) as ended, until_stopped(status=130):
        signal.raise_signal(number)
    assert ended.value.code == 130
    assert [signal.getsignal(one) for one in STOPS] == before


def test_a_command_that_is_done_or_fails_leaves_no_handler() -> None:
    before = [signal.getsignal(one) for one in STOPS]
    with until_stopped():
        assert [signal.getsignal(one) for one in STOPS] != before
    with pytest.raises(ZeroDivisionError), until_stopped():
        _ = 1 / 0
    assert [signal.getsignal(one) for one in STOPS] == before
