"""One conversation with xAI's realtime model, over an open connection."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterator, Coroutine, Iterable
from typing import Any

from xtalk_edge.clock import now_s
from xtalk_edge.engines.interfaces import ToolCall, ToolRunner
from xtalk_edge.engines.xai.line import Line
from xtalk_edge.errors import UplinkError, UplinkLostError
from xtalk_edge.net.border import BORDER
from xtalk_edge.tasks import TaskOwner
from xtalk_edge.uplink.inbox import Inbox
from xtalk_edge.uplink.news import News
from xtalk_edge.uplink.owners_word import heeding
from xtalk_edge.uplink.xai.protocol import Action, RunTool, XAIRealtimeProtocol
from xtalk_edge.uplink.xai.session import Say
from xtalk_edge.uplink.xtalk.facts import Fact, Ready, ReplySound

log = logging.getLogger(__name__)

WAITING_MOST = 2_000
"""Messages that are not sent yet: 40 s of sound. The network is gone long before."""

NO_TOOL = "There is no such tool."


class XAITalk:
    """A `FullTalk`.

    Args:
        line: the connection; whoever opened it ends it.
        protocol: what is said when.
        tools: what the model may do here; None is nothing.
    """

    def __init__(self, line: Line, protocol: XAIRealtimeProtocol, tools: ToolRunner | None) -> None:
        self._line = line
        self._protocol = protocol
        self._tools = tools
        self._tasks = TaskOwner()
        self._inbox = Inbox[Fact]()
        self._outbox: deque[Say] = deque()
        self._mail = News()
        self._changes = News()
        """What may be due, or allowed, another time than before."""
        self._is_ready = asyncio.Event()
        self._error: UplinkError | None = None

    def start(self) -> None:
        """Begin to hear and to be heard."""
        self._tasks.start(self._surely(self._receive()), "xai hears")
        self._tasks.start(self._surely(self._send()), "xai is told")
        self._tasks.start(self._surely(self._watch()), "xai is due")

    async def ready(self) -> None:
        """Wait until the model knows what it was told about itself. Raises UplinkError."""
        await self._is_ready.wait()
        if self._error is not None:
            raise self._error

    @property
    def trouble(self) -> str:
        """Why it is over, in a sentence for the owner; "" if it is not."""
        return str(self._error or "")

    async def aclose(self) -> None:
        """End it, and the tools that still run for it."""
        await self._tasks.aclose()

    # -- what the device tells -----------------------------------------------------------------

    @property
    def facts(self) -> AsyncIterator[Fact]:
        """Everything the service tells, in order.

        Raises:
            UplinkError: it was lost.
        """
        return aiter(self._inbox)

    def begin_speech(self, pre_roll: bytes = b"") -> None:
        """Tell that somebody speaks.

        Args:
            pre_roll: what was said before that was noticed; s16le, mono, 16 kHz.

        Raises:
            UplinkError: sound may not leave the device.
        """
        BORDER.check("audio")
        self._do(self._protocol.begin_speech(pre_roll))

    def send(self, pcm: bytes) -> None:
        """Send more of what is said, cut in any way; while nobody speaks nothing leaves."""
        self._do(self._protocol.send_speech(pcm))

    def end_speech(self) -> None:
        """Tell that nobody speaks any more."""
        self._do(self._protocol.end_speech(now_s()))

    def stop(self) -> None:
        """Have the service end its reply: the owner said "stop", or another answer won."""
        self._do(self._protocol.stop())

    def played(self, sound: ReplySound) -> None:
        """Tell that a piece was heard; this service does not ask."""

    def playback_finished(self) -> None:
        """Tell that a reply was heard to its end, after `ReplyOver`."""
        self._do(self._protocol.playback_finished())

    def playback_stopped(self, played_ms: float) -> None:
        """Tell how much of a reply was heard, after `Stopped`."""
        self._do(self._protocol.playback_stopped(played_ms))

    # -- what goes on beside -------------------------------------------------------------------

    def _do(self, actions: Iterable[Action]) -> None:
        for action in actions:
            if isinstance(action, Say):
                self._outbox.append(action)
                self._mail.tell()
            elif isinstance(action, RunTool):
                self._tasks.start(self._surely(self._run(action)), f"tool {action.name}")
            else:
                self._inbox.put(action, len(action.pcm) if isinstance(action, ReplySound) else 0)
                if isinstance(action, Ready):
                    self._is_ready.set()
        self._changes.tell()
        if len(self._outbox) > WAITING_MOST:
            self._fail(UplinkLostError("xAI takes nothing any more"))

    def _fail(self, error: UplinkError) -> None:
        self._error = self._error or error
        self._outbox.clear()
        self._inbox.fail(self._error)
        self._is_ready.set()

    async def _surely(self, work: Coroutine[Any, Any, None]) -> None:
        """Do something; whoever waits for facts is told if it fails."""
        try:
            await work
        except UplinkError as error:
            self._fail(error)
        except Exception:
            self._fail(UplinkError("the conversation with xAI failed on this side"))
            raise

    async def _receive(self) -> None:
        while True:
            message = await self._line.receive()
            self._do(self._protocol.receive(message, now_s()))

    async def _send(self) -> None:
        while True:
            while self._outbox:
                say = self._outbox.popleft()
                if say.kind is None:
                    await self._line.signal(say.message)
                else:
                    await self._line.send(say.message, say.kind, say.n_bytes)
            await self._mail.next()

    async def _watch(self) -> None:
        """Say what does not come any more; end it when the owner says "go offline"."""
        with heeding(self._changes.tell):
            while True:
                BORDER.check()
                due_s = self._protocol.wake_at_s
                if not await self._changes.next(None if due_s is None else due_s - now_s()):
                    self._do(self._protocol.tick(now_s()))

    async def _run(self, tool: RunTool) -> None:
        output = NO_TOOL
        if self._tools is not None:
            call = ToolCall(tool.name, tool.arguments, tool.call_id)
            output = (await self._tools.run(call)).content
        self._do(self._protocol.tool_done(tool.call_id, output, now_s()))
