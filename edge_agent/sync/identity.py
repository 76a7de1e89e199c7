"""The unit's identity on disk: its key, its certificate, the hub's authority."""

import base64
import json
import ssl
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from edge_agent.contracts.request import TOKEN_MAX_BYTES, TOKEN_TYPE, RequestClaims
from edge_agent.errors import HubError

KEY_FILE = "key.pem"
CERTIFICATE_FILE = "certificate.pem"
AUTHORITY_FILE = "ca.pem"

_NO_CHECK_TIME = 0x200000  # X509_V_FLAG_NO_CHECK_TIME of OpenSSL


class _Registry(jws.JWSRegistry):
    max_header_length = TOKEN_MAX_BYTES  # x5c carries a certificate


_REGISTRY = _Registry(algorithms=["ES256"])


@dataclass(frozen=True, slots=True)
class Identity:
    """Signs requests, and knows the hub."""

    key: ECKey
    certificate: str
    """The unit's certificate, base64 of its DER."""
    tls: ssl.SSLContext
    """Trusts the hub's authority and nobody else."""

    @classmethod
    def load(cls, folder: Path) -> "Identity":
        """Read the identity that enrolment wrote; raises HubError where there is none, or not one of ours."""
        try:
            key = ECKey.import_key((folder / KEY_FILE).read_bytes())
            certificate = x509.load_pem_x509_certificate((folder / CERTIFICATE_FILE).read_bytes())
            tls = trust((folder / AUTHORITY_FILE).read_text())
        except FileNotFoundError as error:
            raise HubError(f"{error.filename} is missing; run: edge-agent enrol") from error
        except (OSError, ValueError, TypeError, JoseError) as error:
            raise HubError(f"the identity in {folder} cannot be read ({error}); run: edge-agent enrol") from error
        der = certificate.public_bytes(serialization.Encoding.DER)
        return cls(key, base64.b64encode(der).decode(), tls)

    def sign(self, claims: RequestClaims) -> str:
        """Return the token for one request."""
        header = {"alg": "ES256", "typ": TOKEN_TYPE, "x5c": [self.certificate]}
        return jwt.encode(header, json.loads(claims.model_dump_json()), self.key, registry=_REGISTRY)


def trust(authority_pem: str) -> ssl.SSLContext:
    """Return a TLS context that trusts one authority; raises ValueError unless the text is a certificate.

    It ignores the dates of certificates: the authority is pinned, and a unit without a battery clock must
    reach the hub before it knows the time.
    """
    try:
        context = ssl.create_default_context(cadata=authority_pem)
    except ssl.SSLError as error:
        raise ValueError(f"not a certificate: {error.reason}") from error
    context.verify_flags |= ssl.VerifyFlags(_NO_CHECK_TIME)
    return context
