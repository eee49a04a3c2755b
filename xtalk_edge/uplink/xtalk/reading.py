"""One message of an X-Talk server, read and checked. Pure.

Servers of all generations are understood alike: fields that only some send are optional, what is
unknown is no error, and what is of the wrong type or size is.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from xtalk_edge.errors import UplinkError
from xtalk_edge.net.printable import printable
from xtalk_edge.uplink.xtalk.messages import (
    Capabilities,
    FinishAsr,
    Ignored,
    InvalidAsrResult,
    LatencyMetrics,
    Message,
    Noted,
    PauseTts,
    Pong,
    QueueGranted,
    QueueStatus,
    RespText,
    ResumeTts,
    ServerError,
    ServerVad,
    SessionAttached,
    SessionInfo,
    StartTts,
    StopTts,
    ToolCalled,
    TtsChunkMeta,
    TtsFinished,
    UpdateAsr,
)

MOST_MESSAGE_CHARS = 4 * 2**20
"""A text message; the longest that servers send is a second of sound in letters, 0.3 MiB."""
MOST_TEXT_CHARS = 100_000
"""Of a reply, which is sent whole again with every word; two hours of speech."""
MOST_NAME_CHARS = 500
"""Of ids, names and errors: what is longer was not made for people or programs to compare."""
MOST_ARGUMENTS_CHARS = 10_000
MOST_METRICS = 20
"""There are six."""
MOST_NUMBER = 2.0**53
"""Up to here every whole number is exact; epoch milliseconds are far below."""


def read_message(text: str) -> Message:
    """Return what a text message says.

    Raises:
        UplinkError: it is none, or a field in it is of the wrong type or too large.
    """
    if len(text) > MOST_MESSAGE_CHARS:
        raise UplinkError(f"the server sent a text message of {len(text)} characters")
    try:
        whole = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UplinkError("the server sent text that is no JSON") from error
    if not isinstance(whole, dict):
        raise UplinkError("the server sent JSON that is no message")
    action = whole.get("action", whole.get("type"))
    if not isinstance(action, str) or len(action) > MOST_NAME_CHARS:
        raise UplinkError("the server sent a message without a name")
    data = whole.get("data")
    read = _READERS.get(action)
    if read is None:
        return Ignored(printable(action))
    try:
        if action == "error" and isinstance(data, str):
            # The only message whose data is text.
            data = {"message": data}
        # Some messages are flat, and some servers say nothing as "".
        return read(data if isinstance(data, dict) else whole)
    except _WrongFieldError as error:
        raise UplinkError(f"the server sent {action} with a wrong {error}") from error


class _WrongFieldError(Exception):
    """Names a field."""


def _text(data: Mapping[str, Any], field: str) -> str:
    return _bounded(data, field, MOST_TEXT_CHARS)


def _name(data: Mapping[str, Any], field: str) -> str:
    return _bounded(data, field, MOST_NAME_CHARS)


def _bounded(data: Mapping[str, Any], field: str, most_chars: int) -> str:
    value = data.get(field)
    if value is None:
        return ""
    if not isinstance(value, str) or len(value) > most_chars:
        raise _WrongFieldError(field)
    # A reply comes whole with every word, so what is clean already should cost little.
    return value if value.isprintable() else printable(value)


def _id(data: Mapping[str, Any], field: str) -> str:
    """Return an id; some servers count instead of naming."""
    value = data.get(field)
    return str(_whole(data, field)) if isinstance(value, int | float) else _name(data, field)


def _number(data: Mapping[str, Any], field: str) -> float:
    value = data.get(field)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _WrongFieldError(field)
    # Said so that "not a number" is refused too.
    if not abs(value) <= MOST_NUMBER:
        raise _WrongFieldError(field)
    return float(value)


def _whole(data: Mapping[str, Any], field: str) -> int:
    return round(_number(data, field))


def _count(data: Mapping[str, Any], field: str) -> int | None:
    return None if data.get(field) is None else _whole(data, field)


def _session_id(data: Mapping[str, Any]) -> str:
    session_id = _id(data, "session_id")
    if not session_id:
        raise _WrongFieldError("session_id")
    return session_id


def _response(is_final: bool) -> Callable[[Mapping[str, Any]], Message]:
    def read(data: Mapping[str, Any]) -> Message:
        ids = _count(data, "turn_id"), _id(data, "response_id")
        return RespText(_text(data, "text"), *ids, is_final)

    return read


def _noted(about: str, field: str) -> Callable[[Mapping[str, Any]], Message]:
    return lambda data: Noted(about, _text(data, field))


def _tool_called(data: Mapping[str, Any]) -> Message:
    arguments = json.dumps(data.get("args"), ensure_ascii=False)
    if len(arguments) > MOST_ARGUMENTS_CHARS:
        raise _WrongFieldError("args")
    return ToolCalled(_name(data, "name"), printable(arguments))


def _latency_metrics(data: Mapping[str, Any]) -> Message:
    names = [name for name in data if name.endswith("_ms") and len(name) <= MOST_NAME_CHARS]
    return LatencyMetrics({printable(name): _number(data, name) for name in names[:MOST_METRICS]})


_READERS: dict[str, Callable[[Mapping[str, Any]], Message]] = {
    "session_info": lambda data: SessionInfo(_session_id(data)),
    "session_attached": lambda data: SessionAttached(_session_id(data)),
    "queue_status": lambda data: QueueStatus(
        _count(data, "position") or 0, _count(data, "limit") or 0, _count(data, "active") or 0
    ),
    "queue_granted": lambda _: QueueGranted(),
    "pong": lambda data: Pong(
        _number(data, "client_timestamp"), _number(data, "server_recv_timestamp")
    ),
    "update_asr": lambda data: UpdateAsr(_text(data, "text")),
    "finish_asr": lambda data: FinishAsr(
        _text(data, "text"), _count(data, "turn_id"), _name(data, "origin")
    ),
    "invalid_asr_result": lambda _: InvalidAsrResult(),
    "update_resp": _response(is_final=False),
    "finish_resp": _response(is_final=True),
    "start_tts": lambda data: StartTts(_id(data, "response_id"), "response_id" not in data),
    "tts_finished": lambda data: TtsFinished(_id(data, "response_id")),
    "stop_tts": lambda data: StopTts(_id(data, "response_id")),
    "pause_tts": lambda _: PauseTts(),
    "resume_tts": lambda _: ResumeTts(),
    "tts_chunk_meta": lambda data: TtsChunkMeta(_whole(data, "chunk_index")),
    "vad_speech_start": lambda _: ServerVad(is_start=True),
    "vad_speech_end": lambda _: ServerVad(is_start=False),
    "edge_capabilities": lambda data: Capabilities(
        data.get("submit_text") is True, data.get("speak") is True
    ),
    "error": lambda data: ServerError(_text(data, "message")[:MOST_NAME_CHARS]),
    "tool_called": _tool_called,
    "latency_metrics": _latency_metrics,
    "retrieval_updated": _noted("retrieval_updated", "text"),
    "caption_updated": _noted("caption_updated", "text"),
    "thought_updated": _noted("thought_updated", "text"),
    "refine_transcription": _noted("refine_transcription", "text"),
    "voice_changed": _noted("voice_changed", "name"),
    "emotion_changed": _noted("emotion_changed", "name"),
    "speaker_updated": lambda data: Noted("speaker_updated", _id(data, "speaker_id")),
}
"""By the message's name."""
