"""One client that was let in: what it says, and what becomes of it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterator
from typing import Any, ClassVar, Protocol

from tests.fake_xtalk.answering import STOP_ANSWER_S, Answering, end
from tests.fake_xtalk.courtesies import answer_to
from tests.fake_xtalk.faults import Fault, Point
from tests.fake_xtalk.hearing import Ears, verdict_on, words_of
from tests.fake_xtalk.record import Record
from tests.fake_xtalk.script import Piece, Reply, Traits
from tests.fake_xtalk.wire import Message, Wire

LONGEST_TEXT_BYTES = 8_192
"""A native `submit_text` of more is passed over in silence."""

SEMANTIC_TIMEOUT_S = 0.5
"""After which a turn tagged "<incomplete>" is answered all the same."""


class Host(Protocol):
    """What a session needs of its server."""

    traits: Traits
    faults: list[Fault]
    sent: Record
    hears: Iterator[str]
    answer: Callable[[str], Reply]

    def clock_ms(self) -> int:
        """Return the server's wall clock."""

    def remember(self, session_id: str, text: str, answer: str) -> None:
        """Write down a turn of the conversation."""


class Session:
    """Dispatches what one client says and speaks to it."""

    def __init__(self, host: Host, wire: Wire, number: int, tasks: asyncio.TaskGroup) -> None:
        self.id = ""
        self.traits = host.traits
        self._host = host
        self._wire = wire
        self._number = number
        self._tasks = tasks
        self._turn_task: asyncio.Task[None] | None = None
        self._answering: Answering | None = None
        self._n_turns = self._n_replies = self._n_chunks = 0
        self._playback_stopped = asyncio.Event()
        self._tts_active = False
        self._wants_metrics = False
        self._ears = Ears()

    # -- out -----------------------------------------------------------------------------------

    async def send(self, action: str, data: Any = "") -> None:
        """Send a message in the usual envelope."""
        await self.say({"action": action, "data": data})

    async def say(self, message: Message) -> None:
        """Send a message as it is."""
        if self._wire.is_open:
            self._host.sent.add(self._number, message)
            await self._wire.say(message)

    async def send_sound(self, sound: bytes) -> None:
        """Send one binary message, with its header and figures where the generation has them."""
        self._n_chunks += 1
        if self.traits.chunk_meta:
            await self.send("tts_chunk_meta", {"chunk_index": self._n_chunks})
        await self.say(sound)
        if self._wants_metrics and self.traits.latency_metrics:
            self._wants_metrics = False
            await self.send("latency_metrics", _METRICS)

    async def at(self, point: Point, turn: int = 0) -> None:
        """Let happen what the script wants here; the turn is 0 before there is one."""
        for fault in list(self._host.faults):
            if (
                fault.at is point
                and fault.connection in (None, self._number)
                and fault.turn in (None, turn)
            ):
                await fault.do.do(self._wire)

    # -- in ------------------------------------------------------------------------------------

    async def take(self, message: Message) -> None:
        """Do what a client's message asks for; what is unknown is passed over."""
        if isinstance(message, bytes):
            await self._hear(message)
            return
        if isinstance(message, str):
            return
        data = message.get("data")
        told = {**message, **data} if isinstance(data, dict) else message
        action = str(message.get("action", message.get("type", "")))
        if action in _OF_THE_PLUGIN and not self._has(action):
            return
        if answer := answer_to(action, told, self._host.clock_ms()):
            await self.say(answer)
        elif name := self._DOES.get(action):
            await getattr(self, name)(told)

    def _has(self, action: str) -> bool:
        return self.traits.plugin or (action == "submit_text" and self.traits.submit_text)

    _DOES: ClassVar = {
        "vad_speech_start": "_on_speech_start",
        "vad_speech_end": "_on_speech_end",
        "tts_chunk_played": "_on_chunk_played",
        "tts_playback_finished": "_on_playback_finished",
        "tts_playback_stopped": "_on_playback_stopped",
        "submit_text": "_on_submit_text",
        "speak": "_on_speak",
        "stop": "_on_stop",
    }

    async def _on_chunk_played(self, told: dict[str, Any]) -> None:
        if self._answering is not None:
            self._answering.acknowledge(told)

    async def _on_playback_stopped(self, _told: dict[str, Any]) -> None:
        self._playback_stopped.set()

    async def _on_playback_finished(self, told: dict[str, Any]) -> None:
        self._tts_active = False
        if self._answering is None:
            return
        if self.traits.playback_driven:
            self._answering.played(told)
        else:
            # Whatever of the reply was still to come is given up.
            self._start(self._cut(self._turn_task, self._answering))

    # -- texts ---------------------------------------------------------------------------------

    async def _on_submit_text(self, told: dict[str, Any]) -> None:
        text = told.get("text")
        if not isinstance(text, str) or not 0 < len(text.encode()) <= LONGEST_TEXT_BYTES:
            return
        self._n_turns += 1
        transcript = self._transcript(text, turn_id=0, origin="text")
        task, answering, turn = self._turn_task, self._answering, self._n_turns
        self._start(self._take_turn(task, answering, text, transcript, turn))

    async def _on_speak(self, told: dict[str, Any]) -> None:
        text, ends = str(told.get("text", "")), bool(told.get("flush", True))
        speaking = self._answering
        if not (told.get("append") and speaking is not None and not speaking.has_text):
            self._n_turns += 1
            speaking = self._answering_to("", Reply(), self._n_turns)
            self._start(self._speak(self._turn_task, self._answering, speaking))
            self._answering = speaking
        if text:
            speaking.append(Piece(text))
        if ends:
            speaking.flush()

    async def _on_stop(self, _told: dict[str, Any]) -> None:
        self._start(self._cut(self._turn_task, self._answering, tell=True))

    # -- voices --------------------------------------------------------------------------------

    async def _on_speech_start(self, _told: dict[str, Any]) -> None:
        self._n_turns += 1
        self._wants_metrics = True
        self._ears.begin(next(self._host.hears), _now_s())
        self._tasks.create_task(self._interrupt(self._turn_task, self._answering, self._n_turns))

    async def _on_speech_end(self, _told: dict[str, Any]) -> None:
        if self._ears.is_listening:
            self._ears.end()
            self._tasks.create_task(
                self._judge(self._ears.utterance, self._ears.heard_s, self._n_turns)
            )

    async def _hear(self, frame: bytes) -> None:
        if self.traits.server_vad:
            await self._watch(frame)
        if so_far := self._ears.hear(frame, _now_s()):
            await self.send("update_asr", self._transcript(so_far, is_final=False))

    async def _watch(self, frame: bytes) -> None:
        """Be the voice activity detector of a server that has one."""
        notice = self._ears.notice(frame)
        if notice == "begins":
            await self._on_speech_start({})
        elif notice == "ends":
            await self._on_speech_end({})
        if notice and self.traits.playback_driven:
            action = "vad_speech_start" if notice == "begins" else "vad_speech_end"
            await self.send(action, {"origin": "server"})

    async def _interrupt(
        self, task: asyncio.Task[None] | None, answering: Answering | None, turn: int
    ) -> None:
        """Do what the beginning of speech does to a reply."""
        await self.at(Point.SPEECH_START, turn)
        if answering is None or answering is not self._answering:
            return
        if self.traits.validates:
            if answering.is_thinking:
                answering.pause()
                await self.send("pause_tts")
        elif not self.traits.turn_detector:
            await self._cut(task, answering, tell=True)

    async def _judge(self, text: str, heard_s: float, turn: int) -> None:
        """Decide what becomes of an utterance."""
        answering = self._answering
        verdict = verdict_on(text, heard_s) if self.traits.validates else "valid"
        words = words_of(text)
        if not self.traits.validates and (not words or "<backchannel>" in text):
            verdict = "empty"
        if verdict == "empty":
            return
        if verdict == "invalid":
            await self.at(Point.SUBMIT, turn)
            if answering is not None and answering.is_paused:
                answering.resume()
                await self.send("resume_tts")
            elif not self._tts_active:
                await self.send("invalid_asr_result")
            return
        self._ears.reset()
        if verdict == "incomplete":
            await self._cut(self._turn_task, answering, tell=True)
            answering = None
            await self.send("update_asr", self._transcript(words, is_final=False))
            await asyncio.sleep(SEMANTIC_TIMEOUT_S)
        transcript = self._transcript(words)
        self._start(self._take_turn(self._turn_task, answering, words, transcript, turn))

    # -- turns ---------------------------------------------------------------------------------

    def _start(self, work: Any) -> None:
        self._turn_task = self._tasks.create_task(work)

    async def _take_turn(
        self,
        task: asyncio.Task[None] | None,
        answering: Answering | None,
        text: str,
        transcript: dict[str, Any],
        turn: int,
    ) -> None:
        await self.at(Point.SUBMIT, turn)
        await self._cut(task, answering, tell=True)
        await self.at(Point.STOP_TTS, turn)
        await self.send("finish_asr", transcript)
        await self.at(Point.FINISH_ASR, turn)
        said = self._answering_to(text, self._host.answer(text), turn)
        self._answering = said
        await said.run()
        self._forget(said)

    async def _speak(
        self, task: asyncio.Task[None] | None, before: Answering | None, speaking: Answering
    ) -> None:
        await self.at(Point.SUBMIT, speaking.turn)
        await self._cut(task, before, tell=True)
        self._answering = speaking
        await speaking.run()
        self._forget(speaking)

    async def _cut(
        self, task: asyncio.Task[None] | None, answering: Answering | None, *, tell: bool = False
    ) -> None:
        """End what is being said, and tell the client as the generation does."""
        was_running = task is not None and not task.done()
        if task is not None:
            await end(task)
        if tell and not self.traits.playback_driven:
            if answering is not None:
                await answering.conclude()
            if was_running or self.traits.always_stop_tts:
                await self.send("stop_tts")
        elif answering is not None:
            if tell and was_running:
                self._playback_stopped.clear()
                await self.send("stop_tts", answering.names or "")
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(STOP_ANSWER_S):
                        await self._playback_stopped.wait()
            await answering.conclude()
        self._forget(answering)

    def _answering_to(self, text: str, reply: Reply, turn: int) -> Answering:
        self._n_replies += 1
        return Answering(
            self, reply, text, number=self._n_replies, turn=turn, on_start=self._on_tts_started
        )

    def _forget(self, answering: Answering | None) -> None:
        """A reply is over: it belongs to the history as far as it was told."""
        if answering is None or answering is not self._answering:
            return
        self._answering = None
        if answering.has_text:
            self._host.remember(self.id, answering.asked, answering.told)

    def _on_tts_started(self) -> None:
        self._tts_active = True
        self._ears.reset()

    def _transcript(
        self, text: str, *, is_final: bool = True, turn_id: int | None = None, origin: str = "voice"
    ) -> dict[str, Any]:
        if not self.traits.turn_ids:
            return {"text": text, "origin": origin} if self.traits.response_ids else {"text": text}
        own_id = self._ears.n_utterances if turn_id is None else turn_id
        return {"text": text, "confidence": 0.0, "is_final": is_final, "turn_id": own_id}


def _now_s() -> float:
    return asyncio.get_running_loop().time()


_OF_THE_PLUGIN = {"edge_capabilities", "submit_text", "speak", "stop"}

_METRICS = {
    "network_latency_ms": 4,
    "asr_latency_ms": 31,
    "llm_first_token_ms": 120,
    "llm_sentence_ms": 210,
    "tts_first_chunk_ms": 95,
    "e2e_latency_ms": 0,
}
