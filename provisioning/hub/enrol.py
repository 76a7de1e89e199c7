"""A one-time claim code buys an identity."""

import hashlib
import json
import secrets
from datetime import datetime, timedelta

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from sqlalchemy import Connection, delete, insert, select, update

from edge_agent.contracts.claim import Claim
from edge_agent.contracts.unit import EnrolRequest, EnrolResponse
from provisioning.ca import Authority, key_of_request, public_key_digest
from provisioning.hub.keys import destroy_key
from provisioning.hub.problem import ProblemError
from provisioning.hub.storage import AnyRow, Database
from provisioning.hub.tables import certificates, claims, units

REPEAT_S = 3600.0
"""The same key may repeat its claim for so long and gets the same certificate: answers get lost."""

_CODE_BYTES = 24


class Enrolment:
    """Hands out claims, and certificates for them."""

    def __init__(self, database: Database, authority: Authority, claim_s: float, certificate_s: float) -> None:
        self._database = database
        self._authority = authority
        self._claim_s = claim_s
        self._life = timedelta(seconds=certificate_s)

    def new_claim(self, store: str, unit: str, now: datetime) -> Claim:
        """Return a claim for a unit; unused older ones stop working. Only a hash of its code is kept."""
        code = secrets.token_urlsafe(_CODE_BYTES)
        with self._database.writing() as connection:
            mine = (claims.c.store == store, claims.c.unit == unit)
            connection.execute(delete(claims).where(*mine, claims.c.used_s.is_(None)))
            row = {
                "code_digest": _digest(code), "store": store, "unit": unit,
                "expires_s": now.timestamp() + self._claim_s,
            }  # fmt: skip
            connection.execute(insert(claims).values(row))
        return Claim(code, self._authority.fingerprint)

    def redeem(self, request: EnrolRequest, now: datetime) -> EnrolResponse:
        """Return an identity for a claim code; raises a 403 or 422 problem where there is none to give.

        A wrong, a used and an expired code are answered alike, so that codes cannot be probed.
        """
        try:
            key = key_of_request(request.csr_pem)
        except (ValueError, TypeError, UnsupportedAlgorithm) as error:
            raise ProblemError(422, "The certificate signing request is not valid.", f"csr_pem: {error}") from error
        key_digest = public_key_digest(key)
        with self._database.writing() as connection:
            claim = connection.execute(
                select(claims)
                .where(claims.c.code_digest == _digest(request.claim_code.get_secret_value()))
                .with_for_update()
            ).one_or_none()
            if claim is None or not _usable(claim, key_digest, now):
                raise ProblemError(
                    403, "This claim code is not good.",
                    "It is wrong, expired or already used; make a new one with: edge-fleet unit claim STORE UNIT",
                )  # fmt: skip
            if claim.used_fingerprint is None:
                certificate = self._authority.unit_certificate(key, claim.store, claim.unit, now, self._life)
                pem = certificate.public_bytes(serialization.Encoding.PEM).decode()
                fingerprint = certificate.fingerprint(hashes.SHA256()).hex()
                _replace_certificate(connection, claim.store, claim.unit, fingerprint, pem, now + self._life)
                connection.execute(
                    update(claims)
                    .where(claims.c.code_digest == claim.code_digest)
                    .values(used_s=now.timestamp(), used_key=key_digest, used_fingerprint=fingerprint)
                )
            else:
                pem = connection.execute(
                    select(certificates.c.pem).where(certificates.c.fingerprint == claim.used_fingerprint)
                ).scalar_one()
            config = connection.execute(
                select(units.c.config).where(units.c.store == claim.store, units.c.unit == claim.unit)
            ).scalar_one()
        return EnrolResponse(
            unit=claim.unit, store=claim.store, certificate_pem=pem, ca_pem=self._authority.pem,
            config=json.loads(config),
        )  # fmt: skip


def _usable(claim: AnyRow, key_digest: str, now: datetime) -> bool:
    now_s = now.timestamp()
    if claim.used_s is None:
        return bool(now_s < claim.expires_s)
    return bool(claim.used_key == key_digest and now_s - claim.used_s <= REPEAT_S)


def _replace_certificate(
    connection: Connection, store: str, unit: str, fingerprint: str, pem: str, expires: datetime
) -> None:
    # A place in a store has one machine: who enrols takes it over from the one before.
    mine = (certificates.c.store == store, certificates.c.unit == unit)
    connection.execute(update(certificates).where(*mine).values(revoked=True))
    destroy_key(connection, store, unit)  # the slice of the one before opens never again
    row = {
        "fingerprint": fingerprint, "store": store, "unit": unit, "pem": pem, "expires_s": expires.timestamp(),
        "revoked": False,
    }  # fmt: skip
    connection.execute(insert(certificates).values(row))


def _digest(code: str) -> str:
    # A plain hash is enough: the code is random and has 192 bits, so it cannot be guessed from it.
    return hashlib.sha256(code.encode()).hexdigest()
