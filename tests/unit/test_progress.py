"""What takes long says how far it is, on a terminal in one line and elsewhere now and then."""

from __future__ import annotations

import sys
from collections.abc import Callable

import pytest

from xtalk_edge.cli.progress import (
    CLEAR_LINE,
    Transfer,
    duration,
    megabytes,
    progress,
    progress_text,
)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Return a function that moves the time on."""
    now = [100.0]
    monkeypatch.setattr("xtalk_edge.cli.progress.now_s", lambda: now[0])

    def move(seconds: float) -> None:
        now[0] += seconds

    return move


@pytest.mark.usefixtures("clock")
def test_on_a_terminal_one_line_takes_the_place_of_the_last(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    with progress() as tell:
        tell("one")
        tell("too soon")
        tell("")
        tell("two")
    clear = CLEAR_LINE
    assert capsys.readouterr().err == f"{clear}one{clear}{clear}two{clear}"


def test_elsewhere_there_is_a_line_now_and_then_or_none(
    capsys: pytest.CaptureFixture[str], clock: Callable[[float], None]
) -> None:
    with progress() as tell:
        clock(60.0)
        tell("unseen")
    assert capsys.readouterr().err == ""
    with progress(elsewhere_every_s=10.0) as tell:
        for second in range(25):
            clock(1.0)
            tell(f"{second}")
    assert capsys.readouterr().err == "9\n19\n"


def test_a_transfer_tells_how_much_how_fast_and_how_long(clock: Callable[[float], None]) -> None:
    told: list[str] = []
    transfer = Transfer(told.append)
    for have in (0, 500_000, 1_000_000):
        transfer("a.onnx", have, 10_000_000)
        clock(0.5)
    assert told[-1] == "a.onnx: 1.0 of 10.0 MB (10 %), 1.0 MB/s, 9 s left"
    # Read again from its beginning: no speed is known yet.
    transfer("a.onnx", 200_000, 10_000_000)
    assert told[-1] == "a.onnx: 0.2 of 10.0 MB (2 %)"


def test_figures_are_those_of_publishers() -> None:
    assert progress_text("a.onnx", 40_000_000, None, 0.0) == "a.onnx: 40.0 MB"
    assert [duration(s) for s in (45, 300, 9000)] == ["45 s", "5 min", "2.5 h"]
    assert megabytes(5_100) == "5.1 kB"
