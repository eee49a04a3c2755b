"""xAI's realtime model as its document describes it: each trait by name."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xtalk_edge.config.xai import XAIRealtimeConfig
from xtalk_edge.engines.xai.messages import Message
from xtalk_edge.errors import UplinkError
from xtalk_edge.uplink.xai import reply as xai_realtime_reply
from xtalk_edge.uplink.xai.protocol import (
    REPLY_S,
    VERDICT_S,
    Action,
    RunTool,
    XAIRealtimeProtocol,
)
from xtalk_edge.uplink.xai.session import Say
from xtalk_edge.uplink.xtalk.facts import (
    Heard,
    Hearing,
    Nonsense,
    Ready,
    ReplyOver,
    ReplySound,
    ReplyText,
    ReplyTextComplete,
    SpeechNoticed,
    Stopped,
    Unanswered,
)
from xtalk_edge.uplink.xtalk.messages import ServerError, ToolCalled

LAMP = {
    "type": "function",
    "function": {"name": "lamp", "description": "A lamp.", "parameters": {"type": "object"}},
}


class Room:
    """A conversation, and what came of it."""

    def __init__(self, tools: tuple[dict[str, Any], ...] = (), **settings: Any) -> None:
        self.protocol = XAIRealtimeProtocol(XAIRealtimeConfig(**settings), tools)
        # What was understood is told once, and looked at where it matters.
        self.protocol._is_heard = True
        self.now_s = 0.0

    def tell(self, kind: str, **fields: Any) -> list[Action]:
        return self.protocol.receive(Message(kind, fields), self.now_s)

    def begin(self, response_id: str = "r-1") -> None:
        """Begin a reply with some sound."""
        self.tell("response.created", response={"id": response_id})
        self.tell("response.output_item.added", item={"id": "i-1", "type": "message"})
        assert self.sound(response_id)

    def sound(self, response_id: str = "r-1", pcm: bytes = b"\1\0") -> list[Action]:
        delta = base64.b64encode(pcm).decode()
        return self.tell("response.output_audio.delta", delta=delta, response_id=response_id)

    def call(self, call_id: str = "c-1", arguments: str = '{"on": true}') -> list[Action]:
        return self.tell(
            "response.function_call_arguments.done",
            name="lamp", call_id=call_id, arguments=arguments, response_id="r-1",
        )  # fmt: skip

    def done(self, response_id: str = "r-1") -> list[Action]:
        return self.tell("response.done", response={"id": response_id})


def sent(actions: list[Action]) -> list[dict[str, Any]]:
    return [json.loads(each.message) for each in actions if isinstance(each, Say)]


def kinds(actions: list[Action]) -> list[str]:
    return [each["type"] for each in sent(actions)]


# -- the beginning -------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["conversation.created", "session.created"])
def test_the_model_is_told_about_itself_once(kind):
    room = Room((LAMP,), voice="Rex", instructions="Be brief.", turn_detection="server_vad")
    (update,) = sent(room.tell(kind))
    assert update == {
        "type": "session.update",
        "session": {
            "instructions": "Be brief.",
            "voice": "Rex",
            "audio": {
                "input": {"format": {"type": "audio/pcm", "rate": 16_000}},
                "output": {"format": {"type": "audio/pcm", "rate": 24_000}},
            },
            "turn_detection": {
                "type": "server_vad",
                "threshold": 0.5,
                "prefix_padding_ms": 300,
                "silence_duration_ms": 200,
            },
            "tools": [{"type": "function", **LAMP["function"]}],  # type: ignore[dict-item]
        },
    }
    assert room.tell(kind) == []


def test_what_the_service_itself_may_search_is_among_the_tools():
    room = Room(
        web_search=True, allowed_x_handles=("xai",), collection_id="notes", max_num_results=3
    )
    (update,) = sent(room.tell("conversation.created"))
    assert update["session"]["tools"] == [
        {"type": "web_search"},
        {"type": "x_search", "allowed_x_handles": ["xai"]},
        {"type": "file_search", "vector_store_ids": ["notes"], "max_num_results": 3},
    ]
    (update,) = sent(Room(x_search=True).tell("conversation.created"))
    assert update["session"]["tools"] == [{"type": "x_search"}]
    (update,) = sent(Room().tell("conversation.created"))
    assert update["session"]["tools"] is None


def test_it_is_ready_once_it_is_told_so():
    room = Room()
    assert room.tell("session.updated", session={"id": "s-1"}) == [Ready("s-1", False)]
    assert room.protocol.is_ready
    assert room.tell("session.updated") == []


# -- speech --------------------------------------------------------------------------------------


def test_only_speech_is_sent():
    room = Room()
    assert room.protocol.send_speech(b"\1\0") == []
    actions = room.protocol.begin_speech(b"\2\0") + room.protocol.send_speech(b"\3\0")
    assert sent(actions) == [
        {"type": "input_audio_buffer.append", "audio": base64.b64encode(each).decode()}
        for each in (b"\2\0", b"\3\0")
    ]
    assert [(each.kind, each.n_bytes) for each in actions if isinstance(each, Say)] == [
        ("audio", 2)
    ] * 2
    assert room.protocol.begin_speech(b"") == []


def test_the_end_of_speech_is_a_silence_the_service_can_hear():
    room = Room(silence_duration_ms=500, turn_detection="server_vad")
    room.protocol.begin_speech(b"")
    (silence,) = sent(room.protocol.end_speech(0.0))
    assert base64.b64decode(silence["audio"]) == bytes(2 * 16 * 600)
    assert room.protocol.end_speech(0.0) == []


def test_without_its_own_detection_the_service_is_told_that_the_turn_is_over():
    room = Room()
    (update,) = sent(room.tell("conversation.created"))
    assert update["session"]["turn_detection"] is None
    room.protocol.begin_speech(b"")
    ended = room.protocol.end_speech(0.0)
    assert kinds(ended) == ["input_audio_buffer.commit", "response.create"]


def test_what_the_service_hears_is_told():
    room = Room()
    room.protocol.begin_speech(b"")
    assert room.tell("input_audio_buffer.speech_started") == [SpeechNoticed(True)]
    assert room.tell("input_audio_buffer.speech_stopped") == [SpeechNoticed(False)]
    heard = "conversation.item.input_audio_transcription.completed"
    assert room.tell(heard, transcript="turn\x1b it on") == [Heard("turn it on", False)]
    assert room.tell(heard, transcript="") == []
    assert room.tell(heard, transcript="again") == [Hearing("again")]


def test_what_was_understood_is_told_before_the_reply_also_when_it_is_not_known():
    room = Room()
    room.protocol.begin_speech(b"")
    room.protocol.end_speech(0.0)
    room.tell("response.created", response={"id": "r-1"})
    heard, sound = room.sound()
    assert heard == Heard("", False)
    assert isinstance(sound, ReplySound)
    # What comes now comes too late.
    kind = "conversation.item.input_audio_transcription.completed"
    assert room.tell(kind, transcript="turn it on") == [Hearing("turn it on")]


# -- replies -------------------------------------------------------------------------------------


def test_a_reply_comes_as_words_and_sound():
    room = Room()
    room.tell("response.created", response={"id": "r-1"})
    words = "response.output_audio_transcript.delta"
    assert room.tell(words, delta="Hello ", response_id="r-1") == [ReplyText("Hello ", "Hello ")]
    assert room.tell(words, delta="there.") == [ReplyText("there.", "Hello there.")]
    assert room.sound(pcm=b"\1\0\2") == [ReplySound(b"\1\0", 24_000, 1, None, "r-1")]
    assert room.sound(pcm=b"\0") == [ReplySound(b"\2\0", 24_000, 1, None, "r-1")]
    assert room.done() == [ReplyTextComplete("Hello there."), ReplyOver()]
    assert room.done() == []


def test_sound_that_cannot_be_decoded_is_passed_over():
    room = Room()
    room.begin()
    delta = {"delta": "***", "response_id": "r-1"}
    assert room.tell("response.output_audio.delta", **delta) == [
        Nonsense("sound that cannot be decoded")
    ]
    assert room.sound()


def test_a_reply_without_end_is_refused(monkeypatch):
    monkeypatch.setattr(xai_realtime_reply, "MOST_BYTES", 1_000)
    room = Room()
    room.begin()
    with pytest.raises(UplinkError, match="without end"):
        for _ in range(30):
            room.sound(pcm=bytes(100))


def test_words_without_end_are_cut():
    room = Room()
    room.begin()
    for _ in range(10):
        room.tell("response.output_audio_transcript.delta", delta="x" * 9_000)
    assert room.done() == [ReplyTextComplete("x" * 18_000), ReplyOver()]


# -- interruption --------------------------------------------------------------------------------


def test_speech_over_a_reply_ends_it_and_late_sound_is_dropped():
    room = Room()
    room.begin()
    actions = room.tell("input_audio_buffer.speech_started")
    assert actions[0] == SpeechNoticed(True)
    assert kinds(actions) == ["response.cancel"]
    assert actions[-1] == Stopped()
    assert room.sound() == []
    assert room.tell("response.output_audio_transcript.delta", delta="x", response_id="r-1") == []
    assert room.done() == []
    # The next reply is another one.
    room.tell("response.created", response={"id": "r-2"})
    assert room.sound("r-1") == []
    assert room.sound("r-2")[-1] == ReplySound(b"\1\0", 24_000, 2, None, "r-2")


def test_a_reply_that_is_still_heard_ends_as_well():
    room = Room()
    room.begin()
    assert room.done()[-1] == ReplyOver()
    actions = room.tell("input_audio_buffer.speech_started")
    # It is made already: there is nothing to cancel.
    assert actions == [SpeechNoticed(True), Stopped()]


def test_a_reply_that_was_heard_to_its_end_cannot_be_stopped():
    room = Room()
    room.begin()
    room.done()
    room.protocol.playback_finished()
    assert room.tell("input_audio_buffer.speech_started") == [SpeechNoticed(True)]
    assert room.protocol.stop() == []


def test_what_was_heard_of_a_reply_is_told():
    room = Room()
    room.begin()
    room.protocol.stop()
    (truncate,) = sent(room.protocol.playback_stopped(1_234.4))
    assert truncate["type"] == "conversation.item.truncate"
    assert (truncate["item_id"], truncate["content_index"]) == ("i-1", 0)
    assert truncate["audio_end_ms"] == 1_234
    assert room.protocol.playback_stopped(1_234.4) == []


def begun_unwanted(room: Room, response_id: str) -> list[str]:
    return kinds(room.tell("response.created", response={"id": response_id}))


def test_a_reply_nobody_wants_any_more_is_ended_as_it_begins_and_runs_no_tool():
    room = Room()
    room.protocol.begin_speech(b"")
    room.protocol.end_speech(0.0)
    assert room.protocol.stop() == []
    assert room.protocol.tick(99.0) == []
    assert begun_unwanted(room, "r-1") == ["response.cancel"]
    assert room.call() == []
    assert room.sound() == []
    assert room.done() == []
    # The next one is wanted.
    assert begun_unwanted(room, "r-2") == []
    assert room.sound("r-2")


def test_who_goes_on_speaking_does_not_want_the_reply_to_what_came_before():
    room = Room()
    for _ in range(2):
        room.protocol.begin_speech(b"")
        room.protocol.end_speech(0.0)
    assert begun_unwanted(room, "r-1") == ["response.cancel"]
    assert begun_unwanted(room, "r-2") == []


def test_a_service_that_decides_about_turns_drops_such_replies_itself():
    room = Room(turn_detection="server_vad")
    for _ in range(2):
        room.protocol.begin_speech(b"")
        room.protocol.end_speech(0.0)
    assert begun_unwanted(room, "r-1") == []


def test_speech_that_begins_over_a_reply_ends_it():
    room = Room()
    room.begin()
    actions = room.protocol.begin_speech(b"\1\0")
    assert kinds(actions) == ["response.cancel", "input_audio_buffer.append"]
    assert Stopped() in actions
    assert room.sound() == []


def test_the_owners_stop_ends_a_reply():
    room = Room()
    room.begin()
    actions = room.protocol.stop()
    assert kinds(actions) == ["response.cancel"]
    assert actions[-1] == Stopped()
    assert room.sound() == []


def test_a_service_that_cannot_tidy_up_is_forgiven():
    room = Room()
    room.begin()
    for each in sent(room.protocol.stop() + room.protocol.playback_stopped(3.0)):
        error = {"message": "unknown event", "event_id": each["event_id"]}
        assert room.tell("error", error=error) == []


def test_an_error_is_told():
    error = {"message": "no\x1b more", "event_id": "e-1"}
    assert Room().tell("error", error=error) == [ServerError("no more")]
    assert Room().tell("error", message="down") == [ServerError("down")]


# -- tools ---------------------------------------------------------------------------------------


def test_a_tool_is_run_and_its_answer_answered():
    room = Room()
    room.begin()
    told, run = room.call()
    assert told == ToolCalled("lamp", '{"on": true}')
    assert run == RunTool("lamp", {"on": True}, "c-1")
    assert room.done() == []
    output, create = sent(room.protocol.tool_done("c-1", "It's on.", 0.0))
    assert output == {
        "type": "conversation.item.create",
        "item": {"type": "function_call_output", "call_id": "c-1", "output": '"It\'s on."'},
    }
    assert create == {"type": "response.create"}
    # The answer to it is the same reply.
    room.tell("response.created", response={"id": "r-2"})
    assert room.sound("r-2") == [ReplySound(b"\1\0", 24_000, 1, None, "r-2")]
    assert room.done("r-2")[-1] == ReplyOver()


def test_a_tool_that_is_done_before_the_response_is():
    room = Room()
    room.begin()
    room.call()
    assert kinds(room.protocol.tool_done("c-1", "On.", 0.0)) == ["conversation.item.create"]
    assert kinds(room.done()) == ["response.create"]


def test_the_model_answers_once_all_tools_have():
    room = Room()
    room.begin()
    room.call("c-1")
    room.call("c-2")
    room.done()
    assert kinds(room.protocol.tool_done("c-2", "On.", 0.0)) == ["conversation.item.create"]
    assert kinds(room.protocol.tool_done("c-1", "On.", 0.0)) == [
        "conversation.item.create",
        "response.create",
    ]


def test_a_call_that_comes_twice_is_run_once():
    room = Room()
    room.begin()
    assert len(room.call()) == 2
    assert room.call() == []


def test_a_call_of_a_reply_that_was_cut_off_is_not_run():
    room = Room()
    room.begin()
    room.protocol.stop()
    assert room.call() == []


def test_a_tool_that_was_running_when_its_reply_was_cut_off_answers_to_nobody():
    room = Room()
    room.begin()
    room.call()
    room.protocol.stop()
    assert kinds(room.protocol.tool_done("c-1", "On.", 0.0)) == ["conversation.item.create"]


@pytest.mark.parametrize("arguments", ["", "{", "[]", "3", "[" * 50_000])
def test_arguments_that_are_none_are_answered(arguments):
    room = Room()
    room.begin()
    told, output = room.call(arguments=arguments)
    assert isinstance(told, ToolCalled)
    (item,) = sent([output])
    assert "no JSON object" in item["item"]["output"]


def test_a_call_without_a_name_or_number_is_left_alone():
    room = Room()
    room.begin()
    kind = "response.function_call_arguments.done"
    assert room.tell(kind, name="lamp", arguments="{}") == []
    assert room.tell(kind, call_id="c-1", arguments="{}") == []


# -- what does not come --------------------------------------------------------------------------


def test_a_service_that_owes_an_answer_is_told():
    room = Room()
    room.protocol.begin_speech(b"")
    assert room.protocol.wake_at_s is None
    room.protocol.end_speech(10.0)
    assert room.protocol.wake_at_s == 10.0 + VERDICT_S
    assert room.protocol.tick(10.0 + VERDICT_S - 0.1) == []
    assert room.protocol.tick(10.0 + VERDICT_S) == [Unanswered("verdict")]
    assert room.protocol.tick(99.0) == []


def test_a_reply_that_does_not_begin_or_go_on_is_told():
    room = Room()
    room.tell("response.created", response={"id": "r-1"})
    assert room.protocol.tick(REPLY_S) == [Unanswered("reply")]
    room.sound()
    assert room.protocol.tick(REPLY_S) == [Unanswered("end")]
    room.sound()
    room.done()
    assert room.protocol.tick(REPLY_S) == []


# -- whatever comes ------------------------------------------------------------------------------

KINDS = st.sampled_from(
    [*XAIRealtimeProtocol(XAIRealtimeConfig())._takers, "response.text.delta", "x"]
)
IDS = st.sampled_from(["", "r-1", "r-2", "c-1"])
VALUES = st.one_of(IDS, st.none(), st.integers(), st.text(max_size=9))
PART = st.dictionaries(st.sampled_from(["id", "type", "event_id", "message"]), VALUES)
FIELDS = st.fixed_dictionaries(
    {},
    optional={
        "response_id": IDS, "call_id": IDS, "name": IDS, "delta": VALUES, "transcript": VALUES,
        "arguments": st.sampled_from(["{}", "{", ""]), "response": PART, "item": PART,
        "error": PART | VALUES,
    },
)  # fmt: skip
DEEDS = st.sampled_from(["begin", "send", "end", "stop", "finished", "stopped", "tick"])


@given(st.lists(st.tuples(KINDS, FIELDS) | DEEDS, max_size=30))
def test_whatever_comes_every_tool_is_run_once_and_every_reply_ends_once(steps):
    room = Room()
    protocol = room.protocol
    deeds = {
        "begin": lambda: protocol.begin_speech(b"\0\0"),
        "send": lambda: protocol.send_speech(b"\0\0"),
        "end": lambda: protocol.end_speech(room.now_s),
        "stop": protocol.stop,
        "finished": protocol.playback_finished,
        "stopped": lambda: protocol.playback_stopped(5.0),
        "tick": lambda: protocol.tick(room.now_s),
    }
    run, over, begun = list[str](), 0, set[int]()
    for step in steps:
        room.now_s += 1.0
        actions = deeds[step]() if isinstance(step, str) else room.tell(step[0], **step[1])
        for action in actions:
            if isinstance(action, Say):
                assert json.loads(action.message)["type"]
            elif isinstance(action, RunTool):
                run.append(action.call_id)
                protocol.tool_done(action.call_id, "done", room.now_s)
            elif isinstance(action, ReplySound):
                begun.add(action.reply)
                assert len(action.pcm) % 2 == 0
            elif isinstance(action, ReplyOver | Stopped):
                over += 1
    assert len(run) == len(set(run))
    assert over >= len(begun) - 1
