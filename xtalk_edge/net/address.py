"""Addresses of other machines, and whether it is safe to talk to them."""

from __future__ import annotations

import ipaddress
from collections.abc import Collection
from dataclasses import dataclass
from urllib.parse import urlsplit

from xtalk_edge.errors import ConfigError

_ENCRYPTED = {"wss": 443, "https": 443}
_PLAIN = {"ws": 80, "http": 80}


@dataclass(frozen=True, slots=True)
class Address:
    """Where another machine listens."""

    url: str
    host: str
    """Name or number, without brackets."""
    port: int
    is_encrypted: bool

    @property
    def is_loopback(self) -> bool:
        """Whether it is this machine."""
        if self.host == "localhost" or self.host.endswith(".localhost"):
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False


def address_of(
    setting: str, url: str, schemes: Collection[str], *, allow_plain: bool = False
) -> Address:
    """Return a checked address.

    Args:
        setting: the setting's name, for messages: "uplink.url".
        url: as the owner wrote it.
        schemes: those that make sense here, of "ws", "wss", "http" and "https".
        allow_plain: whether the owner accepts that anybody on the way can listen.

    Raises:
        ConfigError: it is none, has a password in it, or leads out of this machine in the clear.
    """
    usual = " or ".join(f"{scheme}://" for scheme in sorted(schemes, reverse=True))
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise ConfigError(f"{setting}: {url!r} is no address ({error})") from error
    if parts.scheme not in schemes or not host:
        raise ConfigError(f"{setting}: {url!r} is no address; it begins with {usual}, then a host")
    if parts.username or parts.password:
        raise ConfigError(
            f"{setting}: a password in an address ends up in logs; name the secret in a setting of "
            'its own, as "env:NAME" or "file:PATH"'
        )
    encrypted = parts.scheme in _ENCRYPTED
    usual_port = (_ENCRYPTED | _PLAIN)[parts.scheme]
    address = Address(url, host, port or usual_port, encrypted)
    if not (encrypted or allow_plain or address.is_loopback):
        better = "wss" if parts.scheme == "ws" else "https"
        raise ConfigError(
            f"{setting}: {parts.scheme}:// to {host} can be read by anybody on the way; "
            f"use {better}://, or set allow_plain = true if that network is yours alone"
        )
    return address
