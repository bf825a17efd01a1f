"""Makes the certificates of one run: an authority of its own, and what it signs for the brokers and the administrator.

The authority's key is never written down: when a run has begun nobody can be added to it.
"""

import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

BROKER, ADMINISTRATOR = "motcua-broker", "motcua-administrator"
_LIFE = timedelta(days=30)
_EARLIER = timedelta(minutes=5)
"""Clocks differ a little, also from themselves."""


@dataclass(frozen=True)
class Certificates:
    """The files: the authority's certificate, and certificate and key in one for each of the two."""

    authority: Path
    broker: Path
    administrator: Path


def make_certificates(folder: Path) -> Certificates:
    """Write them into a folder, readable by us alone."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    signer = ec.generate_private_key(ec.SECP256R1())
    issuer = _name("Motcua local authority")
    authority = (
        _begun(issuer, issuer, signer)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs=True), critical=True)
        .sign(signer, hashes.SHA256())
    )
    made = Certificates(folder / "authority.pem", folder / "broker.pem", folder / "administrator.pem")
    _write(made.authority, authority.public_bytes(Encoding.PEM))
    _write(made.broker, _signed(BROKER, issuer, signer))
    _write(made.administrator, _signed(ADMINISTRATOR, issuer, signer))
    return made


def _signed(name: str, issuer: x509.Name, signer: ec.EllipticCurvePrivateKey) -> bytes:
    """Certificate and key of one that may be both ends of a connection on this machine."""
    key = ec.generate_private_key(ec.SECP256R1())
    both_ends = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH])
    here = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1")), x509.DNSName("localhost")])
    certificate = (
        _begun(_name(name), issuer, key)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs=False), critical=True)
        .add_extension(both_ends, critical=False)
        .add_extension(here, critical=False)
        .sign(signer, hashes.SHA256())
    )
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return secret + certificate.public_bytes(Encoding.PEM)


def _begun(subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _EARLIER)
        .not_valid_after(now + _LIFE)
    )


def _usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs, key_cert_sign=signs, crl_sign=signs, content_commitment=False,
        key_encipherment=False, data_encipherment=False, key_agreement=False, encipher_only=False, decipher_only=False,
    )  # fmt: skip


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _write(path: Path, content: bytes) -> None:
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
