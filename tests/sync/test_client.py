"""The hub answers wrongly, or somebody else answers in its place: a clear error, and nothing is lost."""

import asyncio
import secrets
import socket
from datetime import timedelta
from pathlib import Path

import pytest

from edge_agent.contracts.api import SLICE
from edge_agent.contracts.checksum import operations_checksum
from edge_agent.contracts.slice import SliceOperation, SlicePage
from edge_agent.errors import HubError
from provisioning.clock import utc_now
from tests.provisioning.hubs import STORE, RunningHub, customer, running_hub
from tests.sync.badservers import answer, bad_server, deaf_proxy
from tests.sync.units import Unit, enrolled_unit, event, unit_at

pytestmark = pytest.mark.integration


def slice_page(operations: tuple[SliceOperation, ...] = (), **fields: object) -> bytes:
    page = {
        "store": STORE,
        "snapshot": True,
        "operations": operations,
        "cursor": "c1",
        "checkpoint": True,
        "checksum": operations_checksum(operations),
        "lease_until": utc_now() + timedelta(days=1),
        **fields,
    }
    return SlicePage.model_validate(page).model_dump_json().encode()


TOMBSTONE = SliceOperation(kind="tombstone", customer="anna")

BAD_ANSWERS = {
    "500": (answer("500 Oops", b"<html>", content_type="text/html"), "the hub answered 500"),
    "a log-on page": (answer("200 OK", b"<html>Welcome", content_type="text/html"), "got text/html where"),
    "no type": (answer("200 OK", b"{}"), "without a type"),
    "another message": (answer("200 OK", b'{"a":1}', content_type="application/json"), "not a SlicePage: store"),
    "half a message": (answer("200 OK", b'{"store":', content_type="application/json"), "not a SlicePage"),
    "no HTTP": (b"SSH-2.0-OpenSSH_9.2\r\n\r\n", "cannot be reached"),
    "nothing": (b"", "cannot be reached"),
    "broken gzip": (
        answer("200 OK", b"no gzip at all", content_type="application/json", content_encoding="gzip"),
        "cannot be reached",
    ),
    "a redirect": (answer("302 Found", location="https://example.org/"), "the hub answered 302"),
    "a broken problem": (answer("503 No", b"[]", content_type="application/problem+json"), "not a Problem"),
    "a wrong checksum": (
        answer("200 OK", slice_page((TOMBSTONE,), checksum="0" * 64), content_type="application/json"),
        "checksum does not fit",
    ),
    "another store": (
        answer("200 OK", slice_page(store="graz"), content_type="application/json"),
        "the page is for store graz",
    ),
    "no snapshot": (answer("200 OK", slice_page(snapshot=False), content_type="application/json"), "snapshot"),
}


@pytest.mark.parametrize("name", BAD_ANSWERS)
async def test_a_bad_answer_is_a_clear_error_and_applies_nothing(served: RunningHub, unit: Unit, name: str) -> None:
    bad, message = BAD_ANSWERS[name]
    async with bad_server(served, lambda _: bad) as server, unit_at(server.url, unit.config.folder) as lost:
        with pytest.raises(HubError, match=message):
            await lost.pull.pull_slice()
        assert lost.stores.slice.cursor() is None
        assert lost.told == []


async def test_who_is_cancelled_in_the_tls_handshake_hangs_up(unit: Unit) -> None:
    loop = asyncio.get_running_loop()
    with socket.create_server(("127.0.0.1", 0)) as silent:
        silent.setblocking(False)
        url = f"https://127.0.0.1:{silent.getsockname()[1]}"
        async with asyncio.timeout(30), unit_at(url, unit.config.folder) as waiting:
            pulling = asyncio.create_task(waiting.pull.pull_slice())
            connection, _ = await loop.sock_accept(silent)
            with connection:
                assert await loop.sock_recv(connection, 4096), "it says hello"
                pulling.cancel()
                while await loop.sock_recv(connection, 4096):
                    pass
            with pytest.raises(asyncio.CancelledError):
                await pulling


async def test_events_wait_while_the_hub_is_ill(served: RunningHub, unit: Unit) -> None:
    ill = answer("503 Busy", b"", retry_after="7")
    await unit.commit(event(1))
    async with bad_server(served, lambda _: ill) as server, unit_at(server.url, unit.config.folder) as lost:
        with pytest.raises(HubError, match="503") as raised:
            await lost.push.push_batch()
    assert raised.value.retry_after_s == 7
    assert unit.stores.journal.waiting() == 1


async def test_receipts_that_do_not_fit_settle_nothing(served: RunningHub, unit: Unit) -> None:
    other = answer("200 OK", b'{"receipts":[{"id":"other","status":"accepted"}]}', content_type="application/json")
    await unit.commit(event(1))
    async with bad_server(served, lambda _: other) as server, unit_at(server.url, unit.config.folder) as lost:
        with pytest.raises(HubError, match="receipts do not fit"):
            await lost.push.push_batch()
    assert unit.stores.journal.waiting() == 1


async def test_an_unknown_nonce_costs_one_round_trip_and_no_more(served: RunningHub, unit: Unit) -> None:
    again = answer("401 Unauthorized", b"", Edge_Nonce="abc")
    async with bad_server(served, lambda _: again) as server, unit_at(server.url, unit.config.folder) as lost:
        with pytest.raises(HubError, match="401"):
            await lost.pull.pull_slice()
        assert len(server.requests) == 2


async def test_a_dropped_answer_is_sent_again_and_counts_once(served: RunningHub, unit: Unit) -> None:
    # Random text does not shrink: the request is large enough for the proxy to know it.
    wide = [event(n, bootid=secrets.token_hex(32)) for n in range(200)]
    await unit.commit(*wide)
    async with (
        deaf_proxy(served, drop_answers=1) as (url, dropped),
        unit_at(url, unit.config.folder) as cut,
    ):
        await cut.pull.pull_slice()  # now it has a nonce, so the next answer is the receipts
        with pytest.raises(HubError):
            await cut.push.push_batch()
        assert dropped
        assert served.hub.events.summary(STORE) == {"visit.started": 200}
        assert cut.stores.journal.waiting() == 200
        assert await cut.push.push_batch()
        assert cut.stores.journal.waiting() == 0
    assert served.hub.events.summary(STORE) == {"visit.started": 200}


async def test_a_revoked_unit_is_told_so(served: RunningHub, unit: Unit) -> None:
    await unit.pull.pull_slice()
    served.hub.fleet.revoke(STORE, "door")
    with pytest.raises(HubError, match=r"403.*revoked"):
        await unit.pull.pull_slice()


async def test_another_stores_slice_is_refused(served: RunningHub, unit: Unit) -> None:
    served.hub.fleet.add_store("graz", "Europe/Vienna", served.clock())
    served.hub.slices.put("graz", [customer("anna")], served.clock())
    with pytest.raises(HubError, match=r"403.*yours is vienna"):
        await unit.client.get(SLICE, {"store": "graz"}, SlicePage)


async def test_the_place_of_a_unit_goes_to_who_enrols_last(served: RunningHub, unit: Unit, tmp_path: Path) -> None:
    async with enrolled_unit(served, tmp_path / "replacement") as replacement:
        await replacement.pull.pull_slice()
    with pytest.raises(HubError, match="revoked"):
        await unit.pull.pull_slice()


async def test_the_clocks_of_unit_and_hub_need_not_agree(served: RunningHub, tmp_path: Path) -> None:
    """By the unit's clock neither server nor unit certificate is valid yet: they are made 20 years from now."""
    served.clock.ahead = timedelta(days=20 * 365 - 10)
    (served.hub.config.folder / "server.pem").unlink()
    empty = answer("200 OK", slice_page(), content_type="application/json")
    async with enrolled_unit(served, tmp_path / "unit") as early:
        await early.pull.pull_slice()
        async with bad_server(served, lambda _: empty) as server, unit_at(server.url, early.config.folder) as later:
            # This server's own certificate is from the future, too.
            assert (await later.client.get(SLICE, {"store": STORE}, SlicePage)).cursor == "c1"


async def test_without_an_identity_the_parts_say_what_to_do(tmp_path: Path) -> None:
    async with unit_at("https://127.0.0.1:1", tmp_path) as blank:
        with pytest.raises(HubError, match="edge-agent enrol"):
            await blank.pull.pull_slice()


async def test_a_nudge_stream_that_ends_makes_the_pull_poll(served: RunningHub, unit: Unit) -> None:
    stream = answer("200 OK", b"event: pull\ndata: 1\n\n", content_type="text/event-stream")
    async with bad_server(served, lambda _: stream) as server, unit_at(server.url, unit.config.folder) as cut:
        with pytest.raises(HubError, match="ended the nudge stream"):
            await cut.nudge.run()
        assert not cut.pull_now.live
        assert cut.pull_now.wanted.is_set()


async def test_a_server_of_another_authority_is_not_trusted(served: RunningHub, unit: Unit, tmp_path: Path) -> None:
    async with (
        running_hub(tmp_path / "other") as other,
        unit_at(other.url, unit.config.folder) as lured,
    ):
        with pytest.raises(HubError, match=r"cannot be reached.*CERTIFICATE_VERIFY_FAILED"):
            await lured.pull.pull_slice()
