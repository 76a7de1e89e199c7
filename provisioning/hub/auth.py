"""Who is asking? Units sign each request with their key; the platform shows a bearer token."""

import base64
import hashlib
import hmac
import struct
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey
from pydantic import ValidationError
from sqlalchemy import select

from edge_agent.contracts.request import (
    NONCE_HEADER,
    SCHEME,
    TOKEN_MAX_BYTES,
    TOKEN_TYPE,
    RequestClaims,
    body_digest,
)
from provisioning.ca import Authority
from provisioning.hub.problem import ProblemError
from provisioning.hub.storage import Database
from provisioning.hub.tables import certificates

NONCE_S = 300.0
"""A nonce is good for so long; a unit pays one more round trip as often as that."""

_MAC_BYTES = 16
_TIME = struct.Struct(">d")


@dataclass(frozen=True, slots=True)
class Caller:
    """The unit that signed a request."""

    store: str
    unit: str

    @property
    def source(self) -> str:
        """The only CloudEvents source that it may use."""
        return f"/stores/{self.store}/units/{self.unit}"


class Nonces:
    """Proof of freshness without memory: a time under a MAC, so that any worker accepts any worker's nonce."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def make(self, now: datetime) -> str:
        """Return a nonce that is good for :data:`NONCE_S` from ``now``."""
        stamp = _TIME.pack(now.timestamp())
        return base64.urlsafe_b64encode(stamp + self._mac(stamp)).decode()

    def fresh(self, nonce: str, now: datetime) -> bool:
        """Whether it is one of ours and not too old."""
        try:
            raw = base64.urlsafe_b64decode(nonce)
        except ValueError:
            return False
        if len(raw) != _TIME.size + _MAC_BYTES:
            return False
        stamp, mac = raw[: _TIME.size], raw[_TIME.size :]
        if not hmac.compare_digest(mac, self._mac(stamp)):
            return False
        age_s: float = now.timestamp() - _TIME.unpack(stamp)[0]
        return -NONCE_S <= age_s <= NONCE_S

    def _mac(self, stamp: bytes) -> bytes:
        return hmac.digest(self._secret, stamp, hashlib.sha256)[:_MAC_BYTES]


class _Registry(jws.JWSRegistry):
    max_header_length = TOKEN_MAX_BYTES  # x5c carries a certificate


_REGISTRY = _Registry(algorithms=["ES256"])

_BROKEN = (JoseError, ValidationError, ValueError, LookupError, TypeError, UnsupportedAlgorithm, RecursionError)
"""What the libraries raise for a token of anybody's making: a bad certificate, an unknown curve, JSON without end."""


class Gatekeeper:
    """Checks the signed requests of units."""

    def __init__(self, database: Database, authority: Authority, nonces: Nonces) -> None:
        self._database = database
        self._authority = authority
        self._nonces = nonces

    def check(self, authorization: str, method: str, target: str, body: bytes, now: datetime) -> Caller:
        """Return who signed a request; raises a 401 or 403 problem where it may not be served.

        ``target`` is path and query as they came in.
        """
        scheme, _, token = authorization.partition(" ")
        if scheme != SCHEME or not token or len(token) > TOKEN_MAX_BYTES:
            raise self._refused(now, "The request is not signed.")
        try:
            header = jws.extract_compact(token.encode(), registry=_REGISTRY).headers()
            chain = header.get("x5c", [])
            certificate = x509.load_der_x509_certificate(base64.b64decode(chain[0]))
            key = ECKey.import_key(
                certificate.public_key().public_bytes(
                    serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
                )
            )
            signed = jws.deserialize_compact(token, key, registry=_REGISTRY)
            claims = RequestClaims.model_validate_json(signed.payload)
        except _BROKEN as error:
            raise self._refused(now, "The signature of the request is broken.", type(error).__name__) from error
        if header.get("typ") != TOKEN_TYPE:
            raise self._refused(now, "The token is not a request token.")
        if not self._nonces.fresh(claims.nonce, now):
            raise self._refused(now, "Sign again with this nonce.")
        if (claims.htm, claims.htu, claims.bh) != (method, target, body_digest(body)):
            raise self._refused(now, "The signature belongs to another request.")
        return self._owner(certificate, now)

    def _owner(self, certificate: x509.Certificate, now: datetime) -> Caller:
        problem = self._authority.vouches_for(certificate, now)
        if problem:
            raise ProblemError(403, "The unit's certificate is not good.", problem)
        columns = (certificates.c.store, certificates.c.unit, certificates.c.revoked)
        fingerprint = certificate.fingerprint(hashes.SHA256()).hex()
        with self._database.reading() as connection:
            row = connection.execute(select(*columns).where(certificates.c.fingerprint == fingerprint)).one_or_none()
        if row is None:
            raise ProblemError(403, "The unit's certificate is unknown here.", "Enrol the unit again.")
        if row.revoked:
            raise ProblemError(403, "The unit's certificate was revoked.", "Enrol the unit again with a new claim.")
        return Caller(row.store, row.unit)

    def _refused(self, now: datetime, title: str, detail: str = "") -> ProblemError:
        headers = {NONCE_HEADER: self._nonces.make(now), "WWW-Authenticate": SCHEME}
        return ProblemError(401, title, detail, headers)


def is_platform(authorization: str, token: str) -> bool:
    """Whether a request carries the platform's bearer token."""
    return hmac.compare_digest(authorization.encode(), f"Bearer {token}".encode())
