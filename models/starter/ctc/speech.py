"""Sentences spoken by espeak-ng in made-up rooms, near and far, with and without noise."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

import numpy as np
from numpy.typing import NDArray

from models.starter.ctc.sentences import draws
from xtalk_edge.audio.format import RATE_HZ, pcm_to_samples
from xtalk_edge.engines.tts.espeak import EspeakTTS

VOICES = (
    "en-us", "en-us+f1", "en-us+f3", "en-us+f4", "en-us+m1", "en-us+m3", "en-us+m5", "en-us+m8",
    "en-us+klatt4", "en-gb", "en-gb+f1", "en-gb+f4", "en-gb+m2", "en-gb+m6", "en-gb-x-rp",
    "en-gb-x-rp+f2", "en-gb-x-rp+m4", "en-gb-scotland", "en-gb-scotland+f1", "en-gb-scotland+m3",
    "en-gb+klatt2",
)  # fmt: skip
HELD_OUT_VOICES = ("en-us+f2", "en-us+m7", "en-gb+f3")

SPEEDS_WPM = (130, 200)
PITCHES = (30, 70)
LEVELS_RMS = (800.0, 6000.0)
"""-32 to -15 dBFS; these features have no room for anything much quieter."""
SNRS_DB = (12.0, 45.0)
NOISE_SHARE, ROOM_SHARE = 0.6, 0.3
FLOORS_RMS = (0.0, 2.0)
"""Files have digital silence between sounds; microphones never do (-84 dBFS)."""
CUT_SHARE = 0.5
"""Of the tails that are digital silence whatever noise was before: what a recogniser is padded
with at the end of a stream."""
LEAD_S, TAIL_S = (0.05, 0.4), (0.3, 0.5)
"""Silence around the speech; the tail leaves time to spell the last word."""

Samples = NDArray[np.int16]


@dataclass(frozen=True, slots=True)
class Spoken:
    """One utterance."""

    text: str
    kind: str
    voice: str
    samples: Samples
    """At 16 kHz."""


def speak(text: str, kind: str, voice: str, rng: Random) -> Spoken:
    """Return the sentence at a pace, pitch, level and in a room chosen by rng."""
    engine = EspeakTTS(voice, rng.randint(*SPEEDS_WPM), rng.randint(*PITCHES), 80)
    speech = pcm_to_samples(engine.synthesize(text))
    sound = _at_16_khz(speech, engine.sample_rate)
    loud = np.flatnonzero(np.abs(sound) > 40)
    sound = sound[loud[0] : loud[-1] + 1]
    lead, tail = (round(rng.uniform(*length) * RATE_HZ) for length in (LEAD_S, TAIL_S))
    sound = np.pad(sound, (lead, tail))
    noise = np.random.default_rng(rng.randrange(2**32))
    if rng.random() < ROOM_SHARE:
        sound = _in_a_room(sound, rng.uniform(0.1, 0.35), noise)
    level = np.exp(rng.uniform(*np.log(LEVELS_RMS)))
    sound *= level / max(1.0, float(np.sqrt(np.mean(sound[lead : len(sound) - tail] ** 2))))
    if rng.random() < NOISE_SHARE:
        hum = _coloured(len(sound), noise, rng.uniform(0.0, 1.0))
        sound += level * 10 ** (-rng.uniform(*SNRS_DB) / 20) * hum
    sound += noise.normal(0.0, rng.choice(FLOORS_RMS), len(sound))
    if rng.random() < CUT_SHARE:
        sound[len(sound) - round(tail * rng.uniform(0.5, 1.0)) :] = 0.0
    return Spoken(text, kind, voice, np.clip(np.rint(sound), -32768, 32767).astype(np.int16))


def utterances(seed: int, voices: tuple[str, ...], held_out: bool) -> Iterator[Spoken]:
    """Yield spoken sentences without end, the same ones for the same seed."""
    rng = Random(seed)
    for text, kind in draws(seed, held_out):
        yield speak(text, kind, rng.choice(voices), rng)


def _at_16_khz(speech: Samples, rate_hz: int) -> NDArray[np.float64]:
    """Return the speech cut off at 8 kHz; by one transform, as hours of it are to be made."""
    common = math.gcd(rate_hz, RATE_HZ)
    before, after = rate_hz // common, RATE_HZ // common
    pieces = 1 << max(1, math.ceil(len(speech) / before) - 1).bit_length()
    spectrum = np.fft.rfft(speech, pieces * before)[: pieces * after // 2 + 1]
    sound = np.fft.irfft(spectrum, pieces * after) * (after / before)
    return np.asarray(sound[: len(speech) * after // before])


def _in_a_room(
    sound: NDArray[np.float64], decay_s: float, noise: np.random.Generator
) -> NDArray[np.float64]:
    """Return sound with an exponentially fading tail of echoes, as long as before."""
    length = round(decay_s * RATE_HZ)
    response = noise.normal(0.0, 1.0, length) * 10 ** (-3 * np.arange(length) / length)
    # The direct sound has some ten times the energy of all echoes: a talker at arm's length.
    response *= 0.3 / np.sqrt(np.sum(response**2))
    response[0] = 1.0
    size = 1 << (len(sound) + length).bit_length()
    wet = np.fft.irfft(np.fft.rfft(sound, size) * np.fft.rfft(response, size), size)
    return np.asarray(wet[: len(sound)])


def _coloured(count: int, noise: np.random.Generator, slope: float) -> NDArray[np.float64]:
    """Return noise of RMS 1, from white (slope 0) to pink (slope 1)."""
    # Powers of two only: lengths with large prime factors take fifty times as long.
    size = 1 << count.bit_length()
    spectrum = np.fft.rfft(noise.normal(0.0, 1.0, size))
    spectrum /= np.maximum(1.0, np.arange(len(spectrum))) ** (slope / 2)
    sound = np.fft.irfft(spectrum, size)[:count]
    return np.asarray(sound / np.sqrt(np.mean(sound**2)))
