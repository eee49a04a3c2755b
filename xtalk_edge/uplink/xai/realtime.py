"""xAI's realtime model: it hears, thinks and speaks in the device's stead."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import AsyncGenerator, AsyncIterator, Callable

from xtalk_edge.config.xai import XAIRealtimeConfig
from xtalk_edge.engines.interfaces import ToolRunner
from xtalk_edge.engines.xai.access import access_of
from xtalk_edge.engines.xai.line import open_line
from xtalk_edge.errors import UplinkError, UplinkLostError
from xtalk_edge.net.backoff import Backoff
from xtalk_edge.net.border import BORDER
from xtalk_edge.tasks import TaskOwner
from xtalk_edge.uplink.cloud import Ability
from xtalk_edge.uplink.full.cloud import FullTalk
from xtalk_edge.uplink.owners_word import heeding
from xtalk_edge.uplink.xai.protocol import XAIRealtimeProtocol
from xtalk_edge.uplink.xai.talk import XAITalk

READY_S = 10.0
"""For the model to be told about itself, once it is connected."""

WHOLE_ONLY = (
    "xAI's realtime model has whole conversations only; set uplink.agent and uplink.tts off"
)

HEARTBEAT_S = 10.0
"""A conversation that hangs is to be noticed while it goes on."""


class XAIRealtime:
    """Conversations with the model, one at a time; a `FullCloud`.

    A conversation is a connection. After one that failed it is left alone, longer each time.

    Args:
        config: where it is, and how it is to be.
        tools: what it may do here; None is nothing.
        backoff: how long it is left alone after a failure.
        chance: returns a number from 0 to 1, each device its own.

    Raises:
        ConfigError: an address, the key or a file is missing or wrong.
    """

    def __init__(
        self,
        config: XAIRealtimeConfig,
        tools: ToolRunner | None = None,
        *,
        backoff: Backoff | None = None,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._config = config
        self._tools = tools
        self._access = access_of(
            "uplink.xai", config.url, config.key, allow_plain=config.allow_plain,
            ca_file=config.ca_file, pinned_sha256=config.pinned_sha256,
        )  # fmt: skip
        self.on_change: Callable[[], None] = lambda: None
        self._trouble = ""
        self._farewells = TaskOwner()
        self._backoff = backoff or Backoff()
        self._chance = chance
        self._failures = 0
        """One after another."""
        self._again: asyncio.TimerHandle | None = None
        """What ends the last pause."""
        self._owner = contextlib.ExitStack()
        """Whose words are heeded until it is closed."""

    @property
    def abilities(self) -> frozenset[Ability]:
        """What it can do now: nothing offline, and for a while after a conversation failed."""
        return frozenset() if self._trouble else frozenset({"full"})

    @property
    def trouble(self) -> str:
        """Why it can do nothing, in a sentence for the owner; "" while it can."""
        return self._trouble

    @contextlib.asynccontextmanager
    async def talk(self) -> AsyncIterator[FullTalk]:
        """Have the model hear, think and speak, as long as this is open.

        Raises:
            UplinkError: it cannot be reached, or refused.
        """
        async with contextlib.AsyncExitStack() as stack:
            try:
                talk = await self._begun(stack)
            except UplinkError as error:
                self._pause(str(error))
                raise
            self._failures = 0
            self._recover()
            try:
                yield talk
            finally:
                if talk.trouble:
                    self._pause(talk.trouble)

    def start(self) -> None:
        """Be there; a conversation connects when it is begun."""
        self._owner.enter_context(heeding(self._recover))
        self._recover()
        self.on_change()

    async def answer(self, text: str) -> AsyncGenerator[str, None]:
        """Answer no text: this model is spoken with. Raises UplinkError."""
        raise UplinkError(WHOLE_ONLY)
        yield text

    async def speech(self, text: str) -> AsyncGenerator[bytes, None]:
        """Speak no text: this model has its own. Raises UplinkError."""
        raise UplinkError(WHOLE_ONLY)
        yield text.encode()

    async def aclose(self) -> None:
        """Cut short what is still being said in farewell."""
        self._owner.close()
        self._end_pause()
        await self._farewells.aclose()

    def _pause(self, trouble: str) -> None:
        """Be able to do nothing for a while, longer each time."""
        self._failures += 1
        pause_s = self._backoff.pause_s(self._failures, self._chance())
        self._end_pause()
        self._again = asyncio.get_running_loop().call_later(pause_s, self._recover)
        self._tell(trouble)

    def _recover(self) -> None:
        """Be able again, at once when the owner says "go online"; not while offline."""
        self._end_pause()
        try:
            BORDER.check()
        except UplinkError as error:
            self._tell(str(error))
        else:
            self._tell("")

    def _end_pause(self) -> None:
        if self._again is not None:
            self._again.cancel()

    async def _begun(self, stack: contextlib.AsyncExitStack) -> XAITalk:
        query = {"model": self._config.model} if self._config.model else {}
        line = await open_line(self._access, query, "audio", ping_s=HEARTBEAT_S)
        stack.callback(line.leave, self._farewells)
        tools = self._tools if BORDER.is_open("tools") else None
        schemas = tools.schemas() if tools is not None else []
        talk = XAITalk(line, XAIRealtimeProtocol(self._config, schemas), tools)
        stack.push_async_callback(talk.aclose)
        talk.start()
        try:
            async with asyncio.timeout(READY_S):
                await talk.ready()
        except TimeoutError:
            raise UplinkLostError("xAI does not begin the conversation") from None
        return talk

    def _tell(self, trouble: str) -> None:
        changed, self._trouble = trouble != self._trouble, trouble
        if changed:
            self.on_change()
