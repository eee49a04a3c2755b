"""Whom the device believes to be who they say they are."""

from __future__ import annotations

import hashlib
import ssl
from dataclasses import dataclass

from xtalk_edge.errors import ConfigError, UplinkError


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
    """SHA-256 of the server's certificate in hexadecimal: no other is believed; "" is any."""


def tls_context(setting: str, trust: Trust) -> ssl.SSLContext:
    """Return how to encrypt; certificates are always verified, names too.

    Args:
        setting: the section's name, for messages: "uplink".
        trust: whom to believe.

    Raises:
        ConfigError: a file is missing, or is no certificate.
    """
    try:
        context = ssl.create_default_context(cafile=trust.ca_file or None)
    except (OSError, ssl.SSLError) as error:
        raise ConfigError(
            f"{setting}.ca_file: {trust.ca_file} is no certificate ({error})"
        ) from error
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if trust.client_cert:
        try:
            context.load_cert_chain(trust.client_cert, trust.client_key or None)
        except (OSError, ssl.SSLError) as error:
            raise ConfigError(
                f"{setting}.client_cert: {trust.client_cert} and its key are unusable ({error})"
            ) from error
    return context


def check_pin(trust: Trust, shown: ssl.SSLObject | None) -> None:
    """Refuse a server whose certificate is another than the one that was pinned.

    Raises:
        UplinkError: it is.
    """
    if not trust.pinned_sha256:
        return
    der = shown.getpeercert(binary_form=True) if shown is not None else None
    wanted = trust.pinned_sha256.replace(":", "").lower()
    if der is None or hashlib.sha256(der).hexdigest() != wanted:
        raise UplinkError(
            "the server shows another certificate than the pinned one; if it was renewed, set "
            "pinned_sha256 anew"
        )
