"""Which network the device is on, from the kernel's files: nothing is sent to find out."""

from __future__ import annotations

import ipaddress
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROUTE_UP = 0x1
"""RTF_UP of linux/route.h."""

INNER = ("lo", "docker", "veth", "br-", "virbr", "lxc")
"""Interfaces that lead to the device itself, or to what runs on it."""

LOCAL_ADDRESS = re.compile(r"\|-- ([0-9.]+)\s+/32 host LOCAL")


@dataclass(frozen=True, slots=True)
class Route:
    """One row of the IPv4 routing table."""

    interface: str
    network: ipaddress.IPv4Network


@dataclass(frozen=True, slots=True)
class Connection:
    """The interface that leads out."""

    interface: str
    wireless: bool


def addresses(proc: Path) -> list[str]:
    """Return the IPv4 addresses others can reach the device at, that of the way out first."""
    routes = list(_routes(proc))
    out = {route.interface for route in routes if route.network.prefixlen == 0}
    found: dict[str, bool] = {}
    for text in LOCAL_ADDRESS.findall(_read(proc / "net/fib_trie")):
        address = ipaddress.IPv4Address(text)
        interface = _interface(address, routes)
        if not (address.is_loopback or address.is_link_local or interface.startswith(INNER)):
            found[text] = interface in out
    return sorted(found, key=lambda text: not found[text])


def connection(proc: Path, sys_path: Path) -> Connection | None:
    """Return the interface with a way out and a live cable or radio; None when there is none."""
    out = [route.interface for route in _routes(proc) if route.network.prefixlen == 0]
    for interface in [*out, *_ipv6_ways_out(proc)]:
        folder = sys_path / "class/net" / interface
        if _read(folder / "carrier").strip() == "1":
            return Connection(interface, (folder / "wireless").exists())
    return None


def _interface(address: ipaddress.IPv4Address, routes: list[Route]) -> str:
    fitting = [route for route in routes if route.network.prefixlen and address in route.network]
    return max(fitting, key=lambda route: route.network.prefixlen).interface if fitting else ""


def _routes(proc: Path) -> Iterator[Route]:
    for line in _read(proc / "net/route").splitlines()[1:]:
        columns = line.split()
        if len(columns) < 8 or not int(columns[3], 16) & ROUTE_UP:
            continue
        # The kernel prints the bytes of an address as one number of the machine.
        network, mask = (
            ipaddress.IPv4Address(int(column, 16).to_bytes(4, sys.byteorder))
            for column in (columns[1], columns[7])
        )
        yield Route(columns[0], ipaddress.IPv4Network(f"{network}/{mask}", strict=False))


def _ipv6_ways_out(proc: Path) -> Iterator[str]:
    for line in _read(proc / "net/ipv6_route").splitlines():
        columns = line.split()
        if len(columns) == 10 and columns[1] == "00" and not columns[9].startswith(INNER):
            yield columns[9]


def _read(path: Path) -> str:
    """Return a file of the kernel's, "" when this machine has none or will not show it."""
    try:
        return path.read_text("utf-8", "replace")
    except OSError:
        return ""
