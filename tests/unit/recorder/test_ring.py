"""The ring in memory: whatever came in whatever lumps, the last seconds of it come out, exactly."""

from __future__ import annotations

import errno
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.recorder.parts import line, lump_of, ramp
from xtalk_edge.audio.format import RATE_HZ
from xtalk_edge.recorder import ring as ring_module
from xtalk_edge.recorder.lump import pack, unpack
from xtalk_edge.recorder.ring import LumpRing, read_ring


@settings(max_examples=60)
@given(
    sizes=st.lists(st.integers(1, 3_000), min_size=1, max_size=25),
    wanted=st.integers(1, 5_000),
    asked=st.integers(1, 6_000),
)
def test_the_last_seconds_come_out_exactly(sizes: list[int], wanted: int, asked: int) -> None:
    with TemporaryDirectory() as name:
        folder = Path(name)
        ring = LumpRing(folder, wanted / RATE_HZ)
        end = 0
        for size in sizes:
            at_s = 100.0 + end / RATE_HZ
            ring.write(lump_of(end, end + size, line("Tick", at_s, at_sample=end)))
            end += size
            # Bounded: without its oldest lump it would hold too little.
            held, oldest = read_ring(folder), unpack(sorted(folder.iterdir())[0].read_bytes())
            assert held is not None
            assert oldest is not None
            assert len(held.raw) - len(oldest.raw) < wanted
        found = read_ring(folder, asked / RATE_HZ)
        assert found is not None
        expected = min(end, asked) if asked <= wanted else len(found.raw)
        assert len(found.raw) == expected
        assert len(found.raw) >= min(end, asked, wanted)
        start = found.at_sample
        assert start + len(found.raw) == end
        assert np.array_equal(found.raw, ramp(start, end))
        assert np.array_equal(found.clean, ramp(start + 1, end + 1))
        assert np.array_equal(found.far, ramp(start + 2, end + 2))
        assert found.at_s == pytest.approx(100.0 + start / RATE_HZ)
        assert found.lost_samples == 0
        ticks = [each["at_sample"] for each in found.records]
        starts = [sum(sizes[:index]) for index in range(len(sizes))]
        assert ticks == [each for each in starts if each >= start]


@given(
    samples=st.integers(0, 300),
    texts=st.lists(st.text(max_size=30), max_size=5),
    cut=st.floats(0, 1),
    flipped=st.integers(0, 10_000),
)
def test_a_lump_is_whole_or_none(samples: int, texts: list[str], cut: float, flipped: int) -> None:
    lines = tuple(line("Said", 1.0, text=text) for text in texts)
    lump = lump_of(7, 7 + samples, *lines)
    content = pack(lump)
    back = unpack(content)
    assert back is not None
    assert (back.at_sample, back.lines, back.card) == (7, lump.lines, lump.card)
    assert np.array_equal(back.far, lump.far)
    assert unpack(content[: int(cut * (len(content) - 1))]) is None
    damaged = bytearray(content)
    damaged[flipped % len(content)] ^= 0x10
    assert unpack(bytes(damaged)) is None
    assert unpack(content + b"x") is None


@given(st.binary(max_size=200))
def test_bytes_of_nonsense_are_no_lump(content: bytes) -> None:
    assert unpack(content) is None


def test_a_torn_lump_in_the_middle_is_zeros_and_told(tmp_path: Path) -> None:
    ring = LumpRing(tmp_path, 10.0)
    for start in range(0, 5_000, 1_000):
        ring.write(lump_of(start, start + 1_000))
    torn = sorted(tmp_path.iterdir())[2]
    torn.write_bytes(torn.read_bytes()[:-500])
    found = read_ring(tmp_path)
    assert found is not None
    assert found.lost_samples == 1_000
    assert not found.raw[2_000:3_000].any()
    assert np.array_equal(found.raw[3_000:], ramp(3_000, 5_000))
    assert np.array_equal(found.raw[:2_000], ramp(0, 2_000))


def test_a_newest_lump_that_was_not_finished_costs_that_lump_alone(tmp_path: Path) -> None:
    ring = LumpRing(tmp_path, 10.0)
    ring.write(lump_of(0, 1_000))
    (tmp_path / "000000000002.lump").write_bytes(pack(lump_of(1_000, 2_000))[:900])
    found = read_ring(tmp_path)
    assert found is not None
    assert np.array_equal(found.raw, ramp(0, 1_000))


def test_files_of_others_and_nothing_at_all_are_no_recording(tmp_path: Path) -> None:
    assert read_ring(tmp_path) is None
    (tmp_path / "notes.lump").write_bytes(b"x")
    (tmp_path / "about.json").write_text("{}")
    assert read_ring(tmp_path) is None


def test_lumps_are_their_owners_alone(tmp_path: Path) -> None:
    LumpRing(tmp_path, 1.0).write(lump_of(0, 10))
    assert [path.stat().st_mode & 0o777 for path in tmp_path.iterdir()] == [0o600]


def test_without_room_the_lumps_before_stay(tmp_path: Path) -> None:
    ring = LumpRing(tmp_path, 1.0)
    ring.write(lump_of(0, 10))
    (tmp_path / "000000000002.lump").mkdir()
    with pytest.raises(FileExistsError):
        ring.write(lump_of(10, 20))
    ring.write(lump_of(20, 30))
    found = read_ring(tmp_path)
    assert found is not None
    assert (len(found.raw), found.lost_samples) == (30, 10)


def test_where_there_is_no_room_older_lumps_make_some(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ring = LumpRing(tmp_path, 10.0)
    for start in range(0, 50, 10):
        ring.write(lump_of(start, start + 10))

    usual = ring_module._owners_alone

    def opener(path: str, flags: int) -> int:
        if len(list(tmp_path.iterdir())) > 2:
            raise OSError(errno.ENOSPC, "No space left on device")
        return usual(path, flags)

    monkeypatch.setattr(ring_module, "_owners_alone", opener)
    ring.write(lump_of(50, 60))
    found = read_ring(tmp_path)
    assert found is not None
    assert np.array_equal(found.raw, ramp(30, 60))
