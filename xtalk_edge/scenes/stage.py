"""Holds a scene: an appliance in the room, and talkers who wait for its answers."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xtalk_edge.appliance import Appliance, Progress
from xtalk_edge.audio.format import RATE_HZ, Samples
from xtalk_edge.audio.room import RoomCard, RoomScene
from xtalk_edge.audio.room_acoustics import NOISES
from xtalk_edge.audio.sound_file import read_sound
from xtalk_edge.clock import wall_now
from xtalk_edge.config.schema import Config
from xtalk_edge.events import (
    Event,
    TTSPlaybackFinished,
    TTSStopped,
)
from xtalk_edge.managers.uplink import Client
from xtalk_edge.scenes.exchange import Exchange, own_voice, spoken_turns, take_in, turn_of
from xtalk_edge.scenes.script import Line, Room, Scene
from xtalk_edge.scenes.sounds import sound_of
from xtalk_edge.scenes.verdict import judge, wanted_pattern

ANSWER_LIMIT_S = 15.0
"""From the end of a line until its answer can be heard: the longest wait for an end is 1.2 s."""

LONGEST_ANSWER_S = 60.0

IGNORED_S = 2.5
"""What is not answered by then is ignored: an answer comes within two seconds of the end."""

LOST_S, UNPLUGGED_S, DEAD_S = 0.5, 3.0, 30.0
"""How long a fault lasts: what a busy machine loses, somebody who trips over a cable, and longer
than the device puts up with."""

END_LIMIT_S = 30.0
"""The device must be back in its resting state so soon after the last line."""


@dataclass(frozen=True, slots=True)
class Performance:
    """What became of a scene."""

    scene: Scene
    exchanges: tuple[Exchange, ...]
    own_ducks: int
    """How often the device lowered its voice for nobody."""
    own_cuts: int
    """How often it interrupted itself."""
    ended: bool
    """Whether it was listening again at the end."""
    recording: tuple[Samples, Samples]
    """What was said (dry) and what the loudspeaker gave, at 16 kHz."""
    began_s: float
    """When the recording begins, in monotonic seconds."""

    @property
    def problems(self) -> list[str]:
        """What went wrong, a sentence each; empty when all is well."""
        told = [f"{each.line.shown}: {each.problem}" for each in self.exchanges if each.problem]
        return told + self.of_all

    @property
    def of_all(self) -> list[str]:
        """What went wrong with no line in particular."""
        told = []
        if self.own_cuts:
            told.append(f"the device interrupted itself {self.own_cuts} times")
        if not self.ended:
            told.append("the device did not come back to listening")
        return told


async def perform(
    scene: Scene,
    config: Config,
    *,
    views: Sequence[object] = (),
    server: Client | None = None,
    progress: Progress = lambda _what: None,
) -> Performance:
    """Hold a scene on the clock of the running loop.

    Args:
        scene: what is to happen.
        config: the settings, the scene's own changes already made.
        server: what may answer in the device's stead; None for the one the settings name.
        views: objects whose `@handles` methods are to see the events too.
        progress: told what is being loaded.

    Raises:
        DeviceError: a recording or an impulse response is missing or damaged.
        EdgeError: the appliance cannot start.
    """
    room = RoomCard(room_scene(scene.room, Path(scene.folder)))
    appliance = Appliance(config, card=room, server=server, progress=progress)
    for view in views:
        appliance.bus.register(view)
    talker = _Talker(appliance, room, Path(scene.folder))
    async with appliance:
        exchanges = await talker.hold(scene.line)
        ended = await _within(appliance.settled(), END_LIMIT_S)
    ducks, cuts = own_voice(exchanges, talker.events)
    began_s = room.started_at_s or 0.0
    return Performance(scene, tuple(exchanges), ducks, cuts, ended, room.recording(), began_s)


class _Talker:
    """Everybody in the room but the device."""

    def __init__(self, appliance: Appliance, room: RoomCard, folder: Path) -> None:
        self._appliance = appliance
        self._room = room
        self._folder = folder
        self.events: list[Event] = []
        self._news = asyncio.Event()
        appliance.subscribe_event(Event, self._take)

    def _take(self, event: Event) -> None:
        self.events.append(event)
        self._news.set()

    async def hold(self, lines: Sequence[Line]) -> list[Exchange]:
        """Say every line and return what came of each, judged."""
        exchanges: list[Exchange] = []
        for line, following in zip(lines, (*lines[1:], None), strict=True):
            before = exchanges[-1] if exchanges else None
            over_turn = 0
            if line.over_answer_s is None:
                await asyncio.sleep(line.pause_s)
            else:
                await asyncio.sleep(line.over_answer_s)
                over_turn = turn_of(before, self.events) if before else 0
            exchange = self._say(line, over_turn)
            if before is not None:
                before.next_line_event = exchange.first_event
            exchanges.append(exchange)
            interrupted = following is not None and following.over_answer_s is not None
            exchange.problem = await self._wait(exchange, interrupted=interrupted)
            exchange.wanted = wanted_pattern(line.answer, wall_now())
        for exchange in exchanges:
            take_in(exchange, self.events)
            judge(exchange)
        return exchanges

    def _say(self, line: Line, over_turn: int) -> Exchange:
        if line.noise_db is not None:
            self._room.set_noise(line.noise_db)
        if line.fault:
            self._fail(line.fault)
        sound = sound_of(line, self._folder)
        said = self._room.say(sound.samples, sound.rate_hz, level_db=line.level_db)
        started_s = self._room.started_at_s or 0.0
        return Exchange(
            line,
            started_s + said.start_s,
            started_s + said.end_s,
            first_event=len(self.events),
            over_turn=over_turn,
        )

    def _fail(self, fault: str) -> None:
        match fault:
            case "overrun":
                self._room.drop(LOST_S)
            case "stall":
                self._room.delay(LOST_S)
            case "dead microphone":
                self._room.die(DEAD_S)
            case _:  # unplugged, the only one left
                self._room.unplug()
                asyncio.get_running_loop().call_later(UNPLUGGED_S, self._room.replug)

    async def _wait(self, exchange: Exchange, *, interrupted: bool) -> str:
        """Wait until a line has had its effect; return what is wrong if that never comes."""
        lasts_s = exchange.ends_s - exchange.begins_s
        if exchange.line.announces:
            return await self._wait_for_announcement(exchange)
        if exchange.line.outcome == "answered":
            return await self._wait_for_answer(exchange, lasts_s, interrupted)
        over = exchange.over_turn
        if over and not await self._until(lambda: self._is_over(over), LONGEST_ANSWER_S):
            return f"the answer before was not over within {LONGEST_ANSWER_S:g} s"
        await asyncio.sleep(lasts_s + IGNORED_S)
        if exchange.line.outcome == "any" and not await _within(
            self._appliance.settled(), LONGEST_ANSWER_S
        ):
            return f"what came of it was not over within {LONGEST_ANSWER_S:g} s"
        return ""

    async def _wait_for_announcement(self, exchange: Exchange) -> str:
        def said() -> bool:
            return any(
                isinstance(event, TTSPlaybackFinished)
                and re.search(exchange.line.announces, event.text)
                for event in self.events[exchange.first_event :]
            )

        if not await self._until(said, LONGEST_ANSWER_S):
            return f"nothing of the kind was said within {LONGEST_ANSWER_S:g} s"
        return ""

    async def _wait_for_answer(self, exchange: Exchange, lasts_s: float, interrupted: bool) -> str:
        def audible() -> bool:
            return turn_of(exchange, self.events) in spoken_turns(self.events)

        def over() -> bool:
            return self._is_over(turn_of(exchange, self.events))

        if not await self._until(audible, lasts_s + ANSWER_LIMIT_S):
            return f"no answer within {ANSWER_LIMIT_S:g} s"
        if not interrupted and not await self._until(over, LONGEST_ANSWER_S):
            return f"the answer was not over within {LONGEST_ANSWER_S:g} s"
        return ""

    def _is_over(self, turn_id: int) -> bool:
        ends = (TTSPlaybackFinished, TTSStopped)
        return any(isinstance(e, ends) and e.turn_id == turn_id for e in self.events)

    async def _until(self, fact: Callable[[], bool], limit_s: float) -> bool:
        """Wait for a fact among the events; tell whether it came in time."""

        async def come() -> None:
            while not fact():
                self._news.clear()
                await self._news.wait()

        return await _within(come(), limit_s)


async def _within(work: Coroutine[Any, Any, None], limit_s: float) -> bool:
    try:
        async with asyncio.timeout(limit_s):
            await work
    except TimeoutError:
        return False
    return True


def room_scene(room: Room, folder: Path) -> RoomScene:
    """Return what the simulated card must know of a scene's room."""

    def response(file: str) -> NDArray[np.float64] | None:
        return read_sound(folder / file, RATE_HZ).samples.astype(np.float64) if file else None

    noise = room.noise
    return RoomScene(
        rate_hz=RATE_HZ,
        echo_db=room.echo_db,
        echo_response=response(room.echo_response),
        echo_delay_ms=room.echo_delay_ms,
        rt60_s=room.rt60_s,
        talker_response=response(room.talker_response),
        noise=noise if noise in NOISES else read_sound(folder / noise, RATE_HZ).samples,
        noise_db=room.noise_db,
        drift_ppm=room.drift_ppm,
        output_latency_s=room.output_latency_ms / 1000,
        microphone_gain_db=room.microphone_gain_db,
        microphone_offset=room.microphone_offset,
        seed=room.seed,
    )
