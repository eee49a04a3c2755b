"""Whoever asks has the last moments written at once, and never waits long."""

from __future__ import annotations

import threading
from pathlib import Path

from xtalk_edge.recorder import door
from xtalk_edge.recorder.door import Door, ask


def test_who_asks_is_answered_when_all_is_written(tmp_path: Path) -> None:
    path = tmp_path / "ask"
    opened = Door(path)
    assert path.stat().st_mode & 0o777 == 0o600
    written = []

    def record() -> None:
        while (callers := opened.wait(60.0)) is not None:
            written.append(len(callers))
            opened.answer(callers)

    thread = threading.Thread(target=record)
    thread.start()
    assert ask(path)
    assert ask(path)
    opened.stop()
    thread.join(10)
    assert not thread.is_alive()
    assert written == [1, 1]
    opened.close()
    assert not path.exists()


def test_after_its_time_nobody_has_asked() -> None:
    opened = Door(None)
    assert opened.wait(0.0) == []
    opened.stop()
    assert opened.wait(60.0) is None
    opened.close()


def test_one_who_asked_and_went_does_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "ask"
    opened = Door(path)
    opened.answer([])
    thread = threading.Thread(target=ask, args=(path,))
    thread.start()
    callers = opened.wait(60.0)
    assert callers is not None
    for each in callers:
        each.close()
    opened.answer(callers)
    thread.join(10)
    opened.close()


def test_nobody_answers_where_nobody_is(tmp_path: Path, monkeypatch) -> None:
    assert not ask(tmp_path / "none")
    # One that hangs: the socket is there, and nobody looks at it.
    path = tmp_path / "ask"
    opened = Door(path)
    monkeypatch.setattr(door, "PATIENCE_S", 0.05)
    assert not ask(path)
    opened.close()


def test_a_name_too_long_for_a_socket_is_done_without(tmp_path: Path) -> None:
    opened = Door(tmp_path / ("x" * 200))
    assert opened.wait(0.0) == []
    opened.close()
