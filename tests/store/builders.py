"""Small builders of what the stores are fed with."""

from collections.abc import Iterable, Set
from datetime import UTC, datetime, timedelta
from pathlib import Path

from edge_agent.contracts.clerk import Card
from edge_agent.contracts.event import CloudEvent
from edge_agent.contracts.slice import SliceOperation, SlicePage
from edge_agent.events import CardRow, VisitRow
from edge_agent.store.card_box import CardBox
from edge_agent.store.slice import SliceStore
from edge_agent.store.slice_log import Applied
from edge_agent.store.unit_key import UnitKey

STORE = "store-7"
NOW = datetime(2026, 5, 4, 10, 0, tzinfo=UTC)
KEY = UnitKey(bytes(range(32)), "file")
BOX = CardBox(KEY, STORE)


def open_slice(path: Path, key: UnitKey = KEY) -> SliceStore:
    """Return a slice that is open, and was not read through."""
    store = SliceStore(path, STORE)
    store.unlock(key)
    return store


def put(customer: str, /, **fields: object) -> SliceOperation:
    """Return a put of a sound profile, with fields replaced or added."""
    profile = {"customer": customer, "valid_until": "2026-05-05T00:00:00Z", **fields}
    return SliceOperation.model_validate({"kind": "put", "customer": customer, "profile": profile})


def tombstone(customer: str) -> SliceOperation:
    return SliceOperation(kind="tombstone", customer=customer)


def tag(identifier: str) -> dict[str, str]:
    """Return a static token as it travels."""
    return {"kind": "static", "device": "tag", "token": f"eddystone_uid:{identifier}"}


def page(
    operations: Iterable[SliceOperation] = (),
    *,
    snapshot: bool = False,
    checkpoint: bool = True,
    cursor: str = "c1",
    store: str = STORE,
) -> SlicePage:
    return SlicePage(
        store=store,
        snapshot=snapshot,
        operations=tuple(operations),
        cursor=cursor,
        checkpoint=checkpoint,
        checksum="",
        lease_until=NOW + timedelta(days=1),
    )


def take_in(slices: SliceStore, pages: Iterable[SlicePage], refused: Set[str] = frozenset()) -> Applied:
    """Write pages up to a checkpoint, and sweep, as the sync does; without its pauses."""
    applied = None
    for one in pages:
        *_, applied = slices.add(one, lambda: refused)
    for _ in slices.sweep():
        pass
    assert applied is not None, "the last page is no checkpoint"
    return applied


def event(number: int, kind: str = "visit.started", customer: str | None = "anna") -> CloudEvent:
    data = {**({} if customer is None else {"customer": customer}), "visit": "v", "zone": "Outdoor"}
    return CloudEvent(id=f"e{number}", source="/stores/s/units/u", type=kind, time=NOW, data=data)


def visit(name: str, customer: str = "anna", ended_at: datetime | None = None) -> VisitRow:
    return VisitRow(name, customer, "greeted", 3, NOW, "m1", "jackets", None, ended_at)


def card(name: str, visit_name: str = "v1", state: str = "open", customer: str = "anna") -> CardRow:
    message = Card.model_validate(
        {
            "card": name,
            "revision": 1,
            "unit": "u1",
            "state": state,
            "kind": "opportunity",
            "department": "outdoor",
            "zone": "Outdoor",
            "created_at": NOW,
            "expires_at": NOW + timedelta(minutes=3),
        }
    )
    return CardRow(message, customer, visit_name, "jackets")


def bytes_on_disk(folder: Path) -> bytes:
    """Return every byte of every file in a folder, logs and set-aside files included."""
    return b"".join(file.read_bytes() for file in sorted(folder.iterdir()))
