"""The recogniser keeps its tables up in small steps, whatever the clock does, and remembers when its index changes."""

from datetime import UTC, datetime, timedelta

import pytest

from edge_agent.constants import SLOT_OVERLAP_S
from edge_agent.events import Instant
from edge_agent.identify.index import TokenIndex
from edge_agent.identify.recogniser import CHECK_S, DERIVATIONS_PER_STEP, STEP_S, Recogniser
from tests.identify.test_index import NOW, eid, rolling

CUSTOMERS = [(f"c{seed}", (rolling(seed),)) for seed in range(350)]


class Days:
    """Time passes in a recogniser, from deadline to deadline."""

    def __init__(self, index: TokenIndex) -> None:
        self.recogniser = Recogniser(index)
        self.monotonic_s = 50.3
        self.wall_ahead_s = 0
        self.steps_s: list[float] = []

    @property
    def unix_s(self) -> int:
        return NOW + self.wall_ahead_s + int(self.monotonic_s)

    @property
    def instant(self) -> Instant:
        utc = datetime.fromtimestamp(NOW + self.wall_ahead_s, UTC) + timedelta(seconds=self.monotonic_s)
        return Instant(self.monotonic_s, utc, True)

    def pass_time(self, seconds: float) -> None:
        until_s = self.monotonic_s + seconds
        while True:
            self.recogniser.let_time_pass(self.instant)
            due_s = self.recogniser.next_deadline()
            assert due_s is not None
            assert due_s > self.monotonic_s  # never a loop without a pause
            self.steps_s.append(due_s - self.monotonic_s)
            if due_s > until_s:
                self.monotonic_s = until_s
                return
            self.monotonic_s = due_s

    def knows(self, seed: int, ahead_s: int = 0) -> bool:
        return self.recogniser.find(eid(seed, self.unix_s + ahead_s), self.monotonic_s) is not None


def test_at_the_start_it_hurries_and_then_rests():
    days = Days(TokenIndex(CUSTOMERS))
    days.pass_time(0.01)
    assert days.knows(1)
    days.pass_time(1)
    days.steps_s.clear()
    days.pass_time(600)
    assert len(days.steps_s) <= 600 / CHECK_S + 10


def test_day_and_night_every_phone_is_known_also_one_whose_clock_is_wrong_by_a_slot():
    days = Days(TokenIndex(CUSTOMERS))
    days.pass_time(1)
    for number in range(500):
        days.pass_time(37)
        assert days.recogniser.index.find(eid(number % 350, days.unix_s - 1024)) is not None
        assert days.recogniser.index.find(eid(number % 350, days.unix_s + 1024)) is not None
        assert days.knows(number % 350)


@pytest.mark.parametrize("jump_s", [-5000, 5000, 1_000_000])
def test_a_clock_that_is_set_makes_nobody_wait_longer_than_the_check(jump_s):
    days = Days(TokenIndex([("anna", (rolling(1), rolling(2, around=NOW + jump_s, device="next"))), *CUSTOMERS[3:]]))
    days.pass_time(100)
    days.wall_ahead_s = jump_s
    days.pass_time(CHECK_S + 1)
    assert days.knows(2)


def test_an_index_that_grew_is_worked_on_at_once():
    days = Days(TokenIndex(CUSTOMERS))
    days.pass_time(100)
    days.recogniser.index.put("dora", (rolling(1000, 9),))
    days.pass_time(0)
    assert days.recogniser.find(eid(1000, days.unix_s, 9), days.monotonic_s) is not None


def test_an_older_id_stays_refused_when_the_index_is_replaced():
    days = Days(TokenIndex(CUSTOMERS))
    days.pass_time(1)
    old = eid(5, days.unix_s)
    days.pass_time(1024)
    assert days.knows(5)
    replacement = TokenIndex(CUSTOMERS)
    while not replacement.complete(days.unix_s):
        replacement.work(days.unix_s, DERIVATIONS_PER_STEP)
    days.recogniser.index = replacement
    assert days.recogniser.find(old, days.monotonic_s + SLOT_OVERLAP_S) is not None
    assert days.recogniser.find(old, days.monotonic_s + SLOT_OVERLAP_S + 1) is None
    assert days.recogniser.ignored == 1


def test_ids_that_change_every_second_keep_up_and_the_pauses_stay():
    days = Days(TokenIndex([(f"c{seed}", (rolling(seed, 0),)) for seed in range(1500)]))
    days.pass_time(2)
    days.steps_s.clear()
    for second in range(20):
        days.pass_time(1)
        assert days.recogniser.find(eid(second, days.unix_s, 0), days.monotonic_s) is not None
    assert len(days.steps_s) <= 20 / STEP_S + 20
