"""What a fake server is, and what it answers."""

from __future__ import annotations

import io
import math
import struct
import wave
from dataclasses import dataclass
from typing import Literal

Generation = Literal["G1", "G1.5", "G2", "G3"]

RATE_HZ = 48_000
"""Of all sound that a server sends."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Some words of a reply, and how long they sound."""

    text: str
    audio_ms: int = 200
    after_s: float = 0.0
    """How long the agent takes over it."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What the server's agent says to one text."""

    pieces: tuple[Piece, ...] = ()
    error: str = ""
    """The string of an `error` message, in place of the rest of the reply."""
    tool: str = ""
    """Name of a tool that the agent calls first."""

    @property
    def text(self) -> str:
        """All of it."""
        return "".join(piece.text for piece in self.pieces)


def reply(*texts: str, audio_ms: int = 200, error: str = "", tool: str = "") -> Reply:
    """Return a reply of these pieces; later ones begin with a space."""
    spaced = (text if i == 0 else f" {text}" for i, text in enumerate(texts))
    return Reply(tuple(Piece(text, audio_ms) for text in spaced), error, tool)


DEFAULT_REPLY = reply("It is ten past four,", "and the sun is out.", "Anything else?")


@dataclass(frozen=True, slots=True)
class Traits:
    """How a server differs from others; `traits_of` knows those of each generation."""

    generation: Generation = "G1"

    # -- before the conversation
    hello: Literal["session_info", "attach", "none"] = "session_info"
    """Unasked; asked for with `attach_session`; or an app's bare `connect`, which says nothing."""
    token: str = ""
    """What login gives out and the WebSocket wants; "" wants none."""
    login: bool = False
    """Whether there is `POST /api/auth/login`."""
    queue: tuple[int, ...] = ()
    """Positions told while the client waits to be admitted."""
    queue_ends: bool = True
    queue_every_s: float = 0.02
    """The real one tells every 5 s."""

    # -- texts
    submit_text: bool = False
    """Whether texts may be submitted without the plugin."""
    plugin: bool = False
    """Whether the server's owner has installed the edge plugin."""
    turn_ids: bool = True
    """Whether messages carry two counters that diverge; else none."""
    response_ids: bool = False
    """Whether replies have names, which acknowledgements must carry."""
    finish_resp: Literal["early", "between", "late"] = "early"
    """Before the audio; after the last text; or after the audio. Only where text is not driven by
    playback."""
    playback_driven: bool = False
    """Whether text is told only as its sound is confirmed to be played."""

    # -- sound
    has_tts: bool = True
    chunk_meta: bool = False
    """Whether `tts_chunk_meta` comes before each binary message."""
    chunk_ms: int = 0
    """Length of one binary message; 0 is a whole piece."""
    window_ms: int = 0
    """Sound that may be under way without acknowledgement; 0 is any."""
    sound: Literal["tone", "silence", "wav"] = "tone"
    """"wav" is a RIFF file of 16 kHz in place of PCM of 48 kHz."""
    tts_finished: Literal["never", "once", "each piece", "early"] = "once"
    """"early" is before the last audio, and only then."""
    always_stop_tts: bool = False
    """Whether `stop_tts` comes with each accepted turn, even if nothing plays."""

    # -- hearing
    validates: bool = False
    """Whether a turn must be valid to be answered."""
    server_vad: bool = False
    """Whether the server itself listens for speech."""
    turn_detector: bool = False
    """Whether it decides at the end of speech what interrupts; else its beginning does. Only of
    later generations."""

    # -- all along
    latency_metrics: bool = True
    clock_offset_s: float = 0.0
    """How far the server's clock is ahead of the test's."""


def traits_of(generation: Generation, **changes: object) -> Traits:
    """Return the traits of a generation, with these changes."""
    if generation in ("G1", "G1.5"):
        own: dict[str, object] = {
            "hello": "session_info",
            "chunk_meta": generation == "G1",
            "always_stop_tts": True,
            "validates": True,
        }
    else:
        own = {
            "hello": "attach",
            "token": "bearer-of-the-test",
            "login": True,
            "submit_text": generation == "G3",
            "turn_ids": False,
            "response_ids": generation == "G3",
            "playback_driven": True,
            "chunk_ms": 100,
            "window_ms": 300,
        }
    return Traits(generation=generation, **(own | changes))  # type: ignore[arg-type]


def sound_of(piece: Piece, kind: str) -> bytes:
    """Return a piece as sound: s16le mono of `RATE_HZ`, or the WAV file of some stock server."""
    if kind == "silence":
        return bytes(2 * RATE_HZ * piece.audio_ms // 1000)
    if kind == "wav":
        file = io.BytesIO()
        with wave.open(file, "wb") as wav:
            wav.setnchannels(1)
            wav.setsampwidth(2)
            wav.setframerate(16_000)
            wav.writeframes(_tone(piece.audio_ms, 16_000))
        return file.getvalue()
    return _tone(piece.audio_ms, RATE_HZ)


def _tone(ms: int, rate_hz: int) -> bytes:
    period = [
        round(8_000 * math.sin(2 * math.pi * i / (rate_hz // 400))) for i in range(rate_hz // 400)
    ]
    one = struct.pack(f"<{len(period)}h", *period)
    n_bytes = 2 * rate_hz * ms // 1000
    return (one * (n_bytes // len(one) + 1))[:n_bytes]
