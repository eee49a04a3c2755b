"""What the recogniser is fitted on and measured with: people, espeak-ng and household noise.

Two in five are held out, by the hash of what tells recordings apart: a file's name, or the
sentence espeak-ng speaks, with all its voices.
"""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import os
import re
import wave
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from xtalk_edge.audio.format import RATE_HZ, pcm_to_samples
from xtalk_edge.audio.resample import convert
from xtalk_edge.engines.asr.pocketsphinx import PocketSphinxASR
from xtalk_edge.engines.tts.espeak import EspeakTTS

COMMANDS, PEOPLE_TALK, NOISE = "commands: people", "talk: people", "noise"
ESPEAK_COMMANDS, ESPEAK_TALK = "commands: espeak-ng", "talk: espeak-ng"
VOICES = (
    "en-us", "en-us+f3", "en-us+m3", "en-gb", "en-gb-x-rp+f4",
    "en-gb-scotland+m2", "en-us+klatt4", "en-us+m7", "en+f1", "en-029+f1",
)  # fmt: skip
TALK_VOICES = VOICES[:6]
# A quiet room (-76 dBFS) and a fan beside the device (20 dB under the voice).
NOISE_RMS = {"quiet": 5.0, "noisy": 150.0}
_VOICE_RMS = 1500.0
# Of ten voices, and of six for talk: every sentence in each would take an hour.
_VOICES_A_COMMAND, _VOICES_A_TALK = 4, 2

_ARTICLES = re.compile(r"\b(a|an|the)\b ?")
# Folders that hold no single utterance: echoes, room responses.
_UNUSED = ("aec", "rir", "reverb")
# An endpointer ends an utterance sooner than this; longer files are cut.
_LONGEST_S = 12.0
_CUT_SAMPLES = 4 * 16000


@dataclass(frozen=True, slots=True)
class Recording:
    """One utterance or stretch of noise."""

    group: str
    name: str
    text: str
    """What is said if that is a command, otherwise ""."""
    audio: bytes
    split_by: str

    @property
    def held_out(self) -> bool:
        """Return whether it is kept for measuring."""
        return _hash(self.split_by) % 5 < 2


@dataclass(frozen=True, slots=True)
class Hearing:
    """What the recogniser made of a recording."""

    recording: Recording
    text: str
    best_text: str
    """The text before rejection."""
    measures: tuple[float, ...] | None
    cpu_s: float

    @property
    def best_is_right(self) -> bool:
        """Return whether the command was found, whatever rejection then made of it."""
        return bool(self.best_text) and _same(self.best_text, self.recording.text)

    @property
    def right(self) -> bool:
        """Return whether the command was found and kept."""
        return bool(self.text) and self.best_is_right

    @property
    def wrong(self) -> bool:
        """Return whether something else than what was said was kept."""
        return bool(self.text) and not self.best_is_right


def _same(one: str, other: str) -> bool:
    """Compare but for articles: "a pasta timer" and "the pasta timer" ask for the same."""
    return _ARTICLES.sub("", one) == _ARTICLES.sub("", other)


def _hash(text: str) -> int:
    return int(hashlib.sha256(text.encode()).hexdigest(), 16)


def _lines(name: str) -> list[str]:
    return Path(__file__).with_name(name).read_text(encoding="utf-8").splitlines()


def people_and_noise(folder: Path) -> Iterator[Recording]:
    """Yield the recordings that `manifest.jsonl` in folder lists, 16 kHz mono."""
    for line in (folder / "manifest.jsonl").read_text(encoding="utf-8").splitlines():
        entry = json.loads(line)
        name = str(entry["file"])
        kind = name.split("/", 1)[0]
        if kind in _UNUSED:
            continue
        with wave.open(str(folder / name)) as file:
            samples = np.frombuffer(file.readframes(file.getnframes()), dtype=np.int16)
        if kind == "commands":
            text = re.sub(r"[^a-z' ]", "", str(entry["text"]).lower()).strip()
            yield Recording(COMMANDS, name, text, samples.tobytes(), name)
            continue
        group = NOISE if kind == "noise" else f"{PEOPLE_TALK}, {kind}"
        whole = kind != "noise" and len(samples) <= _LONGEST_S * 16000
        step = len(samples) if whole else _CUT_SAMPLES
        for start in range(0, max(1, len(samples) - step // 2), step):
            cut = samples[start : start + step].tobytes()
            yield Recording(group, f"{name} at {start // 16000} s", "", cut, name)


def espeak() -> Iterator[Recording]:
    """Yield commands in two levels of noise, and everyday talk, each in some of the voices."""
    for text in _lines("ear_commands.txt"):
        for level in NOISE_RMS:
            for voice in _some(VOICES, _VOICES_A_COMMAND, text + level):
                yield _spoken(ESPEAK_COMMANDS, text, voice, level)
    for text in _lines("ear_talk.txt"):
        for voice in _some(TALK_VOICES, _VOICES_A_TALK, text):
            yield _spoken(ESPEAK_TALK, text, voice, "quiet")


def _some(voices: tuple[str, ...], count: int, by: str) -> list[str]:
    return sorted(voices, key=lambda voice: _hash(by + voice))[:count]


def _spoken(group: str, text: str, voice: str, level: str) -> Recording:
    name = f"{text}, {voice}, {level}"
    random = np.random.default_rng(_hash(name) % 2**32)
    speed_wpm = int(random.integers(145, 190))
    engine = EspeakTTS(voice, speed_wpm=speed_wpm, volume=80)
    speech = pcm_to_samples(engine.synthesize(text))
    spoken = convert(speech, engine.sample_rate, RATE_HZ).astype(np.float32)
    spoken *= _VOICE_RMS / max(1.0, float(np.sqrt(np.mean(spoken**2))))
    before, after = random.integers(3200, 9600, 2)
    spoken = np.pad(spoken, (int(before), int(after)))
    spoken += random.normal(0.0, NOISE_RMS[level], len(spoken))
    audio = np.clip(spoken, -32768, 32767).astype(np.int16).tobytes()
    return Recording(
        f"{group}, {level}", name, text if group == ESPEAK_COMMANDS else "", audio, text
    )


def share(recordings: Iterable[Recording], one_in: int) -> Iterator[Recording]:
    """Yield the commands people said and, by hash, one in so many of the others."""
    for recording in recordings:
        if recording.group == COMMANDS or _hash(f"share {recording.name}") % one_in == 0:
            yield recording


def hear_all(recordings: Iterable[Recording], rejection: str = "") -> Iterator[Hearing]:
    """Yield what the recogniser hears in each, on every core, in order."""
    workers = ProcessPoolExecutor(
        os.cpu_count(), multiprocessing.get_context("spawn"), _open, (rejection,)
    )
    with workers:
        yield from workers.map(_hear, list(recordings), chunksize=8)


_recogniser: list[PocketSphinxASR] = []
"""This worker process's own."""


def _open(rejection: str) -> None:
    _recogniser.append(PocketSphinxASR(rejection=rejection))


def _hear(recording: Recording) -> Hearing:
    (asr,) = _recogniser
    before_s = os.times().user
    step = asr.stream_chunk_bytes_hint()
    asr.reset()
    for start in range(0, len(recording.audio), step):
        asr.recognize_stream(recording.audio[start : start + step])
    text = asr.recognize_stream(b"", is_final=True)
    return Hearing(recording, text, asr.best_text, asr.measures, os.times().user - before_s)
