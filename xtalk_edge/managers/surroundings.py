"""Opens what tells the agent about the room and the conversation, where the settings name it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AsyncExitStack

from xtalk_edge.bus import EventBus
from xtalk_edge.config.engine import NONE
from xtalk_edge.config.schema import Config, EngineConfig
from xtalk_edge.engines.hosting import Hosted, enter_chosen
from xtalk_edge.engines.interfaces import Agent
from xtalk_edge.errors import ConfigError
from xtalk_edge.managers.base import Manager
from xtalk_edge.managers.captioner import CaptionerManager
from xtalk_edge.managers.capture import CaptureManager
from xtalk_edge.managers.thought import ThoughtManager


async def open_surroundings(
    config: Config,
    bus: EventBus,
    stack: AsyncExitStack,
    progress: Callable[[str], None],
    capture: CaptureManager,
    agent: Agent,
) -> list[Manager]:
    """Return the managers, their engines loaded; `stack` closes these, `progress` is told which.

    Raises:
        ConfigError: descriptions are to be rewritten, and there are none.
    """

    async def opened(slot: str, chosen: EngineConfig) -> Hosted | None:
        if chosen.type != NONE:
            progress(f"loading the {slot.replace('_', ' ')}")
        return await enter_chosen(stack, slot, chosen)

    if config.caption_rewriter.type != NONE and config.captioner.type == NONE:
        raise ConfigError(
            "caption_rewriter.type: nothing is described that could be rewritten; "
            'choose a captioner, or "none" here'
        )
    managers: list[Manager] = []
    captioner = await opened("captioner", config.captioner)
    shortener = await opened("caption_rewriter", config.caption_rewriter)
    writer = await opened("thought_rewriter", config.thought_rewriter)
    if captioner:
        managers.append(
            CaptionerManager(
                event_bus=bus,
                config=config,
                captioner=captioner,
                capture=capture,
                agent=agent,
                rewriter=shortener,
            )
        )
    if writer:
        managers.append(ThoughtManager(event_bus=bus, config=config, rewriter=writer, agent=agent))
    return managers
