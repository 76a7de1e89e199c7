"""What an app says of itself, against the document that its makers read."""

import contextlib
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand
from pydantic import ValidationError

from edge_agent.contracts.base import Contract
from edge_agent.contracts.presence import PauseRequest, PresenceReport, presence_handle, presence_mac

DOCUMENT = Path(__file__).parents[2] / "docs" / "app-integration.md"
KEY = bytes.fromhex("00112233445566778899aabbccddeeff")


@pytest.mark.parametrize("message", [PresenceReport, PauseRequest])
def test_what_the_document_shows_is_one_and_its_code_is_right(message: type[Contract]) -> None:
    lines = DOCUMENT.read_text().splitlines()
    shown = [(line, lines[number + 1]) for number, line in enumerate(lines) if line.startswith('{"handle":"')]
    for body, code in shown:
        assert presence_mac(KEY, body.encode()) == code
    read = []
    for body, _ in shown:
        with contextlib.suppress(ValidationError):
            read.append(message.model_validate_json(body))
    [said] = read  # the code of one is worth nothing for the other
    assert said.model_dump()["handle"] == presence_handle(KEY)
    assert presence_handle(KEY) not in repr(said)


def test_it_is_hkdf_without_salt_and_hmac() -> None:
    extract = HMAC(bytes(32), SHA256())
    extract.update(KEY)
    pseudo_random_key = extract.finalize()
    handle = HKDFExpand(SHA256(), 16, b"edge-agent presence handle v1").derive(pseudo_random_key)
    assert presence_handle(KEY) == handle.hex()
    code = HMAC(HKDFExpand(SHA256(), 32, b"edge-agent presence mac v1").derive(pseudo_random_key), SHA256())
    code.update(b"body")
    assert presence_mac(KEY, b"body") == code.finalize().hex()
