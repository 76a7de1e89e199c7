"""What the platform can do with a store's events, and what it can make a unit do: over TLS, with a real unit."""

import asyncio
import hashlib
import json
from datetime import timedelta
from pathlib import Path

import httpx2
import pytest

from edge_agent.contracts import api
from edge_agent.contracts.presence import REPORT_MAX_BYTES, SCHEME, presence_handle, presence_mac
from edge_agent.sync.identity import trust
from tests.provisioning.hubs import IDENTITY_KEY, STORE, UNIT, RunningHub, customer
from tests.sync.units import Unit, enrolled_unit, event

pytestmark = pytest.mark.integration

KEY = bytes.fromhex(IDENTITY_KEY)
VISIT = {"visit": "v1", "zone": "Outdoor"}


def app(served: RunningHub) -> httpx2.AsyncClient:
    """Return a client as a customer's phone has one."""
    return httpx2.AsyncClient(verify=trust(served.hub.authority.pem), base_url=served.url, trust_env=False)


def pause(served: RunningHub, key: bytes = KEY, **changes: object) -> tuple[bytes, dict[str, str]]:
    at_ms = int(served.clock().timestamp() * 1000)
    body = json.dumps({"handle": presence_handle(key), "at_ms": at_ms, "pause": "today", **changes}).encode()
    return body, {"Authorization": f"{SCHEME} {presence_mac(key, body)}", "Content-Type": "application/json"}


async def deliver(unit: Unit, number: int, event_type: str, **data: object) -> None:
    """Let the unit report something, and send all that it has."""
    await unit.commit(event(number, type=event_type, data=data))
    while await unit.push.push_batch():
        pass


async def test_who_is_interested_tells_the_platform_to_stop_tomorrows_e_mail(
    served: RunningHub, tmp_path: Path
) -> None:
    async with enrolled_unit(served, tmp_path / "unit") as unit, served.platform() as platform:
        await deliver(
            unit, 1, "clerk.outcome", **VISIT, customer="anna", card="c1", department="outdoor", campaign="jackets",
            outcome="interested", product_id="4006381333931",
        )  # fmt: skip
        lines = (await platform.get("/events")).json()["events"]
        [about] = [line for line in lines if line["event"]["type"] == "clerk.outcome"]
        told = about["event"]["data"]
        assert (told["customer"], told["product_id"], told["outcome"]) == ("anna", "4006381333931", "interested")
        assert (await platform.get("/events", params={"after": about["sequence"]})).json() == {"events": []}


async def test_a_code_that_the_unit_reports_after_the_till_closes_the_funnel(
    served: RunningHub, tmp_path: Path
) -> None:
    redemption = {"code": "J7Q2", "at": served.clock().isoformat(), "order_id": "o1", "customer": "anna"}
    async with enrolled_unit(served, tmp_path / "unit") as unit, served.platform() as platform:
        answer = await platform.post("/redemptions", json=redemption)
        assert (answer.status_code, answer.json()["status"]) == (202, "pending")
        until = (served.clock() + timedelta(hours=1)).isoformat()
        await deliver(
            unit, 1, "coupon.issued", **VISIT, decision="d1", campaign="care-kit", coupon="care-10", expires_at=until,
            code_digest=hashlib.sha256(b"J7Q2").hexdigest(),
        )  # fmt: skip
        answer = await platform.post("/redemptions", json=redemption)
        assert (answer.status_code, answer.json()["coupon"]) == (200, "care-10")
        answer = await platform.post("/redemptions", json={**redemption, "order_id": "o2"})
        assert (answer.status_code, answer.json()["title"]) == (409, "The code was used already.")
        assert (await platform.get("/summary")).json()["events"] == {"coupon.issued": 1, "coupon.redeemed": 1}
        for broken, field in (({"code": ""}, "code"), ({"at": "today"}, "at"), ({"order_id": "a b"}, "order_id")):
            answer = await platform.post("/redemptions", json={**redemption, **broken})
            assert (answer.status_code, field in answer.json()["detail"]) == (422, True)


async def test_the_platform_sees_who_has_not_erased_her(served: RunningHub, tmp_path: Path) -> None:
    served.hub.slices.put(STORE, [customer("anna")], served.clock())
    async with enrolled_unit(served, tmp_path / "unit") as unit, served.platform() as platform:
        await unit.pull.pull_slice()
        assert (await platform.delete("/customers/anna")).status_code == 204
        [line] = (await platform.get("/erasures")).json()["erasures"]
        assert (line["customer"], line["unit"], line["state"]) == ("anna", UNIT, "waiting")
        await unit.pull.pull_slice()
        await deliver(unit, 1, "consent.erased", customer="anna", method="shredded")
        assert (await platform.get("/erasures")).json() == {"erasures": []}
        [line] = (await platform.get("/erasures", params={"customer": "anna"})).json()["erasures"]
        assert line["state"] == "shredded"


async def test_a_pause_from_the_app_reaches_the_unit_by_a_nudge(served: RunningHub, tmp_path: Path) -> None:
    served.hub.slices.put(STORE, [customer("anna")], served.clock())
    async with enrolled_unit(served, tmp_path / "unit") as unit, app(served) as phone:
        pulling = [asyncio.create_task(part.run()) for part in (unit.pull, unit.nudge)]
        try:
            async with asyncio.timeout(30):
                while unit.nudge.health.report.state != "running" or unit.stores.slice.profile("anna") is None:
                    await asyncio.sleep(0.02)
                body, headers = pause(served)
                answer = await phone.post(api.PAUSE.path, content=body, headers=headers)
                assert (answer.status_code, answer.content) == (204, b"")
                while (held := unit.stores.slice.profile("anna")) is None or held.paused_until is None:
                    await asyncio.sleep(0.02)
            assert timedelta(0) < held.paused_until - served.clock() <= timedelta(hours=25)
        finally:
            for task in pulling:
                task.cancel()
            await asyncio.gather(*pulling, return_exceptions=True)


async def test_every_well_formed_pause_is_answered_alike(served: RunningHub) -> None:
    served.hub.slices.put(STORE, [customer("anna")], served.clock())
    async with app(served) as phone:
        hers, stranger = pause(served), pause(served, bytes(16))
        forged = (hers[0], {**hers[1], "Authorization": f"{SCHEME} {'0' * 64}"})
        for body, headers in (hers, hers, stranger, forged, (hers[0], {})):
            answer = await phone.post(api.PAUSE.path, content=body, headers=headers)
            assert (answer.status_code, answer.content) == (204, b"")
        body, headers = pause(served, pause="for ever")
        assert (await phone.post(api.PAUSE.path, content=body, headers=headers)).status_code == 422
        body, headers = pause(served, more="x" * REPORT_MAX_BYTES)
        assert (await phone.post(api.PAUSE.path, content=body, headers=headers)).status_code == 413
    assert served.hub.events.summary(STORE) == {"consent.revoked": 1}
