"""Addresses of other machines, and whether it is safe to talk to them."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, field
from urllib.parse import SplitResult, parse_qsl, urlsplit

from xtalk_edge.errors import ConfigError
from xtalk_edge.net.host_names import is_this_machine, normal_host

_ENCRYPTED = {"wss": 443, "https": 443, "mqtts": 8883}
_PLAIN = {"ws": 80, "http": 80, "mqtt": 1883}
_USUAL_PORTS = _ENCRYPTED | _PLAIN

LONGEST_CHARS = 2_000
"""Servers and proxies begin to refuse longer ones."""

_SECRET_NAMES = frozenset(
    {"token", "access_token", "auth_token", "key", "api_key", "apikey", "password", "secret"}
)
"""Parameters of an address that are known to hold what an address must not."""

HIGHEST_PORT = 65_535

_NETLOC = re.compile(
    r"(?:\[(?P<number>[^\[\]]*:[^\[\]]*)\]|(?P<name>[^\[\]:]*))(?::(?P<port>[0-9]*))?"
)

_NEVER_IN_URLS = re.compile(r"[^\x21-\x7e\x80-\U0010ffff]|[\\\x80-\xa0\u2028\u2029]")


@dataclass(frozen=True, slots=True)
class Address:
    """Where another machine listens."""

    url: str = field(repr=False)
    """As it is asked for, host and scheme in small letters; its parameters may be private."""
    host: str
    """Name or number, in small letters, without brackets or a dot at its end."""
    port: int
    is_encrypted: bool

    @property
    def netloc(self) -> str:
        """Host and port, as they stand in an address."""
        return f"{_bracketed(self.host)}:{self.port}"

    @property
    def is_loopback(self) -> bool:
        """Whether it is this machine."""
        return is_this_machine(self.host)


def address_of(
    setting: str, url: str, schemes: Collection[str], *, allow_plain: bool = False
) -> Address:
    """Return a checked address.

    Args:
        setting: the setting's name, for messages: "uplink.url".
        url: as the owner wrote it.
        schemes: those that make sense here, of "ws", "wss", "http", "https", "mqtt" and "mqtts".
        allow_plain: whether the owner accepts that anybody on the way can listen.

    Raises:
        ConfigError: it is none, has a secret in it, or leads out of this machine in the clear.
    """
    if len(url) > LONGEST_CHARS or _NEVER_IN_URLS.search(url):
        raise ConfigError(
            f"{setting}: an address is one word of at most {LONGEST_CHARS} characters, without "
            "spaces and backslashes"
        )
    # Whatever stands before an "@" may be a password.
    shown = re.sub(r".*@", "...@", re.split("[?#]", url)[0])
    usual = " or ".join(f"{scheme}://" for scheme in sorted(schemes, reverse=True))
    try:
        parts = urlsplit(url)
        if "@" in parts.netloc:
            raise _secret_inside(setting)
        host, port = host_and_port(parts.netloc)
    except ValueError as error:
        raise ConfigError(f"{setting}: {shown!r} is no address: {error}") from error
    if parts.scheme not in schemes or not host:
        raise ConfigError(
            f"{setting}: {shown!r} is no address; it begins with {usual}, then a host"
        )
    if "#" in url:
        raise ConfigError(f"{setting}: {shown!r} has a part behind #, which no server sees")
    if any(name.lower() in _SECRET_NAMES for name, _ in parse_qsl(parts.query)):
        raise _secret_inside(setting)
    encrypted = parts.scheme in _ENCRYPTED
    address = Address(
        _rebuilt(parts, host, port), host, port or _USUAL_PORTS[parts.scheme], encrypted
    )
    if not (encrypted or allow_plain or address.is_loopback):
        raise ConfigError(
            f"{setting}: {parts.scheme}:// to {host} can be read by anybody on the way; "
            f"use {parts.scheme}s://, or set allow_plain = true if that network is yours alone"
        )
    return address


def _secret_inside(setting: str) -> ConfigError:
    return ConfigError(
        f"{setting}: a password in an address ends up in logs; name the secret in a setting of "
        'its own, as "env:NAME" or "file:PATH"'
    )


def host_and_port(netloc: str) -> tuple[str, int | None]:
    """Return what stands between // and the path, "" and None for what does not.

    Raises:
        ValueError: it is none; the message says why.
    """
    found = _NETLOC.fullmatch(netloc)
    if found is None:
        raise ValueError("behind // stands a host, a colon and a number")
    port = int(found["port"]) if found["port"] else None
    if port is not None and not 1 <= port <= HIGHEST_PORT:
        raise ValueError(f"ports go from 1 to {HIGHEST_PORT}")
    host = found["number"] or found["name"]
    return normal_host(host) if host else "", port


def _rebuilt(parts: SplitResult, host: str, port: int | None) -> str:
    """Return the address as every library reads it alike."""
    netloc = _bracketed(host) if port is None else f"{_bracketed(host)}:{port}"
    return parts._replace(netloc=netloc).geturl()


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
