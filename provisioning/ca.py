"""The hub's own certificate authority: its root, the hub's server certificate, the units' certificates."""

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Self

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

from provisioning.files import SECRET_MODE, alone, refuse_open, write_atomically

_ROOT_LIFE = timedelta(days=20 * 365)  # units pin it; rolling it over means to visit them
_SERVER_LIFE = timedelta(days=365)
_SERVER_RENEW = timedelta(days=120)
_BACKDATE = timedelta(hours=1)  # for the clocks of others


@dataclass(frozen=True, slots=True)
class ServerFiles:
    """What the hub's TLS server needs."""

    chain: Path
    key: Path


class Authority:
    """Signs certificates. One folder holds its key; whoever holds the folder is the authority."""

    def __init__(self, folder: Path, key: ec.EllipticCurvePrivateKey, certificate: x509.Certificate) -> None:
        self._folder = folder
        self._key = key
        self._certificate = certificate

    @classmethod
    def open(cls, folder: Path, now: datetime) -> Self:
        """Load the authority of a folder; make one where there is none.

        Raises PermissionError where others may read its key.
        """
        folder.mkdir(parents=True, exist_ok=True)
        key_file, certificate_file = folder / "ca.key", folder / "ca.pem"
        with alone(folder):
            if not certificate_file.exists():
                key = ec.generate_private_key(ec.SECP256R1())
                write_atomically(key_file, _key_pem(key), SECRET_MODE)
                write_atomically(certificate_file, _root(key, now).public_bytes(serialization.Encoding.PEM))
        refuse_open(key_file)
        loaded = serialization.load_pem_private_key(key_file.read_bytes(), password=None)
        if not isinstance(loaded, ec.EllipticCurvePrivateKey):
            raise TypeError(f"{key_file}: not an elliptic-curve key")
        return cls(folder, loaded, x509.load_pem_x509_certificate(certificate_file.read_bytes()))

    @property
    def pem(self) -> str:
        """The root certificate."""
        return self._certificate.public_bytes(serialization.Encoding.PEM).decode()

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the root certificate, lower-case hexadecimal."""
        return self._certificate.fingerprint(hashes.SHA256()).hex()

    def server_files(self, names: Sequence[str], now: datetime) -> ServerFiles:
        """Return the server's certificate and key; renewed when they age, or when ``names`` changed."""
        with alone(self._folder):
            return self._server_files(names, now)

    def _server_files(self, names: Sequence[str], now: datetime) -> ServerFiles:
        files = ServerFiles(self._folder / "server.pem", self._folder / "server.key")
        wanted = x509.SubjectAlternativeName([_general_name(name) for name in names])
        if files.chain.exists() and files.key.exists():
            held = x509.load_pem_x509_certificates(files.chain.read_bytes())[0]
            held_names = held.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
            if held_names == wanted and held.not_valid_after_utc - now > _SERVER_RENEW:
                return files
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = self._sign(
            key.public_key(), x509.Name([_attribute(NameOID.COMMON_NAME, names[0])]), wanted,
            ExtendedKeyUsageOID.SERVER_AUTH, now, _SERVER_LIFE,
        )  # fmt: skip
        write_atomically(files.key, _key_pem(key), SECRET_MODE)
        write_atomically(files.chain, certificate.public_bytes(serialization.Encoding.PEM) + self.pem.encode())
        return files

    def unit_certificate(
        self, key: ec.EllipticCurvePublicKey, store: str, unit: str, now: datetime, life: timedelta
    ) -> x509.Certificate:
        """Return a certificate that names a unit of a store."""
        subject = x509.Name([_attribute(NameOID.ORGANIZATION_NAME, store), _attribute(NameOID.COMMON_NAME, unit)])
        name = x509.UniformResourceIdentifier(f"urn:edge-agent:{store}:{unit}")
        return self._sign(key, subject, x509.SubjectAlternativeName([name]), ExtendedKeyUsageOID.CLIENT_AUTH, now, life)

    def vouches_for(self, certificate: x509.Certificate, now: datetime) -> str:
        """Return why a client certificate is not good at ``now``; empty where it is."""
        policy = PolicyBuilder().store(Store([self._certificate])).time(now)
        try:
            policy.build_client_verifier().verify(certificate, [])
        except (VerificationError, ValueError, UnsupportedAlgorithm) as error:
            return str(error)
        return ""

    def _sign(
        self,
        key: ec.EllipticCurvePublicKey,
        subject: x509.Name,
        names: x509.SubjectAlternativeName,
        usage: x509.ObjectIdentifier,
        now: datetime,
        life: timedelta,
    ) -> x509.Certificate:
        issuer = self._key.public_key()
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._certificate.subject)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - _BACKDATE)
            .not_valid_after(now + life)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(names, critical=False)
            .add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
            .add_extension(_key_usage(digital_signature=True), critical=True)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer), critical=False)
            .sign(self._key, hashes.SHA256())
        )


def key_of_request(csr_pem: str) -> ec.EllipticCurvePublicKey:
    """Return the key of a certificate signing request; its subject and extensions do not matter.

    Raises ValueError unless it is signed by its own P-256 key.
    """
    request = x509.load_pem_x509_csr(csr_pem.encode())
    key = request.public_key()
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise ValueError("the key must be an elliptic-curve key on P-256")
    if not request.is_signature_valid:
        raise ValueError("the request is not signed by its own key")
    return key


def public_key_digest(key: ec.EllipticCurvePublicKey) -> str:
    """Return the SHA-256 of a public key (SubjectPublicKeyInfo), lower-case hexadecimal."""
    digest = hashes.Hash(hashes.SHA256())
    digest.update(key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo))
    return digest.finalize().hex()


def _root(key: ec.EllipticCurvePrivateKey, now: datetime) -> x509.Certificate:
    name = x509.Name([_attribute(NameOID.COMMON_NAME, "edge-agent hub")])
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _BACKDATE)
        .not_valid_after(now + _ROOT_LIFE)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_key_usage(key_cert_sign=True, crl_sign=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )


def _key_usage(
    *, digital_signature: bool = False, key_cert_sign: bool = False, crl_sign: bool = False
) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=digital_signature, key_cert_sign=key_cert_sign, crl_sign=crl_sign,
        content_commitment=False, key_encipherment=False, data_encipherment=False, key_agreement=False,
        encipher_only=False, decipher_only=False,
    )  # fmt: skip


def _attribute(oid: x509.ObjectIdentifier, value: str) -> x509.NameAttribute[str]:
    return x509.NameAttribute(oid, value)


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
