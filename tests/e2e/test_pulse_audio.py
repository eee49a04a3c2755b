"""The sound card through the real sound stack: PortAudio, ALSA and a private PulseAudio server."""

import json
import os
import subprocess
import sys
import time

import numpy as np
import pytest
from click.testing import CliRunner

from tests.pulse import LOOP, LOUDSPEAKER, MICROPHONE, needs_pulse, pulse, record, speak
from xtalk_edge.audio.core import Gap
from xtalk_edge.audio.portaudio import PortAudioCard, list_devices, rescan_devices
from xtalk_edge.cli.bench.audio import command
from xtalk_edge.cli.bench.loop import Loop, noise
from xtalk_edge.cli.bench.loop_position import audible_position
from xtalk_edge.cli.bench.recording import find_lags
from xtalk_edge.cli.bench.witness import Witness
from xtalk_edge.errors import DeviceError

__all__ = ["pulse"]

pytestmark = [needs_pulse, pytest.mark.slow]


def read_until(card, fact, limit_s=20.0):
    """Read until a fact holds for all that was captured; return the microphone's sound."""
    parts = []
    give_up_s = time.monotonic() + limit_s
    while time.monotonic() < give_up_s:
        parts.append(card.core.read().mic)
        mic = np.concatenate(parts)
        if fact(mic):
            return mic
        time.sleep(0.01)
    raise AssertionError("it never came true")


def test_what_is_played_is_what_was_written(pulse):
    with Loop(PortAudioCard(LOOP, LOUDSPEAKER)) as loop:
        loop.play(ahead_s=0.5)
        loop.wait(2.0)
    recording = loop.recorded()
    played = recording.far[np.argmax(recording.far != 0) :]
    played = played[: loop.card.core.consumed]
    assert (played == loop.expected(0, len(played))).all()
    assert recording.in_order
    lags = find_lags(recording, loop.card.rate_hz)
    assert (recording.mic == recording.far[lags.source()])[lags.sure].all()


def test_the_microphone_hears_what_is_spoken_and_the_room_what_is_said(pulse, tmp_path):
    card = PortAudioCard(MICROPHONE, LOUDSPEAKER)
    card.start(time.monotonic())
    said = noise(24_000, seed=2)
    with record(tmp_path) as path:
        card.core.write(said)
        speak(noise(24_000), tmp_path)
        mic = read_until(card, lambda mic: np.count_nonzero(mic) > 20_000)
    card.close()
    assert np.abs(mic).max() > 5000
    assert path.stat().st_size > 0


def test_a_server_that_dies_ends_the_card_and_nothing_is_printed(pulse, capfd):
    card = PortAudioCard(LOOP, LOUDSPEAKER)
    card.start(time.monotonic())
    read_until(card, lambda mic: len(mic) > 4800)
    pulse.kill_server()
    give_up_s = time.monotonic() + 10
    while card.ended() is None and time.monotonic() < give_up_s:
        card.pump(time.monotonic())
        time.sleep(0.01)
    assert "stopped the stream" in (card.ended() or "")
    card.close()
    with pytest.raises(DeviceError):
        PortAudioCard(LOOP, LOUDSPEAKER)
    assert capfd.readouterr().err == ""


def test_devices_are_listed_by_the_names_an_owner_uses(pulse):
    names = {device.name for device in list_devices()}
    assert {MICROPHONE, LOUDSPEAKER, LOOP} <= names
    rescan_devices()


def test_without_a_loop_the_bench_says_how_to_make_one(pulse):
    result = CliRunner().invoke(
        command, ["--input", MICROPHONE, "--output", LOUDSPEAKER, "--seconds", "1"]
    )
    assert isinstance(result.exception, DeviceError)
    assert "there is no loop" in str(result.exception)


def test_a_stream_that_is_stopped_goes_on_and_the_gap_is_announced(pulse):
    """PortAudio ends a stream at the first error: here it is aborted behind the card's back."""
    card = PortAudioCard(LOOP, LOUDSPEAKER)
    card.start(time.monotonic())
    read_until(card, lambda mic: len(mic) > 9600)
    card._stream.abort()
    assert card.core.finished
    time.sleep(0.3)
    card.pump(time.monotonic())
    assert (card.ended(), card.reopened) == (None, 1)
    gaps: list[Gap] = []
    give_up_s = time.monotonic() + 20
    while not gaps and time.monotonic() < give_up_s:
        gaps += card.core.read().gaps
        time.sleep(0.01)
    card.close()
    assert gaps[0].frames > 0.25 * card.rate_hz


def test_a_witness_hears_the_loudspeaker(pulse):
    result = audible_position(PortAudioCard(LOOP, LOUDSPEAKER), 1.5, Witness)
    assert result.by_witness_ms is not None
    assert result.judged_ms is result.by_witness_ms


def test_the_bench_finds_nothing_lost_and_all_in_order():
    """In a process of its own, as an owner runs it; time limits are for machines that are idle."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}
    ran = subprocess.run(
        [sys.executable, "-c",
         "from xtalk_edge.cli.bench.audio import command; command()",
         "--pulse", "--seconds", "2", "--trials", "4", "--json"],
        capture_output=True, text=True, timeout=110, env=environment, check=False,
    )  # fmt: skip
    assert ran.stdout, ran.stderr
    report = json.loads(ran.stdout)
    load = report["under_load"]
    assert load["played_wrong_frames"] == 0
    assert load["read_in_order"]
    assert load["read_frames"] == load["captured_frames"]
    assert load["counters"]["capture_lost_frames"] == 0
    assert report["reader_stalled"]["counted_frames"] == 0
    overfilled = report["ring_overfilled"]
    assert overfilled["counted_frames"] > 0
    assert overfilled["read_in_order"]
    reactions = report["reactions"]
    assert reactions["cuts_exact"] == reactions["cuts_judged"] > 0
    assert reactions["cuts_stopped"] == 4
    assert report["position"]["by_witness_ms"]["count"] > 0
