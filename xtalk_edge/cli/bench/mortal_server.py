"""A server that is there until it dies, and again when it is brought back."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable

from xtalk_edge.bus import handles
from xtalk_edge.errors import UplinkError
from xtalk_edge.events import TTSPlaybackFinished
from xtalk_edge.uplink.cloud import Ability

DEVICE = "I say this by myself."
"""What the device has to say."""


class MortalServer:
    """A `Cloud` that can do one thing.

    Args:
        ability: which.
    """

    def __init__(self, ability: Ability) -> None:
        self.on_change: Callable[[], None] = lambda: None
        self._ability = ability
        self.is_there = True
        self.deaths = 0

    @property
    def abilities(self) -> frozenset[Ability]:
        """What it can do now."""
        return frozenset({self._ability} if self.is_there else ())

    @property
    def trouble(self) -> str:
        """Why it can do nothing."""
        return "" if self.is_there else "the server is dead"

    def start(self) -> None:
        """Be there."""
        self.on_change()

    async def aclose(self) -> None:
        """Be gone."""

    def die(self) -> UplinkError:
        """Be dead; return what whoever is talking to it hears of it."""
        self.is_there = False
        self.deaths += 1
        self.on_change()
        return UplinkError("the server died")

    def come_back(self) -> None:
        """Be there again."""
        self.is_there = True
        self.on_change()

    async def answer(self, text: str) -> AsyncGenerator[str, None]:
        """Answer nothing, unless it can."""
        raise UplinkError("it does not think")
        yield text

    async def speech(self, text: str) -> AsyncGenerator[bytes, None]:
        """Say nothing, unless it can."""
        raise UplinkError("it does not speak")
        yield text.encode()


class Physician:
    """Lets a server come back once an answer was heard.

    Args:
        server: the patient.
        after: which answer; "" is any.
    """

    def __init__(self, server: MortalServer, after: str = "") -> None:
        self._server = server
        self._after = after

    @handles(TTSPlaybackFinished)
    def on_end(self, event: TTSPlaybackFinished) -> None:
        """An answer was heard."""
        if not self._server.is_there and self._after in ("", event.text):
            self._server.come_back()
