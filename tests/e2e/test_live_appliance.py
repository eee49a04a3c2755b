"""`xtalk-edge run` on a real sound stack: asked at the microphone, heard at the loudspeaker."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from tests.pulse import LOUDSPEAKER, MICROPHONE, needs_pulse, pulse, record, speak
from xtalk_edge.audio.format import pcm_to_samples
from xtalk_edge.engines.tts.espeak import EspeakTTS
from xtalk_edge.scenes.script import TALKER_VOICE

__all__ = ["pulse"]
"""The fixture: a sound server of the test's own."""

pytestmark = [pytest.mark.slow, needs_pulse]

ANSWER_LIMIT_S = 30.0
"""Loading takes two seconds, an answer one; a busy machine takes its time."""


def wait_for(events: Path, kind: str) -> dict[str, object]:
    """Return the first event of that kind once it is written."""
    give_up_s = time.monotonic() + ANSWER_LIMIT_S
    while time.monotonic() < give_up_s:
        for line in events.read_text().splitlines() if events.exists() else []:
            if line.endswith("}") and json.loads(line)["event"] == kind:
                found: dict[str, object] = json.loads(line)
                return found
        time.sleep(0.05)
    raise AssertionError(f"no {kind} within {ANSWER_LIMIT_S:g} s")


@pytest.mark.usefixtures("pulse")
def test_a_question_asked_aloud_is_answered_aloud(tmp_path: Path) -> None:
    events = tmp_path / "events.jsonl"
    voice = EspeakTTS(voice=TALKER_VOICE)
    question = pcm_to_samples(voice.synthesize("okay naboo, what time is it"))
    command = [
        *(sys.executable, "-m", "xtalk_edge", "run", "--events", str(events)),
        *("--set", f"audio.input_device={MICROPHONE}"),
        *("--set", f"audio.output_device={LOUDSPEAKER}"),
        *("--state-dir", str(tmp_path / "state")),
    ]
    appliance = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        wait_for(events, "CardOpened")
        with record(tmp_path) as recording:
            speak(question, tmp_path, voice.sample_rate)
            finished = wait_for(events, "TTSPlaybackFinished")
    finally:
        appliance.send_signal(signal.SIGINT)
        output, errors = appliance.communicate(timeout=20)
    assert (appliance.returncode, errors) == (130, "")
    assert wait_for(events, "ToolCallOccurred")["name"] == "get_time"
    assert str(finished["text"]).startswith("It's ")
    assert str(finished["text"]) in output
    heard = np.fromfile(recording, np.int16)
    assert np.abs(heard.astype(np.int32)).max() > 1000
