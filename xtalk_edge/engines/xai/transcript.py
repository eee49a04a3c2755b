"""xAI's streaming recogniser: what it is told, and what its messages come to. Pure.

Its text comes in portions. An interim one is replaced by the next; a final one stays; one that is
final for the speech is all that was said since the last pause, and replaces the portions before it.
"""

from __future__ import annotations

from dataclasses import dataclass

from xtalk_edge.engines.xai.messages import Message, written
from xtalk_edge.errors import UplinkError, UplinkLostError

RATE_HZ = 16_000
BYTES_A_MS = 2 * RATE_HZ // 1_000

MOST_ENDPOINTING_MS = 5_000
"""What the service takes."""

MOST_CHARS = 20_000
"""Half an hour of fast speech; nobody says more in a turn."""

AUDIO_DONE = written("audio.done")

_LEAST_SILENCE_MS = 100
_MARGIN_MS = 50
_SAME_S = 0.02
"""Two portions that begin as close together are one."""


def query(language: str, endpointing_ms: int) -> dict[str, str]:
    """Return what the recogniser is to do, as it is asked when the connection is made.

    Args:
        language: in which numbers and amounts are to be written, as "en"; "" writes them out.
        endpointing_ms: the silence after which it takes a text for finished.
    """
    asked = {
        "sample_rate": str(RATE_HZ),
        "encoding": "pcm",
        "interim_results": "true",
        "endpointing": str(endpointing_ms),
        "diarize": "false",
        "multichannel": "false",
        "channels": "1",
    }
    return asked | ({"language": language} if language else {})


def closing_silence(endpointing_ms: int) -> bytes:
    """Return the silence that makes the recogniser take what it heard for finished."""
    return bytes(BYTES_A_MS * max(endpointing_ms + _MARGIN_MS, _LEAST_SILENCE_MS))


@dataclass(frozen=True, slots=True)
class _Portion:
    text: str
    start_s: float
    """Where it begins; 0 where that is not known."""
    end_s: float
    """Where it ends; 0 where that is not known."""


class Transcript:
    """The text of one stream of sound, as far as it is known."""

    def __init__(self) -> None:
        self.ready = False
        """Whether sound may be sent."""
        self.finished = False
        """Whether nothing more will come."""
        self._spoken: list[str] = []
        """What was said between pauses."""
        self._spoken_to_s = 0.0
        self._portions: list[_Portion] = []
        """Final ones since the last pause."""
        self._interim = ""

    @property
    def text(self) -> str:
        """All that was understood."""
        portions = (each.text for each in self._portions)
        return " ".join(filter(None, (*self._spoken, *portions, self._interim)))

    @property
    def settled(self) -> bool:
        """Whether there is text, and all of it is final."""
        return bool(self._spoken) and not self._portions and not self._interim

    def take(self, message: Message) -> None:
        """Take what the service sent; what is not known is left alone.

        Raises:
            UplinkLostError: the service reports an error.
            UplinkError: it sends more text than anybody can say.
        """
        if message.kind == "error":
            raise UplinkLostError(f"xAI's recogniser reports: {message.complaint()}")
        if self.finished:
            return
        if message.kind == "transcript.created":
            self.ready = True
        elif message.kind == "transcript.partial":
            self._take_portion(message)
        elif message.kind == "transcript.done":
            self._finish(message.text("text", MOST_CHARS))
        if len(self.text) > MOST_CHARS:
            raise UplinkError("xAI's recogniser sends more text than anybody can say")

    def _take_portion(self, message: Message) -> None:
        text = message.text("text", MOST_CHARS)
        start_s = max(0.0, message.number("start") or 0.0)
        end_s = start_s + max(0.0, message.number("duration") or 0.0)
        is_late = start_s < end_s <= self._spoken_to_s
        if not text or is_late:
            return
        if not message.flag("is_final"):
            self._interim = text
        elif message.flag("speech_final"):
            if self._interim or self._portions or text != self._last_spoken:
                before = [each.text for each in self._before(start_s)]
                self._spoken.append(" ".join([*before, text]))
                self._spoken_to_s = max(self._spoken_to_s, end_s)
            self._portions, self._interim = [], ""
        else:
            self._add(_Portion(text, start_s, end_s))
            self._interim = ""

    def _add(self, portion: _Portion) -> None:
        if portion in self._portions[-1:]:
            return
        if portion.start_s > 0:
            self._portions = self._before(portion.start_s)
        self._portions.append(portion)

    def _before(self, start_s: float) -> list[_Portion]:
        """Return the portions that one from there does not replace."""
        return [each for each in self._portions if each.start_s < start_s - _SAME_S]

    def _finish(self, rest: str) -> None:
        """Take what was not told yet; it may as well be everything, or nothing."""
        self.finished = True
        if rest:
            if _begins(rest, " ".join(self._spoken)):
                self._spoken = []
            self._spoken.append(rest)
            self._portions, self._interim = [], ""
        elif _begins(self._last_spoken, self._interim):
            # It came late: what it was to become is there.
            self._interim = ""

    @property
    def _last_spoken(self) -> str:
        return self._spoken[-1] if self._spoken else ""


def _begins(text: str, words: str) -> bool:
    """Tell whether a text begins with these words, however they are marked."""
    wanted = _words(words)
    return _words(text)[: len(wanted)] == wanted


def _words(text: str) -> list[str]:
    kept = "".join(each if each.isalnum() or each.isspace() else "" for each in text)
    return kept.casefold().split()
