"""Names and numbers of machines: what they may look like, and which of them are this one (pure)."""

from __future__ import annotations

import ipaddress
import re

_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_NAME = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
_LONGEST_NAME = 253
"""RFC 1035, in characters."""

_NUMERIC_END = re.compile(r"(?:^|\.)(?:[0-9]+|0x[0-9a-f]*)$")
"""Names that end so are numbers to every resolver, in one of a dozen ways to write one: 127.1,
0x7f000001 and 2130706433 all lead to this machine."""

_ZONE = re.compile(r"[A-Za-z0-9_.-]{1,15}")
"""An interface's name; Linux allows 15 characters."""


def normal_host(host: str) -> str:
    """Return a host as it is compared: small letters, no dot at the end, numbers in full.

    Raises:
        ValueError: it can be no host; the message says why.
    """
    if not host.isascii():
        raise ValueError("letters beyond ASCII are written another way there (xn--...)")
    if ":" in host:
        return _number_6(host)
    host = host.lower().removesuffix(".")
    if _NUMERIC_END.search(host):
        return _number_4(host)
    if len(host) > _LONGEST_NAME or not _NAME.fullmatch(host):
        raise ValueError("no machine can be called so")
    return host


def is_this_machine(host: str) -> bool:
    """Tell whether a normal host is this machine, whatever its network looks like.

    "x.localhost" is not: some resolvers ask the network for it.
    """
    if host == "localhost":
        return True
    try:
        number = ipaddress.ip_address(host)
    except ValueError:
        return False
    mapped = getattr(number, "ipv4_mapped", None)
    return (mapped or number).is_loopback


def _number_4(host: str) -> str:
    try:
        number = ipaddress.IPv4Address(host)
    except ValueError:
        raise ValueError("a number has four parts, each from 0 to 255") from None
    _check_single(number)
    return str(number)


def _number_6(host: str) -> str:
    bare, percent, zone = host.partition("%")
    # RFC 6874 writes the "%" before a zone as "%25".
    zone = zone.removeprefix("25") if zone.startswith("25") and len(zone) > 2 else zone
    if percent and not _ZONE.fullmatch(zone):
        raise ValueError("what stands behind % is no interface")
    try:
        number = ipaddress.IPv6Address(bare)
    except ValueError:
        raise ValueError("it is no IPv6 address") from None
    _check_single(number.ipv4_mapped or number)
    return f"{number}{percent}{zone}"


def _check_single(number: ipaddress.IPv4Address | ipaddress.IPv6Address) -> None:
    if number.is_multicast or number.is_unspecified:
        raise ValueError("it is the address of no single machine")
