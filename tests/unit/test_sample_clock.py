import threading

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xtalk_edge.audio.sample_clock import JUMP_OBSERVATIONS, SampleClock

BLOCK = 160
ppm = st.floats(-300, 300)


def feed(clock, blocks, *, drift_ppm=0.0, start_s=0.0, first_sample=0, late_s=None):
    """Observe blocks of a card that runs `drift_ppm` fast; return sample and time of the next."""
    rate = clock.rate_hz * (1 + drift_ppm * 1e-6)
    sample = first_sample
    for i in range(blocks):
        true_s = start_s + (sample - first_sample) / rate
        clock.observe(sample, true_s + (0.0 if late_s is None else float(late_s[i])))
        sample += BLOCK
    return sample, start_s + (sample - first_sample) / rate


def test_nothing_is_known_before_the_first_observation():
    clock = SampleClock(16000)
    assert not clock.ready
    assert clock.drift_ppm == 0
    with pytest.raises(ValueError, match="no sound yet"):
        clock.to_s(0)
    with pytest.raises(ValueError, match="no sound yet"):
        clock.to_sample(0.0)


def test_one_observation_is_enough_to_begin():
    clock = SampleClock(16000)
    clock.observe(1000, 5.0)
    assert clock.ready
    assert clock.to_s(17000) == pytest.approx(6.0)
    assert clock.to_sample(4.5) == -7000


def test_times_that_are_no_numbers_are_left_out():
    clock = SampleClock(16000)
    clock.observe(0, float("nan"))
    clock.observe(0, float("inf"))
    assert not clock.ready


@settings(max_examples=20, deadline=None)
@given(ppm, st.floats(0, 1e6), st.integers(0, 10**10))
def test_an_exact_clock_is_learned_exactly(drift_ppm, start_s, first_sample):
    clock = SampleClock(16000)
    sample, at_s = feed(
        clock, 2000, drift_ppm=drift_ppm, start_s=start_s, first_sample=first_sample
    )
    assert clock.drift_ppm == pytest.approx(drift_ppm, abs=1)
    assert clock.to_s(sample) == pytest.approx(at_s, abs=2e-5)
    assert abs(clock.to_sample(at_s) - sample) <= 1


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10**9), st.integers(0, 10**6))
def test_there_and_back_is_the_same_sample(sample, seed):
    clock = SampleClock(16000)
    feed(clock, 300, drift_ppm=80, late_s=np.random.default_rng(seed).exponential(1e-3, 300))
    assert clock.to_sample(clock.to_s(sample)) == sample


@settings(max_examples=15, deadline=None)
@given(ppm, st.integers(0, 10**6))
def test_jitter_and_late_callbacks_are_outvoted(drift_ppm, seed):
    random = np.random.default_rng(seed)
    late_s = random.normal(0, 1e-3, 2500)
    late_s[1:][random.random(2499) < 0.1] += 0.1
    clock = SampleClock(16000)
    sample, at_s = feed(clock, 2500, drift_ppm=drift_ppm, late_s=late_s)
    assert clock.drift_ppm == pytest.approx(drift_ppm, abs=40)
    assert clock.to_s(sample) == pytest.approx(at_s, abs=1e-3)
    assert clock.jumps == 0


def test_a_late_first_observation_is_corrected():
    clock = SampleClock(16000)
    late_s = np.zeros(100)
    late_s[0] = 0.2
    sample, at_s = feed(clock, 100, late_s=late_s)
    assert clock.to_s(sample) == pytest.approx(at_s, abs=1e-4)


def test_a_short_window_is_not_believed_to_drift():
    late_s = np.linspace(0, 2e-3, 50)
    clock = SampleClock(16000)
    feed(clock, 50, late_s=late_s)
    assert abs(clock.drift_ppm) < 500


@settings(max_examples=15, deadline=None)
@given(
    ppm,
    st.floats(0.05, 1e5) | st.floats(-100, -0.05),
    st.sampled_from(["time", "index"]),
)
def test_a_jump_starts_a_new_line_and_keeps_the_drift(drift_ppm, jump_s, what):
    clock = SampleClock(16000)
    sample, at_s = feed(clock, 2000, drift_ppm=drift_ppm, start_s=200.0)
    if what == "time":
        at_s += jump_s
    else:
        sample = 0
    sample, at_s = feed(
        clock, JUMP_OBSERVATIONS, drift_ppm=drift_ppm, start_s=at_s, first_sample=sample
    )
    assert clock.jumps == 1
    assert clock.to_s(sample) == pytest.approx(at_s, abs=1e-4)
    assert clock.drift_ppm == pytest.approx(drift_ppm, abs=10)


def test_scattered_nonsense_is_no_jump():
    random = np.random.default_rng(1)
    clock = SampleClock(16000)
    sample, at_s = feed(clock, 500)
    for _ in range(100):
        clock.observe(sample, at_s + float(random.uniform(1, 100)))
    assert clock.jumps == 0
    assert clock.to_s(sample) == pytest.approx(at_s, abs=1e-4)


def test_another_thread_may_ask_at_any_moment():
    """The recorder and the latency manager do, while the ear observes."""
    clock = SampleClock(16000)
    clock.observe(0, 100.0)
    wrong, done = [], threading.Event()

    def ask():
        while not done.is_set():
            for sample in (0, 160_000):
                off_s = clock.to_s(sample) - 100.0 - sample / 16000
                if abs(off_s) > 0.001:
                    wrong.append(off_s)

    thread = threading.Thread(target=ask)
    thread.start()
    feed(clock, 3_000, start_s=100.0)
    done.set()
    thread.join(10)
    assert not thread.is_alive()
    assert wrong == []
