"""What a person can read of a unit's figures."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from prometheus_client import generate_latest

from edge_agent.clock import SystemClock
from edge_agent.constants import SLOT_OVERLAP_S
from edge_agent.contracts.ownership import UnitSightings
from edge_agent.contracts.screen import Scene, Show, Shown
from edge_agent.contracts.slice import RollingToken, TemporaryKey
from edge_agent.contracts.storage import DiskReport
from edge_agent.events import FromUnit, ToScreen
from edge_agent.identify.index import DERIVATIONS_PER_S_MAX, TokenIndex
from edge_agent.identify.recogniser import Recogniser
from edge_agent.identify.token import ephemeral_id, slot_of, window_of
from edge_agent.loop import UNITS_MAX, Inbox
from edge_agent.metrics import Metrics
from edge_agent.screen.traces import STRETCHES, Traces
from edge_agent.store.opening import open_stores
from edge_agent.store.unit_key import load_unit_key

NOW = 1_773_493_200


def phone(number: int, exponent: int) -> RollingToken:
    key = TemporaryKey(window=window_of(NOW), key=f"{number:032x}")
    return RollingToken(device="phone", rotation_exponent=exponent, keys=(key,))


def test_ids_that_were_ignored_and_devices_that_cannot_be_served_are_counted(tmp_path: Path) -> None:
    index = TokenIndex([("anna", (phone(1, 10),)), *((f"c{n}", (phone(n, 0),)) for n in range(DERIVATIONS_PER_S_MAX))])
    while not index.complete(NOW):
        index.work(NOW, 1000)
    index.work(NOW, 0)
    recogniser = Recogniser(index)
    slot = slot_of(NOW, 10)
    for at, now_s in ((slot, 0.0), (slot - 1024, SLOT_OVERLAP_S), (slot - 1024, SLOT_OVERLAP_S + 1)):
        recogniser.find(ephemeral_id((1).to_bytes(16, "big"), 10, at), now_s)
    stores = open_stores(tmp_path, "s", load_unit_key(tmp_path, None))
    try:
        metrics = Metrics(Inbox(SystemClock("always")), stores, tuple, {})
        assert "edge_agent_old_ids_ignored" not in generate_latest(metrics.registry).decode()
        metrics.recogniser = recogniser
        text = generate_latest(metrics.registry).decode()
    finally:
        stores.close()
    assert "edge_agent_old_ids_ignored_total 1.0" in text
    assert "edge_agent_devices_unserved 1.0" in text


def test_the_documented_metrics_are_those_that_exist(tmp_path: Path, pytestconfig: pytest.Config) -> None:
    stores = open_stores(tmp_path, "s", load_unit_key(tmp_path, None))
    try:
        metrics = Metrics(Inbox(SystemClock("always")), stores, tuple, {})
        metrics.recogniser, metrics.traces = Recogniser(TokenIndex([])), Traces()
        told = re.findall(r"(?m)^# TYPE (\w+) ", generate_latest(metrics.registry).decode())
    finally:
        stores.close()
    page = (pytestconfig.rootpath / "docs" / "field-tools.md").read_text(encoding="utf-8")
    assert sorted(re.findall(r"`(edge_agent_\w+)", page)) == sorted(told)


def test_a_flood_from_other_units_is_bounded_and_counted(tmp_path: Path) -> None:
    inbox = Inbox(SystemClock("always"))
    for number in range(UNITS_MAX + 7):
        inbox.put(FromUnit(UnitSightings(unit="rack", run="r1", number=number)))
    stores = open_stores(tmp_path, "s", load_unit_key(tmp_path, None))
    try:
        text = generate_latest(Metrics(inbox, stores, tuple, {}).registry).decode()
    finally:
        stores.close()
    assert len(inbox) == UNITS_MAX
    assert "edge_agent_unit_messages_dropped_total 7.0" in text


def test_what_the_disk_refuses_is_told(tmp_path: Path) -> None:
    stores = open_stores(tmp_path, "s", load_unit_key(tmp_path, None))
    try:
        metrics = Metrics(Inbox(SystemClock("always")), stores, tuple, {})
        assert "edge_agent_disk_refuses 0.0" in generate_latest(metrics.registry).decode()
        since = datetime(2026, 5, 4, tzinfo=UTC)
        metrics.disk = lambda: DiskReport(refused_since=since, rows_waiting=7, rows_lost=3, erasures_waiting=1)
        text = generate_latest(metrics.registry).decode()
    finally:
        stores.close()
    assert "edge_agent_disk_refuses 1.0" in text
    assert "edge_agent_rows_waiting 7.0" in text
    assert "edge_agent_rows_lost_total 3.0" in text
    assert "edge_agent_erasures_waiting 1.0" in text


def test_the_way_of_a_scene_is_a_histogram_that_names_nobody(tmp_path: Path) -> None:
    traces = Traces()
    scene = Scene(message_id="m-secret", layout="welcome", mode="badge", language="en", headline="Hello")
    traces.sent(ToScreen(Show(scene=scene, permit_until_s=9.0), heard_s=1.0, decided_s=4.0), 4.002)
    traces.shown(Shown(message_id="m-secret", first_frame_s=4.03, received_s=4.003, composed_s=2.0))
    stores = open_stores(tmp_path, "s", load_unit_key(tmp_path, None))
    try:
        metrics = Metrics(Inbox(SystemClock("always")), stores, tuple, {})
        assert "edge_agent_scene_seconds" not in generate_latest(metrics.registry).decode()
        metrics.traces = traces
        text = generate_latest(metrics.registry).decode()
    finally:
        stores.close()
    lines = [line for line in text.splitlines() if line.startswith("edge_agent_scene_seconds")]
    assert {line.split('stretch="')[1].split('"')[0] for line in lines} == set(STRETCHES)
    assert 'edge_agent_scene_seconds_bucket{le="0.05",stretch="decided_shown"} 1.0' in lines
    assert 'edge_agent_scene_seconds_bucket{le="0.02",stretch="decided_shown"} 0.0' in lines
    assert 'edge_agent_scene_seconds_bucket{le="+Inf",stretch="heard_shown"} 1.0' in lines
    assert "m-secret" not in text
