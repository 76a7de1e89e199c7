"""What lies in the identity folder may be anything: the parts wait, and say what to do."""

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from edge_agent.clock import SystemClock
from edge_agent.contracts.api import SLICE
from edge_agent.errors import HubError
from edge_agent.sync.client import HubClient
from edge_agent.sync.identity import KEY_FILE, Identity
from tests.provisioning.hubs import STORE
from tests.sync.units import Unit


def pem(key: ed25519.Ed25519PrivateKey | rsa.RSAPrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff" * 50,
        b"-----BEGIN" + b" PRIVATE KEY-----\nMIGH",
        pem(ed25519.Ed25519PrivateKey.generate()),
        pem(rsa.generate_private_key(65537, 2048)),
    ],
    ids=["empty", "garbage", "cut", "ed25519", "rsa"],
)
def test_a_key_that_is_not_ours_is_told(content: bytes, tmp_path: Path) -> None:
    (tmp_path / KEY_FILE).write_bytes(content)
    with pytest.raises(HubError, match="run: edge-agent enrol"):
        Identity.load(tmp_path)


@pytest.mark.integration
async def test_an_address_that_the_configuration_let_through_is_the_hubs_error(unit: Unit) -> None:
    client = HubClient("https://[::1", unit.config.identity_folder, SystemClock("always"))
    with pytest.raises(HubError, match="InvalidURL"):
        async with client.stream(SLICE, {"store": STORE}):
            pass
    await client.close()
