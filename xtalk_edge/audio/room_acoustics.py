"""What a room does to sound: reflections, reverberation, noise. Seeded, so that it can be repeated.

Sound is float64 in units of int16 steps.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

EARLY_REFLECTIONS = 6
"""Walls, floor and ceiling."""

FIRST_REFLECTION_S = 0.0015
LAST_REFLECTION_S = 0.02
"""A shelf half a metre away; the far wall of a living room."""

REVERBERATION_DB = -10.0
"""Of the tail against the direct sound, loudspeaker and microphone being in one case."""

NOISE_LOOP_S = 10.0
"""Longer than anyone would notice the repetition, short enough to make at once."""


NOISES = ("white", "pink", "music")

CHORDS_HZ = ((220.0, 261.6, 329.6), (174.6, 220.0, 261.6), (261.6, 329.6, 392.0),
             (196.0, 246.9, 293.7))  # fmt: skip
STRUCK_EVERY_S, CHORD_LASTS_S = 0.5, 2.0
"""A minor, F, C, G: whatever is on the radio."""


def unit_energy(response: Floats) -> Floats:
    """Scale a response so that white noise passes at its own level; ValueError if it is silent."""
    energy = float(np.sqrt(np.sum(np.square(response))))
    if not 0 < energy < np.inf:
        raise ValueError("an impulse response needs at least one value that is not 0, all finite")
    return response / energy


def room_response(rt60_s: float, rate_hz: int, seed: int) -> Floats:
    """Make up an impulse response: direct sound, early reflections, exponential tail."""
    random = np.random.default_rng(seed)
    length = max(round(rt60_s * rate_hz), round(LAST_REFLECTION_S * rate_hz) + 1)
    at_s = np.arange(length) / rate_hz
    # 60 dB are a factor of 1000.
    tail = random.standard_normal(length) * 10 ** (-3 * at_s / max(rt60_s, 1e-3))
    tail[: round(FIRST_REFLECTION_S * rate_hz)] = 0.0
    response = tail * 10 ** (REVERBERATION_DB / 20) / np.sqrt(np.sum(tail**2))
    response[0] = 1.0
    delays_s = random.uniform(FIRST_REFLECTION_S, LAST_REFLECTION_S, EARLY_REFLECTIONS)
    strengths = random.uniform(0.05, 0.25, EARLY_REFLECTIONS) * random.choice(
        [-1, 1], EARLY_REFLECTIONS
    )
    np.add.at(response, np.rint(delays_s * rate_hz).astype(int), strengths)
    return unit_energy(response)


def noise_loop(colour: str, rate_hz: int, seed: int) -> Floats:
    """Return noise of RMS 1, of a colour of `NOISES`, that repeats without a seam."""
    if colour not in NOISES:
        raise ValueError(f"noise is {', '.join(NOISES)} or samples, not {colour!r}")
    frames = round(NOISE_LOOP_S * rate_hz)
    noise: Floats = np.random.default_rng(seed).standard_normal(frames)
    if colour == "pink":
        spectrum = np.fft.rfft(noise)
        spectrum[1:] /= np.sqrt(np.arange(1, len(spectrum)))
        noise = np.fft.irfft(spectrum, frames)
    elif colour == "music":
        noise = _music(noise, rate_hz)
    noise -= noise.mean()
    noise /= np.sqrt(np.mean(np.square(noise)))
    return noise


def _music(noise: Floats, rate_hz: int) -> Floats:
    """Return four chords in turn, struck twice a second, with a beat of noise between them."""
    at_s = np.arange(len(noise)) / rate_hz
    since_s = at_s % STRUCK_EVERY_S
    chord = (at_s / CHORD_LASTS_S).astype(int) % len(CHORDS_HZ)
    tune = np.zeros(len(noise))
    for number, pitches in enumerate(CHORDS_HZ):
        for pitch_hz in pitches:
            for overtone in range(1, 5):
                tone = np.sin(2 * np.pi * pitch_hz * overtone * at_s) / overtone
                tune += np.where(chord == number, tone, 0.0)
    beat = noise * np.exp(-((at_s + STRUCK_EVERY_S / 2) % STRUCK_EVERY_S) / 0.03)
    played: Floats = tune * np.exp(-since_s / 0.4) + beat
    return played


def convolve(sound: Floats, response: Floats) -> Floats:
    """Return the whole sound with its reverberation: len(sound) + len(response) - 1 values."""
    length = len(sound) + len(response) - 1
    size = 1 << (length - 1).bit_length()
    spectrum = np.fft.rfft(sound, size) * np.fft.rfft(response, size)
    whole: Floats = np.fft.irfft(spectrum, size)[:length]
    return whole


class Convolver:
    """Convolves a stream block by block, without delay, by partitioned overlap-save."""

    def __init__(self, response: Floats, block_frames: int) -> None:
        self._block = block_frames
        self._single = float(response[0]) if len(response) == 1 else None
        parts = -(-len(response) // block_frames)
        padded = np.zeros(parts * block_frames)
        padded[: len(response)] = response
        self._filters = np.fft.rfft(padded.reshape(parts, block_frames), 2 * block_frames)
        self._spectra = np.zeros_like(self._filters)
        """Spectra of the last blocks, newest first from `_newest` on, as a ring."""
        self._newest = 0
        self._before: Floats = np.zeros(block_frames)

    def process(self, block: Floats) -> Floats:
        """Return the next `block_frames` values for as many."""
        if self._single is not None:
            return block * self._single
        parts = len(self._filters)
        self._newest = (self._newest - 1) % parts
        self._spectra[self._newest] = np.fft.rfft(np.concatenate((self._before, block)))
        self._before = block
        first = parts - self._newest
        total = np.einsum("ij,ij->j", self._spectra[self._newest :], self._filters[:first])
        total += np.einsum("ij,ij->j", self._spectra[: self._newest], self._filters[first:])
        convolved: Floats = np.fft.irfft(total)[self._block :]
        return convolved
