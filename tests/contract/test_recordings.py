"""What engines make of people: every engine of a slot hears human recordings."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.contract import models, sound
from xtalk_edge.engines import registry
from xtalk_edge.engines.interfaces import ASR

SPEECH = "asr/LJ001-0002.wav"
COMMAND = "commands/rhasspy3_turn_on_the_lamp.wav"
LEFT = 0.7
"""Of a talker's level, where nothing but the talker is to be heard."""


def final_text(recogniser: ASR, audio: bytes) -> str:
    for piece in sound.cut(audio, 3200):
        recogniser.recognize_stream(piece)
    return recogniser.recognize_stream(b"", is_final=True)


@pytest.mark.parametrize("name", registry.names("asr"))
def test_a_spoken_command_is_the_same_text_each_time(name: str, tmp_path: Path) -> None:
    recogniser = models.make("asr", name, folder=tmp_path)
    audio = sound.recording(COMMAND) + sound.silence(0.5)
    first = final_text(recogniser, audio)
    recogniser.reset()
    assert final_text(recogniser, audio) == first
    recogniser.close()


@pytest.mark.parametrize("name", registry.names("enhancer"))
def test_speech_survives_an_enhancer(name: str, tmp_path: Path) -> None:
    speech = sound.recording(SPEECH)
    enhancer = models.make("enhancer", name, folder=tmp_path)
    output = enhancer.enhance(speech) + enhancer.flush()
    assert sound.rms(output[2 * enhancer.latency_samples :]) > LEFT * sound.rms(speech)


@pytest.mark.parametrize("name", registry.names("echo"))
def test_with_a_silent_loudspeaker_the_talker_stays(name: str, tmp_path: Path) -> None:
    canceller = models.make("echo", name, folder=tmp_path)
    size = 2 * canceller.frame_samples
    frames = sound.cut(sound.recording(SPEECH), size)
    output = b"".join(canceller.cancel(frame, bytes(size)) for frame in frames)
    assert sound.rms(output) > LEFT * sound.rms(b"".join(frames))


@pytest.mark.slow
@pytest.mark.parametrize("name", registry.names("vad"))
def test_speech_detection_agrees_with_human_labels(name: str, tmp_path: Path) -> None:
    detector = models.make("vad", name, folder=tmp_path)
    frame_s = detector.frame_samples / sound.RATE_HZ
    right = total = 0
    for entry in [entry for entry in sound.catalogue() if "vad" in entry][:6]:
        detector.reset()
        frames = sound.cut(sound.recording(entry["file"]), 2 * detector.frame_samples)
        for index, frame in enumerate(frames):
            middle_s = (index + 0.5) * frame_s
            label = next((what for start, end, what in entry["vad"] if start <= middle_s < end), 0)
            right += (detector.probability(frame) >= 0.5) == bool(label)
            total += 1
    detector.close()
    # The labels leave out short pauses that a detector sees, and the other way round.
    assert right / total > 0.85
