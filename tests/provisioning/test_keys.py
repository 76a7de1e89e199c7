"""Slice keys of units that are unlocked by the hub: one each, for as long as the unit is the same machine."""

import logging
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx2
import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509 import CertificateSigningRequestBuilder, Name
from pydantic import SecretStr

from edge_agent.contracts.api import SLICE_KEY
from edge_agent.contracts.unit import EnrolRequest
from edge_agent.errors import HubError
from edge_agent.sync.client import HubClient
from edge_agent.sync.identity import trust
from edge_agent.sync.unlock import hub_key
from provisioning.hub.fleet import Fleet
from provisioning.hub.keys import SliceKeys
from provisioning.hub.problem import ProblemError
from provisioning.hub.storage import Database
from tests.provisioning.hubs import STORE, UNIT, Clock, RunningHub
from tests.sync.units import enrolled_unit

NOW = Clock()()


def with_units(database: Database, *names: str) -> SliceKeys:
    fleet = Fleet(database)
    fleet.add_store(STORE, "Europe/Vienna", NOW)
    for name in names:
        fleet.add_unit(STORE, name, "Outdoor", {}, NOW)
    return SliceKeys(database)


def test_a_key_is_made_once_and_each_unit_has_its_own(database: Database) -> None:
    keys = with_units(database, "a", "b")
    first = keys.of(STORE, "a", NOW)
    assert keys.of(STORE, "a", NOW) == first
    assert len(bytes.fromhex(first.key)) == 32
    assert keys.of(STORE, "b", NOW) != first
    assert first.key not in repr(first)


def test_two_requests_at_once_get_the_same_key(database: Database) -> None:
    keys = with_units(database, "a")
    with ThreadPoolExecutor(4) as threads:
        made = list(threads.map(lambda _: keys.of(STORE, "a", NOW).key, range(8)))
    assert len(set(made)) == 1


def test_a_unit_that_nobody_made_gets_none(database: Database) -> None:
    with pytest.raises(ProblemError, match="no such unit"):
        with_units(database).of(STORE, "nobody", NOW)


def test_who_is_revoked_loses_the_key(database: Database) -> None:
    keys = with_units(database, "a", "b")
    before = {name: keys.of(STORE, name, NOW) for name in ("a", "b")}
    Fleet(database).revoke(STORE, "a")
    assert keys.of(STORE, "a", NOW) != before["a"]
    assert keys.of(STORE, "b", NOW) == before["b"]


def test_another_machine_in_its_place_gets_another_key(served: RunningHub) -> None:
    def enrol() -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        csr = CertificateSigningRequestBuilder(Name([])).sign(key, hashes.SHA256())
        pem = csr.public_bytes(serialization.Encoding.PEM).decode()
        code = SecretStr(served.claim().code)
        served.hub.enrolment.redeem(EnrolRequest(claim_code=code, csr_pem=pem), served.clock())

    enrol()
    first = served.hub.keys.of(STORE, UNIT, served.clock())
    enrol()
    assert served.hub.keys.of(STORE, UNIT, served.clock()) != first


async def test_a_unit_gets_its_own_key_and_nobody_elses(
    served: RunningHub, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    served.hub.fleet.add_unit(STORE, "window", "Window", {}, served.clock())
    async with enrolled_unit(served, tmp_path / "unit") as unit:
        unit_key = await hub_key(unit.client, STORE, UNIT)()
        assert unit_key.secret.hex() == served.hub.keys.of(STORE, UNIT, served.clock()).key
        assert unit_key.source == "hub"
        with pytest.raises(HubError, match="another unit"):
            await hub_key(unit.client, STORE, "window")()
        served.hub.fleet.revoke(STORE, UNIT)
        with pytest.raises(HubError, match="revoked"):
            await hub_key(unit.client, STORE, UNIT)()
    assert unit_key.secret.hex() not in caplog.text


async def test_nobody_gets_a_key_without_a_signature_and_nothing_keeps_it(served: RunningHub, tmp_path: Path) -> None:
    place = SLICE_KEY.path.format(store=STORE, unit=UNIT)
    served.claim()
    async with httpx2.AsyncClient(verify=trust(served.hub.authority.pem), trust_env=False) as anybody:
        answer = await anybody.get(served.url + place)
    assert answer.status_code == 401
    async with enrolled_unit(served, tmp_path / "unit") as unit:
        client: HubClient = unit.client
        async with client.stream(SLICE_KEY, {"store": STORE, "unit": UNIT}) as response:
            assert response.headers["cache-control"] == "no-store"
