"""What went wrong on the way to another machine, in a sentence its owner can act on."""

from __future__ import annotations

import socket
import ssl
from dataclasses import dataclass

from xtalk_edge.clock import wall_now
from xtalk_edge.net.address import Address
from xtalk_edge.net.printable import one_line

BAD_PROXY = (
    "the proxy in https_proxy is none that the device can use; it takes the form http://host:port"
)

NOT_YET_VALID, EXPIRED, WRONG_NAME, WRONG_NUMBER = 9, 10, 62, 64
"""What OpenSSL says of a certificate (man 3 X509_STORE_CTX_get_error)."""


@dataclass(frozen=True, slots=True)
class Goal:
    """Whom the device wants to talk to, in the words of the settings."""

    address: Address
    setting: str
    """In which the address stands: "uplink.url"."""
    server: str = "the server"
    """What should listen there."""

    @property
    def where(self) -> str:
        """Host and port."""
        return self.address.netloc

    @property
    def section(self) -> str:
        """In which that setting stands, and those that say whom to believe: "uplink"."""
        return self.setting.rpartition(".")[0]


def of_the_way(error: OSError, goal: Goal) -> str:
    """Return why no connection came about, and what to do."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return _not_trusted(error, goal)
    if isinstance(error, ssl.SSLError):
        return _not_encrypted(error, goal)
    if isinstance(error, TimeoutError):
        return f"{goal.where} does not answer; it may be off, or a firewall is in between"
    if isinstance(error, socket.gaierror):
        return (
            f"the name {goal.address.host} is not known; check {goal.setting}, and whether the "
            "network has a name server (DNS)"
        )
    if isinstance(error, ConnectionResetError | ConnectionAbortedError):
        return f"{goal.where} hung up at once; check {goal.setting}"
    if isinstance(error, ConnectionRefusedError):
        return f"nothing listens at {goal.where}; is {goal.server} running?"
    # Several addresses were tried, and the message lists what became of each.
    reason = error.strerror or str(error)
    if "Connect call failed" in reason:
        return f"nothing listens at {goal.where}, by IPv4 or IPv6; is {goal.server} running?"
    return (
        f"there is no way to {goal.where}: {one_line(reason) or type(error).__name__}; is the "
        "network there, also for IPv6?"
    )


def of_the_proxy(error: Exception, goal: Goal) -> str:
    """Return why the proxy that the environment names let nothing through."""
    why = one_line(str(error)) or type(error).__name__
    return f"the proxy does not let the device through to {goal.where}: {why}; check https_proxy"


def web_page(goal: Goal) -> str:
    """Return what it means that a page for people came back, or leads to one."""
    return (
        f"{goal.where} answers with a web page; this network may want you to log in first, as "
        f"those of hotels do, or {goal.setting} leads to a web site"
    )


def _not_trusted(error: ssl.SSLCertVerificationError, goal: Goal) -> str:
    if error.verify_code in (NOT_YET_VALID, EXPIRED):
        today = f"{wall_now():%d %B %Y}"
        state = "is not valid yet" if error.verify_code == NOT_YET_VALID else "has expired"
        return (
            f"the certificate of {goal.where} {state}, if today is {today}; if it is not, the "
            "device's clock is wrong: set it, or let it ask a time server"
        )
    if error.verify_code in (WRONG_NAME, WRONG_NUMBER):
        return (
            f"the certificate of {goal.where} is for another name; use that name in {goal.setting}"
        )
    return (
        f"nobody the device believes vouches for the certificate of {goal.where} "
        f"({one_line(error.verify_message)}); if the server is your own, set "
        f"{goal.section}.ca_file to its authority"
    )


def _not_encrypted(error: ssl.SSLError, goal: Goal) -> str:
    # Not every error of the library has its attributes.
    reason = (getattr(error, "reason", None) or "").replace("_", " ").lower()
    if "wrong version number" in reason or "http request" in reason:
        scheme = goal.address.url.partition(":")[0]
        return f"{goal.where} does not encrypt; is it the port for {scheme}://?"
    return (
        f"no encrypted connection to {goal.where} comes about ({reason or 'no reason given'}); "
        f"check {goal.setting}"
    )
