"""The firmware compiles without a warning, and decodes and feels buttons as this side does."""

from __future__ import annotations

import random
import subprocess
from pathlib import Path

import pytest

from firmware_bridge.errors import BridgeError
from firmware_bridge.fuzz import Outcome, PythonSide, fuzz, report
from firmware_bridge.gestures import Gestures
from firmware_bridge.host_build import build
from firmware_bridge.wire import Verdict
from tests.firmware import compiled
from tests.unit.bridge.vectors import VECTORS, frame_of


def run(mode: str, given: bytes) -> bytes:
    done = subprocess.run([compiled(), mode], input=given, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


@pytest.mark.slow
def test_the_vectors_hold_in_c_too() -> None:
    stream = b"".join(frame_of(vector) for vector in VECTORS)
    expected, _ = PythonSide().feed(stream)
    assert run("verdicts", stream) == expected


@pytest.mark.slow
def test_rubbish_gets_the_same_verdicts_from_both() -> None:
    outcome = fuzz(compiled(), n_bytes=200_000, n_frames=5_000, seed=3)
    assert outcome.passed, report(outcome)
    assert set(outcome.verdicts) == set(Verdict)
    assert outcome.frames == 5_000


@pytest.mark.slow
def test_the_board_feels_what_this_side_feels() -> None:
    chance = random.Random(5)
    at_ms, moves = 100, []
    for _ in range(400):
        at_ms += chance.choice((20, 150, 299, 300, 301, 599, 600, 601, 2_000))
        moves.append(at_ms)
    here, expected = Gestures(), []
    for index, moved_ms in enumerate(moves):
        expected += here.move(index % 2 == 0, moved_ms)
    expected += here.tick(at_ms + 5_000)
    lines = []
    down, left = 0, list(moves)
    for now_ms in range(0, at_ms + 5_000, 1):
        if left and left[0] == now_ms:
            down, _ = 1 - down, left.pop(0)
        lines.append(f"{now_ms} {down}\n")
    said = run("gestures", "".join(lines).encode()).split()
    told = [(int(said[i]), int(said[i + 1])) for i in range(0, len(said), 2)]
    assert told == [(int(action), moved_ms) for action, moved_ms in expected]


@pytest.mark.slow
def test_a_contact_that_bounces_is_one_press() -> None:
    levels = [0] * 50 + [1, 0, 1, 1, 0, 0, 1, 0] * 2 + [1] * 100 + [0, 1, 0, 0, 1] + [0] * 400
    lines = "".join(f"{at_ms} {level}\n" for at_ms, level in enumerate(levels))
    actions = run("gestures", lines.encode()).split()[::2]
    assert actions == [b"1", b"2", b"3"]


def test_what_went_wrong_is_told() -> None:
    outcome = Outcome(fed_bytes=10, differences=2, firmware_failed="heap-buffer-overflow")
    assert not outcome.passed
    assert "heap-buffer-overflow" in report(outcome)


def test_without_a_compiler_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(BridgeError, match="install gcc"):
        build(tmp_path)
