"""The room of a month: silence in it can be skipped, and a server is sometimes away."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable

from xtalk_edge.audio.room import RoomCard, RoomScene
from xtalk_edge.clock import VirtualTimeLoop
from xtalk_edge.errors import UplinkError
from xtalk_edge.uplink.cloud import Ability

REPLY = "It will be dry today. In the evening a few clouds come up."

WORD_S = 0.05
"""Between two words: a model on a graphics processor."""


class QuietRoom(RoomCard):
    """A simulated room in which time may be skipped, as in a device that was suspended."""

    def __init__(self, scene: RoomScene) -> None:
        super().__init__(scene)
        self.skipped_s = 0.0

    def skip(self, seconds: float) -> None:
        """Let that much time pass at once, whole blocks of it: for the card it is sound that was
        lost, for everybody else a long moment. Call it on the virtual loop.
        """
        loop = asyncio.get_running_loop()
        assert isinstance(loop, VirtualTimeLoop)
        block_s = self.block_frames / self.rate_hz
        blocks = int(seconds / block_s)
        # Not one by one, as the room itself would: nobody is there.
        self._blocks += blocks
        loop.jump(blocks * block_s)
        self.skipped_s += blocks * block_s


class DistantServer:
    """Thinks in the device's stead, where it is asked and can be reached."""

    def __init__(self) -> None:
        self.on_change: Callable[[], None] = lambda: None
        self._there = True
        self.answers = 0
        """Begun ones."""

    @property
    def abilities(self) -> frozenset[Ability]:
        """What it can do now."""
        return frozenset({"agent"} if self._there else ())

    @property
    def trouble(self) -> str:
        """Why it can do nothing."""
        return "" if self._there else "the network is away"

    def start(self) -> None:
        """Be there."""

    async def aclose(self) -> None:
        """Be gone."""

    def reach(self, there: bool) -> None:
        """Let it be there, or not."""
        self._there = there
        self.on_change()

    async def answer(self, text: str) -> AsyncGenerator[str, None]:
        """Answer, as far as the network lasts."""
        self.answers += 1
        for word in REPLY.split():
            if not self._there:
                raise UplinkError("the network went away")
            yield f"{word} "
            await asyncio.sleep(WORD_S)

    async def speech(self, text: str) -> AsyncGenerator[bytes, None]:
        """Say nothing: it only thinks."""
        raise UplinkError("it does not speak")
        yield b""
