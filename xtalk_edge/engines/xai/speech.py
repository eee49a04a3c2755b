"""xAI's streaming voice: what it is told, and what its messages come to. Pure.

Sound carries no mark of the text it belongs to. So what comes where none was asked for can only be
told by its place: a connection on which something was left over is not used for another text.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from xtalk_edge.audio.whole_samples import WholeSamples
from xtalk_edge.engines.xai.messages import Message, written
from xtalk_edge.errors import UplinkError, UplinkLostError

VOICES = ("eve", "ara", "rex", "sal", "leo")
RATES_HZ = (8_000, 16_000, 22_050, 24_000, 44_100, 48_000)

TEXT_DONE = written("text.done")

_LONGEST_S_A_CHARACTER = 1.0
"""Speech has some 15 characters a second; the slowest whisper with its pauses stays far below."""
_LONGEST_S = 30.0
"""For any text, however short: it may ask for a long pause, or a laugh."""

_CONTAINERS = (b"RIFF", b"ID3", b"OggS", b"fLaC")
"""How files begin; plain samples do not."""


class UnreadableSoundError(UplinkError):
    """A piece of sound cannot be decoded; what comes behind it may be right."""


def query(
    voice: str, language: str, rate_hz: int, latency: int, text_normalization: bool
) -> dict[str, str]:
    """Return how the voice is to speak, as it is asked when the connection is made."""
    return {
        "voice": voice,
        "language": language,
        "codec": "pcm",
        "sample_rate": str(rate_hz),
        "optimize_streaming_latency": str(latency),
        "text_normalization": str(text_normalization).lower(),
    }


def told(parts: Iterable[str]) -> Iterator[str]:
    """Yield the messages that make it speak the parts of one text."""
    for part in parts:
        yield written("text.delta", delta=part)
    yield TEXT_DONE


class Speech:
    """The sound of one text.

    Args:
        characters: length of the text.
        rate_hz: of the sound.
    """

    def __init__(self, characters: int, rate_hz: int) -> None:
        seconds = _LONGEST_S + characters * _LONGEST_S_A_CHARACTER
        self._room_bytes = round(seconds * 2 * rate_hz)
        self._samples = WholeSamples()
        self.begun = False
        """Whether any sound has come."""
        self.finished = False
        """Whether no more will come."""

    def take(self, message: Message) -> bytes:
        """Return the sound that a message brings, whole samples; b"" of most.

        Raises:
            UnreadableSoundError: it cannot be decoded.
            UplinkLostError: the service reports an error, or nothing at all was spoken.
            UplinkError: it sends another kind of sound, or without end.
        """
        if message.kind == "error":
            raise UplinkLostError(f"xAI's voice reports: {message.complaint()}")
        if message.kind == "audio.done":
            if not self.begun:
                raise UplinkLostError("xAI's voice ended a text without a sound")
            self.finished = True
        if message.kind != "audio.delta":
            return b""
        sound = message.sound("delta")
        if sound is None:
            raise UnreadableSoundError("xAI's voice sends sound that cannot be read")
        return self._whole(sound)

    def _whole(self, sound: bytes) -> bytes:
        if not self.begun and sound.startswith(_CONTAINERS):
            raise UplinkError("xAI's voice sends a sound file in place of plain samples")
        self._room_bytes -= len(sound)
        if self._room_bytes < 0:
            raise UplinkError("xAI's voice sends more sound than the text can have")
        sound = self._samples.of(sound)
        self.begun = self.begun or bool(sound)
        return sound
