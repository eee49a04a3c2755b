"""What `bench audio` finds in recordings made up here, and in a loop without a sound card."""

import json
import shutil
import sys
import threading
import time
import types
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from xtalk_edge.audio.card import Card
from xtalk_edge.audio.core import AudioCore, BlockRecord, Captured, Gap
from xtalk_edge.cli.bench import (
    audio,
    loop_load,
    loop_position,
    loop_reactions,
    loop_stall,
    pulse,
)
from xtalk_edge.cli.bench.audio_report import load_text, reaction_text
from xtalk_edge.cli.bench.books import Books, Verdict, late_s, still_s
from xtalk_edge.cli.bench.heard import Trial, TrialTimes, heard_trials
from xtalk_edge.cli.bench.hog import GilHog
from xtalk_edge.cli.bench.loop import Loop, noise
from xtalk_edge.cli.bench.loop_load import LoadResult, PythonResult, python_callback, under_load
from xtalk_edge.cli.bench.loop_position import PositionResult, audible_position, loop_errors_ms
from xtalk_edge.cli.bench.loop_reactions import ReactionResult, reactions
from xtalk_edge.cli.bench.loop_stall import StallResult, stalled_reader
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
                now_s=time.monotonic(),
            )
            line = np.concatenate([line, out])
            heard_s += BLOCK / RATE


@pytest.fixture
def quick(monkeypatch):
    """No server's buffers to wait for."""
    for module in (loop_load, loop_stall, loop_reactions, loop_position):
        monkeypatch.setattr(module, "SETTLE_S", 0.15)


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


def heard_trial(recording, content, trial):
    """What one trial gives: figures, or the reason why there are none."""
    return heard_trials(RATE, recording, find_lags(recording, RATE), content, [trial])[0]


def with_blocks(recording, change):
    """The same recording with each block changed."""
    return replace(recording, blocks=tuple(change(block) for block in recording.blocks))


@pytest.mark.parametrize("gain", [1.0, 0.5])
def test_a_cut_is_exact_when_the_last_frame_heard_is_the_one_before_it(gain):
    content, recording = recorded(seconds=3, cut=12_000)
    recording = replace(recording, mic=(recording.mic * gain).astype(np.int16))
    found = heard_trial(recording, content, cut_trial())
    assert isinstance(found, TrialTimes)
    assert (found.cut_exact, found.came_to_rest) == (True, True)
    assert found.cut_silence_ms == pytest.approx(10 + LAG / RATE * 1000, abs=4)
    for claimed in (11_990, None):
        found = heard_trial(recording, content, cut_trial(claimed=claimed))
        assert isinstance(found, TrialTimes)
        assert not found.cut_exact


def test_sound_that_goes_on_behind_a_cut_is_our_fault():
    content, recording = recorded(seconds=3)
    found = heard_trial(recording, content, cut_trial())
    assert isinstance(found, TrialTimes)
    assert not found.cut_exact
    assert found.cut_silence_ms > 200


@pytest.mark.parametrize("gain", [1.0, 0.5])
def test_trials_in_which_the_device_slipped_are_left_out(gain):
    content, recording = recorded(seconds=3, slip_at=9000, slip=100, cut=12_000)
    recording = replace(recording, mic=(recording.mic * gain).astype(np.int16))
    assert heard_trial(recording, content, cut_trial()) == "the device slipped"
    content, recording = recorded(seconds=3, cut=12_000)
    recording.mic[9000:9100] = 0  # too short to change the lag
    recording = replace(recording, mic=(recording.mic * gain).astype(np.int16))
    assert heard_trial(recording, content, cut_trial()) == "the device slipped"


@pytest.mark.parametrize("wrong_s", [lambda at: -3.8, lambda at: 3.8, lambda at: (at % 640) / 8000])
def test_a_reaction_before_the_call_or_by_a_clock_of_its_own_is_left_out(wrong_s):
    content, recording = recorded(seconds=3, cut=12_000)
    recording = with_blocks(
        recording, lambda b: replace(b, adc_s=b.adc_s + wrong_s(b.capture_frame))
    )
    found = heard_trial(recording, content, cut_trial())
    assert found == "its clock and its frames do not agree"


def test_a_single_wrong_adc_time_spoils_no_trial():
    content, recording = recorded(seconds=3, cut=12_000)
    recording = with_blocks(
        recording, lambda b: replace(b, adc_s=b.adc_s - 3 * (b.capture_frame == 12_160))
    )
    found = heard_trial(recording, content, cut_trial())
    assert isinstance(found, TrialTimes)
    assert found.cut_silence_ms == pytest.approx(35, abs=4)


def test_a_trial_in_which_the_device_stood_still_is_left_out():
    content, recording = recorded(seconds=3, cut=12_000)
    late = with_blocks(
        recording, lambda b: replace(b, now_s=b.now_s + 0.15 * (b.capture_frame > 11_000))
    )
    assert heard_trial(late, content, cut_trial()) == "the device stood still"
    gap = replace(recording, gaps=(Gap(10_000, 80, "input overflow"),))
    assert heard_trial(gap, content, cut_trial()) == "the device stood still"


def test_a_trial_that_was_not_recorded_or_had_nothing_to_play_is_left_out():
    content, recording = recorded(seconds=3, cut=12_000)
    late = replace(cut_trial(), resumed_s=13.5)
    assert heard_trial(recording, content, late) == "it was not recorded to its end"
    late = replace(cut_trial(), resumed_s=12.99)
    assert heard_trial(recording, content, late) == "it was not recorded to its end"
    late = replace(cut_trial(), cut_s=11.6)
    assert heard_trial(recording, content, late) == "the bench did not come to write enough"


def books(**changes):
    """What an undisturbed stream gives."""
    return replace(Books(1000, 1000, True, 1000, 0, 0, 0, 0, 0.0, 0.0, 0, 0), **changes)


def test_a_loss_is_ours_whenever_the_books_do_not_balance():
    unsteady = {"slips": 3, "still_ms": 500.0}
    assert books().verdict(True) is Verdict.GOOD
    assert books().verdict(False) is Verdict.BROKEN
    assert books(**unsteady).verdict(True) is Verdict.GOOD
    assert books(**unsteady).verdict(False) is Verdict.DISTURBED
    for wrong in (
        {"read_in_order": False},
        {"read_frames": 990},
        {"block_frames": 990},
        {"ring_lost_frames": 10, "block_frames": 990},
        {"device_announced_frames": 10},
    ):
        assert books(**unsteady, **wrong).verdict(True) is Verdict.BROKEN


def test_a_device_that_stands_still_shows_in_the_times_of_its_callbacks():
    _, recording = recorded()
    assert still_s(recording, RATE) == pytest.approx(0)
    late = with_blocks(recording, lambda b: replace(b, now_s=b.now_s + (b.capture_frame > 4000)))
    assert still_s(late, RATE) == pytest.approx(1.0)
    assert late_s(late, RATE) == pytest.approx(1.0)
    assert late_s(recording, RATE) == pytest.approx(0)
    assert late_s(replace(recording, blocks=()), RATE) == 0
    told = replace(recording, gaps=(Gap(4000, 800, "device stalled"), Gap(5000, 80, "ring full")))
    assert still_s(told, RATE) == pytest.approx(0.1)
    assert still_s(replace(recording, blocks=recording.blocks[:5]), RATE) == 0


def stall(ring_s, gaps, goes_on=True, **changes):
    return StallResult(2.0, ring_s, gaps, books(**changes), goes_on, 0.1)


def test_a_stall_loses_what_it_must_and_the_device_is_told_from_us():
    lost = {"block_frames": 900, "ring_lost_frames": 100, "ring_announced_frames": 100}
    assert stall(10, 0).verdict is Verdict.GOOD
    assert stall(10, 1, still_ms=900.0, **lost).verdict is Verdict.BROKEN
    assert stall(10, 0, goes_on=False).verdict is Verdict.BROKEN
    assert stall(10, 0, goes_on=False, slips=1).verdict is Verdict.DISTURBED
    assert stall(1, 1, **lost).verdict is Verdict.GOOD
    assert stall(1, 1, **{**lost, "ring_announced_frames": 90}).verdict is Verdict.BROKEN
    assert stall(1, 0).verdict is Verdict.BROKEN
    assert stall(1, 0, still_ms=900.0).verdict is Verdict.DISTURBED


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


@pytest.mark.slow
@pytest.mark.alone
def test_the_loop_under_load_loses_nothing(quick):
    result = under_load(LoopCard(), 0.6, 5.0)
    assert result.books.balanced
    assert (result.played_wrong_frames, result.counters.capture_lost_frames) == (0, 0)
    assert result.loop_wrong_frames == 0
    assert result.loop_lag_ms == pytest.approx(LAG / RATE * 1000)


@pytest.mark.slow
@pytest.mark.alone
def test_a_stalled_reader_loses_what_the_ring_cannot_hold(quick):
    enough = stalled_reader(LoopCard(), 0.4)
    assert (enough.gaps, enough.goes_on, enough.books.balanced) == (0, True, True)
    short = stalled_reader(LoopCard(ring_s=0.1), 0.4)
    assert short.books.balanced
    assert short.books.ring_lost_frames > 0


@pytest.mark.slow
@pytest.mark.alone
def test_duck_cut_and_position_in_a_loop(quick):
    result = reactions(LoopCard, 2)
    assert result.cuts_exact == result.cuts_stopped == result.judged
    assert result.judged + sum(result.left_out.values()) >= 2
    assert result.verdict is not Verdict.BROKEN
    position = audible_position(LoopCard(), 0.5)
    assert position.by_witness_ms is None
    assert position.judged_ms.count > 0
    assert position.books.balanced


@pytest.mark.slow
def test_trials_left_out_are_made_again_in_a_new_stream(quick, monkeypatch):
    heard = iter([["the device slipped"], [TrialTimes(1.0, 2.0, 3.0, True, True)]])
    monkeypatch.setattr(loop_reactions, "heard_trials", lambda *_: next(heard))
    result = reactions(LoopCard, 1)
    assert (result.judged, len(result.books)) == (1, 2)
    assert result.left_out == {"the device slipped": 1}
    assert result.verdict is Verdict.GOOD


@pytest.mark.slow
def test_trials_that_can_never_be_judged_end_and_say_so(quick, monkeypatch):
    monkeypatch.setattr(loop_reactions, "heard_trials", lambda *_: ["the device slipped"])
    monkeypatch.setattr(loop_reactions, "MOST_STREAMS", 2)
    result = reactions(LoopCard, 1)
    assert result.verdict is Verdict.DISTURBED
    assert result.duck_10_percent_ms is None
    text = reaction_text(result)
    assert "judged 0 of 1 in 2 streams, left out 2 as the device slipped" in text
    assert "not judged" in text


def test_a_position_beyond_the_limit_is_ours_unless_the_callbacks_were_late():
    def verdict(error_ms, **changes):
        errors = percentiles([error_ms])
        return PositionResult(1.0, 0, errors, 0.1, None, None, books(**changes)).verdict

    assert verdict(1.0, late_ms=30.0) is Verdict.GOOD
    assert verdict(9.0) is Verdict.BROKEN
    assert verdict(9.0, late_ms=30.0) is Verdict.DISTURBED
    assert verdict(9.0, slips=1) is Verdict.DISTURBED
    assert verdict(1.0, read_frames=990, late_ms=30.0) is Verdict.BROKEN


class ScriptedWitness(Witness):
    """Hears the content's first frame all the time."""

    def __enter__(self):
        self.since_s = time.monotonic()
        return self

    def __exit__(self, *_error):
        self.until_s = time.monotonic()

    def sightings(self, content):
        times = np.arange(self.since_s, self.until_s, 0.01)
        return [Sighting(at_s, 0) for at_s in times]


@pytest.mark.slow
def test_a_witness_is_believed_before_the_loop(quick):
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


@pytest.mark.slow
def test_a_python_callback_is_counted(quick):
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


@pytest.mark.slow
def test_the_hog_finds_the_length_it_is_asked_for():
    with GilHog(2.0) as hog:
        time.sleep(0.3)
    assert len(hog.held_ms) > 1


SPREAD = percentiles([1.0, 2.0])
COUNTS = AudioCore(RATE).counters()


def load_result(**changes):
    good = LoadResult(
        1.0, RATE, BLOCK, 20.0, SPREAD, 900, 0, 0, books(), 25.0, 0, 1.0, 10.0, 500.0, COUNTS
    )
    return replace(good, **changes)


def test_what_we_lose_under_load_is_told_from_what_the_device_loses():
    starved = {"counters": replace(COUNTS, playback_starved_frames=80)}
    assert load_result().verdict is Verdict.GOOD
    assert load_result(played_wrong_frames=1, books=books(slips=1)).verdict is Verdict.BROKEN
    assert load_result(**starved).verdict is Verdict.BROKEN
    assert load_result(**starved, books=books(flags=1)).verdict is Verdict.DISTURBED
    assert load_result(unplayed_frames=9, books=books(still_ms=1e4)).verdict is Verdict.DISTURBED
    lost = books(block_frames=990, device_lost_frames=10, device_announced_frames=10)
    assert load_result(books=lost).verdict is Verdict.DISTURBED
    assert "slipped 0 times" in load_text(load_result(loop_wrong_frames=3))


class Scripted:
    """The parts of the command, as they come out one after the other."""

    def __init__(self, monkeypatch):
        self.loads: list[LoadResult | DeviceError] = [load_result()]
        self.reaction = ReactionResult(2, SPREAD, SPREAD, SPREAD, 2, 2, 2, {}, (books(),))
        self.position = PositionResult(1.0, 0, SPREAD, 0.1, SPREAD, 0.1, books())
        monkeypatch.setattr(audio, "PortAudioCard", self.open_card)
        monkeypatch.setattr(audio, "_python_stream", lambda *_: None)
        monkeypatch.setattr(audio, "under_load", lambda *_: self.load())
        monkeypatch.setattr(audio, "python_callback", lambda *_: PythonResult(1.0, 100, 75, 0, 1))
        monkeypatch.setattr(audio, "stalled_reader", self.stall)
        monkeypatch.setattr(audio, "reactions", lambda *_: self.reaction)
        monkeypatch.setattr(audio, "audible_position", lambda *_: self.position)

    def open_card(self, *_, ring_s, **__):
        card = LoopCard()
        card.name = str(ring_s)
        return card

    def load(self):
        result = self.loads.pop(0)
        if isinstance(result, DeviceError):
            raise result
        return result

    def stall(self, card, stalled_s):
        return stall(float(card.name), int(float(card.name) < stalled_s))

    def run(self, *options):
        return CliRunner().invoke(audio.command, ["--seconds", "1", "--trials", "2", *options])


@pytest.fixture
def scripted(monkeypatch):
    """The command without a sound card."""
    return Scripted(monkeypatch)


def test_the_command_says_that_it_passed(scripted):
    ran = scripted.run()
    assert ran.exit_code == 0, ran.output
    assert ran.output.endswith("PASS\n")
    assert "once more" not in ran.output


def test_a_loss_of_ours_fails_and_is_named(scripted):
    scripted.loads = [load_result(played_wrong_frames=1)]
    ran = scripted.run()
    assert ran.exit_code == 1
    assert ran.output.endswith("FAIL: under_load\n")


def test_a_part_in_which_the_stream_stops_is_done_once_more_and_said(scripted):
    scripted.loads.insert(0, DeviceError("the sound system stopped the stream of a loop"))
    ran = scripted.run("--json")
    assert ran.exit_code == 0, ran.output
    report = json.loads(ran.output)
    said = "under_load: the sound system stopped the stream of a loop: once more"
    assert report["repeated"] == [said]


def test_a_part_that_the_device_spoilt_is_done_once_more_and_said(scripted):
    scripted.loads.insert(0, load_result(unplayed_frames=9, books=books(slips=1)))
    ran = scripted.run()
    assert ran.exit_code == 0, ran.output
    assert "under_load: the device itself slipped or stood still: once more" in ran.output


def test_a_part_that_stays_spoilt_is_not_judged_and_not_called_our_loss(scripted):
    scripted.loads = [load_result(unplayed_frames=9, books=books(slips=1))] * 2
    ran = scripted.run("--json")
    assert ran.exit_code == 75
    report = json.loads(ran.output)
    assert (report["passed"], report["broken"], report["not_judged"]) == (False, [], ["under_load"])
    scripted.loads = [load_result(unplayed_frames=9, books=books(slips=1))] * 2
    assert "NOT JUDGED: under_load: the device was not steady" in scripted.run().output


def test_a_private_server_needs_its_programs(monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda program: None)
    with pytest.raises(DeviceError, match="pulseaudio and pactl missing"), pulse.PrivatePulse():
        pass
    monkeypatch.setattr(shutil, "which", lambda program: "/usr/bin/" + program)
    monkeypatch.setattr(Path, "glob", lambda *_: iter(()))
    assert "libasound2-plugins" in (pulse.missing_part() or "")
