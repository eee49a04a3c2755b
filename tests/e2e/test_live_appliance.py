"""`xtalk-edge run` on a real sound stack: asked at the microphone, heard at the loudspeaker, and
at the microphone again."""

from __future__ import annotations

import contextlib
import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.pulse import (
    LOUDSPEAKER,
    MICROPHONE,
    acoustic_echo,
    needs_pulse,
    pulse,
    record,
    speak,
)
from xtalk_edge.audio.format import pcm_to_samples
from xtalk_edge.engines.tts.espeak import EspeakTTS
from xtalk_edge.scenes.script import TALKER_VOICE

__all__ = ["pulse"]
"""The fixture: a sound server of the test's own."""

pytestmark = [pytest.mark.alone, needs_pulse]

ANSWER_LIMIT_S = 30.0
"""Loading takes two seconds, an answer one; a busy machine takes its time."""


def wait_for(
    events: Path, kind: str, count: int = 1, *, least: tuple[str, float] | None = None
) -> dict[str, object]:
    """Return the event of that kind once so many of them are written.

    `least`, a field and a number, counts only those that have so much there.
    """
    found = comes(events, kind, count, least=least, within_s=ANSWER_LIMIT_S)
    if found is None:
        seen = events.read_text() if events.exists() else ""
        raise AssertionError(f"no {kind} within {ANSWER_LIMIT_S:g} s, but:\n{seen}")
    return found


def comes(
    events: Path,
    kind: str,
    count: int = 1,
    *,
    least: tuple[str, float] | None = None,
    within_s: float,
) -> dict[str, object] | None:
    """Do the same, and return None if they are not written within that time."""
    give_up_s = time.monotonic() + within_s
    while time.monotonic() < give_up_s:
        found = all_of(events, kind)
        if least:
            found = [event for event in found if float(str(event[least[0]])) > least[1]]
        if len(found) >= count:
            return found[count - 1]
        time.sleep(0.05)
    return None


def all_of(events: Path, kind: str) -> list[dict[str, object]]:
    """Return the events of that kind which are written."""
    lines = events.read_text().splitlines() if events.exists() else []
    told = [json.loads(line) for line in lines if line.endswith("}")]
    return [event for event in told if event["event"] == kind]


@contextlib.contextmanager
def appliance(folder: Path) -> Iterator[tuple[Path, list[str]]]:
    """Run the appliance; give the file of its events, and a list that its output is put into."""
    with appliance_process(folder) as (_, events, said):
        yield events, said


@contextlib.contextmanager
def appliance_process(
    folder: Path, *, complains: bool = False
) -> Iterator[tuple[subprocess.Popen[str], Path, list[str]]]:
    """Do the same, and give the process too; `complains` allows for warnings."""
    events, said = folder / "events.jsonl", list[str]()
    command = [
        *(sys.executable, "-m", "xtalk_edge", "run", "--events", str(events)),
        *("--set", f"audio.input_device={MICROPHONE}"),
        *("--set", f"audio.output_device={LOUDSPEAKER}"),
        *("--set", "audio.dead_after_s=0"),  # nor do virtual microphones hiss
        *("--state-dir", str(folder / "state")),
    ]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        wait_for(events, "CardOpened")
        yield process, events, said
    finally:
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=20)
        said.append(output)
    assert process.returncode == 130, errors
    assert complains or not errors


@pytest.mark.usefixtures("pulse")
def test_after_a_stall_it_hears_in_time_again(tmp_path: Path) -> None:
    with appliance_process(tmp_path, complains=True) as (process, events, _):
        # The stream must have been steady before, or nothing is late by comparison.
        time.sleep(3)
        process.send_signal(signal.SIGSTOP)
        time.sleep(1.5)
        process.send_signal(signal.SIGCONT)
        # A busy machine makes smaller ones of its own.
        wait_for(events, "AudioGap", least=("samples", 16_000))
        # Asked again like by a person: a busy machine may lose a piece of the words as well.
        for _ in range(3):
            say("okay naboo, what time is it", tmp_path, after_s=1.0)
            if comes(events, "LatencyMetricsUpdated", within_s=5.0):
                break
        wait_for(events, "TTSPlaybackFinished")
    timing = all_of(events, "LatencyMetricsUpdated")[0]
    # 1.5 s would be on top of it without a new stream.
    assert float(str(timing["voice_to_voice_ms"])) < 1500


@pytest.mark.usefixtures("pulse")
def test_a_question_asked_aloud_is_answered_aloud(tmp_path: Path) -> None:
    with appliance(tmp_path) as (events, said), record(tmp_path) as recording:
        say("okay naboo, what time is it", tmp_path)
        finished = wait_for(events, "TTSPlaybackFinished")
    assert wait_for(events, "ToolCallOccurred")["name"] == "get_time"
    assert str(finished["text"]).startswith("It's ")
    assert str(finished["text"]) in said[0]
    heard = np.fromfile(recording, np.int16)
    assert np.abs(heard.astype(np.int32)).max() > 1000


@pytest.mark.usefixtures("pulse")
def test_a_conversation_over_its_own_echo_with_an_interruption(tmp_path: Path) -> None:
    with acoustic_echo(), appliance(tmp_path) as (events, _):
        say("okay naboo, what can you do", tmp_path)
        wait_for(events, "TTSPlaybackStarted")
        # The echo canceller has never heard this room before, and learns for three seconds.
        say("what is twelve times seven", tmp_path, after_s=4.0)
        stopped = wait_for(events, "TTSStopped")
        wait_for(events, "TTSPlaybackFinished")
        say("what time is it", tmp_path, after_s=1.5)
        wait_for(events, "TTSPlaybackFinished", count=2)
    assert stopped["reason"] in ("interrupted", "stop word")
    asked = [event["text"] for event in all_of(events, "ASRResultFinal") if event["text"]]
    assert asked == ["what can you do", "what is twelve times seven", "what time is it"]
    answers = [str(event["text"]) for event in all_of(events, "TTSPlaybackFinished")]
    assert answers[0] == "12 times 7 is 84."
    assert answers[1].startswith("It's ")
    # What it said itself neither woke it, nor stopped it, nor became a turn.
    assert len(all_of(events, "WakeWordDetected")) == len(all_of(events, "TTSStopped")) == 1
    assert len(all_of(events, "TurnLLMAgentStartRequested")) == 3


def say(text: str, folder: Path, after_s: float = 0.0) -> None:
    """Say something into the microphone, after some silence."""
    voice = EspeakTTS(voice=TALKER_VOICE)
    silence = np.zeros(round(after_s * voice.sample_rate), np.int16)
    words = pcm_to_samples(voice.synthesize(text))
    speak(np.concatenate((silence, words)), folder, voice.sample_rate)
