"""When a block leaves the loudspeaker, from reports that jitter, wander, jump or are nonsense."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xtalk_edge.audio.core import AudioCore

RATE = 48_000
BLOCK = 480
BLOCK_S = BLOCK / RATE
LATENCY_S = 0.03
"""What the stream says of its own latency."""


class Stream:
    """A stream whose blocks are heard one behind the other, `heard_s` being the first."""

    def __init__(self, latency_s=LATENCY_S, seed=0, drift=0.0):
        self.core = AudioCore(RATE)
        self.core.set_stream(1, 1, 0.02, LATENCY_S)
        self.dice = np.random.default_rng(seed)
        self.now_s = 5000.0
        self.heard_s = self.now_s + latency_s
        self.block_s = BLOCK_S * (1 + drift)
        self.errors_ms = []

    def block(self, report_error_s=0.0, broken=False, until_s=None, late_s=None):
        """Hand a block over, at most 5 ms late; note the model's error."""
        late_s = self.dice.random() * 0.005 if late_s is None else late_s
        now_s = self.now_s + late_s
        until_s = self.heard_s - now_s + report_error_s if until_s is None else until_s
        dac_s = self.core.play_clock(BLOCK, now_s, until_s, broken)
        assert dac_s >= now_s
        self.errors_ms.append((dac_s - self.heard_s) * 1000)
        self.now_s += self.block_s
        self.heard_s += self.block_s

    def slip(self, seconds):
        """Let the device play silence of its own before the next block."""
        self.heard_s += seconds

    def worst_ms(self, since=0):
        return max(abs(error) for error in self.errors_ms[since:])


def blocks(seconds):
    return range(round(seconds / BLOCK_S))


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 1000), st.floats(0, 2e-3), st.floats(-150e-6, 150e-6))
def test_jitter_of_the_reports_is_averaged_and_drift_followed(seed, jitter_s, drift):
    stream = Stream(seed=seed, drift=drift)
    for _ in blocks(5):
        stream.block(stream.dice.uniform(-jitter_s, jitter_s))
    assert stream.worst_ms() <= 5 + 2  # no sooner than the first callback that is on time
    assert stream.worst_ms(since=200) < 1.3


@settings(max_examples=40, deadline=None)
@given(
    st.floats(1e-3, 6e-3), st.floats(-0.02, 0.0), st.sampled_from([0.5, 1.0, 1.5]), st.integers(0)
)
def test_reports_that_wander_at_first_are_not_followed(per_second_s, from_s, snap_s, seed):
    """What PulseAudio does: extrapolate at a wrong rate, and snap back to what was measured."""
    stream = Stream(seed=seed)
    for i in blocks(9):
        at_s = i * BLOCK_S
        stream.block(from_s * math.exp(-at_s) + per_second_s * (at_s % snap_s))
    assert stream.worst_ms(since=5) < 5.0


def test_a_steady_report_outdoes_the_latency_the_stream_claims():
    stream = Stream(latency_s=0.180)
    for _ in blocks(3):
        stream.block()
    assert stream.worst_ms(since=110) < 0.1


def test_wild_reports_are_followed_when_they_stay_far_away():
    stream = Stream(latency_s=0.200)
    for i in blocks(6):
        stream.block(0.006 * (i * BLOCK_S % 1.5))
    assert stream.worst_ms(since=200) < 10


@settings(max_examples=30, deadline=None)
@given(st.floats(0.006, 0.3), st.booleans(), st.integers(0))
def test_a_slip_moves_the_line_at_once_when_flagged_and_soon_when_not(slip_s, flagged, seed):
    stream = Stream(seed=seed)
    for _ in blocks(3):
        stream.block(stream.dice.uniform(-1e-4, 1e-4))
    stream.slip(slip_s)
    before = len(stream.errors_ms)
    stream.block(broken=flagged)
    for _ in blocks(1):
        stream.block(stream.dice.uniform(-1e-4, 1e-4))
    assert stream.worst_ms(since=before if flagged else before + 39) < 0.3


def test_a_second_break_before_the_first_has_settled():
    stream = Stream()
    for _ in range(4):
        stream.slip(0.02)
        stream.block(broken=True)
        for _ in blocks(0.2):
            stream.block()
    assert stream.worst_ms() < 0.1


def test_without_reports_the_latency_behind_the_earliest_callbacks_counts():
    stream = Stream()
    for _ in blocks(3):
        stream.block(until_s=math.nan)
    assert -0.1 < min(stream.errors_ms) <= stream.worst_ms() < 5
    stream.errors_ms.clear()
    for _ in blocks(3):
        stream.block(until_s=math.nan)
    assert stream.worst_ms() < 0.5
    stream.block(until_s=math.nan, broken=True, late_s=0)
    assert abs(stream.errors_ms[-1]) < 0.1


@settings(max_examples=30, deadline=None)
@given(st.floats(-0.05, 5.0), st.integers(0))
def test_single_nonsense_reports_change_nothing(nonsense_s, seed):
    stream = Stream(seed=seed)
    for i in blocks(4):
        stream.block(until_s=nonsense_s if i % 7 == 6 else None)
    assert stream.worst_ms(since=110) < 0.2


def test_blocks_of_any_size_are_told_apart():
    core = AudioCore(RATE)
    core.set_stream(1, 1, 0.02, LATENCY_S)
    dice = np.random.default_rng(3)
    handed = 0
    for _ in range(4000):
        frames = int(dice.integers(16, 600))
        heard_s = 100.0 + LATENCY_S + handed / RATE
        now_s = 100.0 + handed / RATE
        assert core.play_clock(frames, now_s, heard_s - now_s, False) == pytest.approx(
            heard_s, abs=2e-4
        )
        handed += frames


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.floats(-0.05, 0.3), st.booleans()), min_size=5, max_size=60))
def test_the_audible_position_never_goes_back(reports):
    """Whatever the reports say, block by block."""
    core = AudioCore(RATE)
    core.set_stream(1, 1, 0.02, LATENCY_S)
    core.write(np.ones(BLOCK * len(reports), np.int16))
    now_s, before = 10.0, 0
    for until_s, broken in reports:
        dac_s = core.play_clock(BLOCK, now_s, until_s, broken)
        core.process(np.zeros(BLOCK, np.int16), adc_s=now_s, dac_s=dac_s, now_s=now_s)
        for step in range(4):
            at = core.audible(now_s + step * BLOCK_S / 4)
            assert before <= at <= core.consumed
            before = at
        now_s += BLOCK_S
    assert core.audible(now_s + 10) == core.consumed
