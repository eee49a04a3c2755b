"""A client of X-Talk servers: the way to let one hear, think or speak in the device's stead."""

from __future__ import annotations

import random
from collections.abc import (
    AsyncGenerator,
    AsyncIterator,
    Callable,
    Collection,
    Mapping,
)
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from xtalk_edge.audio.format import pcm_to_samples, samples_to_pcm
from xtalk_edge.audio.resample import convert
from xtalk_edge.config.uplink import UplinkConfig
from xtalk_edge.errors import UplinkError
from xtalk_edge.net.backoff import Backoff
from xtalk_edge.tasks import TaskOwner
from xtalk_edge.uplink.cloud import CLOUD_RATE_HZ, Ability
from xtalk_edge.uplink.xtalk.door import Door
from xtalk_edge.uplink.xtalk.facts import (
    Fact,
    ReplyOver,
    ReplySound,
    ReplyText,
    ReplyTextComplete,
    Unanswered,
)
from xtalk_edge.uplink.xtalk.line import Exchange, XTalkLine
from xtalk_edge.uplink.xtalk.messages import ServerError
from xtalk_edge.uplink.xtalk.talk import Talk

NO_TEXTS = (
    "the server takes no texts; whoever runs it can add the xtalk-edge plugin, see docs/uplink.md"
)
NO_SPEAKING = (
    "the server speaks no texts of others; whoever runs it can add the xtalk-edge plugin, see "
    "docs/uplink.md"
)


class XTalkClient:
    """Sessions with one server, one for each use: they know nothing of one another.

    It is a `Cloud`. A server has one conversation in a session, in which a text to be spoken would
    cut off an answer; so whoever thinks and whoever speaks are two sessions.

    Args:
        config: where the server is, and whom to believe.
        uses: what it is wanted for; None is what the settings do not turn off.
        backoff: how long it waits before it tries again.
        chance: returns a number from 0 to 1, each device its own.

    Raises:
        ConfigError: a setting is wrong.
    """

    def __init__(
        self,
        config: UplinkConfig,
        uses: Collection[Ability] | None = None,
        *,
        backoff: Backoff | None = None,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self.on_change: Callable[[], None] = lambda: None
        door = Door(config)
        wanted = config.uses if uses is None else uses
        self.lines: Mapping[Ability, XTalkLine] = {
            use: XTalkLine(door, self._tell_change, backoff, chance) for use in wanted
        }
        """By use."""
        self._tasks = TaskOwner()

    def start(self) -> None:
        """Begin to connect; returns at once."""
        for use, line in self.lines.items():
            self._tasks.start(line.run(), f"uplink for {use}")

    async def aclose(self) -> None:
        """End all sessions."""
        await self._tasks.aclose()

    def _tell_change(self) -> None:
        self.on_change()

    # -- what it can do ------------------------------------------------------------------------

    @property
    def abilities(self) -> frozenset[Ability]:
        """What it can do now, of what it is wanted for."""
        return frozenset(use for use in self.lines if not self.trouble_with(use))

    @property
    def trouble(self) -> str:
        """Why it can do nothing, in a sentence for the owner; "" while it can."""
        troubles = [self.trouble_with(use) for use in self.lines]
        return troubles[0] if troubles and all(troubles) else ""

    def trouble_with(self, use: Ability) -> str:
        """Return why it cannot do one thing; "" if it can."""
        line = self.lines.get(use)
        if line is None:
            return "the uplink is not used for that; see its settings"
        if line.trouble:
            return line.trouble
        if use == "agent" and not line.can_answer_text:
            return NO_TEXTS
        if use == "tts" and not line.can_speak_text:
            return NO_SPEAKING
        return ""

    # -- the three uses ------------------------------------------------------------------------

    async def answer(self, text: str) -> AsyncGenerator[str, None]:
        """Yield the server's reply to a text piece by piece; closing it stops the server.

        Raises:
            UplinkError: the server refused, was lost, or said nothing for too long.
        """
        async with self._exchange("agent") as exchange, _stopping(exchange) as over:
            exchange.ask(exchange.protocol.submit_text, text)
            has_words = False
            async for fact in exchange.facts:
                _check(fact)
                if isinstance(fact, ReplyText):
                    has_words = True
                    yield fact.piece
                elif isinstance(fact, ServerError) and not fact.is_of_voice:
                    raise UplinkError(f"the server could not answer: {fact.text}")
                elif isinstance(fact, ReplyTextComplete):
                    break
            over()
        if not has_words:
            raise UplinkError("the server's answer has no words")

    async def speech(self, text: str) -> AsyncGenerator[bytes, None]:
        """Yield a text as speech, s16le mono at `CLOUD_RATE_HZ`; closing it stops the server.

        Raises:
            UplinkError: as `answer`.
        """
        async with self._exchange("tts") as exchange, _stopping(exchange) as over:
            exchange.ask(exchange.protocol.speak, text)
            async for fact in exchange.facts:
                _check(fact)
                if isinstance(fact, ReplySound) and fact.pcm:
                    yield _at_cloud_rate(fact)
                elif isinstance(fact, ServerError):
                    raise UplinkError(f"the server could not speak: {fact.text}")
                elif isinstance(fact, ReplyOver):
                    break
            over()

    @asynccontextmanager
    async def talk(self) -> AsyncIterator[Talk]:
        """Have the server hear, think and speak, as long as this is open.

        Raises:
            UplinkError: there is no session.
        """
        async with self._exchange("full") as exchange, _stopping(exchange):
            exchange.protocol.plays = True
            try:
                yield Talk(exchange)
            finally:
                exchange.protocol.plays = False

    def _exchange(self, use: Ability) -> AbstractAsyncContextManager[Exchange]:
        if trouble := self.trouble_with(use):
            raise UplinkError(trouble)
        return self.lines[use].exchange()


@asynccontextmanager
async def _stopping(exchange: Exchange) -> AsyncIterator[Callable[[], None]]:
    """Stop the server at the end, unless what is given was called: all is said then."""
    is_over = False

    def over() -> None:
        nonlocal is_over
        is_over = True

    try:
        yield over
    finally:
        if not is_over:
            exchange.do(exchange.protocol.stop)


def _check(fact: Fact) -> None:
    if isinstance(fact, Unanswered):
        raise UplinkError(fact.reason)


def _at_cloud_rate(sound: ReplySound) -> bytes:
    if sound.rate_hz == CLOUD_RATE_HZ:
        return sound.pcm
    return samples_to_pcm(convert(pcm_to_samples(sound.pcm), sound.rate_hz, CLOUD_RATE_HZ))
