"""The index finds every customer's tokens around the present slot, and nobody else."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from edge_agent.contracts.slice import RollingToken, StaticToken, TemporaryKey
from edge_agent.identify.index import TokenIndex
from edge_agent.identify.keys import key_at
from edge_agent.identify.token import ephemeral_id, slot_of, window_of

NOW = 1_773_493_200
STATIC = "ibeacon:f7826da6-4fa2-4e98-8024-bc5b71e0893e:0001:0002"
CUSTOMERS = st.sampled_from(["anna", "bert", "cleo", "dora"])
SEEDS_MAX = 7
SEEDS = st.integers(0, SEEDS_MAX)  # few keys, so that two customers often share one


def key(seed: int, window: int) -> bytes:
    return seed.to_bytes(14, "big") + window.to_bytes(2, "big")


def rolling(seed: int, exponent: int = 10, device: str = "phone", around: int = NOW) -> RollingToken:
    windows = dict.fromkeys(window_of(around + delta) for delta in (-65_536, 0, 65_536))
    keys = tuple(TemporaryKey(window=window, key=key(seed, window).hex()) for window in windows)
    return RollingToken(device=device, rotation_exponent=exponent, keys=keys)


def static(token: str = STATIC) -> StaticToken:
    return StaticToken(device="card", token=token)


def eid(seed: int, unix_s: int, exponent: int = 10) -> bytes:
    slot = slot_of(unix_s, exponent)
    return ephemeral_id(key(seed, window_of(slot)), exponent, slot)


def ready(index: TokenIndex, unix_s: int = NOW) -> TokenIndex:
    while not index.complete(unix_s):
        index.work(unix_s, 7)
    index.work(unix_s, 0)  # no budget: only what is complete takes its place
    return index


def who(index: TokenIndex, token: bytes | str) -> str | None:
    device = index.find(token)
    return None if device is None else device.customer


@given(exponent=st.integers(0, 15), unix_s=st.integers(NOW, NOW + 65_535), slots=st.integers(-4, 4))
def test_a_clock_may_be_wrong_by_one_slot_and_no_more(exponent, unix_s, slots):
    index = ready(TokenIndex([("anna", (rolling(1, exponent),))]), unix_s)
    token = eid(1, unix_s + slots * 2**exponent, exponent)
    assert who(index, token) == ("anna" if abs(slots) <= 1 else None)


def test_strangers_and_other_kinds_of_token_are_unknown():
    index = ready(TokenIndex([("anna", (rolling(1), static()))]))
    assert [who(index, token) for token in (eid(2, NOW), bytes(8), "ibeacon:x", eid(1, NOW).hex())] == [None] * 4
    assert who(index, STATIC) == who(index, eid(1, NOW)) == "anna"


def test_a_token_of_two_customers_is_nobodys_also_after_one_has_gone():
    index = ready(TokenIndex([("anna", (rolling(1), static())), ("bert", (rolling(1), static()))]))
    assert who(index, eid(1, NOW)) is who(index, STATIC) is None
    index.remove("bert")
    assert who(index, eid(1, NOW)) is who(index, STATIC) is None
    index.put("anna", (rolling(1), static()))
    assert who(index, eid(1, NOW)) is who(index, STATIC) is None


def test_two_devices_of_one_customer_are_no_collision():
    index = ready(TokenIndex([("anna", (rolling(1, device="phone"), rolling(1, device="watch")))]))
    assert who(index, eid(1, NOW)) == "anna"


@pytest.mark.parametrize("ahead_s", [-1024, -1, 0, 1, 1024])
def test_a_slot_change_loses_nobody_not_for_a_second_and_no_phone_whose_clock_is_wrong(ahead_s):
    index = ready(TokenIndex([(f"c{seed}", (rolling(seed),)) for seed in range(100)]))
    for unix_s in range(NOW, NOW + 4096):
        index.work(unix_s, 8)  # the table after the next is begun 15 s before it is needed, and needs 13
        assert who(index, eid(42, unix_s + ahead_s)) == "c42", unix_s - NOW


@pytest.mark.parametrize("slots", [-2, 2])
def test_the_table_that_is_prepared_is_not_looked_into_before_its_time(slots):
    index = ready(TokenIndex([("anna", (rolling(1),))]))
    for unix_s in range(NOW, NOW + 2048):
        index.work(unix_s, 100)
        assert who(index, eid(1, unix_s + slots * 1024)) is None, unix_s - NOW


def test_it_says_when_there_is_something_to_do():
    index = TokenIndex([("anna", (rolling(1),))])
    assert index.next_work_s(NOW) == 0
    ready(index)
    unix_s = NOW
    for _ in range(20):  # each time something is missing, and before that nothing was
        wait_s = index.next_work_s(unix_s)
        assert 0 < wait_s <= 1024
        assert index.complete(unix_s + wait_s - 1)
        unix_s += wait_s
        if not index.complete(unix_s):
            assert slot_of(unix_s, 10) + 1024 - unix_s == 15
        ready(index, unix_s)
    assert TokenIndex().next_work_s(NOW) == 3600


def test_the_clock_is_set_while_a_table_is_made():
    index = TokenIndex([(f"c{seed}", (rolling(seed),)) for seed in range(100)])
    index.work(NOW, 50)
    later = NOW + 10 * 1024
    assert index.blind(later)
    ready(index, later)
    assert not index.blind(later)
    assert who(index, eid(7, later)) == "c7"
    assert who(index, eid(7, NOW)) is None
    assert index.blind(NOW)


def test_too_many_ids_a_second_are_counted_and_leave_the_others_alone():
    quick = [(f"q{n}", (rolling(n, 0),)) for n in range(2005)]
    index = ready(TokenIndex([*quick, *((f"c{n}", (rolling(n, 10),)) for n in range(1024))]))
    assert index.unserved == 6  # 2,000 derivations a second, of which the others take one
    assert (who(index, eid(1998, NOW, 0)), who(index, eid(1999, NOW, 0))) == ("q1998", None)
    assert who(index, eid(1000, NOW, 10)) == "c1000"
    index.put("q2004", (rolling(7000, 0),))
    assert who(index, eid(7000, NOW, 0)) is None
    for n in range(6):
        index.remove(f"q{n}")
    index.work(NOW + 1, 0)
    assert index.unserved == 0
    ready(index, NOW + 4)
    assert who(index, eid(7000, NOW + 4, 0)) == "q2004"


def test_no_rotation_starves_another():
    index = TokenIndex([*((f"q{n}", (rolling(n, 0),)) for n in range(50)), ("anna", (rolling(1, 10),))])
    for step in range(100):  # far too little for the quick ones
        index.work(NOW + step, 4)
    assert who(index, eid(1, NOW, 10)) == "anna"


def test_keys_of_past_windows_are_dropped_one_slot_after_their_end_and_only_by_a_clock_that_is_trusted():
    border = (NOW // 65_536 + 1) * 65_536
    hers = rolling(1, around=border)
    index = ready(TokenIndex([("anna", (hers,))]), border - 1)

    def held() -> list[int]:
        device = index.find(eid(1, border, 10))
        assert device is not None
        return [seconds for seconds in (-1, 0, 65_536) if key_at(device.keys, border + seconds) is not None]

    for unix_s, trusted, kept in [
        (border - 1, True, [-1, 0, 65_536]),
        (border + 1023, True, [-1, 0, 65_536]),
        (border + 1024, False, [-1, 0, 65_536]),
        (border + 1024, True, [0, 65_536]),
    ]:
        for _ in range(5):
            index.work(unix_s, 10, trusted)
        assert held() == kept, unix_s - border
    index.put("anna", (hers,))  # a late page brings it again
    assert held() == [0, 65_536]


def test_dropping_past_keys_takes_no_more_devices_at_once_than_its_budget():
    border = (NOW // 65_536 + 1) * 65_536
    index = ready(TokenIndex([(f"c{seed}", (rolling(seed, around=border),)) for seed in range(100)]), border + 1024)

    def untouched() -> int:
        found = [index.find(eid(seed, border + 1024)) for seed in range(100)]
        return sum(key_at(device.keys, border - 1) is not None for device in found if device is not None)

    assert untouched() == 100
    for left in range(90, -1, -10):
        index.work(border + 1024, 10, trusted=True)
        assert untouched() == left


def test_new_keys_for_later_windows_leave_the_ids_of_now_alone():
    index = ready(TokenIndex([("anna", (rolling(1, around=NOW - 65_536),))]))
    device = index.find(eid(1, NOW))
    assert device is not None
    assert key_at(device.keys, NOW + 65_536) is None
    index.put("anna", (rolling(1),))
    assert who(index, eid(1, NOW)) == "anna"
    assert ready(index, NOW + 65_536).find(eid(1, NOW + 65_536)) is not None


def test_a_customer_holds_at_most_as_many_devices_as_a_profile():
    eight = tuple(rolling(seed, device=f"d{seed}") for seed in range(8))
    index = ready(TokenIndex([("anna", eight)]))
    assert [index.find(eid(seed, NOW)).device for seed in range(8)] == [f"d{seed}" for seed in range(8)]
    with pytest.raises(ValueError, match="tokens: 9, at most 8"):
        index.put("anna", (*eight, static()))


def test_a_table_is_finished_however_often_the_slice_changes():
    index = TokenIndex([(f"c{seed}", (rolling(seed),)) for seed in range(100)])
    for step in range(200):
        index.work(NOW, 2)
        index.put(f"c{step % 100}", (rolling(step % 100),))
    assert index.complete(NOW)


def test_a_device_shows_no_key_when_it_is_printed():
    index = ready(TokenIndex([("anna", (rolling(1),))]))
    assert key(1, window_of(NOW)).hex() not in repr(index.find(eid(1, NOW)))


DEVICES = st.tuples(st.sampled_from(["phone", "watch", "tag"]), SEEDS, st.sampled_from([4, 10, None]))
"""(name, seed, exponent); without an exponent it is a static tag."""


def token_of(name: str, seed: int, exponent: int | None) -> RollingToken | StaticToken:
    if exponent is None:
        return StaticToken(device=name, token=f"eddystone_uid:{seed:032x}")
    return rolling(seed, exponent, name)


class IndexLaws(RuleBasedStateMachine):
    """Against a list of everybody's devices that is searched through: right or unknown, whatever changes while tables
    are made; and right where all is made and nothing was ever shared."""

    def __init__(self) -> None:
        super().__init__()
        self.index = TokenIndex()
        self.model: dict[str, list[tuple[str, int, int | None]]] = {}
        self.shared: set[tuple[int, int | None]] = set()
        self.unix_s = NOW

    @rule(customer=CUSTOMERS, devices=st.lists(DEVICES, max_size=3, unique_by=lambda device: device[0]))
    def put(self, customer, devices):
        self.index.put(customer, tuple(token_of(*device) for device in devices))
        self.model[customer] = devices
        sent = [(seed, exponent) for mine in self.model.values() for _, seed, exponent in mine]
        self.shared |= {what for what in sent if sent.count(what) > 1}

    @rule(customer=CUSTOMERS)
    def remove(self, customer):
        self.index.remove(customer)
        self.model.pop(customer, None)

    @rule(budget=st.integers(0, 5))
    def work(self, budget):
        self.index.work(self.unix_s, budget)

    @rule()
    def finish(self):
        ready(self.index, self.unix_s)

    @rule(seconds=st.integers(0, 1500))
    def pass_time(self, seconds):
        self.unix_s = min(self.unix_s + seconds, NOW + 30_000)

    @invariant()
    def nobody_is_taken_for_another(self):
        for seed, exponent in itertools.product(range(SEEDS_MAX + 1), (4, 10, None)):
            found = self.index.find(self.sent(seed, exponent))
            if found is not None:
                owners = self.owners(seed, exponent)
                assert (found.customer, found.device) in owners
                assert {customer for customer, _ in owners} == {found.customer}
                assert found.slot == (None if exponent is None else slot_of(self.unix_s, exponent))

    @invariant()
    def everybody_is_found_once_all_is_made(self):
        self.index.work(self.unix_s, 0)
        for seed, exponent in itertools.product(range(SEEDS_MAX + 1), (4, 10, None)):
            if self.owners(seed, exponent) and (seed, exponent) not in self.shared:
                found = self.index.find(self.sent(seed, exponent))
                assert found is not None or (exponent is not None and not self.index.complete(self.unix_s))

    @invariant()
    def it_counts_customers_with_devices(self):
        assert len(self.index) == sum(1 for devices in self.model.values() if devices)

    def sent(self, seed: int, exponent: int | None) -> bytes | str:
        return f"eddystone_uid:{seed:032x}" if exponent is None else eid(seed, self.unix_s, exponent)

    def owners(self, seed: int, exponent: int | None) -> set[tuple[str, str]]:
        return {(who, name) for who, mine in self.model.items() for name, s, e in mine if (s, e) == (seed, exponent)}


TestIndexLaws = IndexLaws.TestCase
TestIndexLaws.settings = settings(max_examples=80, stateful_step_count=30)
