"""What `bench audio` finds in recordings made up here, and in a loop without a sound card."""

import json
import shutil
import sys
import threading
import time
import types
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from xtalk_edge.audio.card import Card
from xtalk_edge.audio.core import AudioCore, BlockRecord, Captured, Gap
from xtalk_edge.cli.bench import audio, pulse
from xtalk_edge.cli.bench.hog import GilHog
from xtalk_edge.cli.bench.loop import Loop, noise
from xtalk_edge.cli.bench.loop_load import PythonResult, python_callback, under_load
from xtalk_edge.cli.bench.loop_position import audible_position, loop_errors_ms
from xtalk_edge.cli.bench.loop_reactions import Trial, judge, reactions
from xtalk_edge.cli.bench.loop_stall import stalled_reader
from xtalk_edge.cli.bench.percentiles import percentiles
from xtalk_edge.cli.bench.recording import content_index, find_lags, join, similarity
from xtalk_edge.cli.bench.witness import Sighting, Witness, find_sightings, position_errors_ms
from xtalk_edge.errors import DeviceError

RATE = 8000
BLOCK = 80
LAG = 200


class LoopCard(Card):
    """A loudspeaker that the microphone hears LAG frames later; a thread moves it in real time."""

    name = "a loop"
    rate_hz = RATE
    block_frames = BLOCK
    latency_s = 0.02
    reopened = 0

    def __init__(self, ring_s=4.0, deaf=False):
        self.core = AudioCore(RATE, ring_s=ring_s)
        self._deaf = deaf
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def start(self, now_s):
        self._thread.start()

    def pump(self, now_s):
        pass

    def ended(self):
        return None

    def close(self):
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self):
        line = np.zeros(LAG, np.int16)
        heard_s = time.monotonic()
        while not self._stop.wait(max(0.0, heard_s - time.monotonic())):
            mic, line = line[:BLOCK] * (not self._deaf), line[BLOCK:]
            out = self.core.process(
                mic.astype(np.int16),
                adc_s=heard_s - BLOCK / RATE,
                dac_s=heard_s + (LAG - BLOCK) / RATE,
                now_s=heard_s,
            )
            line = np.concatenate([line, out])
            heard_s += BLOCK / RATE


def recorded(seconds=2.0, lag=LAG, slip_at=None, slip=0, cut=None, seed=1):
    """A recording whose content starts with its first frame; after `cut` nothing is played."""
    frames = round(seconds * RATE) // BLOCK * BLOCK
    content = noise(frames, seed)
    far = content.copy()
    if cut is not None:
        far[cut:] = 0
    mic = np.concatenate([np.zeros(lag, np.int16), far])[:frames]
    if slip_at is not None:
        mic[slip_at:] = np.concatenate([np.zeros(slip, np.int16), mic[slip_at:]])[: -slip or None]
    end = frames if cut is None else cut
    blocks = tuple(
        BlockRecord(at, BLOCK, min(at, end), min(at + BLOCK, end), 10 + at / RATE,
                    10 + (at + lag) / RATE, 10 + (at + BLOCK) / RATE, 0)
        for at in range(0, frames, BLOCK)
    )  # fmt: skip
    return content, join([Captured(0, mic, far, (), blocks)])


def test_parts_are_joined_and_a_missing_one_shows():
    mic = np.ones(10, np.int16)
    parts = [Captured(0, mic, mic, (Gap(2, 3, "ring full"),)), Captured(10, mic, mic, ())]
    whole = join(parts)
    assert (len(whole.mic), whole.at_frame, whole.in_order, len(whole.gaps)) == (20, 0, True, 1)
    assert not join([parts[0], Captured(11, mic, mic, ())]).in_order


def test_times_and_frames_belong_together():
    _, recording = recorded()
    assert recording.frame_at(10.5) == 4000
    assert recording.frames_at([10.25, 10.5]).tolist() == [2000, 4000]
    assert recording.time_s(4000) == pytest.approx(10.5)


def test_the_lag_is_found_and_a_slip_of_the_device_too():
    _, recording = recorded(seconds=3)
    lags = find_lags(recording, RATE)
    assert set(lags.frames[2000:]) == {LAG}
    assert lags.slips == 0
    assert lags.sure[2000:].all()
    _, recording = recorded(seconds=5, lag=9000)
    assert set(find_lags(recording, RATE).frames[12_000:]) == {9000}
    _, recording = recorded(seconds=4, slip_at=17_000, slip=100)
    lags = find_lags(recording, RATE)
    assert (lags.frames[10_000], lags.frames[30_000], lags.slips) == (LAG, LAG + 100, 1)
    assert not lags.sure[17_000]


def test_without_a_loop_there_is_no_lag():
    _, recording = recorded()
    recording.mic[:] = 0
    with pytest.raises(DeviceError, match="there is no loop"):
        find_lags(recording, RATE)


def test_the_content_of_each_frame_is_known():
    _, recording = recorded(cut=8000)
    index = content_index(recording)
    assert index[:8000].tolist() == list(range(8000))
    assert (index[8000:] == -1).all()


def test_similarity_of_silence_is_none():
    assert similarity(np.zeros(5), np.ones(5)) == 0
    assert similarity(np.ones(5), 3 * np.ones(5)) == pytest.approx(1)


def test_percentiles_are_rounded():
    p = percentiles([1, 2, 3.14159])
    assert (p.p50, p.worst, p.count) == (2, 3.14, 3)


def cut_trial(cut=12_000, claimed=12_000):
    """A cut asked for 10 ms before the last frame was handed over, ducked long before."""
    return Trial(10 + 0.5, 10 + cut / RATE - 0.01, claimed, True, 10 + cut / RATE + 0.2)


def test_a_cut_is_exact_when_the_last_frame_heard_is_the_one_before_it():
    content, recording = recorded(seconds=3, cut=12_000)
    result = judge(RATE, recording, content, [cut_trial()])
    assert (result.cuts_judged, result.cuts_exact, result.cuts_stopped) == (1, 1, 1)
    assert result.cut_silence_ms.p50 == pytest.approx(10 + LAG / RATE * 1000, abs=4)
    result = judge(RATE, recording, content, [cut_trial(claimed=11_990)])
    assert result.cuts_exact == 0


def test_trials_in_which_the_device_slipped_are_not_judged():
    content, recording = recorded(seconds=3, slip_at=9000, slip=100, cut=12_000)
    with pytest.raises(DeviceError, match="slipped in every trial"):
        judge(RATE, recording, content, [cut_trial()])


@pytest.mark.parametrize("error_frames", [-16, 0, 40])
def test_the_position_is_compared_with_the_frame_at_the_microphone(error_frames):
    _, recording = recorded(seconds=3)
    positions = [(10 + at / RATE, at - LAG + error_frames) for at in range(4000, 20_000, 37)]
    errors = loop_errors_ms(positions, recording, RATE)
    assert np.abs(errors - error_frames / 8).max() < 0.2


def witness_reads(content, first_s, frames=BLOCK, late_s=0.0002, count=200):
    """Whole blocks that arrive when their first frame is heard, `late_s` later."""
    played = np.tile(content, 2)
    return [
        (first_s + i * frames / RATE + late_s, played[i * frames : (i + 1) * frames].tobytes())
        for i in range(count)
    ]


@pytest.mark.parametrize("error_frames", [-30, 0, 8])
def test_a_witness_finds_the_error_from_arrivals_alone(error_frames):
    content = noise(RATE)
    sightings = find_sightings(witness_reads(content, 50.0), content)
    assert len(sightings) == 200
    positions = [(50.0 + at / RATE, at + error_frames) for at in range(0, 15_000, 41)]
    errors = position_errors_ms(positions, sightings, len(content), RATE)
    assert len(errors) >= 7
    assert np.abs(errors - 0.2 - error_frames / 8).max() < 0.1


def test_a_late_reader_is_outvoted_and_pieces_of_a_block_are_left_out():
    content = noise(RATE)
    reads = witness_reads(content, 50.0)
    late = [(at_s + (0.02 if i % 3 == 0 else 0), read) for i, (at_s, read) in enumerate(reads)]
    pieces = [(at_s + 0.001, read[60:]) for at_s, read in late]
    sightings = find_sightings(sorted(late + pieces), content)
    positions = [(50.0 + at / RATE, at) for at in range(0, 15_000, 41)]
    errors = position_errors_ms(positions, sightings, len(content), RATE)
    assert np.abs(np.median(errors) - 0.2) < 0.1


def test_what_the_witness_does_not_know_is_left_out():
    content = noise(RATE)
    other = noise(RATE, seed=5)
    reads = [(1.0, other[:80].tobytes()), (2.0, content[:10].tobytes()), (3.0, b"")]
    assert find_sightings(reads, content) == []
    assert len(position_errors_ms([(0.0, 0), (5.0, 9)], [], RATE, RATE)) == 0
    far_away = [Sighting(99.0, 3)]
    assert len(position_errors_ms([(0.0, 0), (5.0, 9)], far_away, RATE, RATE)) == 0


def test_the_loop_under_load_loses_nothing():
    result = under_load(LoopCard(), 0.6, 5.0)
    assert result.whole
    assert result.loop_wrong_frames == 0
    assert result.loop_lag_ms == pytest.approx(LAG / RATE * 1000)
    assert result.counters.capture_lost_frames == 0


def test_a_stalled_reader_loses_what_the_ring_cannot_hold():
    enough = stalled_reader(LoopCard(), 0.5)
    assert (enough.gaps, enough.goes_on) == (0, True)
    short = stalled_reader(LoopCard(ring_s=0.3), 1.0)
    assert short.gap_frames == short.counted_frames > 0
    assert short.goes_on


def test_duck_cut_and_position_in_a_loop():
    result = reactions(LoopCard(), 2)
    assert result.cuts_exact == result.cuts_judged > 0
    assert result.cuts_stopped == 2
    position = audible_position(LoopCard(), 0.5)
    assert position.by_witness_ms is None
    assert position.judged_ms.p50 < 1  # the loop runs in Python, late where the machine is busy


class ScriptedWitness(Witness):
    """Hears the content's first frame all the time."""

    def __enter__(self):
        self.since_s = time.monotonic()
        return self

    def __exit__(self, kind, exc, trace):
        self.until_s = time.monotonic()

    def sightings(self, content):
        times = np.arange(self.since_s, self.until_s, 0.01)
        return [Sighting(at_s, 0) for at_s in times]


def test_a_witness_is_believed_before_the_loop():
    result = audible_position(LoopCard(), 0.5, ScriptedWitness)
    assert result.judged_ms is result.by_witness_ms
    assert result.by_witness_ms.p95 > 5


def test_a_stream_that_stops_ends_the_measurement():
    card = LoopCard()
    with pytest.raises(DeviceError, match="stopped the stream of a loop"), Loop(card) as loop:
        loop.wait(0.05)
        lib = sys.modules["xtalk_edge.audio._core"].lib
        lib.core_finished_callback(card.core.userdata)
        loop.wait(5)


def test_a_loop_that_never_moved_has_nothing_recorded():
    loop = Loop(LoopCard())
    with pytest.raises(DeviceError, match="delivers no sound"):
        loop.recorded()


def test_a_python_callback_is_counted():
    class Stream:
        def __init__(self, callback):
            self.callback = callback
            self.over = threading.Event()
            self.thread = threading.Thread(target=self.run)

        def run(self):
            status = types.SimpleNamespace(input_overflow=True, output_underflow=False)
            while not self.over.wait(0.01):
                self.callback(b"\0" * 160, bytearray(160), 80, None, status)

        def __enter__(self):
            self.thread.start()

        def __exit__(self, *_):
            self.over.set()
            self.thread.join()

    result = python_callback(Stream, LoopCard(), 0.2, 2.0)
    assert result.blocks > 0
    assert result.input_overflows > 0 == result.output_underflows
    assert PythonResult(1.0, 100, 75, 0, 0).lost_percent == 25.0
    assert PythonResult(1.0, 100, 175, 0, 0).lost_percent == 0.0


def test_the_hog_finds_the_length_it_is_asked_for():
    with GilHog(2.0) as hog:
        time.sleep(0.3)
    assert len(hog.held_ms) > 1


@pytest.fixture
def scripted(monkeypatch):
    """The command on a loop without a sound card."""
    monkeypatch.setattr(audio, "PortAudioCard", lambda *_, ring_s, **__: LoopCard(ring_s / 4))
    monkeypatch.setattr(audio, "_python_stream", lambda *_: lambda like, callback: threading.Lock())
    monkeypatch.setattr(audio, "STALL_S", 0.5)
    monkeypatch.setattr(audio, "LEAST_POSITION_S", 0.4)


@pytest.mark.slow
def test_the_command_says_whether_it_passed(scripted):
    ran = CliRunner().invoke(audio.command, ["--seconds", "1", "--trials", "2"])
    assert ran.exit_code == 0, ran.output
    assert ran.output.endswith("PASS\n")
    assert "by a witness            there is none" in ran.output


@pytest.mark.slow
def test_a_part_in_which_the_stream_stops_is_done_once_more_and_said(scripted, monkeypatch):
    real = under_load
    failed: list[bool] = []

    def fails_once(*arguments):
        if not failed:
            failed.append(True)
            raise DeviceError("the sound system stopped the stream of a loop")
        return real(*arguments)

    monkeypatch.setattr(audio, "under_load", fails_once)
    monkeypatch.setattr(audio, "passes", lambda *_: False)
    ran = CliRunner().invoke(audio.command, ["--seconds", "1", "--trials", "2", "--json"])
    assert ran.exit_code == 1
    report = json.loads(ran.output)
    assert report["repeated"] == ["the sound system stopped the stream of a loop"]
    assert not report["passed"]


def test_a_private_server_needs_its_programs(monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda program: None)
    with pytest.raises(DeviceError, match="pulseaudio and pactl missing"), pulse.PrivatePulse():
        pass
    monkeypatch.setattr(shutil, "which", lambda program: "/usr/bin/" + program)
    monkeypatch.setattr(Path, "glob", lambda *_: iter(()))
    assert "libasound2-plugins" in (pulse.missing_part() or "")
