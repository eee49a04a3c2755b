"""Settings for xAI's model that hears and speaks by itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from xtalk_edge.config.fields import number


@dataclass(frozen=True, slots=True)
class XAIRealtimeConfig:
    """Where it is, how it speaks, when a turn is over, and what it may look up."""

    url: str = "wss://api.x.ai/v1/realtime"
    """Its WebSocket."""
    key: str = "env:XAI_API_KEY"
    """Where the key is kept: "env:NAME", "file:PATH" or "credential:NAME"."""
    model: str = ""
    """Which of its models; "" is the service's own choice."""
    voice: Literal["Ara", "Rex", "Sal", "Eve", "Leo"] = "Ara"
    """How it sounds."""
    instructions: str = "You are a helpful assistant."
    """What it is told about itself before anything is said."""
    turn_detection: Literal["server_vad", "none"] = "none"
    """Who decides that a turn is over: the service, after a silence; or nobody there, as the device
    knows it better: it hears more than what it sends."""
    threshold: float = number(0.5, 0.0, 1.0)
    """How sure the service must be that it hears speech."""
    prefix_padding_ms: int = number(300, 0, 10_000)
    """How much it hears of what came before speech."""
    silence_duration_ms: int = number(200, 0, 10_000)
    """How long a silence ends a turn."""
    web_search: bool = False
    """Whether the service may search the web."""
    x_search: bool = False
    """Whether it may search X."""
    allowed_x_handles: tuple[str, ...] = ()
    """Of whom it may read there; none is everybody. Some switch the search on."""
    collection_id: str = ""
    """Documents kept at the service that it may search; "" is none."""
    max_num_results: int = number(10, 1, 50)
    """How many of their passages it is shown."""
    allow_plain: bool = False
    """Whether ws:// may lead out of this machine: anybody on the way can listen."""
    ca_file: str = ""
    """Certificates of authorities that are believed in place of the system's."""
    pinned_sha256: str = ""
    """SHA-256 of the only certificate that is believed; "" is any that is valid."""
