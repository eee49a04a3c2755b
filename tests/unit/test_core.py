"""The audio core against a model in plain Python, and its promises one by one."""

import shutil
import subprocess
import sysconfig
import threading
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xtalk_edge.audio.core import AudioCore, BlockRecord, Gap
from xtalk_edge.audio.core_build import build

RATE = 8000
NEVER = -1
AUDIO = Path(__file__).parents[2] / "xtalk_edge/audio"


def ramp(start, frames):
    """Sound whose every frame tells its index."""
    return ((np.arange(start, start + frames) % 20_000) + 1).astype(np.int16)


class Deck:
    """A core with its clock: each block follows the one before without a break."""

    def __init__(self, ring_s=1.0, latency_s=0.0):
        self.core = AudioCore(RATE, ring_s=ring_s)
        self.latency_s = latency_s
        self.now_s = 100.0
        self.frames = 0

    def block(self, frames, status=0, lost_s=0.0):
        self.now_s += lost_s
        self.frames += round(lost_s * RATE)
        out = self.core.process(
            ramp(self.frames, frames),
            adc_s=self.now_s,
            dac_s=self.now_s + self.latency_s,
            now_s=self.now_s,
            status=status,
        )
        self.now_s += frames / RATE
        self.frames += frames
        return out


class Model:
    """What the core promises, frame by frame and with lists."""

    def __init__(self, capacity):
        self.capacity = capacity
        self.queue, self.written, self.consumed, self.heard_end = [], 0, 0, 0
        self.order = self.last_order = (1.0, 0)
        self.flush_to: int = NEVER
        self.flushed_to, self.fade_frames, self.fade_at = 0, 0, 0
        self.fade: int | None = None
        self.cut: int | None = None
        self.gain, self.target, self.step, self.steps = 1.0, 1.0, 0.0, 0
        self.held = False
        self.index, self.lost, self.waiting = 0, 0, []

    def write(self, pcm):
        taken = pcm[: self.capacity - (self.written - self.consumed)].tolist()
        self.queue += taken
        self.written += len(taken)
        return len(taken)

    def flush(self, fade_frames):
        self.flush_to, self.fade_frames = self.written, fade_frames

    def cut_at(self):
        return None if self.flush_to != NEVER else self.cut

    def process(self, mic):
        self._take_orders()
        far = []
        still = self._still()
        for _ in mic:
            if self.fade is not None and (still or self.fade_at == self.fade):
                self._cut()
            self._ramp()
            far.append(0 if still else self._next_frame())
            still = self._still()
        if self.fade is not None and (still or self.fade_at == self.fade):
            self._cut()
        free = self.capacity - sum(len(m) for _, m, _ in self.waiting)
        if len(mic) <= free:
            self.waiting.append((self.index, mic.tolist(), far))
        else:
            self.lost += len(mic)
        self.index += len(mic)
        return far

    def _still(self):
        return self.held and not self.steps and self.gain == 0.0

    def _take_orders(self):
        if self.order != self.last_order:  # the same order again goes on with its ramp
            self.last_order = self.order
            self.target, self.steps = self.order
            if self.steps:
                self.step = (self.target - self.gain) / self.steps
            else:
                self.gain = self.target
        if self.flush_to != NEVER and self.fade is None:
            if self.flush_to == self.flushed_to:
                self.flush_to, self.cut = NEVER, self.cut or 0
            else:
                self.fade = min(self.fade_frames, max(0, self.flush_to - self.consumed))
                self.fade_at = 0

    def _ramp(self):
        if self.steps:
            self.gain += self.step
            self.steps -= 1
            if not self.steps:
                self.gain = self.target

    def _next_frame(self):
        if not self.queue:
            return 0
        level = self.gain
        if self.fade is not None:
            level *= (self.fade - self.fade_at) / (self.fade + 1)
            self.fade_at += 1
        self.consumed += 1
        self.heard_end = self.consumed
        return self.queue.pop(0) * level

    def _cut(self):
        dropped = max(0, self.flush_to - self.consumed)
        del self.queue[:dropped]
        self.consumed += dropped
        self.cut, self.flushed_to = self.heard_end, self.flush_to
        self.fade, self.flush_to = None, NEVER


class Reader:
    """Joins reads and checks that they follow one another."""

    def __init__(self):
        self.frames, self.far, self.gaps = [], [], []

    def take(self, got):
        if len(got.mic):
            assert got.at_frame == len(self.frames)
        assert len(got.mic) == len(got.far)
        self.frames += got.mic.tolist()
        self.far += got.far.tolist()
        self.gaps += got.gaps

    def lost(self):
        return {i for gap in self.gaps for i in range(gap.at_frame, gap.at_frame + gap.frames)}


orders = st.one_of(
    st.tuples(st.just("write"), st.integers(0, 90)),
    st.tuples(st.just("process"), st.integers(4, 40)),
    st.tuples(st.just("read"), st.none() | st.integers(0, 70)),
    st.tuples(st.just("flush"), st.integers(0, 60)),
    st.tuples(st.just("hold"), st.booleans()),
    st.tuples(st.just("gain"), st.tuples(st.sampled_from([0.0, 0.25, 1.0]), st.integers(0, 50))),
)


@settings(max_examples=300, deadline=None)
@given(st.lists(orders, max_size=60))
@pytest.mark.slow
def test_any_interleaving_matches_the_model(steps):
    """Nothing is lost uncounted, doubled or reordered, whatever happens when."""
    deck = Deck(ring_s=128 / RATE)
    core, model, reader = deck.core, Model(128), Reader()
    assert core.capacity_frames == 128
    captured = []
    for what, value in [*steps, ("process", 4), ("read", None), ("process", 4), ("read", None)]:
        if what == "write":
            pcm = ramp(model.written, value)
            assert core.write(pcm) == model.write(pcm)
        elif what == "process":
            mic = ramp(deck.frames, value)
            before = model.lost
            out = deck.block(value)
            assert np.allclose(out, model.process(mic), atol=0.6)
            kept = model.lost == before
            captured += [(m, o) if kept else (0, 0) for m, o in zip(mic, out, strict=True)]
        elif what == "flush":
            core.flush(value * 1000 / RATE)
            model.flush(value)
        elif what == "hold":
            core.hold(value)
            model.held = value
        elif what == "gain":
            core.set_gain(value[0], value[1] * 1000 / RATE)
            model.order = value
        else:
            reader.take(core.read(value))
            read_up(model, len(reader.frames))
        assert core.cut_at() == model.cut_at()
        assert (core.written, core.consumed) == (model.written, model.consumed)
        assert core.free == 128 - (model.written - model.consumed)
        assert core.audible(deck.now_s + 1) == model.heard_end
        counters = core.counters()
        assert counters.capture_lost_frames == model.lost
        assert counters.captured_frames == model.index
    assert list(zip(reader.frames, reader.far, strict=True)) == captured[: len(reader.frames)]
    assert reader.lost() == {i for i, (m, _) in enumerate(captured[: len(reader.frames)]) if not m}


def read_up(model, frames):
    """Take from the model what a reader that stands at `frames` has had."""
    while model.waiting and model.waiting[0][0] < frames:
        index, mic, far = model.waiting.pop(0)
        if index + len(mic) > frames:
            model.waiting.insert(0, (frames, mic[frames - index :], far[frames - index :]))
            break


def test_every_block_tells_where_and_when():
    deck = Deck(latency_s=0.02)
    deck.core.write(ramp(0, 100))
    deck.block(80)
    deck.block(80, status=4)
    got = deck.core.read()
    assert got.blocks[0] == BlockRecord(0, 80, 0, 80, 100.0, 100.02, 100.0, 0)
    assert got.blocks[1] == BlockRecord(80, 80, 80, 100, 100.01, 100.03, 100.01, 4)
    assert got.far.tolist() == [*ramp(0, 100).tolist(), *[0] * 60]
    assert deck.core.counters().output_underflows == 1


def test_a_full_ring_is_announced_and_the_index_stays_on_time():
    deck = Deck(ring_s=256 / RATE)
    for _ in range(4):
        deck.block(100)
    assert deck.core.counters().capture_lost_frames == 200
    assert deck.core.read().gaps == ()
    deck.block(50)
    got = deck.core.read()
    assert got.gaps == (Gap(200, 200, "ring full"),)
    assert got.at_frame == 200
    assert got.mic.tolist() == [0] * 200 + ramp(400, 50).tolist()


def test_a_long_gap_comes_in_pieces():
    deck = Deck(ring_s=128 / RATE)
    for _ in range(10):
        deck.block(64)
    deck.core.read()
    deck.block(64)
    pieces = [deck.core.read() for _ in range(5)]
    gaps = [gap for piece in pieces for gap in piece.gaps]
    assert sum(gap.frames for gap in gaps) == 8 * 64
    assert [gap.at_frame for gap in gaps] == [128, 256, 384, 512]
    assert pieces[-1].mic.tolist() == ramp(640, 64).tolist()


def test_blocks_smaller_than_foreseen_fill_the_record_ring_first():
    deck = Deck(ring_s=128 / RATE)
    for _ in range(70):
        deck.block(1)
    assert deck.core.counters().capture_lost_frames == 70 - 64


def test_an_overflow_is_a_gap_as_long_as_the_clock_says():
    deck = Deck()
    deck.block(80)
    deck.block(80, status=2, lost_s=0.01)
    got = deck.core.read()
    assert got.gaps == (Gap(80, 80, "input overflow"),)
    assert got.mic.tolist() == ramp(0, 80).tolist() + [0] * 80 + ramp(160, 80).tolist()
    counters = deck.core.counters()
    assert (counters.device_lost_frames, counters.input_overflows) == (80, 1)


def test_an_unflagged_stall_is_a_gap_and_jitter_is_none():
    deck = Deck()
    deck.block(80)
    deck.block(80, lost_s=0.09)
    deck.block(80, lost_s=0.75)
    assert [gap.reason for gap in deck.core.read().gaps] == ["device stalled"]
    assert deck.core.counters().device_lost_frames == 6000


def test_a_clock_that_is_nonsense_loses_nothing():
    deck = Deck()
    deck.block(80)
    for adc_s in (float("nan"), 1e12, -1e12, float("inf")):
        deck.core.process(ramp(0, 80), adc_s=adc_s, dac_s=adc_s, now_s=0, status=2)
    assert deck.core.counters().device_lost_frames == 0


def test_what_is_lost_between_two_streams_is_a_gap():
    deck = Deck()
    deck.block(80)
    deck.core.set_stream(1, 1, 0.01, 0.03)
    deck.block(80, lost_s=0.05)
    deck.block(80, lost_s=0.05)
    assert deck.core.read().gaps == (Gap(80, 400, "device stalled"),)


def test_duck_acts_on_the_next_block_however_much_is_queued():
    deck = Deck()
    deck.core.write(np.full(8000, 10_000, np.int16))
    deck.block(80)
    deck.core.set_gain(0.25, ramp_ms=10)
    ducked = deck.block(160)
    assert (np.diff(ducked[:80].astype(int)) < 0).all()
    assert (ducked[80:] == 2500).all()
    deck.core.set_gain(1.0, ramp_ms=0)
    assert (deck.block(80) == 10_000).all()


def test_a_cut_fades_and_what_is_written_after_it_plays_behind():
    deck = Deck()
    deck.core.write(np.full(4000, 10_000, np.int16))
    deck.block(80)
    assert deck.core.cut_at() is None
    deck.core.flush(fade_ms=5)
    deck.core.write(np.full(100, 77, np.int16))
    assert deck.core.cut_at() is None
    out = deck.block(80).astype(int)
    assert (np.diff(out[:40]) < 0).all()
    assert out[0] < 10_000
    assert (out[40:] == 77).all()
    assert deck.core.cut_at() == 120
    assert deck.core.read().blocks[1].dropped == 3880


def test_a_fade_longer_than_a_block_goes_on_in_the_next():
    deck = Deck()
    deck.core.write(np.full(4000, 10_000, np.int16))
    deck.core.flush(fade_ms=20)
    first = deck.block(80)
    assert deck.core.cut_at() is None
    deck.core.write(np.full(10, 5, np.int16))
    deck.core.flush(fade_ms=0)
    second = deck.block(160)
    assert first[-1] > second[0] > second[79] > 0
    assert not second[80:].any()
    assert deck.core.cut_at() == 160


def test_a_second_cut_of_nothing_new_leaves_the_first():
    deck = Deck()
    deck.core.write(ramp(0, 400))
    deck.block(80)
    deck.core.flush(fade_ms=0)
    deck.block(80)
    deck.core.flush()
    deck.block(80)
    assert deck.core.cut_at() == 80


def test_duck_and_cut_compose():
    deck = Deck()
    deck.core.set_gain(0.5, ramp_ms=0)
    deck.core.write(np.full(400, 10_000, np.int16))
    deck.core.flush(fade_ms=10)
    out = deck.block(80)
    assert 4900 < out[0] < 5000
    assert deck.core.cut_at() == 80


def test_what_is_held_waits_and_goes_on_without_a_gap_or_a_repeat():
    deck = Deck()
    sound = ramp(1_000, 400)
    deck.core.write(sound)
    deck.block(80)
    deck.core.hold(True)
    deck.core.set_gain(0.0, ramp_ms=5)
    deck.block(80)
    assert deck.core.consumed == 120
    assert not deck.block(800).any()
    assert deck.core.consumed == 120
    deck.core.hold(False)
    deck.core.set_gain(1.0, ramp_ms=0)
    assert deck.block(80).tolist() == sound[120:200].tolist()
    assert deck.core.counters().playback_starved_frames == 0


def test_what_is_held_can_be_cut_where_it_stands():
    deck = Deck()
    deck.core.write(ramp(0, 400))
    deck.core.hold(True)
    deck.core.set_gain(0.0, ramp_ms=0)
    deck.block(80)
    deck.core.flush(fade_ms=5)
    assert not deck.block(80).any()
    assert deck.core.cut_at() == 0
    deck.core.write(np.full(10, 55, np.int16))
    deck.core.hold(False)
    deck.core.set_gain(1.0, ramp_ms=0)
    assert deck.block(10).tolist() == [55] * 10


def test_the_audible_position_follows_the_loudspeaker():
    deck = Deck(latency_s=0.05)
    core = deck.core
    assert core.audible(100.0) == 0
    core.write(ramp(0, 160))
    deck.block(80)
    deck.block(80)
    assert core.audible(100.04) == 0
    assert core.audible(100.05505) == 40
    assert core.audible(100.05) == 40
    assert core.audible(100.06505) == 120
    assert core.audible(200.0) == 160


def test_the_audible_position_rests_at_the_cut_and_then_jumps():
    deck = Deck(latency_s=0.05)
    core = deck.core
    core.write(ramp(0, 1000))
    deck.block(80)
    core.flush(fade_ms=2.5)
    deck.block(80)
    assert core.audible(100.2) == core.cut_at() == 100
    deck.block(80)
    assert core.audible(100.2) == 100
    core.write(ramp(1000, 80))
    deck.block(80)
    assert core.audible(100.0801) == 1000
    assert core.audible(101.0) == 1080


def test_new_content_in_the_block_of_the_cut_is_followed_too():
    deck = Deck()
    core = deck.core
    core.write(ramp(0, 1000))
    deck.block(80)
    core.flush(fade_ms=5)
    core.write(ramp(1000, 80))
    deck.block(80)
    assert core.audible(100.01 + 20.5 / RATE) == 100
    assert core.audible(100.01 + 50.5 / RATE) == 1010
    assert core.audible(100.02005) == 1040


def test_starvation_is_silence_inside_a_reply_not_between_two():
    deck = Deck()
    deck.block(80)
    deck.core.write(ramp(0, 40))
    deck.block(80)
    deck.core.write(ramp(40, 80))
    deck.block(80)
    assert deck.core.counters().playback_starved_frames == 40
    deck.block(8001)
    deck.core.write(ramp(0, 80))
    deck.block(80)
    assert deck.core.counters().playback_starved_frames == 40


def test_marks_start_anew():
    deck = Deck()
    deck.core.write(ramp(0, 400))
    deck.block(200)
    deck.block(200)
    marks = deck.core.counters()
    assert (marks.capture_high_water_frames, marks.playback_low_water_frames) == (400, 200)
    deck.core.read()
    deck.core.reset_marks()
    deck.core.write(ramp(400, 300))
    deck.block(50)
    marks = deck.core.counters()
    assert (marks.capture_high_water_frames, marks.playback_low_water_frames) == (50, 300)


def test_wrong_use_is_refused():
    with pytest.raises(ValueError, match="above 0"):
        AudioCore(0)
    core = AudioCore(RATE)
    with pytest.raises(ValueError, match="between 0 and 1"):
        core.set_gain(1.5)
    core.close()
    assert core.write(ramp(0, 10)) == 0
    assert len(core.read(-5).mic) == 0


@pytest.mark.slow
def test_three_threads_lose_nothing():
    """The callback, the reader and the writer at once, as in life."""
    core = AudioCore(RATE, ring_s=0.25)
    total, blocks = 200_000, []
    reader = Reader()
    done = threading.Event()

    def write():
        at = 0
        while at < total:
            at += core.write(ramp(at, min(700, total - at)))

    def read():
        while not done.is_set():
            reader.take(core.read())
        reader.take(core.read())

    threads = [threading.Thread(target=write), threading.Thread(target=read)]
    for thread in threads:
        thread.start()
    frames = 0
    while core.consumed < total:
        at_s = frames / RATE
        blocks.append(core.process(ramp(frames, 64), adc_s=at_s, dac_s=at_s, now_s=at_s))
        frames += 64
    done.set()
    for thread in threads:
        thread.join()
    played = np.concatenate(blocks)
    assert played[played > 0].tolist() == ramp(0, total).tolist()
    mic, lost = np.array(reader.frames), reader.lost()
    kept = np.array([i not in lost for i in range(len(mic))])
    assert (mic[kept] == ramp(0, len(mic))[kept]).all()
    assert (np.array(reader.far)[kept] == played[: len(mic)][kept]).all()


needs_compiler = pytest.mark.skipif(shutil.which("cc") is None, reason="no C compiler")


@needs_compiler
@pytest.mark.slow
def test_a_build_leaves_one_library(tmp_path):
    (tmp_path / "_core.older.so").touch()
    assert [build(tmp_path)] == list(tmp_path.iterdir())


@needs_compiler
@pytest.mark.parametrize("source", ["core.c", "hush.c"])
def test_the_c_is_clean(source):
    subprocess.run(
        ["cc", "-D_GNU_SOURCE", "-std=c11", "-O2", "-Wall", "-Wextra", "-Wconversion", "-Werror",
         "-fsyntax-only", "-I", sysconfig.get_path("include"), str(AUDIO / source)],
        check=True,
    )  # fmt: skip
