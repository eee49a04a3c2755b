"""Whom the device believes to be who they say they are."""

from __future__ import annotations

import base64
import hashlib
import re
import ssl
from dataclasses import dataclass
from typing import Literal, NoReturn, Protocol

from xtalk_edge.errors import ConfigError, UplinkError
from xtalk_edge.net.public_key import public_key_of
from xtalk_edge.net.secret import STRANGERS, check_closed, owners_path

_N_BYTES = hashlib.sha256().digest_size

_NAMES = re.compile(r"^(?:sha256//|sha256[:/]|pin-sha256:)", re.IGNORECASE)
"""What others write before a pin: curl, browsers, servers."""


class Shown(Protocol):
    """An encrypted connection: `ssl.SSLObject` is one."""

    def getpeercert(self, binary_form: Literal[True], /) -> bytes | None:
        """Return the certificate of the other side, in DER."""


@dataclass(frozen=True, slots=True)
class Trust:
    """Certificates beyond the system's own."""

    ca_file: str = ""
    """Authorities that are believed in place of the system's; "" is the system's."""
    client_cert: str = ""
    """What the device shows of itself; "" is nothing."""
    client_key: str = ""
    """The key of `client_cert`; "" where it is in the same file."""
    pinned_sha256: str = ""
    """SHA-256 of the server's public key in hexadecimal or base64: no other is believed; "" is
    any. It outlives the certificate, which is renewed every few months and keeps its key."""


def tls_context(section: str, trust: Trust) -> ssl.SSLContext:
    """Return how to encrypt; certificates are always verified, names too.

    Args:
        section: the settings' section, for messages: "uplink".
        trust: whom to believe.

    Raises:
        ConfigError: a file is missing or is no certificate, a key needs a password or may be read
            by everybody, or the pin is none.
    """
    _pin_of(section, trust.pinned_sha256)
    context = _believing(f"{section}.ca_file", trust.ca_file)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if trust.client_cert:
        _show_own(section, trust, context)
    elif trust.client_key:
        raise ConfigError(f"{section}.client_key: belongs to a certificate; set client_cert too")
    return context


def check_pin(trust: Trust, shown: Shown | None) -> None:
    """Refuse a server whose key is another than the one that was pinned.

    Raises:
        UplinkError: it is.
    """
    if not trust.pinned_sha256:
        return
    if shown_pin(shown) != _pin_of("pinned_sha256", trust.pinned_sha256):
        raise UplinkError(
            "the server shows another key than the pinned one; if whoever runs it says that it has "
            "a new one, set pinned_sha256 anew, and else do not trust it"
        )


def shown_pin(shown: Shown | None) -> str:
    """Return what `pinned_sha256` would have to be for that connection; "" without encryption."""
    certificate = shown.getpeercert(True) if shown is not None else None
    if not certificate:
        return ""
    try:
        return hashlib.sha256(public_key_of(certificate)).hexdigest()
    except ValueError:
        return ""


def _pin_of(section: str, pin: str) -> str:
    """Return a pin in small hexadecimal.

    Raises:
        ConfigError: it is none.
    """
    bare = _NAMES.sub("", pin.strip())
    try:
        found = bytes.fromhex(bare.replace(":", ""))
    except ValueError:
        found = _of_base64(bare)
    if pin and len(found) != _N_BYTES:
        raise ConfigError(
            f"{section}.pinned_sha256: must be the SHA-256 of the server's public key, 64 figures "
            "and letters from a to f; docs/privacy.md tells how to get it"
        )
    return found.hex()


def _of_base64(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        return b""


def _believing(setting: str, name: str) -> ssl.SSLContext:
    if not name:
        return ssl.create_default_context()
    path = owners_path(setting, name)
    try:
        context = ssl.create_default_context(cafile=path)
    except ssl.SSLError as error:
        raise ConfigError(f"{setting}: {path} is no certificate in PEM form") from error
    except OSError as error:
        raise ConfigError(f"{setting}: {path} cannot be read: {error.strerror}") from error
    return context


def _show_own(section: str, trust: Trust, context: ssl.SSLContext) -> None:
    certificate = owners_path(f"{section}.client_cert", trust.client_cert)
    key = owners_path(f"{section}.client_key", trust.client_key or trust.client_cert)

    def refuse() -> NoReturn:
        # Without this, OpenSSL would ask on the terminal, and a device has none.
        raise ConfigError(
            f"{section}.client_key: {key} needs a password; write it without one by "
            "openssl pkey -in KEY -out NEW, and chmod 600 NEW"
        )

    try:
        check_closed(f"{section}.client_key", key, key.stat().st_mode, STRANGERS)
        context.load_cert_chain(certificate, key, password=refuse)
    except ssl.SSLError as error:
        raise ConfigError(
            f"{section}.client_cert: {certificate} and its key {key} do not fit together, or are "
            "not in PEM form"
        ) from error
    except OSError as error:
        where = error.filename or f"{certificate} or {key}"
        raise ConfigError(f"{section}.client_cert: {where} cannot be read: {error.strerror}"
                          ) from error  # fmt: skip
