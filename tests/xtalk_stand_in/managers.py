"""Agent, voice and gateway of a session, as far as texts go."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from tests.xtalk_stand_in.bus import Manager
from tests.xtalk_stand_in.events import Age

CLAUSE_ENDS = ".,!?"


class StockManager(Manager):
    """What the stock managers share."""

    def __init__(self, event_bus: Any, session_id: str, age: Age, events: Any, models: Any) -> None:
        self.event_bus = event_bus
        self.session_id = session_id
        self.models = models
        self._events = events
        early = age == "early"
        self._wait = {"wait_for_completion": True} if early else {"mode": "wait_until_complete"}

    async def publish(self, name: str, *, wait: bool = False, **values: object) -> None:
        """Publish an event by its name."""
        event = getattr(self._events, name)(session_id=self.session_id, **values)
        await self.event_bus.publish(event, **(self._wait if wait else {}))


class TurnTakingManager(StockManager):
    """Hands what was heard to the agent."""

    @Manager.event_handler("ASRResultFinal", priority=98)
    async def _on_heard(self, event: Any) -> None:
        await self.publish("TurnLLMAgentStartRequested", text=event.text)


class AgentManager(StockManager):
    """Runs the agent; its text goes to the client and to the voice."""

    _task: asyncio.Task[None] | None = None

    @Manager.event_handler("TurnLLMAgentStartRequested", priority=98)
    async def _on_start(self, event: Any) -> None:
        await self._cancel()
        self._task = self.event_bus.tasks.start(self._answer(event.text), "answer")

    @Manager.event_handler("TurnLLMAgentStopRequested", priority=95)
    async def _on_stop(self, event: Any) -> None:
        await self._cancel()
        await self.publish("TurnTTSStopRequested", wait=True, reason=event.reason)

    async def _cancel(self) -> None:
        if self._task is not None and not self._task.done():
            self._task.cancel()
            await asyncio.wait([self._task])
        self._task = None

    async def _answer(self, text: str) -> None:
        told = ""
        try:
            async for words in self.models.answer(text):
                told += words
                await self.publish("LLMAgentResponseUpdate", text=told)
                if told == words:
                    await self.publish("TurnTTSStartRequested", wait=True)
                await self.publish("TurnTTSTextAppendRequested", text=words)
        finally:
            if told:
                await self.publish("TurnTTSFlushRequested")
                await self.publish("LLMAgentResponseFinish", text=told)


class TTSManager(StockManager):
    """Speaks clause by clause; a start while it speaks is passed over."""

    _task: asyncio.Task[None] | None = None
    _texts: asyncio.Queue[str]

    @Manager.event_handler("TurnTTSStartRequested", priority=100)
    async def _on_start(self, _event: Any) -> None:
        if self._task is None:
            self._texts = asyncio.Queue()
            await self.publish("TTSStarted", wait=True)
            self._task = self.event_bus.tasks.start(self._speak(), "speak")

    @Manager.event_handler("TurnTTSTextAppendRequested", priority=98)
    async def _on_append(self, event: Any) -> None:
        if self._task is not None and event.text:
            self._texts.put_nowait(event.text)

    @Manager.event_handler("TurnTTSFlushRequested", priority=98)
    async def _on_flush(self, _event: Any) -> None:
        if self._task is not None:
            self._texts.put_nowait("")

    @Manager.event_handler("TurnTTSStopRequested", priority=95)
    async def _on_stop(self, event: Any) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])
        self._task = None
        if event.reason != "playback_finished":
            await self.publish("TTSStopped")

    async def _speak(self) -> None:
        pending = ""
        while True:
            text = await self._texts.get()
            pending += text
            while end := next((i for i, c in enumerate(pending, 1) if c in CLAUSE_ENDS), 0):
                await self._say(pending[:end])
                pending = pending[end:]
            if not text:
                if pending.strip():
                    await self._say(pending)
                pending = ""
                await self.publish("TTSFinished")

    async def _say(self, clause: str) -> None:
        sound = self.models.speech(clause.strip())
        await self.publish("TTSChunkGenerated", wait=True, audio_chunk=sound)


class OutputGateway(StockManager):
    """Tells the client."""

    websocket: Any

    async def send_signal(self, message: dict[str, Any]) -> None:
        """Send a message."""
        await self.websocket.send_text(json.dumps(message))

    async def _tell(self, action: str, data: object) -> None:
        await self.send_signal({"action": action, "data": data})

    @Manager.event_handler("ASRResultFinal", priority=5)
    async def _on_heard(self, event: Any) -> None:
        await self._tell("finish_asr", {"text": event.display_text or event.text})

    @Manager.event_handler("LLMAgentResponseUpdate", priority=5)
    async def _on_update(self, event: Any) -> None:
        await self._tell("update_resp", {"text": event.text})

    @Manager.event_handler("LLMAgentResponseFinish", priority=5)
    async def _on_finish(self, event: Any) -> None:
        await self._tell("finish_resp", {"text": event.text})

    @Manager.event_handler("TTSStarted", priority=5)
    async def _on_started(self, _event: Any) -> None:
        await self._tell("start_tts", "")

    @Manager.event_handler("TTSStopped", priority=5)
    async def _on_stopped(self, _event: Any) -> None:
        await self._tell("stop_tts", "")

    @Manager.event_handler("TTSFinished", priority=5)
    async def _on_finished(self, _event: Any) -> None:
        await self._tell("tts_finished", {})

    @Manager.event_handler("TTSChunkGenerated", priority=5)
    async def _on_sound(self, event: Any) -> None:
        await self.websocket.send_bytes(event.audio_chunk)
