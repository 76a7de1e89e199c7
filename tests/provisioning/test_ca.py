"""The hub's folder of keys, opened by several workers, and by the wrong people."""

import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from provisioning.ca import Authority
from provisioning.files import secret_from

NOW = datetime(2026, 5, 4, 10, 0, tzinfo=UTC)


def test_workers_that_start_together_are_one_authority(tmp_path: Path) -> None:
    opened: list[Authority] = []
    secrets: list[str] = []
    start = threading.Barrier(8)

    def work() -> None:
        start.wait()
        opened.append(Authority.open(tmp_path, NOW))
        secrets.append(secret_from(tmp_path / "nonce.key"))
        opened[-1].server_files(["hub"], NOW)

    workers = [threading.Thread(target=work) for _ in range(8)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(opened) == len(secrets) == 8
    assert len({authority.fingerprint for authority in opened}) == 1
    assert len(set(secrets)) == 1
    for key_file, certificate_file in (("ca.key", "ca.pem"), ("server.key", "server.pem")):
        key = serialization.load_pem_private_key((tmp_path / key_file).read_bytes(), None)
        certificate = x509.load_pem_x509_certificates((tmp_path / certificate_file).read_bytes())[0]
        assert certificate.public_key() == key.public_key()


def test_an_authority_whose_key_others_can_read_is_not_used(tmp_path: Path) -> None:
    Authority.open(tmp_path, NOW)
    (tmp_path / "ca.key").chmod(0o640)
    with pytest.raises(PermissionError, match=r"ca\.key.*chmod 600"):
        Authority.open(tmp_path, NOW)
