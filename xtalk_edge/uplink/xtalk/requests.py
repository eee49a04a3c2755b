"""What the device says to an X-Talk server, as text messages. Pure.

Keys that a generation does not know are ignored by it, so one form serves all.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from xtalk_edge.errors import UplinkError

MOST_TEXT_BYTES = 8 * 1024
"""Of a text to answer or to speak: servers refuse longer ones."""

CLIENT_VAD_CONFIDENCE = 1.0
"""The device has made up its mind when it says that somebody speaks."""


def _message(action: str, **fields: Any) -> str:
    return json.dumps({"action": action} | fields, ensure_ascii=False, separators=(",", ":"))


def _ms(epoch_s: float) -> int:
    return round(1000 * epoch_s)


def attach_session(session_id: str) -> str:
    """Ask for a session: the one of this id, or a new one if it is ""."""
    return _message("attach_session", session_id=session_id or None)


def ask_capabilities() -> str:
    """Ask the plugin on the server, if there is one, what it can do."""
    return _message("edge_capabilities")


def ping(epoch_s: float) -> str:
    """Ask for a sign of life."""
    return _message("ping", timestamp=_ms(epoch_s))


def clock_sync(sent_s: float, server_s: float, received_s: float) -> str:
    """Tell how long a ping took; all in epoch seconds."""
    return _message(
        "clock_sync", client_send_ts=sent_s, server_recv_ts=server_s, client_recv_ts=received_s
    )


def vad_speech(is_start: bool, epoch_s: float) -> str:
    """Tell that somebody begins or has ceased to speak."""
    action = "vad_speech_start" if is_start else "vad_speech_end"
    return _message(action, timestamp=_ms(epoch_s), confidence=CLIENT_VAD_CONFIDENCE)


def submit_text(text: str) -> str:
    """Ask the agent.

    Raises:
        UplinkError: there are no words in it, or too many.
    """
    text = sendable(text)
    if len(text.encode()) > MOST_TEXT_BYTES:
        raise UplinkError(f"servers take questions of up to {MOST_TEXT_BYTES // 1024} KiB")
    return _message("submit_text", text=text)


def speak(text: str) -> list[str]:
    """Have the plugin speak a text, however long it is.

    Raises:
        UplinkError: there are no words in it.
    """
    pieces = list(_pieces(sendable(text)))
    return [
        _message("speak", text=piece, append=number > 0, flush=number == len(pieces) - 1)
        for number, piece in enumerate(pieces)
    ]


def stop() -> str:
    """Have the plugin end whatever the server is doing."""
    return _message("stop")


def tts_chunk_played(response_id: str, chunk_index: int | None, epoch_s: float) -> str:
    """Tell that a piece of sound was heard."""
    ids = _ids(response_id)
    if chunk_index is not None:
        ids["chunk_index"] = chunk_index
    return _message("tts_chunk_played", timestamp=_ms(epoch_s), **ids)


def tts_playback_finished(response_id: str, epoch_s: float) -> str:
    """Tell that all of a reply was heard; early servers end their speech at that."""
    return _message("tts_playback_finished", timestamp=_ms(epoch_s), **_ids(response_id))


def tts_playback_stopped(response_id: str, played_ms: float) -> str:
    """Tell how much of a reply was heard before it was stopped."""
    return _message(
        "tts_playback_stopped", played_audio_ms=max(0, round(played_ms)), **_ids(response_id)
    )


def _ids(response_id: str) -> dict[str, Any]:
    return {"response_id": response_id} if response_id else {}


def sendable(text: str) -> str:
    """Return a text as it is sent.

    Raises:
        UplinkError: there are no words in it.
    """
    # Half a character cannot be sent; no owner said it.
    text = text.encode("utf-8", "replace").decode().strip()
    if not text:
        raise UplinkError("there are no words to send to the server")
    return text


def _pieces(text: str) -> Iterator[str]:
    """Yield a text in pieces that may be sent, cut between words where there are any."""
    # No character takes more than four bytes.
    most = MOST_TEXT_BYTES // 4
    while len(text) > most:
        at = text.rfind(" ", 0, most) + 1 or most
        yield text[:at]
        text = text[at:]
    yield text
