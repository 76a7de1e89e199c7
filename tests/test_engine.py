"""The engine: what is decided is on the disk before anybody hears of it, and a refusing disk stops nothing."""

import itertools
import logging
import resource
import sqlite3
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from edge_agent.contracts.campaign import CampaignFile
from edge_agent.contracts.catalogue import Catalogue
from edge_agent.contracts.clerk import Reply, TabletHello
from edge_agent.contracts.config import AgentConfig, NoticeConfig
from edge_agent.contracts.event import EVENT_TYPES
from edge_agent.contracts.ownership import Contact, Spoken, Withdrawal
from edge_agent.contracts.screen import Hello, LoopPlayed, Shown
from edge_agent.contracts.slice import SliceOperation, SlicePage
from edge_agent.engine import Engine, StoreKnowledge
from edge_agent.errors import DamagedError, StoreError
from edge_agent.events import (
    NOBODY,
    ClerkReplied,
    DisplayJoined,
    EventRow,
    Forget,
    FromScreen,
    FromUnit,
    Input,
    Instant,
    Outcomes,
    SliceChanged,
    TabletJoined,
    ToClerks,
    ToScreen,
    WithdrawalRow,
)
from edge_agent.loading import CUSTOMERS_AT_ONCE
from edge_agent.pipeline import Pipeline
from edge_agent.recorder import BACKLOG_MAX
from edge_agent.store.card_box import CardBox
from edge_agent.store.opening import Stores, open_stores
from edge_agent.store.unit_key import UnitKey
from tests.scenario.shop import JACKET, LEASE, START, WELCOME, advertisement, consents, profile
from tests.store.builders import take_in
from tests.store.crashes import crashing

STORE = "flagship"
KEY = UnitKey(bytes(32), "file")


@dataclass
class Unit:
    """An engine over real databases, on a clock that the test moves."""

    folder: Path
    stores: Stores
    engine: Engine
    now_s: float = 0.0
    trusted: bool = True
    outcomes: list[Outcomes] = field(default_factory=list)

    @classmethod
    def open(cls, folder: Path, key: UnitKey | None = KEY, now_s: float = 0.0) -> "Unit":
        return cls.over(folder, open_stores(folder, STORE, key), now_s)

    @classmethod
    def over(cls, folder: Path, stores: Stores, now_s: float, *, trusted: bool = True) -> "Unit":
        config = AgentConfig(store=STORE, unit="door", zone="Outdoor", notice=NoticeConfig(version="1"))
        knowledge = StoreKnowledge(stores.slice, stores.catalogue)
        ids = itertools.count()
        prefix = f"{now_s:.0f}"
        pipeline = Pipeline(config, knowledge, lambda: f"p{prefix}-{next(ids)}")
        engine = Engine(pipeline, knowledge, stores, "/s", "boot", lambda: f"e{prefix}-{next(ids)}")
        unit = cls(folder, stores, engine, now_s, trusted)
        engine.start(unit.instant)
        return unit

    @property
    def instant(self) -> Instant:
        return Instant(self.now_s, START + timedelta(seconds=self.now_s), self.trusted)

    def put(self, received: Input | None) -> Outcomes:
        given = self.engine.step(received, self.instant)
        self.outcomes.append(given)
        return given

    def pull(self, *customers: str) -> None:
        """Apply a snapshot of these customers, as the sync does."""
        self.put(SliceChanged(self.apply([put(name) for name in customers], snapshot=True), START + LEASE))

    def apply(self, operations: Sequence[SliceOperation], *, snapshot: bool = False) -> frozenset[str] | None:
        """Bring a checkpoint in force, and tell nobody."""
        page = SlicePage(
            store=STORE,
            snapshot=snapshot,
            operations=tuple(operations),
            cursor="1",
            checkpoint=True,
            checksum="",
            lease_until=START + LEASE,
        )
        return take_in(self.stores.slice, [page], self.stores.journal.refused()).changed

    def change(self, *operations: SliceOperation) -> None:
        """Apply a delta, as the sync does."""
        self.put(SliceChanged(self.apply(operations), START + LEASE))

    def walk(self, seconds: float, customer: str = "anna") -> None:
        """She stands at one metre."""
        end_s = self.now_s + seconds
        while self.now_s < end_s:
            self.put(advertisement(customer, self.instant.utc))
            self.put(None)
            self.now_s += 0.25

    def leave(self) -> None:
        """Nobody is heard for two minutes: visits end."""
        for _ in range(24):
            self.now_s += 5
            self.put(None)

    def effects(self, kind: type) -> list[object]:
        return [effect for given in self.outcomes for effect in given.effects if isinstance(effect, kind)]

    def events(self) -> list[str]:
        return [outgoing.event.type for outgoing in self.stores.journal.outbox(1000)]

    def close(self) -> None:
        self.stores.close()


def put(customer: str, **changes: object) -> SliceOperation:
    return SliceOperation(kind="put", customer=customer, profile=profile(customer, **changes).model_dump(mode="json"))


def with_knowledge(unit: Unit) -> Unit:
    unit.stores.catalogue.put_catalogue(Catalogue(store=STORE, currency="EUR", products=(JACKET,)), "1")
    unit.stores.catalogue.put_campaigns(CampaignFile(version=1, campaigns=(WELCOME,)), "1")
    return unit


@pytest.fixture
def unit(tmp_path: Path) -> Iterator[Unit]:
    made = with_knowledge(Unit.open(tmp_path))
    yield made
    made.close()


def test_a_picture_goes_to_a_screen_only_where_its_file_is_public_too(unit: Unit) -> None:
    store, picture = unit.stores.catalogue, "ab" * 32
    jacket = JACKET.model_copy(update={"picture": picture})
    knowledge = StoreKnowledge(unit.stores.slice, store)
    for etag, content_class, shown in (("2", "discreet", None), ("3", "public", picture), ("4", "sensitive", None)):
        kind = {"size_bytes": 9, "media_type": "image/png", "content_class": content_class}
        listed = {"store": STORE, "currency": "EUR", "products": [jacket], "content": [{"sha256": picture, **kind}]}
        store.put_catalogue(Catalogue.model_validate(listed), etag)
        list(knowledge.reload())
        held = knowledge.product(JACKET.product)
        assert held is not None
        assert held.picture == shown


def test_what_campaigns_are_about_is_read_before_a_decision_asks_for_it(unit: Unit) -> None:
    store = unit.stores.catalogue
    about_a_jacket = WELCOME.model_copy(update={"product": JACKET.product})
    store.put_campaigns(CampaignFile(version=1, campaigns=(about_a_jacket,)), "2")
    knowledge = StoreKnowledge(unit.stores.slice, store)
    list(knowledge.reload())
    store.put_catalogue(Catalogue(store=STORE, currency="EUR", products=()), "2")
    assert knowledge.product(JACKET.product) == JACKET
    list(knowledge.reload())
    assert knowledge.product(JACKET.product) is None


@contextmanager
def full_disk(folder: Path) -> Iterator[None]:
    """No file of this process may grow: what a full disk says."""
    size_bytes = max(path.stat().st_size for path in folder.iterdir())
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (min(size_bytes, 4096), before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def carded(unit: Unit) -> ToClerks:
    """Let anna be greeted and carded; return her card."""
    unit.put(DisplayJoined(Hello(width_px=1, height_px=1)))
    if not unit.stores.slice.count():
        unit.pull("anna")
    unit.walk(5)
    [show] = [effect.message for effect in unit.effects(ToScreen) if effect.message.type == "show"]
    unit.put(FromScreen(Shown(message_id=show.scene.message_id, first_frame_s=unit.now_s)))
    unit.walk(20)
    [card] = unit.effects(ToClerks)
    return card


def test_a_step_is_on_the_disk_before_its_effects_are_returned(unit: Unit) -> None:
    card = carded(unit)
    with closing(sqlite3.connect(f"file:{unit.folder / 'journal.db'}?mode=ro", uri=True)) as other:
        assert other.execute("SELECT card FROM cards").fetchall() == [(card.card.card,)]
        assert other.execute("SELECT count(*) FROM visits").fetchone() == (1,)
    assert {"visit.started", "content.shown", "clerk.notified"} <= set(unit.events())


def test_a_changed_slice_is_loaded_in_pieces_before_anything_is_decided(unit: Unit) -> None:
    crowd = ["anna", *(f"c{number}" for number in range(2 * CUSTOMERS_AT_ONCE - 1))]
    unit.pull(*crowd)
    for changed in (None, frozenset(crowd)):
        pieces = list(unit.engine.load(SliceChanged(changed, START + LEASE), unit.instant))
        assert len(pieces) >= 2
    unit.walk(5)
    assert "visit.started" in unit.events()


def test_only_strangers_leave_the_next_deadline_as_it_is(unit: Unit) -> None:
    unit.pull("anna")
    stranger = unit.engine.advance(advertisement("zoe", unit.instant.utc), unit.instant)
    assert stranger is NOBODY
    assert unit.engine.advance(advertisement("anna", unit.instant.utc), unit.instant) is not NOBODY
    assert unit.engine.advance(None, unit.instant) is not NOBODY


def test_a_full_disk_stops_no_decision_and_its_rows_are_written_later(
    unit: Unit, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    unit.pull("anna")
    with full_disk(unit.folder):
        card = carded(unit)
        assert unit.engine.backlog > 0
        assert unit.events() == []
        unit.engine.write_backlog()
    said = [record.message for record in caplog.records if record.message.startswith("journal")]
    assert len(said) == 1
    unit.engine.write_backlog()
    assert unit.engine.backlog == 0
    assert {"visit.started", "content.shown", "clerk.notified"} <= set(unit.events())
    assert [row.card.card for row in unit.stores.journal.open_cards()] == [card.card.card]
    said = [record.message for record in caplog.records if record.message.startswith("journal")]
    assert said[1:] == ["journal: writing again, nothing waits; 0 rows were lost"]


def test_what_waits_for_the_disk_is_bounded_and_losing_is_said(unit: Unit, caplog: pytest.LogCaptureFixture) -> None:
    carded(unit)
    started = next(row for given in unit.outcomes for row in given.rows if isinstance(row, EventRow))
    with full_disk(unit.folder):
        for _ in range(4):
            unit.engine.commit(Outcomes(rows=(started,) * (BACKLOG_MAX // 2)), unit.instant)
        assert unit.engine.backlog == BACKLOG_MAX
    assert sum("the oldest are lost" in record.message for record in caplog.records) == 1


def test_opting_out_on_a_full_disk_still_ends_everything_personal(unit: Unit, caplog: pytest.LogCaptureFixture) -> None:
    card = carded(unit)
    with full_disk(unit.folder):
        unit.put(ClerkReplied(Reply(reply="r1", card=card.card.card, tablet="t", action="opted_out")))
        assert unit.effects(ToClerks)[-1].card.state == "withdrawn"
        before = len(unit.effects(ToScreen))
        unit.walk(10)
        assert len(unit.effects(ToScreen)) == before
    unit.engine.write_backlog()
    assert "consent.revoked" in unit.events()
    assert "anna" not in caplog.text


def test_opting_out_deletes_the_profile_and_sends_a_receipt(unit: Unit) -> None:
    card = carded(unit)
    unit.put(ClerkReplied(Reply(reply="r1", card=card.card.card, tablet="t", action="opted_out")))
    assert unit.stores.slice.profile("anna") is None
    assert unit.stores.slice.count() == 0
    assert unit.events() == ["consent.revoked", "consent.erased"]
    unit.walk(10)
    assert unit.events() == ["consent.revoked", "consent.erased"]


def test_an_erasure_that_the_disk_refused_is_made_up_for(unit: Unit, caplog: pytest.LogCaptureFixture) -> None:
    card = carded(unit)
    with full_disk(unit.folder):
        unit.put(ClerkReplied(Reply(reply="r1", card=card.card.card, tablet="t", action="opted_out")))
        unit.engine.write_backlog()
        assert unit.stores.slice.holds("anna")
        assert unit.engine.backlog > 0
    assert sum("could not be deleted" in record.message for record in caplog.records) == 1
    unit.engine.write_backlog()
    assert not unit.stores.slice.holds("anna")
    assert unit.engine.backlog == 0
    assert unit.events() == ["consent.revoked", "consent.erased"]


def test_an_erasure_that_a_restart_cut_off_is_made_up_for(tmp_path: Path) -> None:
    first = with_knowledge(Unit.open(tmp_path))
    first.pull("anna", "bea")
    first.stores.journal.commit([WithdrawalRow("anna", "all", START, START + timedelta(days=30))])
    first.close()
    second = Unit.open(tmp_path, now_s=60)
    assert not second.stores.slice.holds("anna")
    assert second.stores.slice.holds("bea")
    assert second.events() == ["consent.erased"]
    second.close()


def test_what_other_units_have_said_lies_in_the_journal_and_goes_with_her(tmp_path: Path) -> None:
    first = with_knowledge(Unit.open(tmp_path))
    first.pull("anna", "bea")
    said = {
        "campaign": WELCOME.campaign,
        "channel": "screen",
        "message_class": "offer",
        "decision": "d1",
        "age_s": 60.0,
    }
    contacts = tuple(Contact.model_validate({"customer": name, **said}) for name in ("anna", "bea", "stranger"))
    told = FromUnit(Spoken(unit="rack", contacts=contacts))
    first.put(told)
    first.put(told)
    first.close()
    second = Unit.open(tmp_path, now_s=60)

    def counted() -> list[tuple[str, datetime]]:
        second.put(told)
        return [(row.customer, row.at) for row in second.stores.journal.contact_rows()]

    a_minute_ago = START - timedelta(seconds=60)
    assert counted() == [("anna", a_minute_ago), ("bea", a_minute_ago)]
    rejected = second.engine.explain("anna", second.instant.utc, second.instant).rejected
    assert rejected["capped"] == (WELCOME.campaign,)
    second.change(put("anna", consents=()))
    assert counted() == [("bea", a_minute_ago)]
    second.put(FromUnit(Withdrawal(unit="rack", customer="bea", scope="all")))
    assert counted() == []
    second.close()


def test_a_journal_that_breaks_at_work_ends_the_process_and_the_next_start_saves_the_rest(tmp_path: Path) -> None:
    first = with_knowledge(Unit.open(tmp_path))
    card = carded(first)
    with closing(sqlite3.connect(tmp_path / "journal.db")) as other:
        other.execute("DROP TABLE outbox")
    with pytest.raises(DamagedError, match=r"journal\.db: no such table"):
        first.leave()
    first.close()
    second = Unit.open(tmp_path, now_s=first.now_s)
    assert [row.card.card for row in second.stores.journal.open_cards()] == [card.card.card]
    second.close()


def test_a_clock_that_runs_ahead_at_the_start_forgets_no_withdrawal(tmp_path: Path) -> None:
    first = with_knowledge(Unit.open(tmp_path))
    card = carded(first)
    first.put(ClerkReplied(Reply(reply="r1", card=card.card.card, tablet="t", action="opted_out")))
    now_s = first.now_s
    first.close()
    second = Unit.open(tmp_path, now_s=now_s + 60 * 86_400)
    second.now_s = now_s + 300  # the clock was set right
    second.pull("anna")
    second.put(DisplayJoined(Hello(width_px=1, height_px=1)))
    second.walk(10)
    assert [effect for effect in second.effects(ToScreen) if effect.message.type == "show"] == []
    assert "visit.started" not in second.events()
    second.close()


def test_a_restart_greets_nobody_twice_and_forgets_no_card(tmp_path: Path) -> None:
    first = with_knowledge(Unit.open(tmp_path))
    card = carded(first)
    now_s = first.now_s
    first.close()
    second = Unit.open(tmp_path, now_s=now_s + 3)
    second.put(DisplayJoined(Hello(width_px=1, height_px=1)))
    second.walk(30)
    assert [effect.message.type for effect in second.effects(ToScreen) if effect.message.type == "show"] == []
    assert second.effects(ToClerks) == []
    assert [row.card for row in second.stores.journal.open_cards()] == [card.card]
    second.close()


@pytest.mark.parametrize("name", ["slice.db", "journal.db"])
def test_a_corrupt_database_is_set_aside_and_the_unit_works(
    name: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    first = with_knowledge(Unit.open(tmp_path))
    carded(first)
    first.close()
    (tmp_path / name).write_bytes(b"SQLite format 3\0" + bytes(range(256)) * 40)
    second = with_knowledge(Unit.open(tmp_path, now_s=7200))
    second.leave()
    assert sum("set aside" in record.message for record in caplog.records) == 1
    assert "anna" not in caplog.text
    second.pull("anna")
    second.walk(5)
    started = [row for given in second.outcomes for row in given.rows if isinstance(row, EventRow)]
    assert "visit.started" in [row.type for row in started]
    second.close()


def test_a_slice_under_another_key_is_loaded_anew(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    first = with_knowledge(Unit.open(tmp_path))
    carded(first)
    first.close()
    second = with_knowledge(Unit.open(tmp_path, key=UnitKey(bytes(31) + b"1", "file"), now_s=7200))
    second.leave()
    assert "sealed with another key" in caplog.text
    second.walk(10)
    assert second.effects(ToScreen) == []
    second.pull("anna")
    second.walk(5)
    started = [row for given in second.outcomes for row in given.rows if isinstance(row, EventRow)]
    assert "visit.started" in [row.type for row in started]
    second.close()


# --- consent, from the hub ----------------------------------------------------------------------

GONE = SliceOperation(kind="tombstone", customer="anna")


def personal(unit: Unit) -> bool:
    """Whether a scene or a card of hers stands now."""
    told = [effect.message.type for effect in unit.effects(ToScreen)]
    cards = unit.effects(ToClerks)
    return told[-1] in ("show", "renew") or (bool(cards) and cards[-1].card.state in ("open", "taken"))


def test_the_hubs_tombstone_clears_screen_card_slice_and_queue_and_a_receipt_goes_out(unit: Unit) -> None:
    carded(unit)
    assert len(unit.events()) > 3
    unit.change(GONE)  # within the same step
    assert not personal(unit)
    assert not unit.stores.slice.holds("anna")
    assert unit.stores.journal.customers() == frozenset()
    assert unit.events() == ["consent.erased"]
    unit.walk(30)
    unit.leave()
    unit.change(SliceOperation(kind="tombstone", customer="bea"))
    assert unit.events() == ["consent.erased", "consent.erased"]  # the second is bea's


def test_a_tombstone_that_the_disk_refuses_ends_everything_personal_and_erases_her_later(unit: Unit) -> None:
    carded(unit)
    with full_disk(unit.folder):
        with pytest.raises(StoreError):
            unit.change(GONE)
        unit.put(SliceChanged(unit.stores.slice.outdated, START + LEASE))  # as the pull does
        assert not personal(unit)
        unit.walk(10)
        assert not personal(unit)
        assert unit.stores.slice.holds("anna")
    unit.change(GONE)
    assert not unit.stores.slice.holds("anna")
    assert unit.events() == ["consent.erased"]


def test_a_tombstone_that_was_applied_before_a_crash_is_obeyed_at_the_start(tmp_path: Path) -> None:
    first = with_knowledge(Unit.open(tmp_path))
    carded(first)
    first.apply([GONE])
    first.close()
    second = Unit.open(tmp_path, now_s=first.now_s)
    assert second.stores.journal.customers() == frozenset()
    assert second.events() == ["consent.erased"]
    second.put(SliceChanged(None, START + LEASE))
    second.walk(10)
    assert second.events() == ["consent.erased"]
    second.close()


def test_the_echo_of_what_she_said_to_a_clerk_brings_no_second_receipt(unit: Unit) -> None:
    card = carded(unit)
    unit.put(ClerkReplied(Reply(reply="r1", card=card.card.card, tablet="t", action="opted_out")))
    unit.change(GONE)
    assert unit.events() == ["consent.revoked", "consent.erased"]


def test_her_app_pauses_and_everything_personal_ends_but_nothing_is_erased(unit: Unit) -> None:
    carded(unit)
    unit.change(put("anna", paused_until=START + timedelta(hours=9)))
    assert not personal(unit)
    assert "consent.erased" not in unit.events()
    assert unit.stores.slice.holds("anna")
    shown = len(unit.effects(ToScreen))
    unit.walk(30)
    assert len(unit.effects(ToScreen)) == shown


def test_who_withdraws_analytics_alone_is_served_on_and_named_in_no_event(unit: Unit) -> None:
    both = consents("screen", "clerk", "analytics")
    unit.apply([put("anna", consents=both)], snapshot=True)
    unit.put(SliceChanged(None, START + LEASE))
    carded(unit)
    before = [out.event.data.get("customer") for out in unit.stores.journal.outbox(1000)]
    assert "anna" in before
    unit.change(put("anna", consents=both[:2]))
    unit.leave()
    after = [out.event.data.get("customer") for out in unit.stores.journal.outbox(1000)]
    assert after
    assert "anna" not in after
    assert "visit.ended" in unit.events()


def test_who_withdraws_clerk_alone_loses_her_card_and_keeps_her_scene(unit: Unit) -> None:
    carded(unit)
    unit.change(put("anna", consents=consents("screen")))
    assert unit.effects(ToClerks)[-1].card.state == "withdrawn"
    assert unit.effects(ToClerks)[-1].card.facts == ()


# --- keys and clocks ----------------------------------------------------------------------------


def test_without_its_key_a_unit_knows_no_card_and_with_it_they_come_back(tmp_path: Path) -> None:
    first = with_knowledge(Unit.open(tmp_path))
    card = carded(first)
    first.close()
    second = Unit.open(tmp_path, key=None, now_s=first.now_s)
    second.put(TabletJoined(TabletHello(tablet="t", departments=("outdoor",))))
    second.walk(2)
    assert second.effects(ToClerks) == []
    second.stores.slice.unlock(KEY)
    second.stores.journal.unlock(CardBox(KEY, STORE))
    second.put(SliceChanged(None, START + LEASE))
    assert [effect.card.card for effect in second.effects(ToClerks)] == [card.card.card]
    second.close()


def test_no_card_is_lost_while_the_slice_is_still_locked(tmp_path: Path) -> None:
    """The time comes from the store's router, the key a moment later."""
    first = with_knowledge(Unit.open(tmp_path))
    card = carded(first)
    first.close()
    stores = open_stores(tmp_path, STORE, KEY, unlock=False)
    second = Unit.over(tmp_path, stores, first.now_s, trusted=False)
    behind, now = timedelta(days=1), second.instant
    for at in (Instant(now.monotonic_s + 1, now.utc - behind, False), Instant(now.monotonic_s + 2, now.utc, True)):
        second.outcomes.append(second.engine.step(None, at))
    assert second.effects(ToClerks) == []
    second.now_s, second.trusted = second.now_s + 2, True
    second.stores.slice.unlock(KEY)
    second.put(SliceChanged(None, START + LEASE))
    second.put(TabletJoined(TabletHello(tablet="t", departments=("outdoor",))))
    assert {(effect.card.card, effect.card.state) for effect in second.effects(ToClerks)} == {(card.card.card, "open")}
    second.close()


def test_a_clock_that_is_behind_the_journal_does_not_revive_a_lease(tmp_path: Path) -> None:
    first = with_knowledge(Unit.open(tmp_path))
    first.now_s = 6 * 3600.0
    first.pull("anna", "bea")
    carded(first)
    lease_until = first.stores.slice.lease_until()
    first.close()
    stores = open_stores(tmp_path, STORE, KEY, unlock=False)
    second = Unit.over(tmp_path, stores, now_s=3600)  # set back by five hours
    second.put(DisplayJoined(Hello(width_px=1, height_px=1)))
    stores.slice.unlock(KEY)
    second.put(SliceChanged(None, lease_until))
    second.walk(10, "bea")
    assert [effect for effect in second.effects(ToScreen) if effect.message.type == "show"] == []
    second.put(SliceChanged(None, START + 2 * LEASE))  # the hub says how long
    second.leave()
    second.walk(10, "bea")
    assert "show" in [effect.message.type for effect in second.effects(ToScreen)]
    second.close()


# --- crashes ------------------------------------------------------------------------------------


def test_wherever_a_crash_comes_state_and_events_agree_and_nobody_was_told_of_what_is_lost(
    tmp_path: Path,
) -> None:
    """A whole visit; the folder is copied before each statement of the journal, with what was dispatched by then."""
    folder = tmp_path / "unit"
    unit = with_knowledge(Unit.open(folder))
    dispatched: list[int] = []
    with crashing(unit.stores, folder, tmp_path / "copies", lambda: dispatched.append(len(unit.outcomes))) as points:
        card = carded(unit)
        unit.put(ClerkReplied(Reply(reply="r1", card=card.card.card, tablet="t", action="claim")))
        unit.put(ClerkReplied(Reply(reply="r2", card=card.card.card, tablet="t", action="done", outcome="sold")))
        unit.leave()
    told = {copy: unit.outcomes[:count] for copy, count in zip(points.found, dispatched, strict=True)}
    unit.close()
    assert len(told) > 10
    for copy, outcomes in told.items():
        stores = open_stores(copy, STORE, KEY)
        rows = stores.journal._file.rows
        queued = [out.event for out in stores.journal.outbox(1000)]
        kinds = Counter(event.type for event in queued)
        assert kinds["visit.started"] == rows("SELECT count(*) FROM visits")[0][0]
        assert kinds["visit.ended"] == rows("SELECT count(*) FROM visits WHERE ended_at IS NOT NULL")[0][0]
        assert kinds["content.shown"] == rows("SELECT count(*) FROM contacts WHERE channel = 'screen'")[0][0]
        assert kinds["clerk.notified"] == rows("SELECT count(*) FROM cards")[0][0]
        assert kinds["clerk.outcome"] == rows("SELECT count(*) FROM cards WHERE state = 'closed'")[0][0]
        assert len({event.id for event in queued}) == len(queued)
        order = [float(event.monotonic) for event in queued if EVENT_TYPES[event.type][1] == "outcome"]
        assert order == sorted(order)
        for published in (
            effect.card for given in outcomes for effect in given.effects if isinstance(effect, ToClerks)
        ):
            [(state,)] = rows("SELECT state FROM cards WHERE card = ?", (published.card,))
            assert _AT[state] >= _AT[published.state]  # what a tablet was told is on the disk, or what came after it
        stores.close()


_AT = {"open": 0, "taken": 1, "closed": 2}


def test_a_proof_of_play_of_the_loop_reaches_the_outbox_and_outlives_everybodys_erasure(unit: Unit) -> None:
    played = LoopPlayed(
        item="spring", picture="ab" * 32, from_at=START, until_at=START, plays=3, on_screen_s=30.0, content_version="v7"
    )
    unit.pull("anna")
    unit.put(FromScreen(played))
    unit.engine.commit(Outcomes(effects=(Forget("anna"),)), unit.instant)
    [event] = [out.event for out in unit.stores.journal.outbox(1000) if out.event.type == "content.loop_played"]
    assert event.data["spotlength"] == 30_000
    assert event.data["creativename"] == "spring"
    assert "customer" not in event.data
