"""Puts a server beside the device's own agent and voice, where the settings name one."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from xtalk_edge.bus import EventBus
from xtalk_edge.config.schema import Config
from xtalk_edge.config.uplink import UplinkConfig
from xtalk_edge.engines.interfaces import Agent, Speaking
from xtalk_edge.engines.mouth import Mouth
from xtalk_edge.errors import ConfigError
from xtalk_edge.managers.base import Manager
from xtalk_edge.managers.capture import CaptureManager
from xtalk_edge.managers.server_hearing import ServerHearingManager
from xtalk_edge.managers.uplink import Client, UplinkManager
from xtalk_edge.uplink.breaker import BreakerPolicy
from xtalk_edge.uplink.full.cloud import FullCloud
from xtalk_edge.uplink.full.way import FullAsker, FullWay
from xtalk_edge.uplink.hedged_agent import HedgedAgent
from xtalk_edge.uplink.hedged_voice import HedgedVoice
from xtalk_edge.uplink.policy import HedgePolicy
from xtalk_edge.uplink.way import Way

HEAD_START_S = 0.1
"""The built-in model knows a command in 60 ms; a larger one that thinks ahead has looked at the
text since the first pause."""

VOICE_LULL_S = 2.0
"""Of a clause that stands still, which is heard at once; a client takes 0.8 s of quiet to know that
a clause is over."""

XAI_IDLE_S = 120.0
"""xAI may want money by the minute, also while nobody speaks; who has not followed up after two
minutes begins anew."""

VOICE_LEAD_S = 0.5
"""Piper makes a clause in 0.3 s on a Pi 5."""


@dataclass(frozen=True, slots=True)
class Uplink:
    """What stands between the managers and the device's own agent and voice."""

    managers: list[Manager] = field(default_factory=list)
    lost_rest: str = ""
    full: FullWay | None = None
    """To a server that hears."""
    _agent: Way | None = None
    _voice: Way | None = None

    @property
    def ways(self) -> list[Way]:
        """To all that the server may do with words alone."""
        return [way for way in (self._agent, self._voice) if way is not None]

    def agent(self, device: Agent) -> Agent:
        """Return what answers."""
        if self.full:
            return HedgedAgent(device, self.full, self.lost_rest, FullAsker(self.full.session))
        return HedgedAgent(device, self._agent, self.lost_rest) if self._agent else device

    def voice(self, mouth: Mouth) -> Speaking:
        """Return what speaks."""
        return HedgedVoice(mouth, self._voice) if self._voice else mouth


def open_uplink(config: Config, bus: EventBus, client: Client | None = None) -> Uplink:
    """Return it, not connected yet.

    Args:
        config: the settings.
        bus: what the parts talk over.
        client: the server; None for the one the settings name.

    Raises:
        ConfigError: its address, its token or a certificate is none.
    """
    uplink = config.uplink
    if not uplink.is_on:
        return Uplink()
    client = client or _client(uplink)
    deadline_s = uplink.deadline_ms / 1000
    full = agent = voice = None
    if uplink.full != "off":
        if not isinstance(client, FullCloud):
            raise ConfigError('uplink.full: must be "off": this server does not hear')
        # No head start: it has heard the turn already. Whether it fell silent, `FullAsker` knows
        # better: it knows what was not heard yet.
        policy = HedgePolicy(uplink.full, deadline_s, lull_s=float("inf"))
        full = FullWay(client, policy, XAI_IDLE_S if uplink.kind == "xai" else math.inf)
    if uplink.agent != "off":
        policy = HedgePolicy(uplink.agent, deadline_s, head_start_s=HEAD_START_S)
        agent = Way("agent", client, policy, BreakerPolicy())
    if uplink.tts != "off":
        # One lost clause is enough: the rest of the reply is then spoken by one voice.
        policy = HedgePolicy(
            uplink.tts, deadline_s, lull_s=VOICE_LULL_S, device_lead_s=VOICE_LEAD_S
        )
        voice = Way("tts", client, policy, BreakerPolicy(opens_after=1))
    ways = [way for way in (full, agent, voice) if way is not None]
    manager = UplinkManager(event_bus=bus, config=config, client=client, ways=ways)
    return Uplink([manager], uplink.lost_rest, full, agent, voice)


def _client(uplink: UplinkConfig) -> Client:
    # Not at the top: a device without a server has no use for what connects to one.
    if uplink.kind == "xai":
        from xtalk_edge.uplink.xai.realtime import XAIRealtime

        # Without the device's tools: what they do must be done once, by whoever answers.
        return XAIRealtime(uplink.xai)
    from xtalk_edge.uplink.xtalk.client import XTalkClient

    return XTalkClient(uplink)


def open_hearing(
    uplink: Uplink, config: Config, bus: EventBus, capture: CaptureManager
) -> ServerHearingManager | None:
    """Return what lets a server hear the turns; None where none is to."""
    if uplink.full is None:
        return None
    return ServerHearingManager(event_bus=bus, config=config, way=uplink.full, capture=capture)
