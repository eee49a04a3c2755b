"""Spoken replies in the middle of which the server dies, in the simulated room."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass

from xtalk_edge.bus import handles
from xtalk_edge.config.schema import Config
from xtalk_edge.errors import UplinkError
from xtalk_edge.events import TTSPlaybackFinished
from xtalk_edge.scenes.script import Line, Room, Scene
from xtalk_edge.scenes.stage import perform
from xtalk_edge.turn.clauses import ClauseSplitter
from xtalk_edge.uplink.cloud import Ability

QUESTION = "What can you do?"

REPLY = (
    "That is a long story. Once upon a time there was a king, who had three daughters. "
    "The first was clever. The second was brave. The third could sing, and she sang all day. "
)
WORD_S = 0.2
"""About as fast as it is spoken, so that the server dies while its first clauses are heard."""

DEVICE = "I say this by myself."


class DyingServer:
    """Dies in the middle of every second answer; is back for the one after the next.

    Args:
        chance: where in the answer.
    """

    def __init__(self, chance: random.Random) -> None:
        self.on_change: Callable[[], None] = lambda: None
        self._chance = chance
        self._there = True
        self.deaths = 0

    @property
    def abilities(self) -> frozenset[Ability]:
        """What it can do now."""
        return frozenset({"agent"} if self._there else ())

    @property
    def trouble(self) -> str:
        """Why it can do nothing."""
        return "" if self._there else "the server is dead"

    def start(self) -> None:
        """Be there."""

    async def aclose(self) -> None:
        """Be gone."""

    def come_back(self) -> None:
        """Be there again."""
        self._there = True
        self.on_change()

    async def answer(self, text: str) -> AsyncGenerator[str, None]:
        """Begin an answer that has an end of another kind."""
        words = REPLY.split()
        first_clause = len(ClauseSplitter().push(REPLY)[0].split())
        for word in words[: self._chance.randrange(first_clause + 1, len(words))]:
            yield f"{word} "
            await asyncio.sleep(WORD_S)
        self._there = False
        self.deaths += 1
        self.on_change()
        raise UplinkError("the server died")

    async def speech(self, text: str) -> AsyncGenerator[bytes, None]:
        """Say nothing: it only thinks."""
        raise UplinkError("it does not speak")
        yield b""


@dataclass(slots=True)
class Losses:
    """What came of the turns."""

    deaths: int = 0
    ended_well: int = 0
    """Answers that ended behind a whole clause with an honest sentence."""
    next_answered: int = 0
    """Questions right after that were answered."""
    next_ms: tuple[float, ...] = ()
    """From the end of each until its answer was heard."""


class _Physician:
    """Lets the server come back once the device has answered by itself."""

    def __init__(self, server: DyingServer) -> None:
        self._server = server

    @handles(TTSPlaybackFinished)
    def on_end(self, event: TTSPlaybackFinished) -> None:
        """An answer was heard."""
        if event.text == DEVICE:
            self._server.come_back()


async def losses(config: Config, deaths: int, seed: int = 0) -> Losses:
    """Ask `deaths` questions over which the server dies, and one more behind each."""
    server = DyingServer(random.Random(seed))
    line = Line(says=QUESTION, outcome="answered")
    scene = Scene(title="losses", room=Room(), line=(line,) * (2 * deaths))
    performance = await perform(scene, config, views=[_Physician(server)], server=server)
    lost, following = performance.exchanges[::2], performance.exchanges[1::2]
    ends = _good_ends(config.uplink.lost_rest)
    return Losses(
        deaths=server.deaths,
        ended_well=sum(each.answer in ends for each in lost),
        next_answered=sum(each.answer == DEVICE and not each.problem for each in following),
        next_ms=tuple(
            each.latency.voice_to_voice_ms
            for each in following
            if each.latency is not None and each.latency.voice_to_voice_ms is not None
        ),
    )


def _good_ends(lost_rest: str) -> set[str]:
    clauses = ClauseSplitter().push(REPLY)
    return {f"{' '.join(clauses[:n])} {lost_rest}" for n in range(1, len(clauses) + 1)}
