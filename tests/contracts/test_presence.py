"""What an app says of itself, against the document that its makers read."""

from pathlib import Path

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from edge_agent.contracts.presence import PresenceReport, presence_handle, presence_mac

DOCUMENT = Path(__file__).parents[2] / "docs" / "app-integration.md"
KEY = bytes.fromhex("00112233445566778899aabbccddeeff")


def test_the_report_of_the_document_is_one_and_its_code_is_right() -> None:
    lines = DOCUMENT.read_text().splitlines()
    [at] = [number for number, line in enumerate(lines) if line.startswith('{"handle":"')]
    body, code = lines[at].encode(), lines[at + 1]
    assert presence_mac(KEY, body) == code
    report = PresenceReport.model_validate_json(body)
    assert report.handle == presence_handle(KEY)
    assert report.handle not in repr(report)


def test_it_is_hkdf_without_salt_and_hmac() -> None:
    extract = HMAC(bytes(32), SHA256())
    extract.update(KEY)
    pseudo_random_key = extract.finalize()
    handle = HKDFExpand(SHA256(), 16, b"edge-agent presence handle v1").derive(pseudo_random_key)
    assert presence_handle(KEY) == handle.hex()
    code = HMAC(HKDFExpand(SHA256(), 32, b"edge-agent presence mac v1").derive(pseudo_random_key), SHA256())
    code.update(b"body")
    assert presence_mac(KEY, b"body") == code.finalize().hex()
