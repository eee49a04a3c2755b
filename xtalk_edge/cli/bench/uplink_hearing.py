"""Turns at a server that hears, and stands still or dies at each point, in the simulated room."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter, deque
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from itertools import product

import numpy as np

from xtalk_edge.audio.format import samples_to_pcm
from xtalk_edge.bus import handles
from xtalk_edge.config.schema import Config
from xtalk_edge.events import TTSPlaybackFinished
from xtalk_edge.net.border import BORDER
from xtalk_edge.scenes.exchange import Exchange
from xtalk_edge.scenes.script import Line, Scene
from xtalk_edge.scenes.stage import perform
from xtalk_edge.tasks import TaskOwner
from xtalk_edge.uplink.cloud import CLOUD_RATE_HZ
from xtalk_edge.uplink.full.spoken_share import USUAL_PACE, sounds_of
from xtalk_edge.uplink.inbox import Inbox
from xtalk_edge.uplink.news import News
from xtalk_edge.uplink.xtalk.facts import (
    Fact,
    Heard,
    Hearing,
    ReplyOver,
    ReplySound,
    ReplyText,
    ReplyTextComplete,
    Stopped,
)

from .mortal_server import DEVICE, MortalServer, Physician
from .uplink_losses import QUESTION, SILENT, good_ends

CLAUSES = ("It is ten past four.", "The sun is out today.")
REPLY = " ".join(CLAUSES)

FACT_S = 0.05
"""Between two things that it tells."""


def _sound(clause: str) -> ReplySound:
    n_samples = round(CLOUD_RATE_HZ * sounds_of(clause) / USUAL_PACE)
    pcm = samples_to_pcm(np.full(n_samples, 3_000, np.int16))
    return ReplySound(pcm, CLOUD_RATE_HZ, 1, None, "")


def turn(*, words_first: bool) -> list[Fact]:
    """Return what a server tells of one turn, in order; late ones tell words behind their sound."""
    facts: list[Fact] = [Hearing(QUESTION), Heard(QUESTION, is_receipt=False)]
    for number, clause in enumerate(CLAUSES):
        words = ReplyText(clause, " ".join(CLAUSES[: number + 1]))
        facts += [words, _sound(clause)] if words_first else [_sound(clause), words]
    return [*facts, ReplyTextComplete(REPLY), ReplyOver()]


@dataclass(frozen=True, slots=True)
class Fault:
    """What goes wrong in a turn."""

    words_first: bool
    """Whether the server tells words before their sound, as early ones do."""
    at: int
    """Before which fact."""
    dies: bool
    """Or stands still."""


FAULTS = tuple(
    Fault(words_first, at, dies)
    for dies, words_first in product((False, True), (True, False))
    for at in range(len(turn(words_first=words_first)))
)


class FaultyServer(MortalServer):
    """Hears and answers; every second turn to its end, the others up to a fault.

    It is its own `FullTalk`.
    """

    def __init__(self, faults: Iterable[Fault]) -> None:
        super().__init__("full")
        self._faults = deque(faults)
        self._is_well = True
        """Whether the last turn went well, so that the next does not."""
        self._inbox = Inbox[Fact]()
        self._news = News()
        self._unheard = 0
        """Pieces of sound."""
        self._tasks = TaskOwner()
        self._turn: asyncio.Task[None] | None = None

    @contextlib.asynccontextmanager
    async def talk(self) -> AsyncIterator[FaultyServer]:
        """Talk, as long as it lives."""
        self._inbox = Inbox()
        try:
            yield self
        finally:
            await self._tasks.aclose()

    @property
    def facts(self) -> AsyncIterator[Fact]:
        """Everything it tells."""
        return aiter(self._inbox)

    def begin_speech(self, pre_roll: bytes = b"") -> None:
        """Listen, and be silent."""
        BORDER.check("audio")
        if self._turn is not None and not self._turn.done():
            self._turn.cancel()
            self._inbox.put(Stopped())

    def send(self, pcm: bytes) -> None:
        """Listen."""

    def end_speech(self) -> None:
        """Answer, to the end or to a fault."""
        fault = self._faults.popleft() if self._is_well and self._faults else None
        self._is_well = fault is None
        self._unheard = 0
        self._turn = self._tasks.start(self._tell(fault), "turn")

    def stop(self) -> None:
        """Be silent."""
        if self._turn is not None:
            self._turn.cancel()

    def played(self, sound: ReplySound) -> None:
        """Take note."""
        self._unheard -= 1
        self._news.tell()

    def playback_finished(self) -> None:
        """Take note."""

    def playback_stopped(self, played_ms: float) -> None:
        """Take note."""

    async def _tell(self, fault: Fault | None) -> None:
        words_first = fault is None or fault.words_first
        waits = ReplyOver if words_first else ReplyText | ReplyTextComplete | ReplyOver
        for number, fact in enumerate(turn(words_first=words_first)):
            if isinstance(fact, waits):
                while self._unheard > 0:
                    await self._news.next()
            if fault is not None and number == fault.at:
                if fault.dies:
                    self._inbox.fail(self.die())
                await asyncio.Event().wait()
            self._unheard += isinstance(fact, ReplySound)
            self._inbox.put(fact)
            await asyncio.sleep(FACT_S)


class _Audience:
    """Counts the answers that were heard to their end, by turn."""

    def __init__(self) -> None:
        self.answers = Counter[int]()

    @handles(TTSPlaybackFinished)
    def on_end(self, event: TTSPlaybackFinished) -> None:
        """An answer was heard."""
        self.answers[event.turn_id] += 1


@dataclass(frozen=True, slots=True)
class Turns:
    """What came of turns of one kind."""

    turns: int
    answered_once: int
    answer_ms: tuple[float, ...]
    """From the end of each until its answer was heard."""


async def hearing(config: Config, rounds: int) -> tuple[Turns, Turns, Turns]:
    """Ask as often as there are faults, times `rounds`; behind each, a question that goes well.

    Returns the turns in which the server stood still, in which it died, and those that went well.
    """
    faults = FAULTS * rounds
    server, audience = FaultyServer(faults), _Audience()
    line = Line(says=QUESTION, outcome="answered")
    scene = Scene(title="hearing", room=SILENT, line=(line,) * (2 * len(faults)))
    views = [Physician(server), audience]
    exchanges = (await perform(scene, config, views=views, server=server)).exchanges
    lost_rest = config.uplink.lost_rest
    # Alone where the server was lost before it told the words of what was heard.
    ends = {REPLY, DEVICE, lost_rest, *good_ends(REPLY, lost_rest)}
    bad, well = exchanges[::2], exchanges[1::2]
    by_manner = [
        [each for each, fault in zip(bad, faults, strict=True) if fault.dies is dies]
        for dies in (False, True)
    ]
    stood_still, died = (_turns(each, ends, audience) for each in by_manner)
    return stood_still, died, _turns(well, {REPLY}, audience)


def _turns(exchanges: Iterable[Exchange], ends: set[str], audience: _Audience) -> Turns:
    found = list(exchanges)
    once = [each for each in found if each.answer in ends and audience.answers[each.turn_id] == 1]
    times_ms = (each.latency.voice_to_voice_ms for each in found if each.latency is not None)
    return Turns(len(found), len(once), tuple(ms for ms in times_ms if ms is not None))
