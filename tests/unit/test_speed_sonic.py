"""Faster and slower speech by Sonic: its length, its pitch, and where its words are."""

from __future__ import annotations

import ctypes

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from xtalk_edge.audio.format import pcm_to_samples
from xtalk_edge.engines.interfaces import SpeechChunk, WordMark
from xtalk_edge.engines.speed import sonic
from xtalk_edge.engines.speed.sonic import SonicSpeedController
from xtalk_edge.engines.speed.stretch import stretched
from xtalk_edge.engines.tts.espeak import EspeakTTS
from xtalk_edge.errors import EngineError

TEXT = "Your pasta timer has nine minutes and fifty seconds left, and then it rains."
VOICE = EspeakTTS()
SPEECH = list(VOICE.synthesize_marked(TEXT))
PCM = b"".join(chunk.pcm for chunk in SPEECH)
MARKS = [mark for chunk in SPEECH for mark in chunk.marks]
RATE_HZ = VOICE.sample_rate

SPEEDS = st.floats(0.5, 2.0)


def pitch_hz(pcm: bytes) -> float:
    """Return the median fundamental of speech, by autocorrelation of its loud frames."""
    samples = pcm_to_samples(pcm).astype(float)
    shortest, longest, size = RATE_HZ // 300, RATE_HZ // 60, RATE_HZ // 20
    found = []
    for at in range(0, len(samples) - 2 * size, size):
        frame = samples[at : at + size]
        if np.abs(frame).mean() < 1_000:
            continue
        later = np.array([
            np.dot(frame, samples[at + lag : at + lag + size])
            / (np.linalg.norm(samples[at + lag : at + lag + size]) + 1)
            for lag in range(shortest, longest)
        ])  # fmt: skip
        found.append(RATE_HZ / (shortest + int(later.argmax())))
    return float(np.median(found))


def hurried(pcm: bytes, speed: float, sizes: list[int]) -> bytes:
    """Return speech that is passed on in pieces of these sizes by turns."""
    controller = SonicSpeedController()
    controller.begin(RATE_HZ)
    made, at, turn = b"", 0, 0
    while at < len(pcm):
        size = 2 * sizes[turn % len(sizes)]
        made += controller.process(pcm[at : at + size], speed)
        at, turn = at + size, turn + 1
    made += controller.flush()
    controller.close()
    return made


@settings(max_examples=40, deadline=None)
@given(speed=SPEEDS, sizes=st.lists(st.integers(1, 5_000), min_size=1, max_size=5),
       share=st.floats(0.0, 1.0))  # fmt: skip
@pytest.mark.slow
def test_a_clause_is_as_long_as_it_should_be(speed: float, sizes: list[int], share: float) -> None:
    pcm = PCM[: 2 * int(share * len(PCM) / 2)]
    made = hurried(pcm, speed, [max(size, 200) for size in sizes])
    assert abs(len(made) / 2 - len(pcm) / 2 / speed) <= 1


@settings(max_examples=20, deadline=None)
@given(speed=SPEEDS, sizes=st.lists(st.integers(200, 5_000), min_size=1, max_size=5))
@pytest.mark.slow
def test_pieces_are_the_whole(speed: float, sizes: list[int]) -> None:
    made, whole = hurried(PCM, speed, sizes), hurried(PCM, speed, [len(PCM)])
    assert len(made) == len(whole)
    # Sonic decides by what it has, so that a piece that is short may be cut elsewhere.
    near = np.corrcoef(envelope(made), envelope(whole))[0, 1]
    assert near > 0.98


def envelope(pcm: bytes) -> NDArray[np.float64]:
    samples = np.abs(pcm_to_samples(pcm).astype(float))
    size = RATE_HZ // 25
    loudness: NDArray[np.float64] = samples[: len(samples) // size * size].reshape(-1, size).mean(1)
    return loudness


@pytest.mark.parametrize("speed", [0.5, 0.7, 0.85, 1.2, 1.4, 1.7, 2.0])
@pytest.mark.slow
def test_the_voice_keeps_its_pitch(speed: float) -> None:
    assert pitch_hz(hurried(PCM, speed, [1323])) == pytest.approx(pitch_hz(PCM), rel=0.05)


@settings(max_examples=30, deadline=None)
@given(speed=SPEEDS)
@pytest.mark.slow
def test_words_move_with_the_sound(speed: float) -> None:
    chunks = list(stretched(iter(SPEECH), SonicSpeedController(), speed, RATE_HZ))
    moved, frames = list[WordMark](), 0
    for chunk in chunks:
        frames += len(chunk.pcm) // 2
        assert all(mark.at_frame < frames for mark in chunk.marks)
        moved += chunk.marks
    assert [(m.text_start, m.text_end) for m in moved] == [
        (m.text_start, m.text_end) for m in MARKS
    ]
    places = [mark.at_frame for mark in moved]
    assert places == sorted(places)
    for mark, before in zip(moved, MARKS, strict=True):
        assert abs(mark.at_frame - before.at_frame / speed) <= 1


@pytest.mark.parametrize("speed", [0.5, 0.85, 1.4, 2.0])
def test_words_are_where_their_marks_say(speed: float) -> None:
    """A click where a word begins is found again where its mark was moved."""
    pcm = np.zeros(3 * RATE_HZ, np.int16)
    at = 2 * RATE_HZ
    pcm[at : at + RATE_HZ // 4] = 8000 * np.sin(np.arange(RATE_HZ // 4) * 2 * np.pi * 150 / RATE_HZ)
    # A voice before it, along which small errors may gather.
    pcm[: RATE_HZ * 3 // 2] = pcm_to_samples(PCM)[: RATE_HZ * 3 // 2]
    speech = SpeechChunk(pcm.tobytes(), (WordMark(0, 4, at),))
    made = list(stretched([speech], SonicSpeedController(), speed, RATE_HZ))
    (mark,) = [mark for chunk in made for mark in chunk.marks]
    sound = np.abs(pcm_to_samples(b"".join(chunk.pcm for chunk in made)).astype(int))
    quiet_until = int(1.6 * RATE_HZ / speed)
    begins = quiet_until + int(np.argmax(sound[quiet_until:] > 500))
    assert abs(begins - mark.at_frame) < 0.03 * RATE_HZ


def test_without_the_library_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(_name: str) -> None:
        raise OSError("not found")

    sonic.sonic.cache_clear()
    monkeypatch.setattr(ctypes, "CDLL", missing)
    with pytest.raises(EngineError, match="apt-get install libsonic0"):
        SonicSpeedController()
    sonic.sonic.cache_clear()


def test_half_a_sample_is_refused() -> None:
    with pytest.raises(EngineError, match="16-bit samples"):
        SonicSpeedController().process(b"\0", 1.2)
