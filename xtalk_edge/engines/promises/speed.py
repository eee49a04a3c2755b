"""What every speed controller promises."""

from __future__ import annotations

import contextlib

import numpy as np

from xtalk_edge.audio.format import RATE_HZ, floats_to_samples, pcm_to_samples, samples_to_pcm
from xtalk_edge.engines.interfaces import SpeechSpeedController
from xtalk_edge.engines.promises.promise import Make, Promises, expect
from xtalk_edge.engines.promises.sounds import cut_unevenly, hard_sounds

PROMISES = Promises()

VOICE_HZ = 150.0
"""Between a man's and a woman's."""

_NEAR_HZ = 3.0
_NEAR = 0.05
"""Of the right length; engines that are handed pieces lose a little at each."""


def _voice(seconds: float = 2.0) -> bytes:
    """Return a sound with the overtones of a voice, its loudness rising and falling like words."""
    at_s = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    tone = sum(np.sin(2 * np.pi * VOICE_HZ * n * at_s) / n for n in range(1, 8))
    return samples_to_pcm(floats_to_samples(0.2 * tone * (0.6 + 0.4 * np.sin(8 * at_s))))


def _whole(controller: SpeechSpeedController, audio: bytes, speed: float) -> bytes:
    controller.begin(RATE_HZ)
    return controller.process(audio, speed) + controller.flush()


def _pitch_hz(audio: bytes) -> float:
    """Return the strongest frequency below 400 Hz."""
    samples = pcm_to_samples(audio)
    loudness = np.abs(np.fft.rfft(samples * np.hanning(len(samples)), 1 << 18))
    lowest = round(60 / RATE_HZ * (1 << 18))
    highest = round(400 / RATE_HZ * (1 << 18))
    return float((lowest + loudness[lowest:highest].argmax()) * RATE_HZ / (1 << 18))


def _speeds(controller: SpeechSpeedController) -> list[float]:
    low, high = controller.speeds
    return [low, (low + 1.0) / 2, 1.0, (1.0 + high) / 2, high]


@PROMISES.that("speech comes out as long as it should, at its own pitch")
def length_and_pitch(make: Make) -> None:
    """Pass a voice at every speed."""
    voice = _voice()
    with contextlib.closing(make()) as controller:
        for speed in _speeds(controller):
            made = _whole(controller, voice, speed)
            expect(
                isinstance(made, bytes) and len(made) % 2 == 0,
                "process() gave no 16-bit samples; return bytes, s16le",
            )
            wanted = len(voice) / speed
            expect(
                abs(len(made) - wanted) <= _NEAR * wanted,
                f"{speed:g} times as fast, 2 s of speech became {len(made) / 2 / RATE_HZ:.2f} s; "
                f"they should be {wanted / 2 / RATE_HZ:.2f} s, or `speeds` should say otherwise",
            )
            pitch_hz = _pitch_hz(made)
            expect(
                abs(pitch_hz - VOICE_HZ) <= _NEAR_HZ,
                f"{speed:g} times as fast, a voice of {VOICE_HZ:.0f} Hz has {pitch_hz:.0f} Hz; "
                "leave the pitch alone",
            )


@PROMISES.that("at the usual speed nothing is changed")
def usual(make: Make) -> None:
    """Pass a voice at its own speed."""
    voice = _voice()
    with contextlib.closing(make()) as controller:
        expect(_whole(controller, voice, 1.0) == voice, "speech at speed 1 came out otherwise")


@PROMISES.that("pieces make the whole")
def pieces(make: Make) -> None:
    """Pass the same in pieces of any size, no smaller than it wants them."""
    voice = _voice()
    with contextlib.closing(make()) as controller:
        least = 2 * round(controller.least_s * RATE_HZ)
        for speed in _speeds(controller):
            whole = _whole(controller, voice, speed)
            controller.begin(RATE_HZ)
            made, held = b"", b""
            for piece in cut_unevenly(voice):
                held += piece
                if len(held) >= least:
                    made, held = made + controller.process(held, speed), b""
            made += controller.process(held, speed) + controller.flush()
            expect(
                abs(len(made) - len(whole)) <= _NEAR * len(whole),
                f"{speed:g} times as fast, pieces gave {len(made)} bytes and the whole "
                f"{len(whole)}; remember what came before, or set `least_s`",
            )


@PROMISES.that("any sound, and none, is borne")
def any_sound(make: Make) -> None:
    """Pass what is no voice, nothing, and less than a period."""
    with contextlib.closing(make()) as controller:
        for audio in (b"", b"\0\1", *hard_sounds().values()):
            for speed in _speeds(controller):
                made = _whole(controller, audio, speed)
                expect(len(made) % 2 == 0, "process() cut a sample in half")
                expect(bool(made) <= bool(audio), "sound was made of nothing")


@PROMISES.that("a clause leaves nothing behind for the next")
def clauses(make: Make) -> None:
    """Break one off, and pass another twice."""
    voice = _voice(0.5)
    with contextlib.closing(make()) as controller:
        speed = controller.speeds[0]
        alone = _whole(controller, voice, speed)
        controller.begin(RATE_HZ)
        controller.process(voice, speed)
        expect(
            _whole(controller, voice, speed) == alone,
            "a clause came out otherwise behind one that was broken off; forget it in begin()",
        )
