"""Lets one of several devices in earshot answer: claims by multicast in the local network."""

from __future__ import annotations

import asyncio
import logging
import secrets
import socket
import struct

from xtalk_edge.audio.format import RATE_HZ, level_db
from xtalk_edge.bus import EventBus, handles
from xtalk_edge.clock import now_s
from xtalk_edge.config.schema import Config
from xtalk_edge.errors import ConfigError
from xtalk_edge.events import WakeWordClaimed, WakeWordDetected, WakeWordYielded
from xtalk_edge.managers.base import Manager
from xtalk_edge.managers.ear import Rings
from xtalk_edge.turn.arbitration import (
    WAIT_S,
    Arbitration,
    Claim,
    from_datagram,
    to_datagram,
)

log = logging.getLogger(__name__)

PHRASE_S = 1.0
"""About as long as a wake phrase is; its level is taken over that."""

HOPS = 1
"""Claims do not leave the local network."""


class ArbitrationManager(Manager):
    """Answers a wake phrase only if no neighbour heard it better."""

    def __init__(self, *, event_bus: EventBus, config: Config, rings: Rings) -> None:
        super().__init__(event_bus=event_bus, config=config)
        self._rings = rings
        self._group = address_of(config.wake.neighbours)
        self._device = secrets.token_hex(8)
        self._arbitration = Arbitration()
        self._transport: asyncio.DatagramTransport | None = None

    async def start(self) -> None:
        """Join the neighbours; without a network the device answers alone."""
        loop = asyncio.get_running_loop()
        try:
            self._transport, _ = await loop.create_datagram_endpoint(
                lambda: _Listener(self._arbitration), sock=_joined(self._group)
            )
        except OSError as error:
            log.warning("no neighbours can be heard (%s); this device answers alone", error)

    async def shutdown(self) -> None:
        """Leave the neighbours."""
        if self._transport is not None:
            self._transport.close()
        await super().shutdown()

    @handles(WakeWordClaimed)
    def on_claim(self, event: WakeWordClaimed) -> None:
        """The phrase was heard here: tell the neighbours, and wait for what they say."""
        start = event.at_sample - round(PHRASE_S * RATE_HZ)
        sound, _ = self._rings.clean.slice(start, event.at_sample)
        claim = Claim(self._device, event.probability, round(level_db(sound), 1))
        self._arbitration.claim(claim, now_s())
        if self._transport is not None:
            self._transport.sendto(to_datagram(claim), self._group)
        self.tasks.start(self._decide(event), "arbitration")

    async def _decide(self, event: WakeWordClaimed) -> None:
        await asyncio.sleep(WAIT_S)
        decided = self._arbitration.decided(now_s())
        if decided is None:
            return
        kind = WakeWordDetected if decided else WakeWordYielded
        self.bus.publish(
            kind(phrase=event.phrase, at_sample=event.at_sample, probability=event.probability)
        )


class _Listener(asyncio.DatagramProtocol):
    """Takes what the neighbours claim."""

    def __init__(self, arbitration: Arbitration) -> None:
        self._arbitration = arbitration

    def datagram_received(self, data: bytes, addr: object) -> None:
        """Take a claim; anything else is not for us."""
        claim = from_datagram(data)
        if claim is not None:
            self._arbitration.hear(claim, now_s())

    def error_received(self, exc: Exception) -> None:
        """Go on: a claim that was not sent is one that nobody heard."""
        log.warning("a claim could not be sent: %s", exc)


def address_of(text: str) -> tuple[str, int]:
    """Return group and port of "239.255.42.99:40411".

    Raises:
        ConfigError: it is no multicast address with a port.
    """
    host, _, port = text.rpartition(":")
    try:
        multicast = socket.inet_aton(host)[0] >> 4 == 14
    except OSError:
        multicast = False
    if not multicast or not port.isdigit() or not 1024 <= int(port) <= 65535:
        raise ConfigError(
            f'wake.neighbours: must be a multicast group and a port, as "239.255.42.99:40411", '
            f"got {text!r}"
        )
    return host, int(port)


def _joined(group: tuple[str, int]) -> socket.socket:
    joined = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        joined.setblocking(False)
        joined.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        joined.bind(group)
        member = struct.pack("=4sl", socket.inet_aton(group[0]), socket.INADDR_ANY)
        joined.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, member)
        joined.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, HOPS)
    except OSError:
        joined.close()
        raise
    return joined
