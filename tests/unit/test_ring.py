import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from xtalk_edge.audio.ring import AudioRing


def ramp(start, stop):
    """Samples whose value tells their absolute index, modulo 2**16."""
    return np.arange(start, stop).astype(np.uint16).view(np.int16)


def ring_of(capacity):
    return AudioRing(capacity / 16000)


def test_a_ring_without_room_is_refused():
    with pytest.raises(ValueError, match="holds no sample"):
        AudioRing(0)


def test_capacity_follows_seconds_and_rate():
    assert AudioRing(2.0).capacity == 32000
    assert AudioRing(0.5, rate_hz=48000).capacity == 24000


@given(st.integers(1, 50), st.lists(st.integers(0, 130), max_size=30))
@pytest.mark.slow
def test_slice_returns_what_was_written_or_says_what_is_gone(capacity, sizes):
    ring = ring_of(capacity)
    for size in sizes:
        ring.write(ramp(ring.head, ring.head + size))
        samples, lost = ring.slice(0, ring.head)
        assert lost == max(0, ring.head - capacity) == ring.oldest
        assert np.array_equal(samples, ramp(lost, ring.head))
    assert ring.head == sum(sizes)


@given(st.integers(-20, 120), st.integers(-20, 120))
def test_slice_clips_to_what_exists(start, stop):
    ring = ring_of(40)
    ring.write(ramp(0, 100))
    samples, lost = ring.slice(start, stop)
    first = max(start, 0) + lost
    assert lost == max(0, min(60, min(stop, 100)) - max(start, 0))
    assert np.array_equal(samples, ramp(first, max(first, min(stop, 100))))


@given(
    st.integers(1, 60),
    st.lists(st.tuples(st.integers(0, 90), st.none() | st.integers(0, 90)), max_size=40),
)
@pytest.mark.slow
def test_cursor_accounts_for_every_sample(capacity, steps):
    ring = ring_of(capacity)
    cursor = ring.cursor()
    taken = lost_in_all = overruns = 0
    for size, max_samples in steps:
        ring.write(ramp(ring.head, ring.head + size))
        samples, lost = cursor.read(max_samples)
        assert max_samples is None or len(samples) <= max_samples
        assert np.array_equal(samples, ramp(cursor.at - len(samples), cursor.at))
        taken += len(samples)
        lost_in_all += lost
        overruns += lost > 0
        assert cursor.at == taken + lost_in_all
        assert cursor.available == ring.head - cursor.at
    assert (ring.overruns, ring.lost_samples) == (overruns, lost_in_all)


def test_cursors_are_independent_and_may_start_anywhere():
    ring = ring_of(100)
    ring.write(ramp(0, 50))
    assert ring.cursor().read() == (pytest.approx([]), 0)
    assert np.array_equal(ring.cursor(at=30).read()[0], ramp(30, 50))
    early = ring.cursor(at=-5)
    assert np.array_equal(early.read(10)[0], ramp(0, 10))
    early.at = 40
    assert np.array_equal(early.read()[0], ramp(40, 50))


def test_a_cursor_ahead_of_the_head_waits_for_it():
    ring = ring_of(100)
    cursor = ring.cursor(at=20)
    ring.write(ramp(0, 10))
    assert cursor.available == 0
    assert len(cursor.read()[0]) == 0
    ring.write(ramp(10, 25))
    assert np.array_equal(cursor.read()[0], ramp(20, 25))


def test_a_read_is_a_copy():
    ring = ring_of(8)
    ring.write(ramp(0, 8))
    samples, _ = ring.slice(0, 8)
    ring.write(ramp(100, 108))
    assert np.array_equal(samples, ramp(0, 8))


def test_an_overwrite_during_the_copy_is_noticed(monkeypatch):
    ring = ring_of(10)
    ring.write(ramp(0, 10))
    copy = ring._copy

    def copy_while_the_writer_runs(start, stop):
        ring.write(ramp(10, 14))
        return copy(start, stop)

    monkeypatch.setattr(ring, "_copy", copy_while_the_writer_runs)
    samples, lost = ring.cursor(at=0).read()
    assert lost == 4
    assert np.array_equal(samples, ramp(4, 10))
    assert ring.overruns == 1


@pytest.mark.slow
def test_readers_in_threads_never_see_a_torn_sample():
    ring = AudioRing(0.05)
    total = 400_000
    failures = []

    def read_all(max_samples):
        cursor = ring.cursor(at=0)
        taken = lost_in_all = 0
        while cursor.at < total:
            samples, lost = cursor.read(max_samples)
            if not np.array_equal(samples, ramp(cursor.at - len(samples), cursor.at)):
                failures.append(cursor.at)
                return
            taken += len(samples)
            lost_in_all += lost
        if taken + lost_in_all != total:
            failures.append(taken + lost_in_all)

    readers = [threading.Thread(target=read_all, args=(size,)) for size in (None, 64, 500)]
    for reader in readers:
        reader.start()
    while ring.head < total:
        ring.write(ramp(ring.head, min(total, ring.head + 160)))
    for reader in readers:
        reader.join(30)
        assert not reader.is_alive()
    assert not failures
