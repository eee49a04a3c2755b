"""Text in and text to speak for an X-Talk server: copy this file beside your server's script.

A stock X-Talk server of an early generation takes sound only. With this manager it also takes

    {"action": "edge_capabilities"}                       and answers what it can do
    {"action": "submit_text", "text": "..."}              as if it had been heard
    {"action": "speak", "text": "...", "append": false, "flush": true}
    {"action": "stop"}

`append` adds to what is being spoken, else that is stopped first; `flush` says that the text ends
here. Where the server knows `submit_text` by itself, that is left to it.

    from edge_manager import install
    install(service)          # a Service prototype, before the first session

It imports X-Talk only, and uses what its documentation names: events, `Manager`, the service's
`register_manager` and `subscribe_event`.
"""

from __future__ import annotations

import asyncio
import dataclasses
import inspect
import json
import logging
import uuid
from typing import Any

from xtalk.serving import events
from xtalk.serving.interfaces import Manager
from xtalk.serving.modules import input_gateway
from xtalk.serving.modules.output_gateway import OutputGateway

logger = logging.getLogger(__name__)

VERSION = 1
"""Of the messages above; a client does without what it does not know."""

LONGEST_TEXT_BYTES = 8_192
"""What servers that take texts by themselves accept."""

EdgeCapabilitiesTold = events.create_event_class(
    name="EdgeCapabilitiesTold", fields={"submit_text": True, "speak": True, "version": VERSION}
)
"""A client is to be told what this server can do."""


class EdgeManager(Manager):
    """Makes X-Talk's own events of the messages that edge devices send."""

    def __init__(
        self, event_bus: Any, session_id: str, config: dict[str, Any] | None = None
    ) -> None:
        self.event_bus = event_bus
        self.session_id = session_id
        self.config = config or {}
        self._wait = _way_to_wait(event_bus)
        # Each message is handled by a task of its own; texts must not overtake each other.
        self._in_order = asyncio.Lock()
        self._speaking = ""
        """Name of what is spoken and may be added to; "" is nothing."""

    @Manager.event_handler(events.WebSocketMessageReceived, priority=80)
    async def _on_message(self, event: Any) -> None:
        message = _object_of(event.message)
        action = message.get("action")
        if action == "edge_capabilities":
            await self._publish(EdgeCapabilitiesTold)
            return
        if action not in ("submit_text", "speak", "stop"):
            return
        text = message.get("text", "")
        if not isinstance(text, str) or len(text.encode()) > LONGEST_TEXT_BYTES:
            logger.warning("%s: no text, or too long a one - session: %s", action, self.session_id)
            return
        async with self._in_order:
            if action == "stop":
                await self._stop("edge_stop")
            elif action == "speak":
                append, flush = bool(message.get("append", False)), bool(message.get("flush", True))
                await self._speak(text, append=append, flush=flush)
            elif text.strip() and not _TAKES_TEXTS:
                await self._submit(text)

    @Manager.event_handler(events.TurnTTSStopRequested, priority=10)
    async def _on_stopped(self, _event: Any) -> None:
        self._speaking = ""

    async def _submit(self, text: str) -> None:
        """Have the agent answer a text as if it had been heard."""
        await self._stop("edge_submit_text")
        heard = {"text": text, "display_text": text, "origin": "text"}
        await self._publish(events.ASRResultFinal, **heard)

    async def _speak(self, text: str, *, append: bool, flush: bool) -> None:
        """Have a text spoken as it is; the agent does not hear of it."""
        if not (append and self._speaking):
            if not text:
                return
            await self._stop("edge_speak")
            self._speaking = f"edge-{uuid.uuid4()}"
            await self._publish(events.TurnTTSStartRequested, response_id=self._speaking)
        speaking = self._speaking
        if text:
            await self._publish(
                events.TurnTTSTextAppendRequested, text=text, reason="edge", response_id=speaking
            )
        if flush:
            self._speaking = ""
            await self._publish(events.TurnTTSFlushRequested, response_id=speaking)

    async def _stop(self, reason: str) -> None:
        """End whatever the agent says, and whatever is spoken."""
        await self._publish(events.TurnLLMAgentStopRequested, reason=reason)
        # X-Talk tells the client of it in a task of its own: that comes before what follows.
        await asyncio.sleep(0)

    async def _publish(self, kind: Any, **values: object) -> None:
        """Publish an event and wait until it is handled; fields it does not have are left out."""
        fields = {field.name for field in dataclasses.fields(kind)}
        known = {name: value for name, value in values.items() if name in fields}
        await self.event_bus.publish(kind(session_id=self.session_id, **known), **self._wait)

    async def shutdown(self) -> None:
        """End with the session; there is nothing to end."""


def install(service: Any) -> None:
    """Add all this to a service, before the first session."""
    service.register_manager(EdgeManager)
    service.subscribe_event(
        event_listener_cls=OutputGateway,
        event_type=EdgeCapabilitiesTold,
        method_or_handler=_tell_capabilities,
    )


async def _tell_capabilities(gateway: Any, event: Any) -> None:
    able = {"submit_text": event.submit_text, "speak": event.speak, "version": event.version}
    await gateway.send_signal({"action": "edge_capabilities", "data": able})


def _way_to_wait(event_bus: Any) -> dict[str, Any]:
    """Return how this X-Talk's bus is asked to return only when handlers are done."""
    if "wait_for_completion" in inspect.signature(event_bus.publish).parameters:
        return {"wait_for_completion": True}
    return {"mode": "wait_until_complete"}


def _object_of(text: Any) -> dict[str, Any]:
    """Return a message as an object; what is none is empty."""
    try:
        message = json.loads(text)
    except (TypeError, ValueError):
        return {}
    return message if isinstance(message, dict) else {}


def _takes_texts() -> bool:
    """Tell whether this X-Talk knows `submit_text` by itself."""
    try:
        return '"submit_text"' in inspect.getsource(input_gateway)
    except OSError:
        return False


_TAKES_TEXTS = _takes_texts()
