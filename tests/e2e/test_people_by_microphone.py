"""`xtalk-edge people enrol` on a real sound stack: it asks for sentences and learns the voice."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.pulse import LOUDSPEAKER, MICROPHONE, needs_pulse, pulse, speak
from tests.tiny_speaker import write_speaker
from xtalk_edge.audio.format import RATE_HZ
from xtalk_edge.audio.sound_file import WavWriter
from xtalk_edge.cli.people import TAKES
from xtalk_edge.engines.tts.espeak import EspeakTTS
from xtalk_edge.scenes.sounds import spoken

__all__ = ["pulse"]
"""The fixture: a sound server of the test's own."""

pytestmark = [pytest.mark.alone, needs_pulse]


def asked(tmp_path: Path, *words: str) -> list[str]:
    """Return the command line of `people`."""
    settings = [
        "speaker.type=sherpa", f"speaker.model={tmp_path / 'speaker.onnx'}",
        f"store.state_dir={tmp_path / 'state'}", "audio.card=portaudio",
        f"audio.input_device={MICROPHONE}", f"audio.output_device={LOUDSPEAKER}",
    ]  # fmt: skip
    chosen = [part for each in settings for part in ("--set", each)]
    return [sys.executable, "-m", "xtalk_edge", "people", *words, *chosen]


@pytest.mark.usefixtures("pulse")
def test_a_voice_is_learnt_while_somebody_reads_aloud(tmp_path: Path) -> None:
    write_speaker(tmp_path)
    voice = EspeakTTS(voice="en-us+f3")
    sentences = [spoken(text, voice) for text in TAKES]
    said = []
    with subprocess.Popen(
        asked(tmp_path, "enrol", "Ann"),
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
    ) as enrolment:
        assert enrolment.stdout is not None
        for line in enrolment.stdout:
            said.append(line)
            if line.startswith("Please say"):
                speak(sentences[len(said) - 1], tmp_path, RATE_HZ)
    assert enrolment.returncode == 0
    assert said[-1] == f"Ann is known now, from {len(TAKES)} of {len(TAKES)} takes.\n"

    recording = tmp_path / "ann.wav"
    with WavWriter(recording, RATE_HZ) as wav:
        wav.write(spoken("set a timer for five minutes please", voice))
    answer = subprocess.run(
        asked(tmp_path, "whose", str(recording)), capture_output=True, text=True, check=True
    )
    assert ": Ann, nearest Ann " in answer.stdout
