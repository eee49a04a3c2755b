"""xAI's realtime model: it hears, thinks and speaks in the device's stead.

A conversation is a connection: who only might be talked with is not connected.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable

from xtalk_edge.config.xai import XAIRealtimeConfig
from xtalk_edge.engines.interfaces import ToolRunner
from xtalk_edge.engines.xai.access import access_of
from xtalk_edge.engines.xai.line import open_line
from xtalk_edge.errors import UplinkError, UplinkLostError
from xtalk_edge.net.border import BORDER
from xtalk_edge.tasks import TaskOwner
from xtalk_edge.uplink.cloud import Ability
from xtalk_edge.uplink.full import Conversation
from xtalk_edge.uplink.xai_realtime_protocol import XAIRealtimeProtocol
from xtalk_edge.uplink.xai_realtime_talk import XAITalk

READY_S = 10.0
"""For the model to be told about itself, once it is connected."""

HEARTBEAT_S = 10.0
"""A conversation that hangs is to be noticed while it goes on."""


class XAIRealtime:
    """Conversations with the model, one at a time.

    Args:
        config: where it is, and how it is to be.
        tools: what it may do here; None is nothing.

    Raises:
        ConfigError: an address, the key or a file is missing or wrong.
    """

    def __init__(self, config: XAIRealtimeConfig, tools: ToolRunner | None = None) -> None:
        self._config = config
        self._tools = tools
        self._access = access_of(
            "uplink.xai", config.url, config.key, allow_plain=config.allow_plain,
            ca_file=config.ca_file, pinned_sha256=config.pinned_sha256,
        )  # fmt: skip
        self.on_change: Callable[[], None] = lambda: None
        self._trouble = ""
        self._farewells = TaskOwner()

    @property
    def abilities(self) -> frozenset[Ability]:
        """What it can do, as far as the last conversation showed."""
        return frozenset() if self._trouble else frozenset({"full"})

    @property
    def trouble(self) -> str:
        """Why the last conversation failed, in a sentence for the owner; "" if it did not."""
        return self._trouble

    @contextlib.asynccontextmanager
    async def talk(self) -> AsyncIterator[Conversation]:
        """Have the model hear, think and speak, as long as this is open.

        Raises:
            UplinkError: it cannot be reached, or refused.
        """
        async with contextlib.AsyncExitStack() as stack:
            try:
                talk = await self._begun(stack)
            except UplinkError as error:
                self._tell(str(error))
                raise
            self._tell("")
            try:
                yield talk
            finally:
                self._tell(talk.trouble)

    async def aclose(self) -> None:
        """Cut short what is still being said in farewell."""
        await self._farewells.aclose()

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
