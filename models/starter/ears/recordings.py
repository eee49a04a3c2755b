"""What the ears are fitted on and examined with: people, espeak-ng and household noise.

The two share nothing but some voices: the exam has sentences of its own (`exam.txt`) and all
recordings of people in `EXAM_FOLDERS`; the fit has the other sentences and the other folders.
"""

from __future__ import annotations

import hashlib
import json
import re
import wave
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from xtalk_edge.audio.format import RATE_HZ, pcm_to_samples
from xtalk_edge.audio.resample import convert
from xtalk_edge.engines.interfaces import ToolCall
from xtalk_edge.engines.tts.espeak import EspeakTTS

COMMANDS, PEOPLE_TALK, NOISE = "commands: people", "talk: people", "noise"
ESPEAK_COMMANDS, ESPEAK_TALK = "commands: espeak-ng", "talk: espeak-ng"
EXAM_FOLDERS = ("commands", "barista", "asr", "long", "asr_notext")
EXAM_VOICES = (
    "en-us", "en-us+f1", "en-us+f2", "en-us+f4", "en-us+m1", "en-us+m3", "en-us+m7", "en-gb",
    "en-gb+f3", "en-gb-x-rp", "en-gb-scotland", "en-us+klatt4",
)  # fmt: skip
FIT_VOICES = (*EXAM_VOICES, "en-us+f3", "en-us+m2", "en-gb+m4", "en-gb-x-rp+f4", "en-029+f1")
# A quiet room (-76 dBFS) and a fan beside the device (20 dB under the voice).
NOISE_RMS = {"quiet": 5.0, "noisy": 150.0}
_VOICE_RMS = 1500.0
# Every sentence in each of the voices would take an hour.
_VOICES_A_COMMAND, _VOICES_A_TALK = 2, 1

PEOPLE_CALLS = {
    "turn on the lamp": ToolCall("switch_device", {"device": "lamp", "state": "on"}),
    "what's the date today": ToolCall("get_date", {}),
    "what time is it": ToolCall("get_time", {}),
}
"""What people's commands ask for; "play the beatles" has to be declined in words."""

# Folders that hold no single utterance: room responses.
_UNUSED = ("rir", "reverb")
# An endpointer ends an utterance sooner than this; longer files are cut.
_LONGEST_S = 12.0
_CUT_SAMPLES = 4 * RATE_HZ


@dataclass(frozen=True, slots=True)
class Recording:
    """One utterance, or a stretch of talk or noise."""

    group: str
    name: str
    text: str
    """What is said if that is a command, otherwise ""."""
    audio: bytes
    call: ToolCall | None = None
    """What a command asks for; None where it has to be declined, and for everything else."""


def _hash(text: str) -> int:
    return int(hashlib.sha256(text.encode()).hexdigest(), 16)


def _lines(name: str) -> list[str]:
    return Path(__file__).with_name(name).read_text(encoding="utf-8").splitlines()


def _listed(folder: Path) -> Iterator[tuple[str, str, np.ndarray, str]]:
    """Yield folder, name, samples and text of what `manifest.jsonl` lists, 16 kHz mono."""
    for line in (folder / "manifest.jsonl").read_text(encoding="utf-8").splitlines():
        entry: dict[str, Any] = json.loads(line)
        name = str(entry["file"])
        kind = name.split("/", 1)[0]
        if kind in _UNUSED:
            continue
        with wave.open(str(folder / name)) as file:
            samples = np.frombuffer(file.readframes(file.getnframes()), np.int16)
        text = re.sub(r"[^a-z' ]", "", str(entry.get("text") or "").lower()).strip()
        yield kind, name, samples, text


def exam_people(folder: Path) -> Iterator[Recording]:
    """Yield people's recordings of the exam, each whole."""
    for kind, name, samples, text in _listed(folder):
        if kind == "commands":
            yield Recording(COMMANDS, name, text, samples.tobytes(), PEOPLE_CALLS.get(text))
        elif kind in EXAM_FOLDERS:
            yield Recording(f"{PEOPLE_TALK}, {kind}", name, "", samples.tobytes())


def exam_espeak() -> Iterator[Recording]:
    """Yield the exam's commands in each of its voices."""
    for text, call in exam_commands().items():
        for voice in EXAM_VOICES:
            yield _spoken(ESPEAK_COMMANDS, text, voice, "quiet", call)


def exam_commands() -> dict[str, ToolCall]:
    """Return the sentences of the exam and what they ask for."""
    rows = (line.split("\t") for line in _lines("exam.txt"))
    return {text: ToolCall(tool, json.loads(arguments)) for text, tool, arguments in rows}


def people_and_noise(folder: Path) -> Iterator[Recording]:
    """Yield what people said that is not in the exam, and noise, in pieces; and the commands."""
    for kind, name, samples, text in _listed(folder):
        if kind == "commands":
            yield Recording(COMMANDS, name, text, samples.tobytes(), PEOPLE_CALLS.get(text))
        elif kind not in EXAM_FOLDERS:
            group = NOISE if kind == "noise" else f"{PEOPLE_TALK}, {kind}"
            whole = kind != "noise" and len(samples) <= _LONGEST_S * RATE_HZ
            step = len(samples) if whole else _CUT_SAMPLES
            for start in range(0, max(1, len(samples) - step // 2), step):
                cut = samples[start : start + step].tobytes()
                yield Recording(group, f"{name} at {start // RATE_HZ} s", "", cut)


def espeak() -> Iterator[Recording]:
    """Yield commands in two levels of noise, and everyday talk, each in some of the voices."""
    for text in _lines("commands.txt"):
        for level in NOISE_RMS:
            for voice in _some(FIT_VOICES, _VOICES_A_COMMAND, text + level):
                yield _spoken(ESPEAK_COMMANDS, text, voice, level)
    for text in _lines("talk.txt"):
        for voice in _some(FIT_VOICES, _VOICES_A_TALK, text):
            yield _spoken(ESPEAK_TALK, text, voice, "quiet")


def _some(voices: tuple[str, ...], count: int, by: str) -> list[str]:
    return sorted(voices, key=lambda voice: _hash(by + voice))[:count]


def _spoken(
    group: str, text: str, voice: str, level: str, call: ToolCall | None = None
) -> Recording:
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
    said = text if group == ESPEAK_COMMANDS else ""
    return Recording(f"{group}, {level}", name, said, audio, call)


def share(recordings: Iterable[Recording], one_in: int) -> Iterator[Recording]:
    """Yield the commands people said and, by hash, one in so many of the others."""
    for recording in recordings:
        if recording.group == COMMANDS or _hash(f"share {recording.name}") % one_in == 0:
            yield recording
