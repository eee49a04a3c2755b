"""What every speech recogniser promises."""

from __future__ import annotations

import contextlib

from xtalk_edge.engines.interfaces import ASR
from xtalk_edge.engines.promises.promise import Make, Promises, chance, expect
from xtalk_edge.engines.promises.sounds import cut, hard_sounds, noise, silence

PROMISES = Promises()

_PIECE_BYTES = 3_200
_TAGS = ("<complete>", "<incomplete>")


def _texts(recogniser: ASR, pieces: list[bytes]) -> list[str]:
    return [
        *(recogniser.recognize_stream(piece) for piece in pieces),
        recogniser.recognize_stream(b"", is_final=True),
    ]


@PROMISES.that("nothing said is nothing heard")
def nothing_said(make: Make) -> None:
    """Hear silence."""
    with contextlib.closing(make()) as recogniser:
        for seconds in (0.0, 1.0):
            text = recogniser.recognize(silence(seconds))
            expect(text == "", f'recognize() made {text!r} of {seconds:g} s of silence; return ""')
        recogniser.reset()
        text = recogniser.recognize_stream(b"", is_final=True)
        expect(text == "", f'recognize_stream() made {text!r} of no sound at all; return ""')


@PROMISES.that("bad sound gives a text and how sure it is")
def bad_sound(make: Make) -> None:
    """Hear what microphones deliver on bad days."""
    with contextlib.closing(make()) as recogniser:
        for kind, audio in hard_sounds().items():
            recogniser.reset()
            for text in _texts(recogniser, cut(audio, _PIECE_BYTES)):
                expect(
                    isinstance(text, str),
                    f"recognize_stream() gave {text!r} for {kind}; return the text so far",
                )
            chance(recogniser.confidence(), f"confidence() after {kind}")
            tag = recogniser.semantic_tag()
            expect(tag in _TAGS, f"semantic_tag() was {tag!r}; return {' or '.join(_TAGS)}")


@PROMISES.that("reset forgets the utterance")
def reset_forgets(make: Make) -> None:
    """Reset in the middle, twice."""
    with contextlib.closing(make()) as recogniser:
        recogniser.recognize_stream(noise(0.5))
        recogniser.reset()
        recogniser.reset()
        text = recogniser.recognize_stream(b"", is_final=True)
        expect(text == "", f"after reset() there still was {text!r}; forget the sound before")


@PROMISES.that("the same sound is the same text")
def same_sound(make: Make) -> None:
    """Hear noise twice."""
    with contextlib.closing(make()) as recogniser:
        pieces = cut(noise(1.0), _PIECE_BYTES)
        recogniser.reset()
        first = _texts(recogniser, pieces)[-1]
        recogniser.reset()
        again = _texts(recogniser, pieces)[-1]
        expect(
            first == again,
            f"the same sound was {first!r} and then {again!r}; reset() must forget all of it",
        )


@PROMISES.that("the size of a piece is whole samples")
def size_hint(make: Make) -> None:
    """Ask for the size."""
    with contextlib.closing(make()) as recogniser:
        hint = recogniser.stream_chunk_bytes_hint()
        expect(
            hint is None or (isinstance(hint, int) and hint > 0 and hint % 2 == 0),
            f"stream_chunk_bytes_hint() was {hint!r}; return an even number of bytes, or None",
        )


@PROMISES.that("a clone hears for itself")
def clone(make: Make) -> None:
    """Clone in the middle of an utterance."""
    with contextlib.closing(make()) as recogniser:
        recogniser.recognize_stream(noise(0.5))
        with contextlib.closing(recogniser.clone()) as other:
            expect(
                other is not recogniser and other.recognize_stream(b"", is_final=True) == "",
                "clone() went on with the utterance; return a recogniser that heard nothing yet",
            )
