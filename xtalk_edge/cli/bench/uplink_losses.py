"""Spoken replies in the middle of which the server dies, in the simulated room."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncGenerator
from dataclasses import dataclass

from xtalk_edge.config.schema import Config
from xtalk_edge.scenes.script import Line, Room, Scene
from xtalk_edge.scenes.stage import perform
from xtalk_edge.turn.clauses import ClauseSplitter

from .mortal_server import DEVICE, MortalServer, Physician

QUESTION = "What can you do?"

REPLY = (
    "That is a long story. Once upon a time there was a king, who had three daughters. "
    "The first was clever. The second was brave. The third could sing, and she sang all day. "
)
SILENT = Room(echo_db=-120.0)
"""It is not the ears that are measured: with `EARS`, a turn takes a third of the time."""

EARS = ('echo.type="none"', 'enhancer.type="none"', 'stop_word.type="none"')

WORD_S = 0.2
"""About as fast as it is spoken, so that the server dies while its first clauses are heard."""


class DyingServer(MortalServer):
    """Dies in the middle of every second answer.

    Args:
        chance: where in the answer.
    """

    def __init__(self, chance: random.Random) -> None:
        super().__init__("agent")
        self._chance = chance
        self._dies_next = True

    async def answer(self, text: str) -> AsyncGenerator[str, None]:
        """Answer; the first time not to the end, the second time to it, and so on."""
        words = REPLY.split()
        dies, self._dies_next = self._dies_next, not self._dies_next
        first_clause = len(ClauseSplitter().push(REPLY)[0].split())
        end = self._chance.randrange(first_clause + 1, len(words)) if dies else len(words)
        for word in words[:end]:
            yield f"{word} "
            await asyncio.sleep(WORD_S)
        if dies:
            raise self.die()


@dataclass(slots=True)
class Losses:
    """What came of the turns."""

    deaths: int = 0
    ended_well: int = 0
    """Answers that ended behind a whole clause with an honest sentence."""
    next_answered: int = 0
    """Questions right after that the device answered."""
    well_answered: int = 0
    """Questions after that which the server, back again, answered."""
    next_ms: tuple[float, ...] = ()
    """From the end of each until its answer was heard."""


async def losses(config: Config, deaths: int, seed: int = 0) -> Losses:
    """Ask `deaths` questions over which the server dies.

    Behind each comes one for the device alone, and one that the server answers well: one that
    always dies would be left alone.
    """
    server = DyingServer(random.Random(seed))
    line = Line(says=QUESTION, outcome="answered")
    scene = Scene(title="losses", room=SILENT, line=(line,) * (3 * deaths))
    performance = await perform(
        scene, config, views=[Physician(server, after=DEVICE)], server=server
    )
    exchanges = performance.exchanges
    lost, following, well = exchanges[::3], exchanges[1::3], exchanges[2::3]
    ends = good_ends(REPLY, config.uplink.lost_rest)
    return Losses(
        deaths=server.deaths,
        ended_well=sum(each.answer in ends for each in lost),
        next_answered=sum(each.answer == DEVICE and not each.problem for each in following),
        well_answered=sum(each.answer == REPLY.strip() for each in well),
        next_ms=tuple(
            each.latency.voice_to_voice_ms
            for each in following
            if each.latency is not None and each.latency.voice_to_voice_ms is not None
        ),
    )


def good_ends(reply: str, lost_rest: str) -> set[str]:
    """Return how a reply may end that was lost: behind a whole clause, with an honest sentence."""
    clauses = ClauseSplitter().push(f"{reply} ")
    return {f"{' '.join(clauses[:n])} {lost_rest}" for n in range(1, len(clauses) + 1)}
