"""What an X-Talk server of any generation may say, in types. Pure; read by `reading`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SessionInfo:
    """The early hello."""

    session_id: str


@dataclass(frozen=True, slots=True)
class SessionAttached:
    """The late hello, an answer to `attach_session`."""

    session_id: str


@dataclass(frozen=True, slots=True)
class QueueStatus:
    """The server has no place yet."""

    position: int
    limit: int
    active: int


@dataclass(frozen=True, slots=True)
class QueueGranted:
    """The wait is over."""


@dataclass(frozen=True, slots=True)
class Pong:
    """The answer to a ping; both in epoch milliseconds."""

    client_ms: float
    server_ms: float


@dataclass(frozen=True, slots=True)
class UpdateAsr:
    """What was understood so far."""

    text: str


@dataclass(frozen=True, slots=True)
class FinishAsr:
    """What was understood, or was sent as text; the agent begins."""

    text: str
    turn_id: int | None
    """The recogniser's count, which is not the agent's."""
    origin: str


@dataclass(frozen=True, slots=True)
class InvalidAsrResult:
    """What was said is no turn."""


@dataclass(frozen=True, slots=True)
class RespText:
    """The reply from its beginning."""

    text: str
    turn_id: int | None
    """The agent's count, which is not the recogniser's."""
    response_id: str
    """"" before G3."""
    is_final: bool


@dataclass(frozen=True, slots=True)
class StartTts:
    """A reply will be spoken."""

    response_id: str
    is_bare: bool
    """Whether there was nothing beside the name, as before G3."""


@dataclass(frozen=True, slots=True)
class TtsFinished:
    """Speech was made; the early generations say so never or often."""

    response_id: str


@dataclass(frozen=True, slots=True)
class StopTts:
    """What is not played yet must not be."""

    response_id: str


@dataclass(frozen=True, slots=True)
class PauseTts:
    """The reply is to stand still."""


@dataclass(frozen=True, slots=True)
class ResumeTts:
    """The reply is to go on."""


@dataclass(frozen=True, slots=True)
class TtsChunkMeta:
    """The number of the sound that comes next."""

    chunk_index: int


@dataclass(frozen=True, slots=True)
class ServerVad:
    """The server heard speech begin or end."""

    is_start: bool


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What the plugin on the server can do."""

    submit_text: bool
    speak: bool


@dataclass(frozen=True, slots=True)
class ServerError:
    """Something failed on the server."""

    text: str

    @property
    def is_of_voice(self) -> bool:
        """Whether only speaking failed, which does not matter to who wants text."""
        return "tts" in self.text.lower()


@dataclass(frozen=True, slots=True)
class ToolCalled:
    """The server's agent called a tool."""

    name: str
    arguments: str
    """As JSON."""


@dataclass(frozen=True, slots=True)
class LatencyMetrics:
    """What the server measured, in milliseconds by name."""

    values_ms: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Noted:
    """Something else worth knowing: a voice, a speaker, a caption, a thought, a finding."""

    about: str
    """The message's name."""
    text: str


@dataclass(frozen=True, slots=True)
class Ignored:
    """A message that means nothing to the device."""

    action: str


Message = (
    SessionInfo
    | SessionAttached
    | QueueStatus
    | QueueGranted
    | Pong
    | UpdateAsr
    | FinishAsr
    | InvalidAsrResult
    | RespText
    | StartTts
    | TtsFinished
    | StopTts
    | PauseTts
    | ResumeTts
    | TtsChunkMeta
    | ServerVad
    | Capabilities
    | ServerError
    | ToolCalled
    | LatencyMetrics
    | Noted
    | Ignored
)
