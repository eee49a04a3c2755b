"""Messages that are answered at once, whatever else goes on."""

from __future__ import annotations

from typing import Any

CAPABILITIES = {"submit_text": True, "speak": True, "version": 1}
"""What a server with the plugin says that it can do."""


def answer_to(action: str, told: dict[str, Any], clock_ms: int) -> dict[str, Any] | None:
    """Return the answer to such a message; None where it is another."""
    if action == "ping":
        pong = {"client_timestamp": told.get("timestamp"), "server_recv_timestamp": clock_ms}
        return {"action": "pong", **pong}
    if action == "change_voice":
        return {"action": "voice_changed", "data": {"name": told.get("voice_name")}}
    if action == "change_emotion":
        changed = {"name": told.get("emotion_name", ""), "vector": told.get("emotion_vector")}
        return {"action": "emotion_changed", "data": changed}
    if action == "edge_capabilities":
        return {"action": action, "data": CAPABILITIES}
    return None
