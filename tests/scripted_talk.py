"""A server that hears, thinks and speaks as it is told, for conversations on the virtual clock."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

import numpy as np

from tests.scripted_cloud import HOST, Die, ScriptedCloud, Stall, Wait
from xtalk_edge.errors import UplinkError
from xtalk_edge.net.border import BORDER
from xtalk_edge.tasks import TaskOwner
from xtalk_edge.uplink.cloud import CLOUD_RATE_HZ
from xtalk_edge.uplink.inbox import Inbox
from xtalk_edge.uplink.xtalk.facts import (
    Fact,
    Heard,
    ReplyOver,
    ReplySound,
    ReplyText,
    ReplyTextComplete,
    Stopped,
)


@dataclass(frozen=True)
class Says:
    """Words, and then their sound at once: 50 ms a letter."""

    words: str


class AwaitHeard:
    """Go on once all sound so far was heard."""


Step = Fact | Says | AwaitHeard | Wait | Stall | Die

END = (AwaitHeard(), ReplyTextComplete(""), ReplyOver())


def answer(*clauses: str, heard_as: str = "tell me something") -> list[Step]:
    """Return a turn that is understood and answered."""
    steps: list[Step] = [Heard(heard_as, is_receipt=False)]
    return [*steps, *(Says(each) for each in clauses), *END]


class ScriptedTalks(ScriptedCloud):
    """Goes through one script a turn, then the last one again.

    Args:
        scripts: what it does once a turn has ended.
    """

    def __init__(self, *scripts: Sequence[Step]) -> None:
        super().__init__(abilities=("full",))
        self._scripts = list(scripts)
        self.heard_s: list[float] = []
        """Seconds of sound of each turn."""
        self.log: list[str] = []
        """What it was told, in order."""
        self.stopped_ms: list[float] = []
        self.opened = self.closed = 0
        """Conversations."""
        self.opens_in_s = 0.0
        self._bytes = 0
        self._sounding = ""
        self._unplayed = 0
        self._inbox: Inbox[Fact] | None = None
        self._tasks = TaskOwner()
        self._playing: asyncio.Task[None] | None = None
        self._changed = asyncio.Event()

    @contextlib.asynccontextmanager
    async def talk(self) -> AsyncIterator[ScriptedTalks]:
        """Talk, with one at a time."""
        if "full" not in self.abilities:
            raise UplinkError(self.trouble)
        await asyncio.sleep(self.opens_in_s)
        self.opened += 1
        self._inbox = Inbox()
        try:
            yield self
        finally:
            self._inbox = None
            self.closed += 1
            await self._tasks.aclose()

    @property
    def facts(self) -> AsyncIterator[Fact]:
        assert self._inbox is not None
        return aiter(self._inbox)

    def go(self) -> None:
        super().go()
        if self._inbox is not None:
            self._inbox.fail(UplinkError("the server was lost"))

    def begin_speech(self, pre_roll: bytes = b"") -> None:
        BORDER.check("audio")
        self.log.append("begin")
        self._bytes = 0
        self._interrupt()
        self.send(pre_roll)

    def send(self, pcm: bytes) -> None:
        if pcm and BORDER.is_open("audio"):
            BORDER.send(HOST, "audio", len(pcm))
            self._bytes += len(pcm)

    def end_speech(self) -> None:
        self.log.append("end")
        self.heard_s.append(self._bytes / 32_000)
        script = self._scripts.pop(0) if len(self._scripts) > 1 else self._scripts[0]
        self._playing = self._tasks.start(self._play(script), "script")

    def stop(self) -> None:
        self.log.append("stop")
        if self._playing is not None:
            self._playing.cancel()

    def played(self, sound: ReplySound) -> None:
        self._unplayed -= 1
        self._changed.set()

    def playback_finished(self) -> None:
        self.log.append("finished")

    def playback_stopped(self, played_ms: float) -> None:
        self.log.append("stopped")
        self.stopped_ms.append(played_ms)

    def _interrupt(self) -> None:
        if self._playing is not None and not self._playing.done():
            self._playing.cancel()
            self._put(Stopped())

    def _put(self, fact: Fact) -> None:
        if self._inbox is not None:
            self._inbox.put(fact)

    async def _play(self, script: Sequence[Step]) -> None:
        self._sounding, self._unplayed = "", 0
        for step in script:
            match step:
                case Says(words):
                    self._sounding = f"{self._sounding} {words}".strip()
                    self._put(ReplyText(words, self._sounding))
                    self._sound(len(words))
                case ReplySound():
                    self._unplayed += 1
                    self._put(step)
                case AwaitHeard():
                    while self._unplayed > 0:
                        self._changed.clear()
                        await self._changed.wait()
                case Wait(seconds):
                    await asyncio.sleep(seconds)
                case Stall():
                    await asyncio.Event().wait()
                case Die():
                    self.go()
                case _:
                    self._put(step)

    def _sound(self, n_letters: int) -> None:
        pcm = np.full(n_letters * CLOUD_RATE_HZ // 20, 6000, "<i2").tobytes()
        self._unplayed += 1
        self._put(ReplySound(pcm, CLOUD_RATE_HZ, 1, None, ""))
