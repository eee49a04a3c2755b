"""Certificates of an authority that exists for one test, good ones and bad ones."""

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

_DAY = datetime.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate and its key, in one file."""

    file: Path
    sha256: str

    def context(self, ca_file: Path | None = None) -> ssl.SSLContext:
        """Return how a server with this certificate encrypts.

        Args:
            ca_file: authority of the certificates that clients must show; None asks for none.
        """
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.file)
        if ca_file is not None:
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(ca_file)
        return context


class Authority:
    """Issues certificates into a folder; `ca_file` is what a client has to believe."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _name("Authority of the test")
        own = self._build(self._name, self._key, is_authority=True)
        self.ca_file = folder / "authority.pem"
        self.ca_file.write_bytes(own.public_bytes(serialization.Encoding.PEM))

    def issue(
        self,
        host: str = "127.0.0.1",
        *,
        from_days: float = -1,
        to_days: float = 1,
        self_signed: bool = False,
    ) -> Certificate:
        """Return a certificate of a host, valid between two days counted from now.

        `issue(to_days=-0.5)` has expired, `issue("elsewhere.example")` has the wrong name.
        """
        key = ec.generate_private_key(ec.SECP256R1())
        now = wall_now()
        days = (now + from_days * _DAY, now + to_days * _DAY)
        issued = self._build(_name(host), key, host=host, days=days, self_signed=self_signed)
        pem = issued.public_bytes(serialization.Encoding.PEM) + key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        file = self._folder / f"{issued.serial_number:x}.pem"
        file.write_bytes(pem)
        der = issued.public_bytes(serialization.Encoding.DER)
        return Certificate(file, hashlib.sha256(der).hexdigest())

    def _build(
        self,
        name: x509.Name,
        key: ec.EllipticCurvePrivateKey,
        *,
        host: str = "",
        days: tuple[datetime.datetime, datetime.datetime] | None = None,
        self_signed: bool = False,
        is_authority: bool = False,
    ) -> x509.Certificate:
        now = wall_now()
        # An authority is older than whatever it issued.
        first, last = days or (now - 10_000 * _DAY, now + 10_000 * _DAY)
        by_itself = self_signed or is_authority
        builder = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name if by_itself else self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(first)
            .not_valid_after(last)
            .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
        )
        if host:
            names = x509.SubjectAlternativeName([_alternative(host)])
            builder = builder.add_extension(names, critical=False)
        return builder.sign(key if by_itself else self._key, hashes.SHA256())


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _alternative(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)
