"""Whose requests are answered: what is known of that before a token is looked at (pure).

A page of somebody else's in the owner's browser can send requests to this machine, and a name of
somebody else's can be made to lead here (DNS rebinding). The browser tells both: whom it believes
to talk to (Host), and whose page asks (Origin).
"""

from __future__ import annotations

import ipaddress
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from xtalk_edge.errors import EdgeError
from xtalk_edge.net.address import host_and_port
from xtalk_edge.net.host_names import is_this_machine


class RefusedError(EdgeError):
    """A request that is not answered."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status
        """Of HTTP."""


@dataclass(frozen=True, slots=True)
class Gate:
    """Knows by which names this machine may be asked for.

    Args:
        is_closed: whether only this machine can reach the page; then only it is a good name.
        names: good ones besides numbers and "localhost", in small letters.
    """

    is_closed: bool
    names: Collection[str] = ()

    def check(self, hosts: Sequence[str], origins: Sequence[str]) -> None:
        """Refuse a request for another machine, or from another page.

        Args:
            hosts: every Host of the request.
            origins: every Origin; programs that are no browsers send none.

        Raises:
            RefusedError: it is one of these.
        """
        if len(hosts) != 1 or not self._is_good(hosts[0]):
            raise RefusedError(
                421,
                "This page is not called so. Ask for it by its number, or add the name to "
                "page.names in the settings.",
            )
        if origins and list(origins) not in ([f"http://{hosts[0]}"], [f"https://{hosts[0]}"]):
            raise RefusedError(403, "Another page may not use this one; open it by its own.")

    def _is_good(self, netloc: str) -> bool:
        try:
            host, _ = host_and_port(netloc)
        except ValueError:
            return False
        if is_this_machine(host) or host in self.names:
            return True
        return not self.is_closed and _is_number(host)


def _is_number(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        # Only a name can be made to lead here.
        return False
    return True
