"""Sessions with servers of every generation: how they begin, live, hear, and what they owe."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.xtalk_session import EPOCH_S, Session, begun, sound
from xtalk_edge.errors import UplinkError
from xtalk_edge.uplink.xtalk.facts import (
    Able,
    Heard,
    Hearing,
    Measured,
    Nonsense,
    Queued,
    Ready,
    Recognised,
    Rejected,
    ReplyOver,
    ReplySound,
    ReplyText,
    Resumed,
    SpeechNoticed,
    Stopped,
    Unanswered,
)
from xtalk_edge.uplink.xtalk.generation import EARLY, LATE, Generation, narrowed
from xtalk_edge.uplink.xtalk.messages import Noted, ServerError, ToolCalled
from xtalk_edge.uplink.xtalk.protocol import MOST_NONSENSE
from xtalk_edge.uplink.xtalk.requests import MOST_TEXT_BYTES

G1, G1_5, G2, G3 = Generation

# -- hello -----------------------------------------------------------------------------------


def test_an_early_server_greets_unasked() -> None:
    session = Session()
    told = session.say("session_info", {"session_id": "abc"})
    assert told == [Recognised(EARLY), Ready("abc", resumed=False)]
    assert session.order == ["edge_capabilities", "ping"]
    assert session.protocol.is_ready
    assert session.protocol.session_id == "abc"


def test_nothing_is_sent_before_the_server_has_greeted() -> None:
    session = Session(may_attach=True)
    session.wait(0.29)
    assert session.order == []


def test_a_late_server_is_greeted_and_attaches() -> None:
    session = Session(may_attach=True)
    session.wait(0.3)
    assert session.take_sent("attach_session") == [{"action": "attach_session", "session_id": None}]
    told = session.say("session_attached", {"session_id": "abc"})
    assert told == [Recognised(LATE), Ready("abc", resumed=False)]


@pytest.mark.parametrize(("given_id", "resumed"), [("old", True), ("new", False)])
def test_a_session_is_gone_on_with(given_id: str, resumed: bool) -> None:
    session = Session(may_attach=True, session_id="old")
    session.wait(0.3)
    assert session.take_sent("attach_session")[0]["session_id"] == "old"
    told = session.say("session_attached", {"session_id": given_id})
    assert told[-1] == Ready(given_id, resumed)


def test_without_a_token_and_without_a_greeting_it_is_a_late_server_that_says_none() -> None:
    session = Session()
    assert session.wait(0.3) == [Recognised(LATE), Ready("", resumed=False)]


def test_a_greeting_that_is_not_answered_was_not_wanted() -> None:
    session = Session(may_attach=True)
    session.wait(0.3)
    assert session.wait(4.9) == []
    assert session.wait(0.2) == [Recognised(LATE), Ready("", resumed=False)]


def test_an_early_server_that_is_slow_is_known_in_the_end() -> None:
    session = Session()
    session.wait(1.0)
    assert session.say("session_info", {"session_id": "s"}) == [Recognised(EARLY)]
    assert session.protocol.session_id == "s"


def test_a_server_lets_the_device_wait_for_a_place() -> None:
    session = Session(may_attach=True)
    told = session.say("queue_status", position=2, limit=1, active=1)
    assert told == [Queued(2, 1)]
    assert session.wait(60.0) == []
    assert not session.protocol.is_ready
    assert session.say("queue_granted") == []
    session.wait(0.3)
    assert session.order == ["attach_session"]


def test_queue_messages_in_a_session_mean_nothing() -> None:
    session = begun()
    assert session.say("queue_status", position=2, limit=1, active=1) == []
    assert session.say("queue_granted") == []


def test_what_the_plugin_can_do_is_told_once() -> None:
    session = begun()
    assert not session.protocol.can_answer_text
    data = {"submit_text": True, "speak": True, "version": 1}
    assert session.say("edge_capabilities", data) == [Able(submit_text=True, speak=True)]
    assert session.say("edge_capabilities", data) == []
    assert session.protocol.can_answer_text
    assert session.protocol.can_speak_text


@pytest.mark.parametrize(
    ("action", "data", "generations"),
    [
        ("tts_chunk_meta", {"chunk_index": 1}, {G1}),
        ("start_tts", {"response_id": "r"}, {G3}),
        ("update_resp", {"text": "x", "response_id": "r"}, {G3}),
        ("stop_tts", {"response_id": "r"}, {G3}),
        ("tts_finished", {"response_id": "r"}, {G3}),
        ("finish_asr", {"text": "x", "origin": "text"}, {G3}),
        ("vad_speech_start", {"origin": "server"}, {G2, G3}),
        ("start_tts", "", {G1, G1_5, G2}),
    ],
)
def test_each_thing_a_server_does_narrows_down_what_it_is(
    action: str, data: object, generations: set[Generation]
) -> None:
    session = Session()
    session.say(action, data)
    assert session.protocol.generations == generations


def test_sound_without_a_number_is_not_of_the_first_generation() -> None:
    session = begun("G1")
    session.raw(sound(10))
    assert session.protocol.generations == {G1_5}


def test_what_was_seen_last_counts_where_things_contradict() -> None:
    assert narrowed(frozenset({G1}), frozenset({G3})) == {G3}


# -- life ------------------------------------------------------------------------------------


def test_a_ping_goes_out_every_fifteen_seconds_and_the_clocks_are_compared() -> None:
    session = begun()
    session.wait(15.0)
    (ping,) = session.take_sent("ping")
    session.now_s += 0.2
    server_ms = ping["timestamp"] + 100 + 5_000
    told = session.say("pong", client_timestamp=ping["timestamp"], server_recv_timestamp=server_ms)
    (measured,) = told
    assert isinstance(measured, Measured)
    assert measured.round_trip_s == pytest.approx(0.2)
    assert measured.clock_offset_s == pytest.approx(5.0, abs=0.001)
    (sync,) = session.take_sent("clock_sync")
    assert sync["client_recv_ts"] - sync["client_send_ts"] == pytest.approx(0.2)
    assert sync["server_recv_ts"] == pytest.approx(server_ms / 1000)
    session.wait(15.0)
    assert len(session.take_sent("ping")) == 1


def test_a_pong_that_nobody_waits_for_means_nothing() -> None:
    session = begun()
    session.wait(15.0)
    (ping,) = session.take_sent("ping")
    flat = {"client_timestamp": ping["timestamp"], "server_recv_timestamp": 1}
    assert session.say("pong", client_timestamp=5, server_recv_timestamp=1) == []
    assert len(session.say("pong", **flat)) == 1
    assert session.say("pong", **flat) == []


def test_a_server_that_falls_silent_is_given_up() -> None:
    session = Session()
    session.say("session_info", {"session_id": "s"})
    (ping,) = session.take_sent("ping")
    session.say("pong", client_timestamp=ping["timestamp"], server_recv_timestamp=1)
    with pytest.raises(UplinkError, match="does not answer any more"):
        session.wait(60.0)
    assert session.now_s == pytest.approx(100.0 + 15.0 * 3 + 10.0)


def test_a_server_that_says_anything_is_alive() -> None:
    session = Session()
    session.say("session_info", {"session_id": "s"})
    (ping,) = session.take_sent("ping")
    session.say("pong", client_timestamp=ping["timestamp"], server_recv_timestamp=1)
    for _ in range(10):
        session.wait(12.0)
        session.say("caption_updated", {"text": "rain"})


def test_a_server_that_knows_no_pings_is_not_given_up() -> None:
    session = begun()
    session.wait(300.0)
    assert len(session.take_sent("ping")) == 20


@given(st.lists(st.sampled_from(["text", "binary", "nonsense"]), max_size=30))
def test_what_makes_no_sense_is_told_and_left_out(kinds: list[str]) -> None:
    session = begun()
    made: dict[str, str | bytes] = {
        "text": '{"action": "caption_updated"}',
        "binary": sound(1),
        "nonsense": "<html>",
    }
    for kind in kinds:
        session.raw(made[kind])
    assert len(session.told(Nonsense)) == kinds.count("nonsense")


def test_who_sends_nothing_but_nonsense_is_no_xtalk_server() -> None:
    session = Session()
    for _ in range(MOST_NONSENSE):
        session.raw("<html>")
    with pytest.raises(UplinkError, match="no X-Talk server"):
        session.raw("<html>")


def test_a_message_in_binary_is_no_sound() -> None:
    session = begun()
    (told,) = session.raw(b'{"action": "pause_tts"}')
    assert told == Nonsense("the server sent a binary message where text is due")


def test_what_a_server_does_beside_is_told_as_it_is() -> None:
    session = begun()
    assert session.say("voice_changed", {"name": "anna"}) == [Noted("voice_changed", "anna")]
    assert session.say("error", "LLM failed") == [ServerError("LLM failed")]
    assert session.say("conversation_started") == []
    assert session.say("something_new", {"a": 1}) == []


# -- speech up -------------------------------------------------------------------------------


def test_speech_goes_up_in_frames_behind_its_beginning() -> None:
    session = begun()
    session.do(lambda at_s: session.protocol.begin_speech(b"\1\0" * 700, at_s))
    assert session.order == ["vad_speech_start"]
    (start,) = session.take_sent("vad_speech_start")
    assert start["timestamp"] == round(1000 * (EPOCH_S + session.now_s))
    session.wait(0.039)
    assert session.frames == []
    session.wait(0.002)
    assert [len(frame) for frame in session.frames] == [1024]
    session.do(lambda at_s: session.protocol.send_speech(b"\1\0" * 400, at_s))
    assert b"".join(session.frames) == b"\1\0" * 1024


def test_a_short_word_is_long_enough_for_early_servers() -> None:
    session = begun("G1")
    session.do(lambda at_s: session.protocol.begin_speech(b"\1\0" * 512, at_s))
    session.wait(0.1)
    session.do(session.protocol.end_speech)
    assert session.order[-1] == "binary"
    assert sum(map(len, session.frames)) == 32_768
    assert b"".join(session.frames).endswith(b"\1\0" + bytes(32_768 - 1024))
    session.wait(0.05)
    assert session.order[-1] == "vad_speech_end"


def test_the_end_of_speech_that_came_as_it_was_said_is_told_at_once() -> None:
    session = begun("G1")
    session.do(lambda at_s: session.protocol.begin_speech(bytes(32_000), at_s))
    session.wait(0.1)
    session.do(lambda at_s: session.protocol.send_speech(bytes(1_024), at_s))
    session.do(session.protocol.end_speech)
    assert session.order[-1] == "vad_speech_end"


def test_late_servers_get_what_was_said_and_no_more() -> None:
    session = begun("G2")
    session.do(lambda at_s: session.protocol.begin_speech(b"\1\0" * 600, at_s))
    session.do(session.protocol.end_speech)
    session.wait(0.1)
    assert session.order == ["vad_speech_start", "binary", "binary", "vad_speech_end"]


def test_nothing_is_sent_while_nobody_speaks() -> None:
    session = begun()
    session.do(lambda at_s: session.protocol.send_speech(bytes(4096), at_s))
    session.do(session.protocol.end_speech)
    session.wait(1.0)
    assert session.order == []


def test_an_end_comes_once_and_nothing_after_it() -> None:
    session = begun("G2")
    session.do(lambda at_s: session.protocol.begin_speech(b"", at_s))
    session.do(session.protocol.end_speech)
    session.do(session.protocol.end_speech)
    session.do(lambda at_s: session.protocol.send_speech(bytes(4096), at_s))
    session.wait(1.0)
    assert session.order == ["vad_speech_start", "vad_speech_end"]


def test_who_speaks_again_at_once_sends_the_rest_in_a_hurry() -> None:
    session = begun("G2")
    session.do(lambda at_s: session.protocol.begin_speech(bytes(100), at_s))
    session.do(lambda at_s: session.protocol.begin_speech(b"", at_s))
    assert session.order == ["vad_speech_start", "binary", "vad_speech_end", "vad_speech_start"]


def test_who_speaks_again_while_the_end_is_on_its_way_sends_it_first() -> None:
    session = begun("G2")
    say_something(session)
    session.do(lambda at_s: session.protocol.begin_speech(b"", at_s))
    assert session.order == ["vad_speech_start", "vad_speech_end", "vad_speech_start"]


def test_of_what_was_said_before_the_newest_is_kept() -> None:
    session = begun("G2")
    session.do(lambda at_s: session.protocol.begin_speech(bytes(400_000) + b"\1\0", at_s))
    session.do(session.protocol.end_speech)
    session.wait(0.1)
    assert sum(map(len, session.frames)) == 160_768
    assert b"\1\0" in session.frames[-1]


@given(st.lists(st.binary(max_size=3000), max_size=8))
def test_speech_arrives_whole_however_it_was_cut(pieces: list[bytes]) -> None:
    session = begun("G2")
    session.do(lambda at_s: session.protocol.begin_speech(b"", at_s))
    for piece in pieces:
        session.do(lambda at_s, pcm=piece: session.protocol.send_speech(pcm, at_s))  # type: ignore[misc]
        session.wait(0.005)
    session.do(session.protocol.end_speech)
    session.wait(0.1)
    said = b"".join(pieces)
    assert all(len(frame) == 1024 for frame in session.frames)
    assert b"".join(session.frames).startswith(said)
    assert len(session.frames) == -(-len(said) // 1024)


# -- what the server makes of it ---------------------------------------------------------------


def say_something(session: Session) -> None:
    session.do(lambda at_s: session.protocol.begin_speech(b"", at_s))
    session.do(session.protocol.end_speech)


def test_a_turn_is_heard() -> None:
    session = begun()
    say_something(session)
    assert session.say("update_asr", {"text": "what", "turn_id": 1}) == [Hearing("what")]
    told = session.say("finish_asr", {"text": "what time", "turn_id": 1})
    assert told == [Heard("what time", is_receipt=False)]


def test_a_turn_that_gets_no_verdict_is_given_up() -> None:
    session = begun()
    say_something(session)
    session.say("update_asr", {"text": "only this comes"})
    assert session.wait(2.9) == []
    assert session.wait(0.1) == [Unanswered("verdict")]


def test_a_turn_that_is_heard_but_gets_no_reply_is_given_up() -> None:
    session = begun()
    say_something(session)
    session.say("finish_asr", {"text": "what time", "turn_id": 1})
    session.wait(10.0)
    assert session.say("tool_called", {"name": "t", "args": {}}) == [ToolCalled("t", "{}")]
    assert session.wait(14.9) == []
    assert session.wait(0.1) == [Unanswered("reply")]


def test_a_rejected_turn_is_told() -> None:
    session = begun()
    say_something(session)
    assert session.say("invalid_asr_result") == [Rejected()]
    assert session.wait(30.0) == []


def test_a_server_that_hears_by_itself_says_so() -> None:
    session = begun("G2")
    assert SpeechNoticed(is_start=True) in session.say("vad_speech_start", {"origin": "server"})
    assert session.say("vad_speech_end", {"origin": "server"}) == [SpeechNoticed(is_start=False)]


def test_a_reply_to_a_turn_that_was_never_told_as_heard_counts() -> None:
    session = begun()
    say_something(session)
    session.say("update_resp", {"text": "It is ten.", "turn_id": 1})
    session.say("finish_resp", {"text": "It is ten.", "turn_id": 1})
    assert session.wait(30.0) == [ReplyOver()]


# Counts of recogniser and agent differ after the first turn that was rejected.


def test_the_two_counts_of_turns_may_diverge() -> None:
    session = begun()
    session.say("finish_asr", {"text": "a", "turn_id": 5})
    assert session.say("update_resp", {"text": "A", "turn_id": 1}) == [ReplyText("A", "A")]
    session.say("finish_resp", {"text": "A", "turn_id": 1})
    session.say("finish_asr", {"text": "b", "turn_id": 9})
    assert session.say("update_resp", {"text": "B", "turn_id": 2}) == [ReplyText("B", "B")]


def test_a_turn_that_is_told_twice_or_late_is_heard_once() -> None:
    session = begun()
    session.say("finish_asr", {"text": "a", "turn_id": 2})
    assert session.say("finish_asr", {"text": "a", "turn_id": 2}) == []
    assert session.say("finish_asr", {"text": "b", "turn_id": 1}) == []
    assert session.say("finish_asr", {"text": "a", "turn_id": 3}) == [Heard("a", False)]


def test_without_counts_the_same_words_count_again_only_if_something_was_asked() -> None:
    session = begun("G2")
    session.say("finish_asr", {"text": "yes"})
    assert session.say("finish_asr", {"text": "yes"}) == []
    say_something(session)
    assert session.say("finish_asr", {"text": "yes"}) == [Heard("yes", False)]
    session.say("vad_speech_start", {"origin": "server"})
    assert session.say("finish_asr", {"text": "yes"}) == [Heard("yes", False)]
    assert session.say("finish_asr", {"text": "no"}) == [Heard("no", False)]


# -- speech over a reply -----------------------------------------------------------------------


def replying(generation: str = "G1") -> Session:
    session = begun(generation, plays=True)  # type: ignore[arg-type]
    session.say("finish_asr", {"text": "a", "turn_id": 1})
    session.say("start_tts")
    session.say("update_resp", {"text": "A.", "turn_id": 1})
    session.raw(sound(500))
    return session


def test_a_reply_goes_on_if_nobody_says_what_was_said_over_it() -> None:
    session = replying()
    say_something(session)
    session.raw(sound(500))
    session.say("update_asr", {"text": "mhm"})
    assert session.wait(1.4) == []
    assert session.wait(0.1) == [Resumed(by_server=False)]


def test_a_reply_goes_on_when_the_server_says_so() -> None:
    session = replying()
    say_something(session)
    assert session.say("resume_tts") == [Resumed(by_server=True)]
    assert session.wait(2.0) == []


def test_a_reply_goes_on_over_which_nothing_was_said() -> None:
    session = replying()
    say_something(session)
    assert session.say("invalid_asr_result") == [Rejected(), Resumed(by_server=True)]


def test_a_reply_over_which_something_was_said_is_stopped() -> None:
    session = replying()
    say_something(session)
    session.wait(1.0)
    assert session.say("stop_tts") == [Stopped()]
    assert session.wait(2.9) == []
    assert session.wait(0.1) == [Unanswered("verdict")]


def test_a_late_server_stops_when_speech_begins_and_still_owes_a_verdict() -> None:
    session = replying("G2")
    session.do(lambda at_s: session.protocol.begin_speech(b"", at_s))
    assert session.say("stop_tts") == [Stopped()]
    session.do(session.protocol.end_speech)
    assert session.wait(3.0) == [Unanswered("verdict")]


# -- texts up ----------------------------------------------------------------------------------


def test_a_text_is_answered() -> None:
    session = begun("G3")
    session.do(lambda at_s: session.protocol.submit_text(" what  time\ud800 ", at_s))
    assert session.take_sent("submit_text") == [{"action": "submit_text", "text": "what  time?"}]
    told = session.say("finish_asr", {"text": "what time?", "origin": "text"})
    assert told == [Recognised(frozenset({G3})), Heard("what time?", is_receipt=True)]
    assert session.wait(14.9) == []
    assert session.wait(0.1) == [Unanswered("reply")]


def test_a_text_that_does_not_come_back_was_not_taken() -> None:
    session = begun("G2")
    assert session.protocol.can_answer_text
    session.do(lambda at_s: session.protocol.submit_text("what time", at_s))
    assert session.say("finish_asr", {"text": "somebody else's"}) == []
    assert session.wait(1.5) == [Unanswered("receipt")]
    assert not session.protocol.can_answer_text


def test_a_plugin_that_failed_to_take_a_text_may_be_asked_again() -> None:
    session = begun("G1", plugin=True)
    session.do(lambda at_s: session.protocol.submit_text("what time", at_s))
    assert session.wait(1.5) == [Unanswered("receipt")]
    assert session.protocol.can_answer_text


def test_what_came_before_the_receipt_is_no_answer() -> None:
    session = begun("G1", plugin=True)
    session.say("update_resp", {"text": "Old", "turn_id": 1})
    session.do(lambda at_s: session.protocol.submit_text("new", at_s))
    assert session.say("update_resp", {"text": "Old news", "turn_id": 1}) == []
    assert session.say("finish_resp", {"text": "Old", "turn_id": 1}) == []
    assert session.raw(sound(10)) == [Recognised(frozenset({G1_5}))]
    session.say("stop_tts")
    assert session.say("finish_asr", {"text": "new", "turn_id": 1}) == [Heard("new", True)]
    assert session.say("update_resp", {"text": "Old news too", "turn_id": 1}) == []
    assert session.say("update_resp", {"text": "New", "turn_id": 2}) == [ReplyText("New", "New")]


@pytest.mark.parametrize("text", ["", "  ", "a" * (MOST_TEXT_BYTES + 1), "é" * MOST_TEXT_BYTES])
def test_a_text_has_words_and_not_too_many(text: str) -> None:
    session = begun("G3")
    with pytest.raises(UplinkError):
        session.do(lambda at_s: session.protocol.submit_text(text, at_s))
    assert session.order == []


def test_a_text_is_spoken() -> None:
    session = begun("G1", plugin=True)
    session.do(lambda at_s: session.protocol.speak("Hello.", at_s))
    assert session.take_sent("speak") == [
        {"action": "speak", "text": "Hello.", "append": False, "flush": True}
    ]
    session.say("stop_tts")
    session.say("start_tts")
    session.say("tts_chunk_meta", {"chunk_index": 1})
    (piece,) = session.raw(sound(100))
    assert isinstance(piece, ReplySound)
    session.say("update_resp", {"text": "of the agent, who still thinks", "turn_id": 1})
    session.say("tts_finished", {})
    assert session.wait(0.3) == []
    assert session.wait(0.2) == [ReplyOver()]
    assert session.take_sent("tts_playback_finished") != []
    assert session.told(ReplyText) == []


def test_a_text_whose_sound_begins_without_a_word_is_spoken_too() -> None:
    session = begun("G1", plugin=True)
    session.do(lambda at_s: session.protocol.speak("Hello.", at_s))
    session.say("stop_tts")
    session.raw(sound(2_000))
    assert session.wait(1.9) == []
    assert session.wait(0.2) == [ReplyOver()]


def test_a_long_text_is_spoken_in_pieces() -> None:
    session = begun("G1", plugin=True)
    text = "abc " * 3_000
    session.do(lambda at_s: session.protocol.speak(text, at_s))
    spoken = session.take_sent("speak")
    assert "".join(each["text"] for each in spoken) == text.strip()
    assert [each["append"] for each in spoken] == [False, *[True] * (len(spoken) - 1)]
    assert [each["flush"] for each in spoken] == [*[False] * (len(spoken) - 1), True]
    assert all(each["text"].startswith("abc") for each in spoken)


def test_a_long_text_without_spaces_is_cut_anywhere() -> None:
    session = begun("G1", plugin=True)
    session.do(lambda at_s: session.protocol.speak("語" * 5_000, at_s))
    assert all(len(each["text"].encode()) <= MOST_TEXT_BYTES for each in session.sent)


@pytest.mark.parametrize("sign", ["stop_tts", "start_tts"])
def test_a_text_that_is_taken_but_not_spoken_is_given_up(sign: str) -> None:
    session = begun("G1", plugin=True)
    session.do(lambda at_s: session.protocol.speak("Hello.", at_s))
    session.say(sign)
    assert session.wait(14.9) == []
    assert session.wait(0.1) == [Unanswered("sound")]
    assert session.wait(60.0) == []


def test_a_text_that_nobody_takes_is_given_up() -> None:
    session = begun("G1", plugin=True)
    session.do(lambda at_s: session.protocol.speak("Hello.", at_s))
    assert session.wait(1.5) == [Unanswered("receipt")]


# -- stopping ----------------------------------------------------------------------------------


def test_the_plugin_is_told_to_stop() -> None:
    session = begun("G1", plugin=True)
    session.say("update_resp", {"text": "A", "turn_id": 1})
    session.do(session.protocol.stop)
    assert session.order == ["stop"]
    assert session.say("update_resp", {"text": "A b", "turn_id": 1}) == []
    assert session.say("stop_tts") == [Stopped()]


def test_an_early_server_stops_at_the_word_that_all_was_heard() -> None:
    session = begun("G1", plays=True)
    session.say("update_resp", {"text": "A", "turn_id": 1})
    session.do(session.protocol.stop)
    assert session.order == ["tts_playback_finished"]
    session.do(session.protocol.stop)
    assert session.order == ["tts_playback_finished"]


def test_a_late_server_stops_when_somebody_speaks() -> None:
    session = begun("G3")
    session.do(session.protocol.stop)
    assert session.wait(10.0) == []
    assert [each["action"] for each in session.sent] == ["vad_speech_start", "vad_speech_end"]
