"""The conversation of the fake xAI: it answers whatever is said by what stands on its script."""

from __future__ import annotations

import base64
from collections import deque
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

import numpy as np

from tests.fake_xai import LOUD, FakeXAI, Session

PIECES = 4
PIECE_BYTES = 4_801
"""Odd, as nobody promised otherwise; 100 ms of 24 kHz."""


@dataclass(frozen=True)
class Answer:
    """One response."""

    words: str = "Hello there."
    call: tuple[str, str, str] | None = None
    """A tool's name, its arguments as JSON, and the call's id."""


def conversing(server: FakeXAI, *answers: Answer) -> Callable[[Session], Coroutine[Any, Any, None]]:
    """Let a server converse by a script; returns how."""
    script = deque(answers)

    async def converse(session: Session) -> None:
        await Conversation(session, script).run()

    server.talks["/v1/realtime"] = converse
    return converse


class Conversation:
    """One connection."""

    def __init__(self, session: Session, script: deque[Answer]) -> None:
        self._session = session
        self._script = script
        self._responses = 0
        self._is_speech = False
        self._vad = True

    async def run(self) -> None:
        """Talk until the other side has gone."""
        await self._session.say("conversation.created", conversation={"id": "c-1"})
        while True:
            message = await self._session.hear()
            await self._take(message["type"], message)

    async def _take(self, kind: str, message: dict[str, Any]) -> None:
        if kind == "session.update":
            self._vad = message["session"]["turn_detection"] is not None
            await self._session.say("session.updated", session={"id": "s-1"})
        elif kind == "input_audio_buffer.append" and self._vad:
            await self._hear(base64.b64decode(message["audio"]))
        elif kind == "input_audio_buffer.commit":
            await self._understood()
        elif kind == "response.create":
            await self._respond()
        elif kind in ("response.cancel", "conversation.item.truncate"):
            # As a service would that has nothing to cancel, or cannot cut what was said.
            error = {"message": "unknown event", "event_id": message["event_id"]}
            await self._session.say("error", error=error)

    async def _hear(self, pcm: bytes) -> None:
        is_loud = np.frombuffer(pcm, "<i2").astype(float).std() > LOUD
        if is_loud and not self._is_speech:
            self._is_speech = True
            await self._session.say("input_audio_buffer.speech_started")
        elif self._is_speech and not is_loud:
            self._is_speech = False
            await self._session.say("input_audio_buffer.speech_stopped")
            await self._understood()
            await self._respond()

    async def _understood(self) -> None:
        await self._session.say(
            "conversation.item.input_audio_transcription.completed", transcript="what was said"
        )

    async def _respond(self) -> None:
        say = self._session.say
        answer = self._script.popleft() if self._script else Answer()
        self._responses += 1
        response = {"id": f"r-{self._responses}", "status": "completed"}
        of = {"response_id": response["id"]}
        await say("response.created", response=response)
        if answer.words:
            item = {"id": f"i-{self._responses}", "type": "message"}
            await say("response.output_item.added", item=item, **of)
            for piece in answer.words.split(" "):
                await say("response.output_audio_transcript.delta", delta=f"{piece} ", **of)
            for _ in range(PIECES):
                sound = base64.b64encode(b"\x01" * PIECE_BYTES).decode()
                await say("response.output_audio.delta", delta=sound, item_id=item["id"], **of)
            await say("response.output_audio_transcript.done", transcript=answer.words, **of)
        if answer.call is not None:
            name, arguments, call_id = answer.call
            await say(
                "response.function_call_arguments.done",
                name=name, arguments=arguments, call_id=call_id, **of,
            )  # fmt: skip
        await say("response.done", response=response)
