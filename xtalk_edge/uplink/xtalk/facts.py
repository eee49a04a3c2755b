"""What a session with an X-Talk server tells, and what it wants sent. Pure.

What the server says and nobody has to work out (`ToolCalled`, `LatencyMetrics`, `Noted`,
`ServerError`) is told as it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from xtalk_edge.uplink.xtalk.generation import Generation
from xtalk_edge.uplink.xtalk.messages import LatencyMetrics, Noted, ServerError, ToolCalled


@dataclass(frozen=True, slots=True)
class Send:
    """A message is to be sent: text, or sound of the room."""

    message: str | bytes


@dataclass(frozen=True, slots=True)
class Queued:
    """The server has no place yet."""

    position: int
    """1 is next."""
    limit: int
    """Devices it serves at a time."""


@dataclass(frozen=True, slots=True)
class Ready:
    """The session has begun; told once."""

    session_id: str
    """"" where the server gave none."""
    resumed: bool
    """Whether it is the one that was asked for, with its conversation."""


@dataclass(frozen=True, slots=True)
class Recognised:
    """It is one of these generations; told whenever they become fewer."""

    generations: frozenset[Generation]


@dataclass(frozen=True, slots=True)
class Able:
    """What the server can do beside hearing and answering aloud; told whenever it changes."""

    submit_text: bool
    speak: bool


@dataclass(frozen=True, slots=True)
class Measured:
    """A message went there and back."""

    round_trip_s: float
    clock_offset_s: float
    """How far the server's clock is ahead."""


@dataclass(frozen=True, slots=True)
class Hearing:
    """What the server understood so far."""

    text: str


@dataclass(frozen=True, slots=True)
class Heard:
    """What the server understood and begins to answer."""

    text: str
    is_receipt: bool
    """Whether it is the text that was sent, come back."""


@dataclass(frozen=True, slots=True)
class Rejected:
    """What was said is no turn for the server."""


@dataclass(frozen=True, slots=True)
class SpeechNoticed:
    """The server heard speech begin or end by itself."""

    is_start: bool


@dataclass(frozen=True, slots=True)
class ReplyText:
    """More of the reply."""

    piece: str
    """What is new."""
    text: str
    """All of it so far."""


@dataclass(frozen=True, slots=True)
class ReplyTextComplete:
    """The reply has no more words."""

    text: str
    """All of it, as far as it came."""


@dataclass(frozen=True, slots=True)
class ReplySound:
    """More of the reply's sound; `played` wants it back once it was heard."""

    pcm: bytes
    """s16le, mono; whole samples, perhaps none."""
    rate_hz: int
    reply: int
    """The number of the reply it belongs to; 0 is none that anybody wants."""
    chunk_index: int | None
    response_id: str


@dataclass(frozen=True, slots=True)
class ReplyOver:
    """No more sound comes; a late piece after all is told, and then this again."""


@dataclass(frozen=True, slots=True)
class Paused:
    """The server wants the reply to stand still."""


@dataclass(frozen=True, slots=True)
class Resumed:
    """A reply that stands still is to go on."""

    by_server: bool
    """Or because the server gave no verdict on what was said over it."""


@dataclass(frozen=True, slots=True)
class Stopped:
    """What of the reply was not heard yet must not be; `playback_stopped` says how far it came."""


@dataclass(frozen=True, slots=True)
class Unanswered:
    """The server owes something and is not going to give it."""

    missing: Literal["receipt", "verdict", "reply", "sound", "end"]
    """That it took the text; that it understood what was said; the reply's beginning; the sound of
    a text; the reply's end."""

    @property
    def reason(self) -> str:
        """What that comes to, in a sentence for the owner."""
        return _UNANSWERED[self.missing]


_UNANSWERED = {
    "receipt": "the server did not take the text",
    "verdict": "the server did not say what it understood",
    "reply": "the server took the question and gave no answer",
    "sound": "the server's voice gave no sound",
    "end": "the server fell silent in the middle of its answer",
}


@dataclass(frozen=True, slots=True)
class Nonsense:
    """A message made no sense and was left out."""

    reason: str


Fact = (
    Queued
    | Ready
    | Recognised
    | Able
    | Measured
    | Hearing
    | Heard
    | Rejected
    | SpeechNoticed
    | ReplyText
    | ReplyTextComplete
    | ReplySound
    | ReplyOver
    | Paused
    | Resumed
    | Stopped
    | Unanswered
    | Nonsense
    | ToolCalled
    | LatencyMetrics
    | Noted
    | ServerError
)
Action = Send | Fact
