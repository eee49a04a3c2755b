"""Opens the sound card and what listens on the ear's own thread."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

from xtalk_edge.audio.card import Card
from xtalk_edge.audio.page_card import PageCard
from xtalk_edge.audio.portaudio import open_card
from xtalk_edge.bus import EventBus
from xtalk_edge.config.schema import Config, EngineConfig
from xtalk_edge.engines import hosting, registry
from xtalk_edge.engines.enhancer.bypass import Bypass
from xtalk_edge.managers.arbitration import ArbitrationManager
from xtalk_edge.managers.base import Manager
from xtalk_edge.managers.capture import CaptureManager
from xtalk_edge.managers.stop_word import StopWordManager
from xtalk_edge.managers.vad import VADManager
from xtalk_edge.managers.wake import WakeManager


def is_costly(config: Config) -> bool:
    """Tell whether the enhancer is to be left out while the processor is too hot for it."""
    chosen = config.enhancer
    cls = registry.check("enhancer", chosen.type, hosting.params_of("enhancer", chosen))
    return config.governor.on and bool(getattr(cls, "is_costly", False))


def open_ears(
    config: Config,
    bus: EventBus,
    stack: contextlib.ExitStack | contextlib.AsyncExitStack,
    progress: Callable[[str], None],
    card: Card | None,
) -> tuple[CaptureManager, list[Manager]]:
    """Return what brings the sound, and those of its listeners that the bus must know.

    Args:
        config: the settings.
        bus: what the parts talk over.
        stack: takes what has to be closed.
        progress: told what is being loaded, in words for the owner.
        card: where sound comes from and goes to; None for the one the settings name.
    """

    def engine(slot: str, chosen: EngineConfig) -> Any:
        made = hosting.create(slot, chosen)
        stack.callback(made.close)
        return made

    progress("opening the sound card")
    opened = card or (PageCard() if config.audio.card == "page" else open_card(config.audio))
    stack.push(lambda kind, _error, _trace: opened.abort() if kind else opened.close())
    progress("loading ears")
    enhancer = engine("enhancer", config.enhancer)
    capture = CaptureManager(
        event_bus=bus,
        config=config,
        card=opened,
        echo=engine("echo", config.echo),
        enhancer=Bypass(enhancer) if is_costly(config) else enhancer,
    )
    rings, post = capture.rings, capture.post
    known: list[Manager] = []
    if config.wake.mode == "wake-word":
        wake = engine("wake", config.wake)
        capture.add_listener(
            WakeManager(event_bus=bus, config=config, wake=wake, rings=rings, post=post)
        )
        if config.wake.neighbours:
            known.append(ArbitrationManager(event_bus=bus, config=config, rings=rings))
    stop_word = engine("stop_word", config.stop_word)
    vad = engine("vad", config.vad)
    detector = VADManager(event_bus=bus, config=config, vad=vad, rings=rings, post=post)
    known.append(detector)
    capture.add_listener(detector)
    # Behind the voice detector, which lowers the voice and should not wait for it.
    capture.add_listener(
        StopWordManager(
            event_bus=bus,
            config=config,
            stop_word=stop_word,
            rings=rings,
            heard_from=detector.heard_from,
            post=post,
        )
    )
    return capture, known
