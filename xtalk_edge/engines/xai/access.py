"""How the device gets to xAI: where it is, whom to believe, and with which key."""

from __future__ import annotations

from dataclasses import dataclass

from xtalk_edge.errors import ConfigError
from xtalk_edge.net.address import address_of
from xtalk_edge.net.peer import Peer, peer_of
from xtalk_edge.net.secret import Secret, secret_of
from xtalk_edge.net.trust import Trust
from xtalk_edge.net.way_faults import Goal

KEY = "env:XAI_API_KEY"
"""Where the key is usually kept."""


@dataclass(frozen=True, slots=True)
class Access:
    """One of xAI's services, and what opens it."""

    peer: Peer
    key: Secret


def access_of(
    section: str,
    url: str,
    key: str,
    *,
    allow_plain: bool = False,
    ca_file: str = "",
    pinned_sha256: str = "",
) -> Access:
    """Return a checked access.

    Args:
        section: the settings' section, for messages: "asr".
        url: where the service is.
        key: where its key is kept: "env:NAME", "file:PATH" or "credential:NAME".
        allow_plain: whether the owner accepts that anybody on the way can listen.
        ca_file: authorities that are believed in place of the system's.
        pinned_sha256: of the public key that the server must have.

    Raises:
        ConfigError: an address, a key or a file is missing or wrong.
    """
    setting = f"{section}.url"
    address = address_of(setting, url, ("wss", "ws"), allow_plain=allow_plain)
    secret = secret_of(f"{section}.key", key)
    if not secret:
        raise ConfigError(f'{section}.key: xAI wants a key; say where it is kept, as "{KEY}"')
    trust = Trust(ca_file=ca_file, pinned_sha256=pinned_sha256)
    return Access(peer_of(Goal(address, setting, "xAI"), trust), secret)
