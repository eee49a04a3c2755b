"""How a conversation with xAI's realtime model is set up, and what it is sent. Pure."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from xtalk_edge.config.xai import XAIRealtimeConfig
from xtalk_edge.engines.xai.messages import written
from xtalk_edge.net.border import Kind

HEARD_RATE_HZ = 16_000
"""Of what is sent: the device's own, so that nothing has to be changed."""

SPOKEN_RATE_HZ = 24_000
"""Of what comes back: as it is made."""

Schema = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Say:
    """A message is to be sent, once what it holds may leave the device."""

    message: str
    kind: Kind | None = None
    """What it holds; None where it holds nothing of anybody."""
    n_bytes: int = 0


def set_up(config: XAIRealtimeConfig, tools: Sequence[Schema]) -> Say:
    """Return what the model is told about itself.

    Args:
        config: the settings.
        tools: OpenAI function schemas of what the device can do.
    """
    listed = [*map(_flat, tools), *_searches(config)]
    session = {
        "instructions": config.instructions,
        "voice": config.voice,
        "audio": {
            "input": {"format": {"type": "audio/pcm", "rate": HEARD_RATE_HZ}},
            "output": {"format": {"type": "audio/pcm", "rate": SPOKEN_RATE_HZ}},
        },
        "turn_detection": _turn_detection(config),
        "tools": listed or None,
    }
    message = written("session.update", session=session)
    return Say(message, "tools", len(message)) if listed else Say(message)


def sound(pcm: bytes) -> Say:
    """Return more of what is said."""
    encoded = base64.b64encode(pcm).decode()
    return Say(written("input_audio_buffer.append", audio=encoded), "audio", len(pcm))


def tool_output(call_id: str, output: str) -> Say:
    """Return what a tool answered."""
    item = {"type": "function_call_output", "call_id": call_id, "output": output}
    return Say(written("conversation.item.create", item=item), "tools", len(output.encode()))


def bare(kind: str, **fields: object) -> Say:
    """Return a message that holds nothing of anybody."""
    return Say(written(kind, **fields))


def _turn_detection(config: XAIRealtimeConfig) -> dict[str, Any] | None:
    if config.turn_detection == "none":
        return None
    return {
        "type": "server_vad",
        "threshold": config.threshold,
        "prefix_padding_ms": config.prefix_padding_ms,
        "silence_duration_ms": config.silence_duration_ms,
    }


def _flat(schema: Schema) -> dict[str, Any]:
    """Return a function's schema as the realtime model takes it: without a level between."""
    return {"type": "function", **schema.get("function", {})}


def _searches(config: XAIRealtimeConfig) -> list[dict[str, Any]]:
    searches: list[dict[str, Any]] = []
    if config.web_search:
        searches.append({"type": "web_search"})
    if config.x_search or config.allowed_x_handles:
        handles = list(config.allowed_x_handles)
        searches.append({"type": "x_search"} | ({"allowed_x_handles": handles} if handles else {}))
    if config.collection_id:
        searches.append(
            {
                "type": "file_search",
                "vector_store_ids": [config.collection_id],
                "max_num_results": config.max_num_results,
            }
        )
    return searches
