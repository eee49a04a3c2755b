"""A conversation with xAI's realtime model, as messages in and messages and facts out. Pure.

The service hears when speech begins and ends, unless it is set to leave that to the device. A reply
over which somebody speaks is over: what was heard of it is told, and what comes late is dropped.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from xtalk_edge.config.xai import XAIRealtimeConfig
from xtalk_edge.engines.xai.messages import Message
from xtalk_edge.net.printable import printable
from xtalk_edge.uplink.xai import session
from xtalk_edge.uplink.xai.reply import MOST_CHARS, Bygones, Reply, arguments_of
from xtalk_edge.uplink.xai.session import HEARD_RATE_HZ, Say, Schema
from xtalk_edge.uplink.xtalk.facts import (
    Fact,
    Heard,
    Hearing,
    Nonsense,
    Ready,
    ReplyOver,
    ReplyTextComplete,
    SpeechNoticed,
    Stopped,
    Unanswered,
)
from xtalk_edge.uplink.xtalk.messages import ServerError, ToolCalled

VERDICT_S = 5.0
"""After somebody spoke, for the service to show that it answers."""
REPLY_S = 15.0
"""For the first sound of a reply, and for more of it: models that look something up are silent."""

MARGIN_MS = 100
"""By how much the silence behind speech is longer than the one that ends a turn."""

TIDYING = "tidying-"
"""How messages are named whose refusal changes nothing."""


@dataclass(frozen=True, slots=True)
class RunTool:
    """A tool of the device is to be run, once; `tool_done` takes what it says."""

    name: str
    arguments: dict[str, Any]
    call_id: str


Action = Say | RunTool | Fact


class XAIRealtimeProtocol:
    """One conversation.

    Args:
        config: the settings.
        tools: OpenAI function schemas of what the device can do.
    """

    def __init__(self, config: XAIRealtimeConfig, tools: Sequence[Schema] = ()) -> None:
        self._config = config
        self._tools = tools
        self.is_ready = False
        """Whether the model knows what it was told about itself."""
        self.wake_at_s: float | None = None
        """When there is something to do if nothing happens before."""
        self._missing: Literal["verdict", "reply", "end"] = "verdict"
        self._is_set_up = False
        self._is_speech = False
        self._is_heard = False
        """Whether it was told what the service understood of the turn."""
        self._is_awaited = False
        """Whether a turn is over and its reply has not begun."""
        self._unwanted = 0
        """How many replies are still to begin that nobody wants."""
        self._reply: Reply | None = None
        self._replies = 0
        self._sounding: Reply | None = None
        """The reply that is heard, also when nothing more of it comes."""
        self._cut: Reply | None = None
        """The reply that was cut, until it is known how far it was heard."""
        self._dropped = Bygones()
        """Responses of which nothing is wanted any more."""
        self._called = Bygones()
        self._tidied = 0
        self._takers: Mapping[str, Callable[[Message, float], list[Action]]] = {
            "conversation.created": self._on_created,
            "session.created": self._on_created,
            "session.updated": self._on_updated,
            "input_audio_buffer.speech_started": self._on_speech_started,
            "input_audio_buffer.speech_stopped": self._on_speech_stopped,
            "conversation.item.input_audio_transcription.completed": self._on_heard,
            "response.created": self._on_response,
            "response.output_item.added": self._on_item,
            "response.output_audio.delta": self._on_sound,
            "response.output_audio_transcript.delta": self._on_words,
            "response.function_call_arguments.done": self._on_call,
            "response.done": self._on_response_done,
            "error": self._on_error,
        }

    # -- what the device tells -----------------------------------------------------------------

    def begin_speech(self, pre_roll: bytes) -> list[Action]:
        """Somebody speaks; a reply that is being given is over."""
        actions = self.stop()
        if self._leaves_turns_to_service:
            # It drops by itself what it was about to answer.
            self._unwanted = 0
        self._is_speech, self._is_heard = True, False
        return [*actions, *([session.sound(pre_roll)] if pre_roll else [])]

    def send_speech(self, pcm: bytes) -> list[Action]:
        """More of what is said; nothing while nobody speaks."""
        return [session.sound(pcm)] if pcm and self._is_speech else []

    def end_speech(self, now_s: float) -> list[Action]:
        """Nobody speaks any more."""
        if not self._is_speech:
            return []
        self._is_speech, self._is_awaited = False, True
        self._owe("verdict", now_s + VERDICT_S)
        if not self._leaves_turns_to_service:
            return [session.bare("input_audio_buffer.commit"), session.bare("response.create")]
        # Only speech is sent, so the service would never hear that it has ended.
        silence_ms = self._config.silence_duration_ms + MARGIN_MS
        return [session.sound(bytes(2 * HEARD_RATE_HZ * silence_ms // 1_000))]

    def stop(self) -> list[Action]:
        """No reply is wanted: not the one that is given, nor the one that was to come."""
        self._unwanted += self._is_awaited
        self._is_awaited, self.wake_at_s = False, None
        return self._cut_off()

    def playback_finished(self) -> list[Action]:
        """The reply was heard to its end."""
        self._sounding = None
        return []

    def playback_stopped(self, played_ms: float) -> list[Action]:
        """So much was heard of the reply that was cut: no more of it was said."""
        cut, self._cut = self._cut, None
        if cut is None or not cut.item_id:
            return []
        heard_ms = max(0, round(played_ms))
        fields = {"item_id": cut.item_id, "content_index": 0, "audio_end_ms": heard_ms}
        return [self._tidy("conversation.item.truncate", **fields)]

    def tool_done(self, call_id: str, output: str, now_s: float) -> list[Action]:
        """A tool has answered."""
        actions: list[Action] = [session.tool_output(call_id, json.dumps(output))]
        reply = self._reply
        if reply is None or call_id not in reply.tools_running:
            # The reply it was for was cut off: the model knows now, and nobody waits.
            return actions
        reply.tools_running.discard(call_id)
        reply.has_outputs = True
        return actions + self._go_on(reply, now_s)

    def tick(self, now_s: float) -> list[Action]:
        """Say what does not come any more."""
        if self.wake_at_s is None or now_s < self.wake_at_s:
            return []
        self.wake_at_s = None
        return [Unanswered(self._missing)]

    # -- what the service tells ----------------------------------------------------------------

    def receive(self, message: Message, now_s: float) -> list[Action]:
        """Take a message; what is not known is left alone.

        Raises:
            UplinkError: the service speaks without end.
        """
        take = self._takers.get(message.kind)
        return take(message, now_s) if take is not None else []

    def _on_created(self, _message: Message, _now_s: float) -> list[Action]:
        if self._is_set_up:
            return []
        self._is_set_up = True
        return [session.set_up(self._config, self._tools)]

    def _on_updated(self, message: Message, _now_s: float) -> list[Action]:
        if self.is_ready:
            return []
        self.is_ready = True
        return [Ready(message.part("session").text("id"), False)]

    def _on_speech_started(self, _message: Message, _now_s: float) -> list[Action]:
        self._is_heard = False
        return [SpeechNoticed(True), *self._cut_off()]

    def _on_speech_stopped(self, _message: Message, now_s: float) -> list[Action]:
        self._owe("verdict", now_s + VERDICT_S)
        return [SpeechNoticed(False)]

    def _on_heard(self, message: Message, _now_s: float) -> list[Action]:
        text = message.text("transcript", MOST_CHARS)
        if not text:
            return []
        if self._is_heard:
            # Too late: the reply has begun.
            return [Hearing(text)]
        self._is_heard = True
        return [Heard(text, False)]

    def _on_response(self, message: Message, now_s: float) -> list[Action]:
        response_id = message.part("response").text("id")
        if response_id in self._dropped:
            return []
        self._is_awaited = False
        if self._unwanted:
            self._unwanted -= 1
            self._dropped.add(response_id)
            return [self._tidy("response.cancel")]
        if self._reply is None:
            self._replies += 1
            self._reply = Reply(self._replies)
        self._reply.begin_response(response_id)
        self._owe("reply", now_s + REPLY_S)
        return []

    def _on_item(self, message: Message, now_s: float) -> list[Action]:
        reply = self._wanted(message, now_s)
        item = message.part("item")
        if reply is not None and item.text("type") in ("message", ""):
            reply.item_id = item.text("id")
        return []

    def _on_sound(self, message: Message, now_s: float) -> list[Action]:
        reply = self._wanted(message, now_s)
        if reply is None:
            return []
        reply.item_id = message.text("item_id") or reply.item_id
        pcm = message.sound("delta")
        if pcm is None:
            return [Nonsense("sound that cannot be decoded")]
        sound = reply.sound(pcm)
        self._sounding = reply
        return [*self._understood(), sound] if sound.pcm else []

    def _on_words(self, message: Message, now_s: float) -> list[Action]:
        reply = self._wanted(message, now_s)
        if reply is None:
            return []
        # Blanks at its ends belong to it.
        words = reply.words(printable(message.data("delta")[:MOST_CHARS]))
        return [*self._understood(), words] if words is not None else []

    def _on_call(self, message: Message, now_s: float) -> list[Action]:
        reply = self._wanted(message, now_s)
        name, call_id = message.text("name"), message.text("call_id")
        if reply is None or not name or not self._called.add(call_id):
            # Of a reply that was cut off, or the same once more.
            return []
        given = message.data("arguments")
        told = ToolCalled(name, given)
        reply.tools_running.add(call_id)
        arguments = arguments_of(given)
        if arguments is None:
            return [told, *self.tool_done(call_id, "The arguments are no JSON object.", now_s)]
        return [told, RunTool(name, arguments, call_id)]

    def _on_response_done(self, message: Message, now_s: float) -> list[Action]:
        reply = self._reply
        if reply is None or not self._is_of(reply, message.part("response").text("id")):
            return []
        reply.is_making = False
        return self._go_on(reply, now_s)

    def _on_error(self, message: Message, _now_s: float) -> list[Action]:
        if message.part("error").text("event_id").startswith(TIDYING):
            return []
        return [ServerError(message.complaint())]

    @property
    def _leaves_turns_to_service(self) -> bool:
        return self._config.turn_detection == "server_vad"

    def _understood(self) -> list[Action]:
        """Tell, before anything of a reply, that something was understood."""
        if self._is_heard:
            return []
        self._is_heard = True
        return [Heard("", False)]

    # -- replies -------------------------------------------------------------------------------

    def _go_on(self, reply: Reply, now_s: float) -> list[Action]:
        """Have the model answer to what tools said, once all have; or let the reply be over."""
        if reply.is_making or reply.tools_running:
            return []
        if reply.has_outputs:
            self._owe("reply", now_s + REPLY_S)
            return [session.bare("response.create")]
        self._reply, self.wake_at_s = None, None
        self._dropped.add(reply.response_id)
        return [ReplyTextComplete(reply.text), ReplyOver()]

    def _cut_off(self) -> list[Action]:
        """Let nothing more of the reply come, or be heard."""
        reply = self._reply or self._sounding
        if reply is None:
            return []
        self._reply = self._sounding = None
        self._cut = reply
        self._dropped.add(reply.response_id)
        self.wake_at_s = None
        cancelled = [self._tidy("response.cancel")] if reply.is_making else []
        return [*cancelled, Stopped()]

    def _wanted(self, message: Message, now_s: float) -> Reply | None:
        """Return the reply a message belongs to; None of one that is over."""
        reply = self._reply
        if reply is None or not self._is_of(reply, message.text("response_id")):
            return None
        self._owe("end", now_s + REPLY_S)
        return reply

    def _is_of(self, reply: Reply, response_id: str) -> bool:
        if response_id in self._dropped:
            return False
        return not response_id or not reply.response_id or response_id == reply.response_id

    def _tidy(self, kind: str, **fields: object) -> Say:
        self._tidied += 1
        return session.bare(kind, event_id=f"{TIDYING}{self._tidied}", **fields)

    def _owe(self, missing: Literal["verdict", "reply", "end"], due_s: float) -> None:
        self._missing, self.wake_at_s = missing, due_s
