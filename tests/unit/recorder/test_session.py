"""A stereo recording of a session: aligned, bounded, and whole however the program ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import wave
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.recorder.parts import ramp
from xtalk_edge.errors import DeviceError
from xtalk_edge.recorder import session
from xtalk_edge.recorder.session import FRAME_BYTES, HEADER_BYTES, SessionFile

MB = 1_000_000


def heard(path: Path) -> np.ndarray:
    with wave.open(str(path)) as file:
        assert file.getparams()[:3] == (2, 2, 16_000)
        frames = np.frombuffer(file.readframes(file.getnframes()), "<i2").reshape(-1, 2)
        assert len(frames) == file.getnframes()
    assert path.stat().st_size == HEADER_BYTES + FRAME_BYTES * len(frames)
    return frames


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(1, 200)), min_size=1, max_size=8))
def test_frames_stand_where_the_samples_stood(
    tmp_path_factory: pytest.TempPathFactory, pieces: list[tuple[int, int]]
) -> None:
    path = tmp_path_factory.mktemp("session") / "a.wav"
    recording = SessionFile(path, MB)
    first = at = 1_000
    expected = np.zeros((1_000_000, 2), np.int16)
    for lost, size in pieces:
        # What was lost before the first piece is before the recording.
        at += lost if at > first else 0
        recording.write(at, ramp(at, at + size), ramp(at + 5, at + size + 5))
        expected[at - first : at - first + size, 0] = ramp(at, at + size)
        expected[at - first : at - first + size, 1] = ramp(at + 5, at + size + 5)
        at += size
        # Whole after every piece, not only at its end.
        assert np.array_equal(heard(path), expected[: at - first])
    recording.close()
    assert np.array_equal(heard(path), expected[: at - first])


def test_it_ends_at_its_size(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    recording = SessionFile(path, HEADER_BYTES + 100 * FRAME_BYTES + 3)
    recording.write(0, ramp(0, 90), ramp(0, 90))
    assert recording.over == ""
    recording.write(90, ramp(90, 150), ramp(90, 150))
    assert "session_mb" in recording.over
    recording.write(150, ramp(150, 160), ramp(150, 160))
    assert np.array_equal(heard(path)[:, 0], ramp(0, 100))


def test_a_gap_longer_than_what_is_left_ends_it_too(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    recording = SessionFile(path, HEADER_BYTES + 100 * FRAME_BYTES)
    recording.write(0, ramp(0, 10), ramp(0, 10))
    recording.write(10_000_000, ramp(0, 10), ramp(0, 10))
    assert "session_mb" in recording.over
    assert len(heard(path)) == 100


def test_it_leaves_room_on_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.wav"
    recording = SessionFile(path, MB)
    recording.write(0, ramp(0, 10), ramp(0, 10))
    monkeypatch.setattr(session, "KEPT_FREE_BYTES", 1 << 60)
    recording.write(10, ramp(10, 20), ramp(10, 20))
    assert recording.over == "the disk is nearly full"
    assert len(heard(path)) == 10


def test_nothing_that_is_there_is_written_over(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(b"dear")
    with pytest.raises(DeviceError, match="such a file already"):
        SessionFile(path, MB)
    assert path.read_bytes() == b"dear"
    with pytest.raises(DeviceError, match="cannot be written"):
        SessionFile(path / "b.wav", MB)


CHILD = """
import sys, numpy as np
from pathlib import Path
from xtalk_edge.recorder.session import SessionFile
recording, at, piece = SessionFile(Path(sys.argv[1]), 10**9), 0, np.ones(1600, np.int16)
while True:
    recording.write(at, piece, piece)
    at += 1600
    print(at, flush=True)
"""


@pytest.mark.slow
def test_killed_in_the_middle_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    child = subprocess.Popen([sys.executable, "-c", CHILD, str(path)], stdout=subprocess.PIPE)
    assert child.stdout is not None
    told = 0
    with child:
        for _ in range(50):
            told = int(child.stdout.readline())
        os.kill(child.pid, signal.SIGKILL)
    with wave.open(str(path)) as file:
        frames = file.getnframes()
        assert frames >= told
        assert len(file.readframes(frames)) == frames * FRAME_BYTES
