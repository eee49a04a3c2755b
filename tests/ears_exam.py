"""Plays recordings to a real appliance in virtual time and judges what came of each."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import multiprocessing
import tempfile
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Literal
from unittest import mock

from models.starter.brain.evaluate import same
from models.starter.ears.recordings import Recording
from xtalk_edge.appliance import Appliance
from xtalk_edge.audio.format import RATE_HZ, pcm_to_samples
from xtalk_edge.audio.room import RoomCard, RoomScene
from xtalk_edge.clock import now_s, run_virtual
from xtalk_edge.config.places import StoreConfig
from xtalk_edge.config.schema import AgentConfig, Config, WakeConfig
from xtalk_edge.engines.interfaces import ToolCall
from xtalk_edge.events import (
    ASRResultFinal,
    Event,
    LLMAgentResponseFinish,
    ToolCallOccurred,
)
from xtalk_edge.tools.household import EquippedAgent, open_agent

Verdict = Literal["right", "asked", "said", "silent", "wrong"]
"""What came of a turn: what was wanted; no call, but a question back, words, or nothing at all;
another call than was asked for, or any where none was."""

QUIET_ROOM_DB = -76.0
BATCH = 24
"""Recordings for one appliance: loading it takes as long as four of them."""


@dataclass(slots=True)
class Turn:
    """What the appliance made of one stretch of speech."""

    heard: str
    sure: float = 0.0
    calls: list[ToolCall] = field(default_factory=list)
    reply: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """A recording and the turns it led to."""

    recording: Recording
    turns: tuple[Turn, ...]

    def verdicts(self) -> list[Verdict]:
        """Return one verdict for a command, for talk one a turn, at least one."""
        if self.recording.text:
            return [command_verdict(self.turns, self.recording.call)]
        return [talk_verdict(turn) for turn in self.turns] or ["silent"]


def talk_verdict(turn: Turn) -> Verdict:
    """Judge a turn that wants no call."""
    if turn.calls:
        return "wrong"
    return _without_call(turn.reply)


def command_verdict(turns: Sequence[Turn], wanted: ToolCall | None) -> Verdict:
    """Judge all that came of a command; one that cannot be done has to be declined in words."""
    calls = [call for turn in turns for call in turn.calls]
    reply = " ".join(turn.reply for turn in turns if turn.reply)
    if not calls:
        declined = wanted is None and _without_call(reply) == "said"
        return "right" if declined else _without_call(reply)
    if wanted is None or not all(same(call, wanted.name, wanted.arguments) for call in calls):
        return "wrong"
    return "right"


def _without_call(reply: str) -> Verdict:
    if not reply:
        return "silent"
    return "asked" if reply.rstrip().endswith("?") else "said"


def settings(state_dir: str) -> Config:
    """Return the starter kit, always awake, with nothing carried over between recordings."""
    return Config(
        wake=WakeConfig(mode="always"),
        agent=AgentConfig(params={"history_turns": 0}),
        store=StoreConfig(state_dir=state_dir),
    )


class Listener:
    """An appliance in a quiet room, and the turns it took since it was last asked."""

    def __init__(self, device: Appliance, room: RoomCard) -> None:
        self._device = device
        self._room = room
        self._turns: dict[int, Turn] = {}
        device.subscribe_event(Event, self._take)

    async def play(self, recording: Recording) -> tuple[Turn, ...]:
        """Play a recording; return its turns once the last is answered."""
        self._turns = {}
        said = self._room.say(pcm_to_samples(recording.audio), RATE_HZ)
        await asyncio.sleep((self._room.started_at_s or 0.0) + said.end_s - now_s())
        await self._device.settled()
        return tuple(self._turns.values())

    def _take(self, event: Event) -> None:
        if isinstance(event, ASRResultFinal):
            self._turns[event.turn_id] = Turn(event.text, event.confidence)
        elif event.turn_id in self._turns:
            turn = self._turns[event.turn_id]
            if isinstance(event, ToolCallOccurred):
                turn.calls.append(ToolCall(event.name, event.args))
            elif isinstance(event, LLMAgentResponseFinish):
                turn.reply = event.text


async def listen(recordings: Iterable[Recording]) -> list[Outcome]:
    """Return what the appliance makes of recordings, one after another."""
    outcomes = []
    with tempfile.TemporaryDirectory(prefix="xtalk-edge-ears-") as folder, _harmless() as boxes:
        room = RoomCard(RoomScene(noise_db=QUIET_ROOM_DB, record=False))
        device = Appliance(settings(folder), card=room)
        listener = Listener(device, room)
        async with device:
            for recording in recordings:
                turns = await listener.play(recording)
                # A question back is not to be answered by the next recording.
                await boxes[0].tools.settle("")
                outcomes.append(Outcome(recording, turns))
    return outcomes


@contextlib.contextmanager
def _harmless() -> Iterator[list[EquippedAgent]]:
    """Let tools tell what they would do, and do nothing; yield the agents opened meanwhile."""
    opened: list[EquippedAgent] = []

    @contextlib.asynccontextmanager
    async def dry(*args: Any, **kwargs: Any) -> AsyncIterator[EquippedAgent]:
        async with open_agent(*args, **kwargs, dry_run=True) as equipped:
            opened.append(equipped)
            yield equipped

    with mock.patch("xtalk_edge.assembly.open_agent", dry):
        yield opened


def examine(
    recordings: Iterable[Recording], workers: int, progress: Callable[[int], None]
) -> Iterator[Outcome]:
    """Yield the outcomes in order, batch by batch; `progress` is told how many there are."""
    context = multiprocessing.get_context("spawn")
    done = 0
    with ProcessPoolExecutor(workers, context) as pool:
        for outcomes in pool.map(_listen, _batches(recordings)):
            done += len(outcomes)
            progress(done)
            yield from outcomes


def _batches(recordings: Iterable[Recording]) -> Iterator[list[Recording]]:
    left = iter(recordings)
    while batch := list(itertools.islice(left, BATCH)):
        yield batch


def _listen(recordings: list[Recording]) -> list[Outcome]:
    return run_virtual(listen(recordings))
