"""Gives the governor a lever for each rung that this device can really do with less of."""

from __future__ import annotations

from collections.abc import Sequence

from xtalk_edge.bus import EventBus
from xtalk_edge.config.schema import Config
from xtalk_edge.engines.agent.seat import AgentSeat
from xtalk_edge.engines.enhancer.bypass import Bypass
from xtalk_edge.managers.base import Manager
from xtalk_edge.managers.capture import CaptureManager
from xtalk_edge.managers.governor import GovernorManager
from xtalk_edge.managers.governor_levers import (
    AgentLever,
    EnhancerLever,
    Lever,
    OffloadLever,
    VoiceLever,
)
from xtalk_edge.uplink.way import Way

OF_AGENTS = ("threads", "context")


def open_governor(
    config: Config, bus: EventBus, agent: AgentSeat, capture: CaptureManager, ways: Sequence[Way]
) -> list[Manager]:
    """Return it, or nothing where nothing can be given up.

    Args:
        config: the settings.
        bus: what the parts talk over.
        agent: whoever answers, tools in hand.
        capture: owns the enhancer.
        ways: to a server.
    """
    if not config.governor.on:
        return []
    levers: list[Lever] = []
    # Another agent may have some to spare when this one has not.
    if agent.economies() or config.alternatives.get("agent"):
        eased: set[str] = set()
        levers += [AgentLever(name, agent, eased) for name in OF_AGENTS]
    if isinstance(capture.enhancer, Bypass):
        levers.append(EnhancerLever(capture.enhancer))
    if config.governor.voice:
        levers.append(VoiceLever(bus, config))
    if any(way.policy.mode in ("fallback", "race") for way in ways):
        levers.append(OffloadLever(ways))
    if not levers:
        return []
    return [GovernorManager(event_bus=bus, config=config, levers=levers)]
