"""A claim code becomes an identity. Safe to repeat: the key stays, and the hub gives the same certificate."""

import json
import ssl
from pathlib import Path

import httpx2
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from pydantic import SecretStr

from edge_agent.contracts.api import AUTHORITY, ENROL
from edge_agent.contracts.claim import Claim
from edge_agent.contracts.config import AgentConfig
from edge_agent.contracts.unit import EnrolRequest, EnrolResponse, Problem
from edge_agent.errors import FileError, HubError
from edge_agent.store.files import SECRET_MODE, write_atomically
from edge_agent.sync.client import parse
from edge_agent.sync.configuration import desired_config, write_config
from edge_agent.sync.files import disk_told
from edge_agent.sync.identity import AUTHORITY_FILE, CERTIFICATE_FILE, KEY_FILE, trust

_ANSWER_MAX_BYTES = 256 * 1024
_TIMEOUT_S = 30.0


def enrol(hub_url: str, claim: Claim, folder: Path, config_file: Path) -> AgentConfig:
    """Make the unit's key, buy its certificate, write ``folder/identity`` and the unit's configuration.

    Raises HubError where the hub refuses, cannot be reached, or is not the hub of the claim;
    FileError where the folder holds a key that cannot be read, DiskError where the disk takes no files.
    """
    hub_url = hub_url.rstrip("/")
    authority = _authority(hub_url, claim.fingerprint)
    identity = folder / "identity"
    with disk_told(identity):
        identity.mkdir(parents=True, exist_ok=True, mode=0o700)
    key = _own_key(identity / KEY_FILE)
    answer = _redeem(hub_url, authority, claim, key)
    certificate = x509.load_pem_x509_certificate(answer.certificate_pem.encode())
    if certificate.public_key() != key.public_key():
        raise HubError("the hub's certificate is not for this unit's key")
    config = desired_config(answer.config, hub_url, folder)
    with disk_told(identity):
        write_atomically(identity / AUTHORITY_FILE, authority.encode())
        write_atomically(identity / CERTIFICATE_FILE, answer.certificate_pem.encode())
    write_config(config_file, config)
    return config


def _authority(hub_url: str, fingerprint: str) -> str:
    """Fetch the authority's certificate over an unchecked connection, and check it by its fingerprint."""
    unchecked = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    unchecked.check_hostname = False
    unchecked.verify_mode = ssl.CERT_NONE
    pem = _send(unchecked, "GET", hub_url + AUTHORITY.path).decode("ascii", "replace")
    try:
        found = x509.load_pem_x509_certificate(pem.encode()).fingerprint(hashes.SHA256()).hex()
    except ValueError as error:
        raise HubError("what answers there is not a hub") from error
    if found != fingerprint:
        raise HubError("what answers there is not the hub that made this claim: its authority has another fingerprint")
    return pem


def _redeem(hub_url: str, authority: str, claim: Claim, key: ec.EllipticCurvePrivateKey) -> EnrolResponse:
    csr = x509.CertificateSigningRequestBuilder(x509.Name([])).sign(key, hashes.SHA256())
    request = EnrolRequest(
        claim_code=SecretStr(claim.code), csr_pem=csr.public_bytes(serialization.Encoding.PEM).decode()
    )
    # The code is a secret that models hide; here, and only here, it is written out.
    body = json.dumps({"claim_code": claim.code, "csr_pem": request.csr_pem}).encode()
    return parse(_send(trust(authority), "POST", hub_url + ENROL.path, body), EnrolResponse)


def _send(tls: ssl.SSLContext, method: str, url: str, body: bytes | None = None) -> bytes:
    headers = {"Content-Type": "application/json"} if body is not None else {}
    answer = bytearray()
    try:
        with (
            httpx2.Client(verify=tls, trust_env=False, timeout=_TIMEOUT_S) as client,
            client.stream(method, url, content=body, headers=headers) as response,
        ):
            for chunk in response.iter_bytes():
                answer += chunk
                if len(answer) > _ANSWER_MAX_BYTES:
                    raise HubError(f"the hub's answer is larger than {_ANSWER_MAX_BYTES} bytes")
    except (httpx2.HTTPError, httpx2.InvalidURL) as error:
        raise HubError(f"the hub cannot be reached: {type(error).__name__} {error}".strip()) from error
    if not response.is_success:
        if response.headers.get("content-type", "").startswith("application/problem+json"):
            problem = parse(bytes(answer), Problem)
            raise HubError(f"the hub refuses: {problem.title} {problem.detail}".strip())
        raise HubError(f"the hub answered {response.status_code}")
    return bytes(answer)


def _own_key(path: Path) -> ec.EllipticCurvePrivateKey:
    if not path.exists():
        made = ec.generate_private_key(ec.SECP256R1())
        pem = made.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        with disk_told(path):
            write_atomically(path, pem, SECRET_MODE)
    with disk_told(path):
        text = path.read_bytes()
    try:
        key = serialization.load_pem_private_key(text, password=None)
    except (ValueError, TypeError) as error:
        raise FileError(f"{path}: not a private key; remove it to make a new one") from error
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise FileError(f"{path}: not an elliptic-curve key; remove it to make a new one")
    return key
