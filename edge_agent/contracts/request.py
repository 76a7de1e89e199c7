"""How a unit signs its requests to the hub, as DPoP (RFC 9449) does: a signed token per request.

``Authorization: Unit <JWT>``: ES256 by the unit's key, the unit's certificate in the ``x5c`` header,
:class:`RequestClaims` as payload. It does not depend on who ends TLS, nor on the unit's clock: the hub
measures freshness by its own nonce, which it hands out with a 401 (:data:`NONCE_HEADER`).
"""

import hashlib
from typing import Annotated

from pydantic import Field

from edge_agent.contracts.base import Contract, Sha256

SCHEME = "Unit"
"""Authentication scheme in ``Authorization`` and ``WWW-Authenticate``."""

TOKEN_TYPE = "edge-request+jwt"  # noqa: S105 - the media type of the token, not a secret
"""``typ`` of the token, so that no other token of the same key can stand in for it."""

NONCE_HEADER = "Edge-Nonce"
"""Header of a 401 that carries the nonce to sign with; the request is then sent again."""

TOKEN_MAX_BYTES = 8192
"""A longer token is refused unread."""


class RequestClaims(Contract):
    """What a unit signs for one request."""

    htm: Annotated[str, Field(max_length=10)]
    """HTTP method."""
    htu: Annotated[str, Field(max_length=2048)]
    """Path and query as they were sent."""
    bh: Sha256
    """SHA-256 of the body as it was sent, compressed where it was compressed."""
    iat: int
    """The unit's own Unix second. For people who read logs: it decides nothing, because it may be wrong."""
    jti: Annotated[str, Field(min_length=16, max_length=64)]
    """Random, unique. Not remembered by the hub: every signed request may be repeated without harm."""
    nonce: Annotated[str, Field(max_length=128)] = ""
    """The hub's nonce; empty until the hub has given one."""


def body_digest(body: bytes) -> str:
    """Return the SHA-256 of a body, lower-case hexadecimal."""
    return hashlib.sha256(body).hexdigest()
