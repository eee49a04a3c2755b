"""Tells a command from anything else by comparing two hearings of the same audio. Pure.

A recogniser that knows nothing but a grammar forces every sound into it. So the audio is also
heard with a small vocabulary of everyday English: where both hearings agree in sound and explain
the same stretches about equally well, it was a command. A logistic model weighs the measures.
A speech synthesiser always says a word the same way: there the sounds alone tell.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from xtalk_edge.errors import ModelError

FEATURES = (
    "bias",
    "score_gap",
    "sound_agreement",
    "worst_word",
    "slowest_word",
    "pauses",
    "unexplained",
    "length",
)
"""What is measured of a person's hearing, in the order of the coefficients."""

AIDED_FEATURES = ("bias", "likeness", "worst_likeness", "slowest_word", "pauses", "length")
"""What is measured of a synthesiser's hearing."""

# Nats a frame between the two hearings: beyond this the sound is simply not the word, and one
# cough must not outweigh everything else.
_MOST = 5.0
# Frames a sound of the slowest word, in units of 10: 30 is a hum, however long.
_SLOWEST = 3.0
# Seconds: beyond two, more changes nothing.
_LONGEST_S = 2.0
_FRAMES_A_SECOND = 100
# Nats a frame: nothing said sounds as unlike its words as this.
LEAST_LIKENESS = -10.0
# Sounds of a command that leaves no doubt; "stop" has four, and much else sounds like it.
_LONG = 16.0


@dataclass(frozen=True, slots=True)
class Heard:
    """One word or pause of a hearing."""

    word: str
    """The word as spelt; "" for a pause or noise."""
    phones: tuple[str, ...]
    """The pronunciation chosen; empty for a pause or noise."""
    start_frame: int
    end_frame: int
    """Last frame of 10 ms, inclusive."""
    score: float
    """Log likelihood of the sound in nats, 0 being the best; summed over the frames."""

    @property
    def frames(self) -> int:
        """Return the length in frames."""
        return self.end_frame - self.start_frame + 1


def text_of(heard: Sequence[Heard]) -> str:
    """Return the words alone."""
    return " ".join(piece.word for piece in heard if piece.word)


def distance(one: Sequence[str], other: Sequence[str]) -> int:
    """Return how many insertions, deletions and substitutions turn one into the other."""
    row = list(range(len(other) + 1))
    for i, left in enumerate(one, 1):
        diagonal, row[0] = row[0], i
        for j, right in enumerate(other, 1):
            diagonal, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, diagonal + (left != right))
    return row[-1]


def _agreement(one: Sequence[str], other: Sequence[str]) -> float:
    longest = max(len(one), len(other))
    return 1.0 - distance(one, other) / longest if longest else 0.0


def _frame_scores(heard: Sequence[Heard], frames: int) -> list[float]:
    """Return each frame's score, a segment's being spread evenly."""
    scores = [0.0] * frames
    for piece in heard:
        share = piece.score / piece.frames
        scores[piece.start_frame : piece.end_frame + 1] = [share] * piece.frames
    return scores


def _where(heard: Sequence[Heard], frames: int) -> bytearray:
    """Return 1 for each frame within one of the pieces."""
    inside = bytearray(frames)
    for piece in heard:
        inside[piece.start_frame : piece.end_frame + 1] = bytes((1,)) * piece.frames
    return inside


def _seconds(frames: int) -> float:
    return min(_LONGEST_S, frames / _FRAMES_A_SECOND)


def _bounded(nats: float) -> float:
    return max(-_MOST, min(_MOST, nats))


def measure(command: Sequence[Heard], language: Sequence[Heard]) -> tuple[float, ...]:
    """Return the values of `FEATURES` for a command and the free hearing of the same audio.

    `command` has at least one word.
    """
    frames = 1 + max(piece.end_frame for piece in (*command, *language))
    own, free = _frame_scores(command, frames), _frame_scores(language, frames)
    words = [piece for piece in command if piece.word]
    free_words = [piece for piece in language if piece.word]
    told, spoken = _where(words, frames), _where([*words, *free_words], frames)
    first, last = words[0].start_frame, words[-1].end_frame
    phones = [phone for piece in words for phone in piece.phones]
    free_phones = [phone for piece in free_words for phone in piece.phones]

    def gap(piece: Heard) -> float:
        within = slice(piece.start_frame, piece.end_frame + 1)
        return _bounded((sum(own[within]) - sum(free[within])) / piece.frames)

    return (
        1.0,
        _bounded((sum(own) - sum(free)) / sum(spoken)),
        _agreement(phones, free_phones),
        min(gap(piece) for piece in words),
        _slowest(words),
        # Other talk is heard as words far apart, or as a few in the midst of more.
        _seconds(last + 1 - first - sum(told)),
        _seconds(sum(spoken) - sum(told)),
        _length(words),
    )


def likeness(heard: Sequence[Heard]) -> float:
    """Return how well the sound fits its words, in nats a frame: 0 perfectly, -10 not at all."""
    frames = sum(piece.frames for piece in heard if piece.word)
    if not frames:
        return LEAST_LIKENESS
    return max(LEAST_LIKENESS, sum(piece.score for piece in heard if piece.word) / frames)


def measure_aided(command: Sequence[Heard]) -> tuple[float, ...]:
    """Return the values of `AIDED_FEATURES`; `command` has at least one word."""
    words = [piece for piece in command if piece.word]
    spoken = sum(piece.frames for piece in words)
    return (
        1.0,
        likeness(command),
        min(likeness([piece]) for piece in words),
        _slowest(words),
        _seconds(words[-1].end_frame + 1 - words[0].start_frame - spoken),
        _length(words),
    )


def _slowest(words: Sequence[Heard]) -> float:
    # Noise is heard as one long drawn word.
    return min(_SLOWEST, max(piece.frames / max(1, len(piece.phones)) for piece in words) / 10.0)


def _length(words: Sequence[Heard]) -> float:
    return min(1.0, sum(len(piece.phones) for piece in words) / _LONG)


@dataclass(frozen=True, slots=True)
class Rejection:
    """The fitted weighing: what `fit_rejection.py` writes."""

    coefficients: tuple[float, ...]
    aided_coefficients: tuple[float, ...]
    threshold: float
    """Confidence from which a text counts."""
    vocabulary: tuple[str, ...]
    """Everyday words of the free hearing, commonest first."""

    def confidence(self, features: Sequence[float], *, aided: bool = False) -> float:
        """Return the chance that the command was really said, 0.0 to 1.0."""
        weights = self.aided_coefficients if aided else self.coefficients
        logit = sum(c * f for c, f in zip(weights, features, strict=True))
        # exp overflows at 710; 30 is certain enough.
        return 1.0 / (1.0 + math.exp(-max(-30.0, min(30.0, logit))))


def load_rejection(path: Path) -> Rejection:
    """Read a fitted weighing.

    Raises:
        ModelError: the file is missing or is not a weighing of these features.
    """
    try:
        found: Any = json.loads(path.read_text(encoding="utf-8"))
        coefficients, aided = found["coefficients"], found["aided_coefficients"]
        rejection = Rejection(
            tuple(float(coefficients[name]) for name in FEATURES),
            tuple(float(aided[name]) for name in AIDED_FEATURES),
            float(found["threshold"]),
            tuple(str(word) for word in found["vocabulary"].split()),
        )
    except OSError as exc:
        raise ModelError(f"{path}: cannot be read ({exc.strerror}); install again") from exc
    except KeyError as exc:
        raise ModelError(
            f"{path}: has no {exc}; fit it again with models/starter/ears/fit_rejection.py"
        ) from exc
    except (ValueError, TypeError, AttributeError) as exc:
        raise ModelError(
            f"{path}: is not a fitted rejection ({exc}); "
            "fit it again with models/starter/ears/fit_rejection.py"
        ) from exc
    return rejection
