"""The index finds every customer's tokens around the present slot, and nobody else."""

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from edge_agent.contracts.slice import RollingToken, StaticToken, TemporaryKey
from edge_agent.identify.index import TokenIndex
from edge_agent.identify.token import ephemeral_id, slot_of, window_of

NOW = 1_773_493_200
STATIC = "ibeacon:f7826da6-4fa2-4e98-8024-bc5b71e0893e:0001:0002"
CUSTOMERS = st.sampled_from(["anna", "bert", "cleo", "dora"])
SEEDS = st.integers(0, 3)  # few keys, so that two customers often share one


def key(seed: int, window: int) -> bytes:
    return bytes([seed]) * 14 + window.to_bytes(2, "big")


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


def test_two_rotations_may_collide_too():
    index = ready(TokenIndex([("anna", (rolling(1, 10),)), ("bert", (rolling(2, 9),))]))
    assert who(index, eid(1, NOW, 10)) == "anna"
    assert who(index, eid(2, NOW, 9)) == "bert"
    for slots in index._slots.values():  # a collision of 64 bits cannot be had otherwise
        slots._tables[slot_of(NOW, slots.rotation_exponent)][b"collides"] = next(iter(slots.devices.values()))
    assert who(index, b"collides") is None


def test_two_devices_of_one_customer_are_no_collision():
    index = ready(TokenIndex([("anna", (rolling(1, device="phone"), rolling(1, device="watch")))]))
    assert who(index, eid(1, NOW)) == "anna"


def test_a_slot_change_loses_nobody_however_small_the_budget():
    index = ready(TokenIndex([(f"c{seed}", (rolling(seed),)) for seed in range(100)]))
    for unix_s in range(NOW, NOW + 4096, 64):  # 16 steps per slot, 100 derivations: eight per step are enough
        assert who(index, eid(42, unix_s)) == "c42", unix_s - NOW
        index.work(unix_s, 8)


def test_a_table_is_finished_however_often_the_slice_changes():
    index = TokenIndex([(f"c{seed}", (rolling(seed),)) for seed in range(100)])
    for step in range(200):
        index.work(NOW, 2)
        index.put(f"c{step % 100}", (rolling(step % 100),))
    assert index.complete(NOW)


@given(exponents=st.lists(st.integers(0, 15), max_size=4), unix_s=st.integers(0, 2**32))
def test_the_next_slot_is_ahead(exponents, unix_s):
    index = TokenIndex([(f"c{n}", (rolling(n, exponent),)) for n, exponent in enumerate(exponents)])
    wait_s = index.next_slot_s(unix_s)
    assert 0 < wait_s <= 32_768
    assert all((unix_s + wait_s) // 2**k > unix_s // 2**k for k in exponents[:1] if len(exponents) == 1)


def test_a_device_shows_no_key_when_it_is_printed():
    index = ready(TokenIndex([("anna", (rolling(1),))]))
    assert key(1, window_of(NOW)).hex() not in repr(index.find(eid(1, NOW)))


class IndexLaws(RuleBasedStateMachine):
    """Whatever changes while tables are built: right or unknown, never wrong; and right where nothing is shared."""

    def __init__(self) -> None:
        super().__init__()
        self.index = TokenIndex()
        self.model: dict[str, int] = {}
        self.shared: set[int] = set()
        self.unix_s = NOW

    @rule(customer=CUSTOMERS, seed=SEEDS)
    def put(self, customer, seed):
        self.index.put(customer, (rolling(seed),))
        self.model[customer] = seed
        if list(self.model.values()).count(seed) > 1:
            self.shared.add(seed)

    @rule(customer=CUSTOMERS)
    def remove(self, customer):
        self.index.remove(customer)
        self.model.pop(customer, None)

    @rule(budget=st.integers(0, 5))
    def work(self, budget):
        self.index.work(self.unix_s, budget)

    @rule(seconds=st.integers(0, 1500))
    def pass_time(self, seconds):
        self.unix_s = min(self.unix_s + seconds, NOW + 30_000)

    @invariant()
    def right_or_unknown(self):
        for seed in range(4):
            owners = {customer for customer, mine in self.model.items() if mine == seed}
            found = who(self.index, eid(seed, self.unix_s))
            if found is not None:
                assert owners == {found}
            elif owners and seed not in self.shared:
                assert not self.index.complete(self.unix_s)


TestIndexLaws = IndexLaws.TestCase
TestIndexLaws.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
