"""Tokens and certificate requests that anybody can send, made of parts that no library expects."""

import base64
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from joserfc import jws
from joserfc.jwk import ECKey

from edge_agent.contracts.config import HubServerConfig
from edge_agent.contracts.request import SCHEME, TOKEN_MAX_BYTES, TOKEN_TYPE
from edge_agent.contracts.unit import EnrolRequest
from provisioning.hub.auth import _REGISTRY
from provisioning.hub.context import Hub
from provisioning.hub.problem import ProblemError

NOW = datetime(2026, 5, 4, 10, 0, tzinfo=UTC)
KEY = ec.generate_private_key(ec.SECP256R1())

P256 = bytes.fromhex("06082a8648ce3d030107")
ELLIPTIC_KEY = bytes.fromhex("06072a8648ce3d0201")
ECDSA_SHA256 = bytes.fromhex("06082a8648ce3d040302")


@pytest.fixture
def hub(tmp_path: Path) -> Hub:
    return Hub.open(HubServerConfig(folder=tmp_path / "hub"), lambda: NOW)


def certificate(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey = KEY) -> bytes:
    nobody = x509.Name([])
    made = (
        x509.CertificateBuilder(nobody, nobody, key.public_key(), 5)
        .not_valid_before(NOW - timedelta(days=1))
        .not_valid_after(NOW + timedelta(days=1))
        .sign(key, None if isinstance(key, ed25519.Ed25519PrivateKey) else hashes.SHA256())
    )
    return made.public_bytes(serialization.Encoding.DER)


def unknown(der: bytes, oid: bytes) -> bytes:
    """Turn an object identifier into one that nobody has heard of."""
    assert oid in der
    return der.replace(oid, oid[:-1] + b"\x7f", 1)


def header(der: bytes) -> dict[str, object]:
    return {"alg": "ES256", "typ": TOKEN_TYPE, "x5c": [base64.b64encode(der).decode()]}


def token(head: dict[str, object] | bytes, claims: bytes = b"{}") -> str:
    parts = (head if isinstance(head, bytes) else json.dumps(head).encode(), claims, b"x" * 64)
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)


def signed(claims: bytes) -> str:
    pem = KEY.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return jws.serialize_compact(header(certificate()), claims, ECKey.import_key(pem), registry=_REGISTRY)


@pytest.mark.parametrize(
    "make",
    [
        lambda: token(header(certificate(rsa.generate_private_key(65537, 2048)))),
        lambda: token(header(certificate(ed25519.Ed25519PrivateKey.generate()))),
        lambda: token(header(certificate(ec.generate_private_key(ec.SECP384R1())))),
        lambda: token(header(unknown(certificate(), P256))),
        lambda: token(header(unknown(certificate(), ELLIPTIC_KEY))),
        lambda: token(header(b"no certificate")),
        lambda: token(b"[" * 5000),
        lambda: token(b"[]"),
        lambda: token({"alg": "ES256", "x5c": 5}),
        lambda: token({"alg": "ES256", "x5c": [5]}),
        lambda: token({"alg": "ES256", "crit": ["a"]}),
        lambda: "\xe9.\xe9.\xe9",
        lambda: signed(b"[" * 2500),
        lambda: signed(b"[]"),
        lambda: signed(b"null"),
        lambda: signed(b"\xff"),
        lambda: signed(b'{"nonce": 5}'),
    ],
)
def test_a_token_of_anybodys_making_is_refused_with_401(hub: Hub, make: Callable[[], str]) -> None:
    made = make()
    assert len(made) <= TOKEN_MAX_BYTES
    with pytest.raises(ProblemError) as raised:
        hub.gatekeeper.check(f"{SCHEME} {made}", "GET", "/v1/x", b"", NOW)
    assert raised.value.problem.status == 401


@pytest.mark.parametrize("oid", [P256, ELLIPTIC_KEY, ECDSA_SHA256])
def test_a_certificate_request_of_an_unknown_kind_is_refused_with_422(hub: Hub, oid: bytes) -> None:
    request = x509.CertificateSigningRequestBuilder(x509.Name([])).sign(KEY, hashes.SHA256())
    body = base64.b64encode(unknown(request.public_bytes(serialization.Encoding.DER), oid)).decode()
    pem = f"-----BEGIN CERTIFICATE REQUEST-----\n{body}\n-----END CERTIFICATE REQUEST-----\n"
    with pytest.raises(ProblemError) as raised:
        hub.enrolment.redeem(EnrolRequest(claim_code="x" * 32, csr_pem=pem), NOW)
    assert raised.value.problem.status == 422
