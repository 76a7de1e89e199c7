"""The hub's routes, asked as units and the platform ask them."""

import gzip
import json
from pathlib import Path

import httpx2
import pytest

from edge_agent.contracts import api
from edge_agent.contracts.base import MESSAGE_MAX_BYTES
from edge_agent.contracts.platform_api import PLATFORM_ENDPOINTS
from edge_agent.contracts.unit import Problem
from edge_agent.sync.identity import trust
from provisioning.hub.events import BODY_MAX_BYTES, UNPACKED_MAX_BYTES, unpack
from provisioning.hub.problem import ProblemError
from provisioning.hub.units import unit_routes
from tests.provisioning.hubs import IDENTITY_KEY, STORE, RunningHub, customer

pytestmark = pytest.mark.integration


def stranger(served: RunningHub) -> httpx2.AsyncClient:
    """Return a client that signs nothing."""
    return httpx2.AsyncClient(verify=trust(served.hub.authority.pem), base_url=served.url, trust_env=False)


def test_the_units_routes_are_exactly_the_table(served: RunningHub) -> None:
    routes = {(next(iter(route.methods)), route.path) for route in unit_routes(served.hub).routes}
    assert routes == {(endpoint.method, endpoint.path) for endpoint in api.ENDPOINTS}


@pytest.mark.parametrize("endpoint", [e for e in api.ENDPOINTS if e.caller == "unit"], ids=lambda e: e.name)
async def test_unsigned_requests_are_refused_with_a_nonce(served: RunningHub, endpoint: api.Endpoint) -> None:
    path = endpoint.path.format(store=STORE, unit="door", sha256="0" * 64)
    async with stranger(served) as client:
        for headers in ({}, {"Authorization": "Unit x.y.z"}, {"Authorization": f"Bearer {served.hub.platform_token}"}):
            answer = await client.request(endpoint.method, path, headers=headers)
            assert answer.status_code == 401
            assert answer.headers["edge-nonce"]
            assert Problem.model_validate_json(answer.content).status == 401


@pytest.mark.parametrize("endpoint", PLATFORM_ENDPOINTS, ids=lambda e: e.name)
async def test_the_platforms_routes_need_its_token(served: RunningHub, endpoint: api.Endpoint) -> None:
    path = endpoint.path.format(store=STORE, customer="anna", sha256="0" * 64)
    async with stranger(served) as client:
        for headers in ({}, {"Authorization": "Bearer wrong"}):
            answer = await client.request(endpoint.method, path, headers=headers)
            assert answer.status_code == 401, path


async def test_a_wrong_profile_is_answered_with_the_field_and_without_its_value(served: RunningHub) -> None:
    record = json.loads(customer("anna").model_dump_json(exclude={"tokens"}))
    async with served.platform() as platform:
        for change, field in (
            ({"customer": "bert"}, "customer"),
            ({"viewd": []}, "viewd"),
            ({"age": "ancient"}, "age"),
            ({"tokens": [{"kind": "static", "device": "a", "token": "ibeacon:00"}]}, "tokens"),
            ({"devices": [{"kind": "rolling", "device": "a", "identity_key": IDENTITY_KEY[:-1]}]}, "identity_key"),
        ):
            answer = await platform.put("/customers/anna", json={**record, **change})
            assert answer.status_code == 422, change
            assert field in answer.json()["detail"]
            assert IDENTITY_KEY[:-1] not in answer.text
            assert "ancient" not in answer.text
        answer = await platform.put("/customers/anna", json={**record, "salutation": "x" * MESSAGE_MAX_BYTES})
        assert answer.status_code == 413


async def test_of_a_misspelt_store_nobody_waits_for_events_in_vain(served: RunningHub) -> None:
    async with served.platform() as platform:
        for path in ("events", "summary", "erasures"):
            answer = await platform.get(f"{served.url}/v1/platform/stores/vienn/{path}")
            assert (answer.status_code, answer.json()["detail"]) == (404, "store: vienn")


async def test_a_catalogue_that_mentions_an_absent_picture_is_refused(served: RunningHub) -> None:
    loop = [{"picture": "ab" * 32}]
    async with served.platform() as platform:
        answer = await platform.put(
            "/catalogue", json={"store": STORE, "currency": "EUR", "products": [], "loop": loop}
        )
        assert (answer.status_code, "ab" * 32 in answer.text) == (422, True)
        answer = await platform.get("/summary")
        assert answer.json() == {"events": {}}
        assert (await platform.delete("/customers/nobody")).status_code == 404


def test_identity_keys_are_in_no_file_that_others_can_read(served: RunningHub) -> None:
    served.hub.slices.put(STORE, [customer("anna")], served.clock())
    open_files = [
        path for path in served.hub.config.folder.rglob("*") if path.is_file() and path.stat().st_mode & 0o077
    ]
    assert {path.name for path in open_files} <= {"ca.pem", "server.pem"}


def test_a_secret_that_others_can_read_is_not_used(served: RunningHub, tmp_path: Path) -> None:
    token = served.hub.config.folder / "platform.token"
    token.chmod(0o644)
    with pytest.raises(PermissionError, match="chmod 600"):
        type(served.hub).open(served.hub.config)


def test_packed_bodies_are_bounded() -> None:
    bomb = gzip.compress(b"0" * (UNPACKED_MAX_BYTES + 1))
    assert len(bomb) < BODY_MAX_BYTES
    for body, encoding, status in (
        (bomb, "gzip", 413),
        (b"no gzip", "gzip", 400),
        (gzip.compress(b"abc")[:-6], "gzip", 400),
        (b"abc", "br", 415),
    ):
        with pytest.raises(ProblemError) as raised:
            unpack(body, encoding)
        assert raised.value.problem.status == status
    assert unpack(gzip.compress(b"abc"), "gzip") == b"abc"
