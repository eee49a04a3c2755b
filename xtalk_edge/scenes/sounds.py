"""What is to be heard in the room: words, recordings, and sounds that are made up."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from xtalk_edge.audio.format import RATE_HZ, Samples, Sound, pcm_to_samples, to_int16
from xtalk_edge.audio.resample import convert
from xtalk_edge.audio.sound_file import read_sound
from xtalk_edge.engines.tts.espeak import EspeakTTS
from xtalk_edge.scenes.script import Line

_PAUSE = re.compile(r"\[(\d+(?:\.\d+)?)\]")

SILENCE = 33
"""Samples up to this, -60 dB of full scale, are no sound."""

PEAK = 9_000.0
"""Of the made-up sounds, about that of the synthetic talkers; int16 steps."""


def sound_of(line: Line, folder: Path) -> Sound:
    """Return what a line sounds like, at 16 kHz.

    Raises:
        DeviceError: its recording is missing or damaged.
        ConfigError: there is no such voice.
    """
    if line.recording:
        return read_sound(folder / line.recording, RATE_HZ)
    if line.sound:
        made = _cough() if line.sound == "cough" else _clap()
        return Sound(to_int16(made), RATE_HZ)
    return Sound(spoken(line.spelled or line.says, EspeakTTS(voice=line.voice)), RATE_HZ)


def spoken(text: str, voice: EspeakTTS) -> Samples:
    """Return words at 16 kHz, with the pauses that are written among them."""
    pieces = []
    for number, part in enumerate(_PAUSE.split(text)):
        if number % 2:
            pieces.append(np.zeros(round(float(part) * RATE_HZ), np.int16))
        elif part.strip():
            pcm = pcm_to_samples(voice.synthesize(part.strip()))
            pieces.append(without_edges(convert(pcm, voice.sample_rate, RATE_HZ)))
    return np.concatenate(pieces) if pieces else np.empty(0, np.int16)


def without_edges(sound: Samples) -> Samples:
    """Return a sound without the silence around it; espeak-ng adds an eighth of a second."""
    loud = np.flatnonzero(np.abs(sound.astype(np.int32)) > SILENCE)
    return sound[loud[0] : loud[-1] + 1] if len(loud) else sound


def _cough() -> NDArray[np.float64]:
    """Return two bursts of breath through a throat: an explosion, and what follows it."""
    random = np.random.default_rng(3)
    bursts = []
    for seconds, strength in ((0.28, 1.0), (0.12, 0.0), (0.22, 0.7)):
        burst = breath(random, seconds, throat_samples=5, dies_s=0.07)
        attack = np.minimum(1, np.arange(len(burst)) / (0.004 * RATE_HZ))
        bursts.append(strength * burst * attack)
    return at_peak(np.concatenate(bursts))


def breath(
    random: np.random.Generator, seconds: float, *, throat_samples: int, dies_s: float
) -> NDArray[np.float64]:
    """Return a burst of breath that dies away; the longer the mean, the lower the throat."""
    at_s = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    noise = random.standard_normal(len(at_s))
    mean = np.ones(throat_samples) / throat_samples
    return np.convolve(noise, mean, "same") * np.exp(-at_s / dies_s)


def _clap() -> NDArray[np.float64]:
    """Return one clap of hands: noise that is over in a few milliseconds."""
    at_s = np.arange(round(0.08 * RATE_HZ)) / RATE_HZ
    clap = np.random.default_rng(4).standard_normal(len(at_s)) * np.exp(-at_s / 0.008)
    return at_peak(clap)


def at_peak(sound: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return a sound as loud as the made-up ones are."""
    return sound * (PEAK / float(np.abs(sound).max()))
