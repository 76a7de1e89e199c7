"""What is past its time is deleted, once an hour, by one worker; on both databases."""

import hashlib
import os
import threading
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from edge_agent.contracts.catalogue import Catalogue
from edge_agent.contracts.event import EventBatch
from edge_agent.contracts.platform import Redemption
from edge_agent.contracts.unit import EnrolRequest
from provisioning.ca import Authority
from provisioning.hub.content import Content
from provisioning.hub.coupons import Coupons
from provisioning.hub.enrol import Enrolment
from provisioning.hub.events import Events
from provisioning.hub.fleet import Fleet
from provisioning.hub.housekeeping import COUPON_KEEP_S, EVERY_S, Housekeeping
from provisioning.hub.pauses import pause
from provisioning.hub.problem import ProblemError
from provisioning.hub.slices import TOMBSTONE_KEEP_S, Slices
from provisioning.hub.storage import Database
from provisioning.hub.withdrawals import note_withdrawal
from tests.provisioning.hubs import STORE, customer

NOW = datetime(2026, 5, 4, 10, 0, tzinfo=UTC)
EVENTS_S = 100 * 86_400.0
SOURCE = f"/stores/{STORE}/units/door"
PICTURE = b"\x89PNG\r\n\x1a\n a picture"
DIGEST = hashlib.sha256(PICTURE).hexdigest()


def seconds(count: float) -> timedelta:
    return timedelta(seconds=count)


class Hub:
    def __init__(self, database: Database, folder: Path) -> None:
        self.database, self.folder = database, folder
        self.fleet, self.slices, self.events = Fleet(database), Slices(database, 86_400), Events(database)
        self.content = Content(database, folder / "content")
        self.fleet.add_store(STORE, "UTC", NOW)
        self.fleet.add_unit(STORE, "door", "Outdoor", {}, NOW)

    def housekeeping(self) -> Housekeeping:
        """Return it as a worker has it."""
        return Housekeeping(self.database, self.slices, self.content, EVENTS_S)

    def run(self, at: datetime) -> Mapping[str, int] | None:
        return self.housekeeping().run(at)

    def deliver(self, count: int, at: datetime) -> None:
        data = {"visit": "v1", "zone": "Outdoor", "duration_s": 5}
        for first in range(0, count, 500):
            batch = [
                {
                    "id": f"{at:%j}-{n}",
                    "source": SOURCE,
                    "type": "visit.ended",
                    "time": "2026-05-04T10:00Z",
                    "data": data,
                }
                for n in range(first, min(first + 500, count))
            ]
            self.events.deliver(STORE, SOURCE, EventBatch.model_validate({"events": batch}), at)

    def picture(self, store: str = STORE, age: timedelta = timedelta(days=2)) -> Path:
        source = self.folder / "picture.png"
        source.write_bytes(PICTURE)
        self.content.copy_file(store, DIGEST, source)
        file = self.folder / "content" / DIGEST
        os.utime(file, times=((NOW - age).timestamp(),) * 2)
        return file

    def show(self, *digests: str, store: str = STORE) -> None:
        content = [{"sha256": digest, "size_bytes": len(PICTURE), "media_type": "image/png"} for digest in digests]
        catalogue = Catalogue.model_validate({"store": store, "currency": "EUR", "products": [], "content": content})
        self.content.put_catalogue(store, catalogue)


@pytest.fixture
def hub(database: Database, tmp_path: Path) -> Hub:
    return Hub(database, tmp_path)


def test_events_go_when_their_time_is_over_and_the_newer_stay(hub: Hub) -> None:
    hub.deliver(2300, NOW)
    hub.deliver(5, NOW + seconds(86_400))
    assert hub.run(NOW + seconds(EVENTS_S)) == {}
    assert hub.run(NOW + seconds(EVENTS_S + EVERY_S)) == {"events": 2300}
    assert hub.events.summary(STORE) == {"visit.ended": 5}
    hub.deliver(1, NOW + seconds(EVENTS_S + EVERY_S))
    assert [sequence for sequence, _ in hub.events.after(STORE, 0, 10)] == [2301, 2302, 2303, 2304, 2305, 2306]


def test_tombstones_pauses_coupons_and_claims_go_too(hub: Hub, tmp_path: Path) -> None:
    hub.slices.put(STORE, [customer("anna"), customer("bert")], NOW)
    hub.slices.tombstone(STORE, "anna", NOW)
    with hub.database.writing() as connection:
        assert pause(connection, STORE, "bert", NOW, NOW)
    Coupons(hub.database).redeem(STORE, Redemption(code="x", at=NOW), NOW)
    enrolment = Enrolment(hub.database, Authority.open(tmp_path / "ca", NOW), 3600, 86_400)
    claim = enrolment.new_claim(STORE, "door", NOW)
    assert hub.run(NOW) == {}
    assert hub.run(NOW + seconds(86_400)) == {"pauses": 1, "claims": 1}
    with hub.database.writing() as connection:
        note_withdrawal(connection, STORE, "anna", NOW, NOW)
    assert hub.run(NOW + seconds(TOMBSTONE_KEEP_S + 1)) == {"tombstones": 1, "withdrawals": 1}
    assert hub.run(NOW + seconds(COUPON_KEEP_S + 1)) == {"coupons": 1}
    with pytest.raises(ProblemError, match="claim code"):
        enrolment.redeem(EnrolRequest(claim_code=claim.code, csr_pem=_request()), NOW)


def test_what_a_unit_owes_is_forgotten_with_the_tombstone(hub: Hub, tmp_path: Path) -> None:
    enrolment = Enrolment(hub.database, Authority.open(tmp_path / "ca", NOW), 3600, 86_400)
    request = EnrolRequest(claim_code=enrolment.new_claim(STORE, "door", NOW).code, csr_pem=_request())
    enrolment.redeem(request, NOW)
    hub.slices.put(STORE, [customer("anna")], NOW)
    hub.slices.tombstone(STORE, "anna", NOW)
    assert hub.run(NOW + seconds(3601)) == {"claims": 1}
    assert hub.run(NOW + seconds(TOMBSTONE_KEEP_S + 1)) == {"tombstones": 1, "erasures": 1}


def test_a_picture_goes_a_day_after_nothing_lists_it(hub: Hub) -> None:
    file = hub.picture()
    hub.show(DIGEST)
    assert hub.run(NOW) == {}
    hub.show()
    assert hub.run(NOW + seconds(EVERY_S)) == {"files": 1}
    assert not file.exists()
    with pytest.raises(ProblemError, match=DIGEST):
        hub.show(DIGEST)


def test_a_picture_that_waits_for_its_catalogue_or_is_anothers_too_stays(hub: Hub) -> None:
    hub.fleet.add_store("graz", "UTC", NOW)
    file = hub.picture(age=timedelta(hours=23))
    assert hub.run(NOW) == {}
    assert file.exists()
    hub.picture("graz")
    hub.show(DIGEST, store="graz")
    assert hub.run(NOW + seconds(EVERY_S)) == {}
    assert hub.content.file("graz", DIGEST) == file
    with pytest.raises(ProblemError, match="no such file"):
        hub.content.file(STORE, DIGEST)


def test_of_many_workers_one_does_it_each_hour_and_all_can_say_what_it_did(hub: Hub) -> None:
    hub.deliver(7, NOW)
    for at, expected in ((NOW, {}), (NOW + seconds(EVENTS_S + 1), {"events": 7})):
        results: list[Mapping[str, int] | None] = []
        workers = [threading.Thread(target=lambda: results.append(hub.run(at))) for _ in range(5)]  # noqa: B023
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        assert [result for result in results if result is not None] == [expected]
        assert len(results) == 5
        last = hub.housekeeping().last()
        assert last is not None
        assert (last.done_s, last.deleted) == (at.timestamp(), expected)


def test_a_clock_that_was_ahead_does_not_stop_it_for_years(hub: Hub) -> None:
    assert hub.run(NOW + seconds(10 * 365 * 86_400)) == {}
    assert hub.run(NOW) == {}
    assert hub.run(NOW) is None


def test_before_the_first_run_there_is_nothing_to_say(hub: Hub) -> None:
    assert hub.housekeeping().last() is None


def _request() -> str:
    key = ec.generate_private_key(ec.SECP256R1())
    request = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([])).sign(key, hashes.SHA256())
    return request.public_bytes(serialization.Encoding.PEM).decode()
