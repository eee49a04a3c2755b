"""Every message of every generation is read into types; what is wrong with one is said."""

from __future__ import annotations

import json
from typing import Any

import pytest

from xtalk_edge.errors import UplinkError
from xtalk_edge.uplink.xtalk import messages as m
from xtalk_edge.uplink.xtalk import reading as xtalk_reading
from xtalk_edge.uplink.xtalk.reading import read_message


def read(action: str, data: Any = "", **flat: Any) -> m.Message:
    return read_message(json.dumps({"action": action, "data": data} | flat))


@pytest.mark.parametrize(
    ("action", "data", "message"),
    [
        ("session_info", {"session_id": "abc"}, m.SessionInfo("abc")),
        ("session_attached", {"session_id": "abc"}, m.SessionAttached("abc")),
        ("session_attached", {"session_id": 7}, m.SessionAttached("7")),
        ("update_asr", {"text": "hel", "confidence": 0.0, "turn_id": 1}, m.UpdateAsr("hel")),
        ("finish_asr", {"text": "hello", "turn_id": 2}, m.FinishAsr("hello", 2, "")),
        (
            "finish_asr",
            {"text": "hello", "origin": "text"},
            m.FinishAsr("hello", None, "text"),
        ),
        ("invalid_asr_result", "", m.InvalidAsrResult()),
        ("update_resp", {"text": "It", "turn_id": 1}, m.RespText("It", 1, "", False)),
        (
            "finish_resp",
            {"text": "It is", "response_id": "r1"},
            m.RespText("It is", None, "r1", True),
        ),
        ("update_resp", {}, m.RespText("", None, "", False)),
        ("start_tts", "", m.StartTts("", True)),
        ("start_tts", {"response_id": "r1"}, m.StartTts("r1", False)),
        ("start_tts", {"response_id": None}, m.StartTts("", False)),
        ("tts_finished", {}, m.TtsFinished("")),
        ("tts_finished", {"response_id": 3}, m.TtsFinished("3")),
        ("stop_tts", "", m.StopTts("")),
        ("pause_tts", "", m.PauseTts()),
        ("resume_tts", "", m.ResumeTts()),
        ("tts_chunk_meta", {"chunk_index": 4}, m.TtsChunkMeta(4)),
        ("vad_speech_start", {"origin": "server"}, m.ServerVad(True)),
        ("vad_speech_end", {"origin": "server"}, m.ServerVad(False)),
        (
            "edge_capabilities",
            {"submit_text": True, "speak": False, "version": 1},
            m.Capabilities(True, False),
        ),
        ("edge_capabilities", {"submit_text": "yes"}, m.Capabilities(False, False)),
        ("error", "LLM failed", m.ServerError("LLM failed")),
        ("error", {"message": "LLM failed"}, m.ServerError("LLM failed")),
        ("error", None, m.ServerError("")),
        ("error", "x" * 600, m.ServerError("x" * 500)),
        (
            "tool_called",
            {"name": "get_time", "args": {"a": 1}},
            m.ToolCalled("get_time", '{"a": 1}'),
        ),
        (
            "latency_metrics",
            {"asr_latency_ms": 31, "other": 1},
            m.LatencyMetrics({"asr_latency_ms": 31.0}),
        ),
        ("retrieval_updated", {"text": "found"}, m.Noted("retrieval_updated", "found")),
        ("caption_updated", {"text": "rain"}, m.Noted("caption_updated", "rain")),
        ("thought_updated", {"text": "hm"}, m.Noted("thought_updated", "hm")),
        ("refine_transcription", {"text": "x"}, m.Noted("refine_transcription", "x")),
        ("voice_changed", {"name": "anna"}, m.Noted("voice_changed", "anna")),
        ("emotion_changed", {"name": "sad", "vector": []}, m.Noted("emotion_changed", "sad")),
        ("speaker_updated", {"speaker_id": None}, m.Noted("speaker_updated", "")),
        ("speaker_updated", {"speaker_id": 2}, m.Noted("speaker_updated", "2")),
        ("conversation_started", "", m.Ignored("conversation_started")),
        ("session_config", {"recording_path": "/x"}, m.Ignored("session_config")),
        ("full_audio_frame", {"audio_base64": "AAAA"}, m.Ignored("full_audio_frame")),
        ("some\x1b[31mthing", "", m.Ignored("some [31mthing")),
    ],
)
def test_what_a_server_says(action: str, data: Any, message: m.Message) -> None:
    assert read(action, data) == message


def test_flat_messages() -> None:
    assert read("queue_status", None, position=1, limit=2, active=2) == m.QueueStatus(1, 2, 2)
    assert read("queue_status", None) == m.QueueStatus(0, 0, 0)
    assert read("queue_granted", None) == m.QueueGranted()
    assert read("pong", None, client_timestamp=1, server_recv_timestamp=2.0) == m.Pong(1.0, 2.0)


def test_an_early_form_names_messages_by_their_type() -> None:
    assert read_message('{"type": "pause_tts"}') == m.PauseTts()


def test_text_of_peers_cannot_command_a_terminal() -> None:
    assert read("update_asr", {"text": "a\x1b[2Jb\u202ec\ud800"}) == m.UpdateAsr("a [2Jb c ")


def test_an_error_of_the_voice_does_not_matter_to_who_wants_text() -> None:
    assert m.ServerError("TTS model is not configured").is_of_voice
    assert not m.ServerError("LLM is not configured").is_of_voice


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "no JSON"),
        ("{", "no JSON"),
        ("[" * 100_000, "no JSON"),
        ("9" * 10_000, "no JSON"),
        ("[1]", "no message"),
        ('"ping"', "no message"),
        ("null", "no message"),
        ("{}", "without a name"),
        ('{"action": 3}', "without a name"),
        (json.dumps({"action": "a" * 501}), "without a name"),
        (" " * (xtalk_reading.MOST_MESSAGE_CHARS + 1), "a text message of 4194305 characters"),
    ],
)
def test_what_is_no_message(text: str, why: str) -> None:
    with pytest.raises(UplinkError, match=why):
        read_message(text)


@pytest.mark.parametrize(
    ("action", "data", "field"),
    [
        ("session_info", {}, "session_id"),
        ("session_info", {"session_id": ["a"]}, "session_id"),
        ("session_info", {"session_id": "a" * 501}, "session_id"),
        ("update_asr", {"text": 3}, "text"),
        ("update_resp", {"text": "a" * 100_001}, "text"),
        ("update_resp", {"text": "", "turn_id": "1"}, "turn_id"),
        ("update_resp", {"text": "", "turn_id": True}, "turn_id"),
        ("update_resp", {"text": "", "turn_id": float("nan")}, "turn_id"),
        ("update_resp", {"text": "", "turn_id": float("inf")}, "turn_id"),
        ("update_resp", {"text": "", "turn_id": 10**400}, "turn_id"),
        ("start_tts", {"response_id": True}, "response_id"),
        ("tts_chunk_meta", {}, "chunk_index"),
        ("tool_called", {"name": "x", "args": "a" * 10_000}, "args"),
        ("latency_metrics", {"asr_latency_ms": None}, "asr_latency_ms"),
        ("error", {"message": 1}, "message"),
    ],
)
def test_a_wrong_field_is_named(action: str, data: Any, field: str) -> None:
    with pytest.raises(UplinkError, match=f"the server sent {action} with a wrong {field}"):
        read(action, data)
