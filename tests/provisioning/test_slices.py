import threading
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from edge_agent.contracts.event import ConsentRevoked
from edge_agent.contracts.slice import Consent, SlicePage
from edge_agent.sync.merge import check_page
from provisioning.hub.cursor import Cursor
from provisioning.hub.events import Events
from provisioning.hub.fleet import Fleet
from provisioning.hub.problem import ProblemError
from provisioning.hub.reporting import report
from provisioning.hub.slices import TOMBSTONE_KEEP_S, Slices
from provisioning.hub.storage import Database
from provisioning.hub.tables import customers as table
from tests.provisioning.hubs import IDENTITY_KEY, STORE, customer, customers

NOW = datetime(2026, 5, 4, 10, 0, tzinfo=UTC)
LEASE_S = 86_400.0

PEOPLE = st.sampled_from(["anna", "bert", "carla", "dora", "emil", "fritz"])
STEPS = st.one_of(
    st.tuples(st.just("put"), PEOPLE, st.integers(0, 9)),
    st.tuples(st.just("tombstone"), PEOPLE),
    st.tuples(st.just("page"), st.integers(0, 1)),
    st.tuples(st.just("wait"), st.sampled_from([60.0, 7 * 3600.0, TOMBSTONE_KEEP_S + 1])),
    st.tuples(st.just("forget")),
)


@pytest.fixture
def slices(database: Database) -> Slices:
    Fleet(database).add_store(STORE, "UTC", NOW)
    return Slices(database, LEASE_S)


class Reader:
    """A unit that keeps what it is given, one page at a time."""

    def __init__(self, store: str) -> None:
        self.held: dict[str, object] = {}
        self.cursor: str | None = None
        self._store = store
        self._pages: list[SlicePage] = []

    def read(self, slices: Slices, now: datetime) -> bool:
        """Take one page; True at a checkpoint."""
        asked = self._pages[-1].cursor if self._pages else self.cursor
        try:
            page = slices.page(self._store, asked, now).page
        except ProblemError as problem:
            if problem.problem.status != 410 or asked is None:
                raise
            self.cursor, self._pages = None, []
            return False
        page = SlicePage.model_validate_json(page.model_dump_json())
        check_page(page, self._store, asked, len(self._pages), 0)
        self._pages.append(page)
        if not page.checkpoint:
            return False
        if self._pages[0].snapshot:
            self.held.clear()
        for operation in (operation for page in self._pages for operation in page.operations):
            if operation.profile is None:
                self.held.pop(operation.customer, None)
            else:
                self.held[operation.customer] = operation.profile.get("tier")
        self.cursor, self._pages = page.cursor, []
        return True


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(STEPS, max_size=30), page_max=st.integers(1, 4))
def test_any_interleaving_of_changes_and_pages_ends_in_the_hubs_state(
    database: Database, steps: list[tuple[object, ...]], page_max: int
) -> None:
    store = f"s{next(_NUMBERS)}"
    Fleet(database).add_store(store, "UTC", NOW)
    slices, readers, truth, now = Slices(database, LEASE_S, page_max), [Reader(store), Reader(store)], {}, NOW
    for step in steps:
        match step:
            case ("put", str(name), int(tier)):
                slices.put(store, [customer(name, tier=str(tier))], now)
                truth[name] = str(tier)
            case ("tombstone", str(name)):
                assert slices.tombstone(store, name, now) == (truth.pop(name, None) is not None)
            case ("page", int(which)):
                readers[which].read(slices, now)
            case ("wait", float(seconds)):
                now += timedelta(seconds=seconds)
            case ("forget",):
                slices.forget_tombstones(now)
    for reader in readers:
        for _ in range(40):
            if reader.read(slices, now) and reader.held == truth:
                break
        assert reader.held == truth


_NUMBERS = iter(range(1_000_000))


def test_sequence_numbers_follow_the_commits_of_parallel_writers(database: Database, slices: Slices) -> None:
    """A reader that pages while others write misses nobody, whatever order their transactions end in."""
    names = [[f"w{writer}-{n}" for n in range(15)] for writer in range(4)]

    def write(mine: list[str]) -> None:
        for name in mine:
            slices.put(STORE, [customer(name)], NOW)

    reader, writers = Reader(STORE), [threading.Thread(target=write, args=(mine,)) for mine in names]
    for thread in writers:
        thread.start()
    while any(thread.is_alive() for thread in writers):
        reader.read(slices, NOW)
    for thread in writers:
        thread.join()
    while not reader.read(slices, NOW):
        pass
    assert set(reader.held) == {name for mine in names for name in mine}


def test_one_reading_sees_one_state(database: Database, slices: Slices) -> None:
    """Else the tombstones between a cursor and its horizon could go while the page is read."""
    slices.put(STORE, customers(["anna"]), NOW)
    with database.reading() as connection:
        before = connection.execute(select(table.c.sequence)).scalars().all()
        slices.put(STORE, customers(["bert"]), NOW)
        assert connection.execute(select(table.c.sequence)).scalars().all() == before


def test_pages_are_bounded_and_only_the_last_is_a_checkpoint(slices: Slices) -> None:
    slices.put(STORE, customers(f"c{n}" for n in range(1001)), NOW)
    pages, cursor = [], None
    while not pages or not pages[-1].checkpoint:
        pages.append(slices.page(STORE, cursor, NOW).page)
        cursor = pages[-1].cursor
    assert [len(page.operations) for page in pages] == [500, 500, 1]
    assert [page.snapshot for page in pages] == [True, False, False]
    assert [page.checkpoint for page in pages] == [False, False, True]


def test_an_erased_customer_leaves_nothing_but_a_tombstone(database: Database, slices: Slices) -> None:
    slices.put(STORE, [customer("anna", salutation="Frau Berger")], NOW)
    start = slices.page(STORE, None, NOW).page.cursor
    assert slices.tombstone(STORE, "anna", NOW)
    assert not slices.tombstone(STORE, "anna", NOW)
    page = slices.page(STORE, start, NOW).page
    assert [(op.kind, op.profile) for op in page.operations] == [("tombstone", None)]
    with database.reading() as connection:
        row = connection.exec_driver_sql("SELECT profile, devices FROM customers").one()
    assert tuple(row) == (None, None)


def told(slices: Slices, cursor: str, now: datetime = NOW) -> list[tuple[str, str]]:
    return [(operation.kind, operation.customer) for operation in slices.page(STORE, cursor, now).page.operations]


def test_whom_the_store_may_not_know_is_not_even_named_to_it(slices: Slices) -> None:
    """Her opaque id is hers too, and each unit would confirm her erasure."""
    start = slices.page(STORE, None, NOW).page.cursor
    nobody = [customer("bert", age="minor"), customer("carla", consents=())]
    for now in (NOW, NOW + timedelta(hours=30)):
        slices.put(STORE, [customer("anna"), *nobody], now)
        assert told(slices, start, now) == [("put", "anna")]
    assert slices.tombstone(STORE, "bert", NOW)
    assert not slices.tombstone(STORE, "bert", NOW)
    assert told(slices, start) == [("put", "anna")]


def test_who_may_not_be_known_any_more_is_taken_back_once(slices: Slices) -> None:
    slices.put(STORE, [customer("anna")], NOW)
    start = slices.page(STORE, None, NOW).page.cursor
    slices.put(STORE, [customer("anna", consents=("analytics",))], NOW)
    assert told(slices, start) == [("tombstone", "anna")]
    cursor, later = slices.page(STORE, start, NOW).page.cursor, NOW + timedelta(days=3)
    slices.put(STORE, [customer("anna", consents=())], later)
    assert told(slices, cursor, later) == [], "that she is gone is said"
    assert told(slices, start, later) == [("tombstone", "anna")], "whoever has not heard it yet still does"
    slices.tombstone(STORE, "anna", later)
    assert told(slices, cursor, later) == []
    slices.put(STORE, [customer("anna")], later)
    assert told(slices, cursor, later) == [("put", "anna")]


def test_who_falls_out_by_the_passing_of_time_is_taken_back_once(slices: Slices) -> None:
    slices.put(STORE, [customer("anna", valid_until=NOW + timedelta(days=1)), customer("bert")], NOW)
    cursor = slices.page(STORE, None, NOW).page.cursor
    for days, expected in (
        (2, [("put", "bert"), ("tombstone", "anna")]),
        (4, [("put", "bert")]),
        (6, [("put", "bert")]),
    ):
        now = NOW + timedelta(days=days)
        assert sorted(told(slices, cursor, now)) == expected
        cursor = slices.page(STORE, cursor, now).page.cursor


def test_a_customer_who_is_there_twice_is_refused(slices: Slices) -> None:
    with pytest.raises(ProblemError, match="twice"):
        slices.put(STORE, customers(["anna", "bert", "anna"]), NOW)


def test_the_horizon_never_goes_back(database: Database, slices: Slices) -> None:
    """Also where the hub's clock was wrong for a while."""
    slices.put(STORE, customers(["anna", "bert"]), NOW)
    cursor = slices.page(STORE, None, NOW).page.cursor
    old = NOW - timedelta(days=60)
    slices.tombstone(STORE, "anna", NOW)
    slices.tombstone(STORE, "bert", old)
    assert slices.forget_tombstones(NOW) == 1
    assert slices.forget_tombstones(NOW + timedelta(days=31)) == 1
    with pytest.raises(ProblemError):
        slices.page(STORE, cursor, NOW)


def test_who_loses_her_consent_while_a_snapshot_is_read_is_taken_back(database: Database) -> None:
    Fleet(database).add_store(STORE, "UTC", NOW)
    slices, reader = Slices(database, LEASE_S, page_max=1), Reader(STORE)
    slices.put(STORE, customers(["anna", "bert"]), NOW)
    assert not reader.read(slices, NOW)
    slices.put(STORE, [customer("anna", age="unknown")], NOW)
    while not reader.read(slices, NOW):
        pass
    assert set(reader.held) == {"bert"}


@pytest.mark.parametrize(
    "device",
    [
        {"kind": "rolling", "device": "phone", "identity_key": IDENTITY_KEY},
        {"kind": "static", "device": "card", "token": "ibeacon:00"},
    ],
    ids=["phone", "loyalty card"],
)
def test_whose_consent_has_ended_is_taken_back_within_a_day(slices: Slices, device: dict[str, object]) -> None:
    ends = NOW + timedelta(hours=1)
    consent = Consent(purpose="screen", receipt="r1", granted_at=NOW, expires_at=ends)
    slices.put(STORE, [customer("anna", devices=[device]).model_copy(update={"consents": (consent,)})], NOW)
    reader = Reader(STORE)
    while not reader.read(slices, NOW):
        pass
    assert set(reader.held) == {"anna"}
    while not reader.read(slices, NOW + timedelta(hours=24)):
        pass
    assert reader.held == {}


def test_a_stored_profile_that_cannot_be_read_goes_to_nobody(
    database: Database, slices: Slices, caplog: pytest.LogCaptureFixture
) -> None:
    slices.put(STORE, customers(["anna", "bert"]), NOW)
    with database.writing() as connection:
        connection.execute(table.update().where(table.c.customer == "anna").values(profile='{"customer": "anna"}'))
    assert [op.customer for op in slices.page(STORE, None, NOW).page.operations] == ["bert"]
    assert "cannot be read" in caplog.text
    assert "anna" not in caplog.text


def test_one_pull_renews_the_keys_of_one_page_and_the_last_page_comes_when_all_are_new(
    database: Database, slices: Slices
) -> None:
    slices.put(STORE, customers(f"c{n}" for n in range(1001)), NOW)
    cursor = slices.page(STORE, f"{slices.page(STORE, None, NOW).page.cursor.split('.')[0]}.1001", NOW).page.cursor
    later, pages = NOW + timedelta(days=3), []
    while not pages or not pages[-1].checkpoint:
        pages.append(slices.page(STORE, cursor, later).page)
        cursor = pages[-1].cursor
        assert Fleet(database).sequences()[STORE] <= 1001 + 500 * len(pages)
    assert [len(page.operations) for page in pages] == [500, 500, 1]
    assert len({each.customer for page in pages for each in page.operations}) == 1001


@pytest.mark.parametrize(
    "cursor", ["x", "0.0", "ffffffff.1", "1.2.3.4", "~", "a.-1", "a.99999999999999999999", "a.0.99999999999999999999"]
)
def test_a_cursor_that_is_not_ours_is_gone(slices: Slices, cursor: str) -> None:
    with pytest.raises(ProblemError) as raised:
        slices.page(STORE, cursor, NOW)
    assert raised.value.problem.status == 410


def test_a_cursor_from_the_future_is_gone(slices: Slices) -> None:
    """A hub that was restored from a backup gives numbers again that it gave before."""
    epoch = slices.page(STORE, None, NOW).page.cursor.split(".")[0]
    for ahead in (f"{epoch}.5", f"{epoch}.0.5", f"{epoch}.{2**70}"):
        with pytest.raises(ProblemError):
            slices.page(STORE, ahead, NOW)


def test_after_a_restore_units_load_anew_and_the_platform_misses_no_event(database: Database, slices: Slices) -> None:
    """The same numbers mean something else now: a cursor that looks right must not be believed."""
    slices.put(STORE, customers(["anna", "bert"]), NOW)
    cursor = slices.page(STORE, None, NOW).page.cursor
    fleet, events = Fleet(database), Events(database)
    assert fleet.restored() == 1
    with pytest.raises(ProblemError) as raised:
        slices.page(STORE, cursor, NOW)
    assert raised.value.problem.status == 410
    assert slices.page(STORE, None, NOW).page.checkpoint
    with database.writing() as connection:
        report(connection, STORE, "consent.revoked", ConsentRevoked(customer="a", scope="all", source="hub"), NOW, NOW)
    [(number, _event)] = events.after(STORE, 500_000_000, 10)
    assert number > 500_000_000


@given(
    st.from_regex(r"[0-9a-f]{8}", fullmatch=True),
    st.integers(0, 2**60),
    st.sampled_from(["snapshot_from", "changes_from", None]),
    st.integers(0, 2**60),
)
def test_cursors_round_trip(epoch: str, sequence: int, kind: str | None, start: int) -> None:
    cursor = Cursor(epoch, sequence, **({} if kind is None else {kind: start}))
    assert Cursor.parse(str(cursor)) == cursor
