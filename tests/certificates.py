"""Certificates for servers and devices in tests, made in milliseconds."""

from __future__ import annotations

import datetime
import hashlib
import ipaddress
import ssl
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from xtalk_edge.clock import wall_now

DAY = datetime.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Identity:
    """A key, a certificate that says whose it is, and the files both lie in."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate
    key_file: Path
    cert_file: Path

    @property
    def der(self) -> bytes:
        """The certificate as a connection shows it."""
        return self.certificate.public_bytes(serialization.Encoding.DER)

    @property
    def spki(self) -> bytes:
        """The public key as a certificate holds it."""
        return self.key.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )

    @property
    def pin(self) -> str:
        """What an owner pins."""
        return hashlib.sha256(self.spki).hexdigest()

    def context(self, ca_file: Path | None = None) -> ssl.SSLContext:
        """Return how a server with this certificate encrypts.

        Args:
            ca_file: authority of the certificates that clients must show; None asks for none.
        """
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.cert_file, self.key_file)
        if ca_file is not None:
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(ca_file)
        return context


class Authority:
    """Issues certificates into a folder; `ca_file` is what a client has to believe."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        # An authority is older than whatever it issued.
        days = (-10_000, 10_000)
        self._own = identity(folder, "Authority of the test", days=days, authority=True)
        self.ca_file = self._own.cert_file
        self._issued = 0

    def issue(
        self,
        host: str = "127.0.0.1",
        *,
        from_days: float = -1,
        to_days: float = 1,
        self_signed: bool = False,
    ) -> Identity:
        """Return a certificate of a host, valid between two days counted from now.

        `issue(to_days=-0.5)` has expired, `issue("elsewhere.example")` has the wrong name.
        """
        self._issued += 1
        return identity(
            self._folder,
            host,
            hosts=(host,),
            issuer=None if self_signed else self._own,
            days=(from_days, to_days),
            file_name=f"issued-{self._issued}",
        )


def identity(
    folder: Path,
    name: str = "localhost",
    *,
    issuer: Identity | None = None,
    key: ec.EllipticCurvePrivateKey | None = None,
    password: bytes | None = None,
    days: tuple[float, float] = (-1, 30),
    authority: bool = False,
    file_name: str = "",
    hosts: tuple[str, ...] = ("127.0.0.1", "::1"),
) -> Identity:
    """Make a certificate and write it into a folder.

    Args:
        folder: where "NAME.pem" and "NAME.key" are written, the key readable to its owner alone.
        name: whose certificate it is.
        issuer: who signs it; None is itself.
        key: one that is there already, as at a renewal.
        password: with which the key is encrypted.
        days: from when until when it is valid, in days from now.
        authority: whether it may sign others.
        file_name: of the files, in place of the name.
        hosts: it is also for these, names or numbers.
    """
    key = key or ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = wall_now()
    names = [_alternative(each) for each in hosts if each != name]
    names += [] if authority else [_alternative(name)]
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.certificate.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + days[0] * DAY)
        .not_valid_after(now + days[1] * DAY)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        .sign(issuer.key if issuer else key, hashes.SHA256())
    )
    key_file, cert_file = (folder / f"{file_name or name}.{ending}" for ending in ("key", "pem"))
    secrecy = (
        serialization.BestAvailableEncryption(password)
        if password
        else serialization.NoEncryption()
    )
    key_file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, secrecy)
    )
    key_file.chmod(0o600)
    cert_file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    return Identity(key, certificate, key_file, cert_file)


def _alternative(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)
