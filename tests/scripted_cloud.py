"""A server that does as it is told, for conversations on the virtual clock."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from xtalk_edge.errors import UplinkError
from xtalk_edge.net.border import BORDER
from xtalk_edge.uplink.cloud import CLOUD_RATE_HZ, Ability

HOST = "cloud.example"


@dataclass(frozen=True)
class Wait:
    """Be silent for a while."""

    seconds: float


class Stall:
    """Be silent for ever."""


class Refuse:
    """Say no; stay connected."""


class Die:
    """Lose the connection; it is there again when the script says so."""


Step = str | Wait | Stall | Refuse | Die


class ScriptedCloud:
    """Goes through one script a question, then the last one again.

    Args:
        scripts: what it does with each text that is to be answered.
        spoken: the same of each text that is to be spoken; a word is 100 ms of sound.
        abilities: what it can do while it is there.
    """

    def __init__(
        self,
        scripts: Iterable[Sequence[Step]] = (("Okay.",),),
        spoken: Iterable[Sequence[Step]] = (("sound",),),
        abilities: Iterable[Ability] = ("agent", "tts"),
    ) -> None:
        self.on_change: Callable[[], None] = lambda: None
        self._can = frozenset(abilities)
        self._there = False
        self._answers = list(scripts)
        self._spoken = list(spoken)
        self.asked: list[str] = []
        self.told_to_speak: list[str] = []
        self.stopped = 0
        """Answers and clauses of which the end was not wanted."""

    def start(self) -> None:
        self.come_back()

    async def aclose(self) -> None:
        self._there = False

    @property
    def abilities(self) -> frozenset[Ability]:
        return self._can if self._there else frozenset()

    @property
    def trouble(self) -> str:
        return "" if self._there else "the server is gone"

    def come_back(self) -> None:
        self._there = True
        self.on_change()

    def go(self) -> None:
        self._there = False
        self.on_change()

    async def answer(self, text: str) -> AsyncGenerator[str, None]:
        BORDER.send(HOST, "text", len(text.encode()))
        self.asked.append(text)
        async for piece in self._played(self._answers):
            yield piece

    async def speech(self, text: str) -> AsyncGenerator[bytes, None]:
        BORDER.send(HOST, "text", len(text.encode()))
        self.told_to_speak.append(text)
        async for _word in self._played(self._spoken):
            yield np.full(CLOUD_RATE_HZ // 10, 6000, "<i2").tobytes()

    async def _played(self, scripts: list[Sequence[Step]]) -> AsyncGenerator[str, None]:
        script = scripts.pop(0) if len(scripts) > 1 else scripts[0]
        try:
            for step in script:
                match step:
                    case str():
                        yield step
                    case Wait(seconds):
                        await asyncio.sleep(seconds)
                    case Stall():
                        await asyncio.Event().wait()
                    case Refuse():
                        raise UplinkError("the server refused")
                    case Die():
                        self.go()
                        raise UplinkError("the server was lost")
        except (GeneratorExit, asyncio.CancelledError):
            self.stopped += 1
            raise
