"""Who says "stop": synthesisers, each with voices to learn from and voices kept for the exam.

espeak-ng's voices vary by pitch and speed. Flite's and festival's were made from recordings of
people (diphones and statistics), as were Pico's; they are wanted for training only.
"""

from __future__ import annotations

import functools
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile

from xtalk_edge.audio.format import RATE_HZ, Samples, pcm_to_samples
from xtalk_edge.audio.resample import convert
from xtalk_edge.engines.tts.espeak import EspeakTTS
from xtalk_edge.scenes.sounds import without_edges

ACCENTS = ("en-us", "en-gb", "en-gb-scotland", "en-gb-x-rp", "en-029", "en-gb-x-gbclan",
           "en-gb-x-gbcwmd", "en-us-nyc")  # fmt: skip
VARIANTS = ("", "+m1", "+m2", "+m3", "+m4", "+m5", "+m6", "+m8", "+f1", "+f2", "+f4", "+f5",
            "+klatt", "+klatt2", "+croak", "+whisper", "+Alicia", "+Andrea", "+Annie", "+anika",
            "+belinda", "+linda", "+shelby", "+steph", "+steph2", "+steph3", "+aunty", "+grandma",
            "+Alex", "+Michael", "+adam", "+david", "+edward", "+rob", "+quincy",
            "+grandpa")  # fmt: skip
EXAM_VARIANTS = ("+m7", "+f3", "+klatt3", "+klatt4")
RATES = (120, 150, 175, 210, 250)
"""Words a minute."""

FLITE, EXAM_FLITE = ("kal16", "rms"), ("awb", "slt")
FESTIVAL = ("kal_diphone", "ked_diphone", "cmu_us_slt_arctic_hts")
PICO, EXAM_PICO = ("en-US",), ("en-GB",)


@dataclass(frozen=True, slots=True)
class Voice:
    """Somebody who can say anything."""

    name: str
    say: Callable[[str], Samples]
    """Returns a text at 16 kHz, without silence around it."""


def training_voices() -> list[Voice]:
    """Return the voices to learn from."""
    return [
        *(_espeak(a + v, r) for a in ACCENTS for v in VARIANTS for r in RATES),
        *(_flite(name, stretch) for name in FLITE for stretch in (0.8, 1.0, 1.2)),
        *(_festival(name) for name in FESTIVAL[:2]),
        *(_pico(name, speed) for name in PICO for speed in (80, 100, 130)),
    ]


def exam_voices() -> list[Voice]:
    """Return the voices nothing was learnt from."""
    return [
        *(_espeak(a + v, r) for a in ACCENTS[:4] for v in EXAM_VARIANTS for r in (150, 190)),
        *(_flite(name, stretch) for name in EXAM_FLITE for stretch in (0.8, 1.0, 1.2)),
        *(_pico(name, speed) for name in EXAM_PICO for speed in (80, 100, 130)),
    ]


def _espeak(name: str, rate: int) -> Voice:
    def say(text: str) -> Samples:
        voice = _open_espeak(name, rate)
        return _at_16_khz(pcm_to_samples(voice.synthesize(text)), voice.sample_rate)

    return Voice(f"espeak {name} {rate}", say)


@functools.lru_cache(maxsize=16)
def _open_espeak(name: str, rate: int) -> EspeakTTS:
    return EspeakTTS(voice=name, speed_wpm=rate)


def _flite(name: str, stretch: float) -> Voice:
    def command(text: str, path: Path) -> list[str]:
        return ["flite", "-voice", name, "--setf", f"duration_stretch={stretch}", "-t", text,
                "-o", str(path)]  # fmt: skip

    return Voice(f"flite {name} {stretch}", lambda text: _run(command, text))


def _festival(name: str) -> Voice:
    def command(text: str, path: Path) -> list[str]:
        text_path = path.with_suffix(".txt")
        text_path.write_text(text)
        return ["text2wave", "-eval", f"(voice_{name})", "-o", str(path), str(text_path)]

    return Voice(f"festival {name}", lambda text: _run(command, text))


def _run(command: Callable[[str, Path], list[str]], text: str) -> Samples:
    with tempfile.TemporaryDirectory(prefix="xtalk-edge-voice-") as folder:
        path = Path(folder) / "said.wav"
        subprocess.run(command(text, path), check=True, capture_output=True)
        said, rate_hz = soundfile.read(path, dtype="int16")
    return _at_16_khz(said, rate_hz)


def _pico(name: str, speed: int) -> Voice:
    def say(text: str) -> Samples:
        engine = _open_pico(name)
        engine.rate = speed
        return _at_16_khz(np.frombuffer(engine.speak(text), np.int16), RATE_HZ)

    return Voice(f"pico {name} {speed}", say)


@functools.lru_cache(maxsize=4)
def _open_pico(name: str):  # type: ignore[no-untyped-def] # noqa: ANN202 - a package without types
    import ttspico

    return ttspico.TtsEngine(name)


def _at_16_khz(said: Samples, rate_hz: int) -> Samples:
    return without_edges(convert(said, rate_hz, RATE_HZ))
