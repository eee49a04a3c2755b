"""Conversations in a simulated room on the virtual clock: a talker, an appliance, its events."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import tempfile
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from xtalk_edge.appliance import Appliance
from xtalk_edge.audio.format import RATE_HZ, Samples
from xtalk_edge.audio.room import RoomCard, RoomScene, Said
from xtalk_edge.clock import now_s
from xtalk_edge.config.places import StoreConfig
from xtalk_edge.config.schema import (
    AgentConfig,
    AsrConfig,
    AudioConfig,
    Config,
    EchoConfig,
    EnhancerConfig,
    StopWordConfig,
    TtsConfig,
    TurnConfig,
    VadConfig,
    WakeConfig,
)
from xtalk_edge.events import Event, TurnStateChanged
from xtalk_edge.scenes.script import Line
from xtalk_edge.scenes.sounds import sound_of

E = TypeVar("E", bound=Event)


REAL_EARS: dict[str, Any] = {
    "vad": {"type": "silero"},
    "echo": {"type": "webrtc"},
    "enhancer": {"type": "webrtc-ns"},
}
"""Settings for who is to hear as an appliance does."""

PATIENCE_S = 30.0
"""Virtual seconds after which an event counts as missing."""


@functools.cache
def speech(text: str) -> Samples:
    """Return the talker's voice at 16 kHz; the same samples at every call."""
    sound = sound_of(Line(says=text), Path()).samples
    sound.flags.writeable = False
    return sound


def settings(
    *,
    texts: list[str] | None = None,
    replies: list[str] | None = None,
    mode: str = "always",
    **sections: dict[str, Any],
) -> Config:
    """Return settings with scripted engines; a section is given as a dict of its changes.

    `vad={"type": ...}` and the like change the engine; keys the section does not know go to it.
    """
    base = Config(
        asr=AsrConfig("tests.scripted:ScriptedASR", params={"texts": texts or []}),
        agent=AgentConfig("tests.scripted:ScriptedAgent", params={"replies": replies or []}),
        wake=WakeConfig(mode=mode),  # type: ignore[arg-type]
        echo=EchoConfig("none"),
        enhancer=EnhancerConfig("none"),
        vad=VadConfig("tests.scripted:LoudnessVAD"),
        stop_word=StopWordConfig("none"),
        audio=AudioConfig(dead_after_s=0.0),  # rooms without noise are silent as no room is
        tts=TtsConfig(),
        turn=TurnConfig(),
    )
    changed = {name: _changed(getattr(base, name), keys) for name, keys in sections.items()}
    return replace(base, **changed)


def _changed(section: Any, keys: dict[str, Any]) -> Any:
    known = {key: value for key, value in keys.items() if hasattr(section, key)}
    own = {key: value for key, value in keys.items() if key not in known}
    if "type" in keys:
        known.setdefault("params", own)
    elif own:
        known["params"] = {**section.params, **own}
    return replace(section, **known)


class Conversation:
    """An appliance in a room, the talker beside it, and everything the bus carried."""

    def __init__(self, appliance: Appliance, room: RoomCard) -> None:
        self.appliance = appliance
        self.room = room
        self.events: list[Event] = []
        self._seen = 0
        self._said = 0
        self._news = asyncio.Event()
        appliance.subscribe_event(Event, self._take)

    def _take(self, event: Event) -> None:
        self.events.append(event)
        self._news.set()

    def say(self, words: str | Samples, *, after_s: float = 0.0, level_db: float = -26.0) -> Said:
        """Let the talker say words, or make a sound, `after_s` seconds from now."""
        sound = speech(words) if isinstance(words, str) else words
        at_s = self.room.position / self.room.rate_hz + after_s
        self._said += 1
        # No sound is ever made twice: what tells utterances apart by their samples can rely on it.
        level_db -= 0.01 * self._said
        return self.room.say(sound, RATE_HZ, level_db=level_db, at_s=at_s)

    def all_of(self, *kinds: type[E]) -> list[E]:
        """Return the events of these kinds so far."""
        return [event for event in self.events if isinstance(event, kinds)]

    def states(self) -> list[str]:
        """Return who had the floor, in order."""
        return [event.state for event in self.all_of(TurnStateChanged)]

    async def until(self, kind: type[E], *, within_s: float = PATIENCE_S, **fields: Any) -> E:
        """Return the next event of the kind with these fields behind the one returned last."""
        try:
            async with asyncio.timeout(within_s):
                while True:
                    for index in range(self._seen, len(self.events)):
                        event = self.events[index]
                        if isinstance(event, kind) and _has(event, fields):
                            self._seen = index + 1
                            return event
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            since = [type(event).__name__ for event in self.events[self._seen :]]
            raise AssertionError(f"no {kind.__name__} {fields}; there were {since}") from None

    async def until_state(self, state: str, *, within_s: float = PATIENCE_S) -> None:
        """Return when the floor has been taken so."""
        await self.until(TurnStateChanged, state=state, within_s=within_s)

    async def ask(self, words: str = "what time is it", *, after_s: float = 0.0) -> None:
        """Say words and wait until they are over."""
        said = self.say(words, after_s=after_s)
        await asyncio.sleep(said.end_s - self.clock_s)

    @property
    def clock_s(self) -> float:
        """Seconds since the room's start, as `Said` counts them."""
        return now_s() - (self.room.started_at_s or 0.0)

    def played(self) -> Samples:
        """Return what the loudspeaker gave, sample 0 at the room's start."""
        return self.room.recording()[1]


def _has(event: Event, fields: dict[str, Any]) -> bool:
    return all(getattr(event, name) == value for name, value in fields.items())


@contextlib.asynccontextmanager
async def conversation(
    config: Config, scene: RoomScene | None = None, **appliance: Any
) -> AsyncIterator[Conversation]:
    """Open an appliance in a room."""
    with state_folder(config) as own:
        room = RoomCard(scene or RoomScene())
        device = Appliance(own, card=room, **appliance)
        talk = Conversation(device, room)
        async with device:
            yield talk


@contextlib.contextmanager
def state_folder(config: Config) -> Iterator[Config]:
    """Give the settings a state folder of their own, unless they have one."""
    if config.store.state_dir:
        yield config
        return
    with tempfile.TemporaryDirectory(prefix="xtalk-edge-test-") as folder:
        yield replace(config, store=StoreConfig(state_dir=folder))


def noise(seconds: float, seed: int = 0) -> Samples:
    """Return white noise."""
    random = np.random.default_rng(seed)
    return random.normal(0, 3000, round(seconds * RATE_HZ)).astype(np.int16)
