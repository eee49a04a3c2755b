"""What every voice promises."""

from __future__ import annotations

import contextlib
import itertools

import numpy as np

from xtalk_edge.engines.interfaces import TTS
from xtalk_edge.engines.promises.promise import Make, Promises, expect
from xtalk_edge.engines.promises.sounds import rms

PROMISES = Promises()

TEXTS = (
    "Hello, world.",
    "It is 25 °C, isn't it? Yes!",
    "The café – naïve, €5.50 (about 3 items)…",
    "Dr. Smith lives at 21 Baker St. since 1999.",
    "日本 means Japan.",
    "Tick ✅ and smile 😀👍🏽 now",
    "a\0b\x07c\u200bd\ud800e",
    "<b>bold</b> & [[phonemes]] \\ {x}",
    "supercalifragilistic" * 15,
)
UNSPEAKABLE = ("", " \t\n", "...", "😀", "\0", "?!", "\ud83d")

SHORTEST_S, LONGEST_S = 0.2, 120.0
"""Of the texts above."""

_LEAST_PEAK = 1_000
_NO_VOICE = "no-such-voice"


def _alike(voice: TTS, one: bytes, other: bytes) -> bool:
    """Voices may vary breath and pitch a little, so the same text need not give the same bytes."""
    near = abs(len(one) - len(other)) <= max(0.005 * len(other), 0.04 * voice.sample_rate)
    return near and abs(rms(one) - rms(other)) <= 0.1 * rms(other)


@PROMISES.that("any text becomes sound")
def any_text(make: Make) -> None:
    """Speak what agents write."""
    with contextlib.closing(make()) as voice:
        for text in TEXTS:
            pcm = voice.synthesize(text)
            expect(
                isinstance(pcm, bytes) and len(pcm) % 2 == 0,
                f"synthesize({text[:30]!r}) gave no 16-bit samples; return bytes, s16le",
            )
            seconds = len(pcm) / 2 / voice.sample_rate
            expect(
                SHORTEST_S < seconds < LONGEST_S,
                f"{text[:30]!r} lasted {seconds:.1f} s at {voice.sample_rate} Hz; check "
                "sample_rate, and speak what can be spoken of a text",
            )
            peak = int(np.abs(np.frombuffer(pcm, "<i2").astype(int)).max())
            expect(peak > _LEAST_PEAK, f"{text[:30]!r} has a peak of {peak} of 32767; be louder")


@PROMISES.that("what cannot be spoken is silently nothing")
def unspeakable(make: Make) -> None:
    """Speak blanks, dots and signs."""
    with contextlib.closing(make()) as voice:
        for text in UNSPEAKABLE:
            nothing = voice.synthesize(text) == b"" and list(voice.synthesize_marked(text)) == []
            expect(nothing, f'{text!r} made a sound; return b"" where there is nothing to say')


@PROMISES.that("the pieces make the whole")
def pieces(make: Make) -> None:
    """Compare the three ways to speak."""
    with contextlib.closing(make()) as voice:
        for text in TEXTS:
            whole = voice.synthesize(text)
            marked = b"".join(chunk.pcm for chunk in voice.synthesize_marked(text))
            for name, pcm in (
                ("synthesize_stream", b"".join(voice.synthesize_stream(text))),
                ("synthesize_marked", marked),
            ):
                expect(
                    _alike(voice, pcm, whole),
                    f"{name}({text[:30]!r}) gave {len(pcm)} bytes and synthesize() {len(whole)}; "
                    "they must be the same speech",
                )


@PROMISES.that("marks go forward, and lie within text and sound")
def marks(make: Make) -> None:
    """Look at the timing of words, where there is any."""
    with contextlib.closing(make()) as voice:
        for text in TEXTS:
            text_at = frame_at = frames = 0
            for chunk in voice.synthesize_marked(text):
                expect(bool(chunk.pcm), f"{text[:30]!r} had a piece without sound; leave it out")
                frames += len(chunk.pcm) // 2
                for mark in chunk.marks:
                    expect(
                        text_at <= mark.text_start < mark.text_end <= len(text)
                        and frame_at <= mark.at_frame < frames,
                        f"{text[:30]!r} has a mark out of order or range: {mark}; give each word "
                        "once, with the piece in which it begins, or no marks",
                    )
                    text_at, frame_at = mark.text_end, mark.at_frame


@PROMISES.that("ten thousand characters begin at once, and can be stopped")
def stopped(make: Make) -> None:
    """Take the first piece and close the iterator."""
    with contextlib.closing(make()) as voice:
        speech = iter(voice.synthesize_marked("One more word, please. " * 435))
        first = next(speech, None)
        expect(first is not None and bool(first.pcm), "a long text gave no first piece")
        if hasattr(speech, "close"):
            speech.close()


@PROMISES.that("clones do not disturb one another")
def clones(make: Make) -> None:
    """Let two speak by turns."""
    text = "Hello, world. How are you?"
    with contextlib.closing(make()) as first:
        alone = first.synthesize(text)
        speech = iter(first.synthesize_stream(text))
        begun = b"".join(itertools.islice(speech, 1))
        other = first.clone()
        expect(bool(other.synthesize("Something else.")), "a clone said nothing")
        mixed = begun + b"".join(speech)
        other.close()
        for pcm in (mixed, first.synthesize(text)):
            expect(
                _alike(first, pcm, alone),
                "a voice spoke otherwise beside its clone; they must share nothing that changes",
            )


@PROMISES.that("an unknown voice is refused and changes nothing")
def unknown_voice(make: Make) -> None:
    """Ask for a voice that nobody has."""
    with contextlib.closing(make()) as voice:
        before = voice.synthesize("Hello.")
        try:
            voice.set_voice([_NO_VOICE])
        except ValueError as error:
            expect(_NO_VOICE in str(error), "set_voice() must name the voice it does not know")
        else:
            expect(False, "set_voice() took a name it cannot know; raise ValueError")
        expect(_alike(voice, voice.synthesize("Hello."), before), "a refused voice changed speech")


@PROMISES.that("it speaks with every emotion it names")
def emotions(make: Make) -> None:
    """Choose each in turn."""
    with contextlib.closing(make()) as voice:
        for name in voice.emotions():
            voice.set_emotion(name)
            expect(
                bool(voice.synthesize("Hello.")),
                f"with the emotion {name!r} it said nothing; name only what it can do",
            )
