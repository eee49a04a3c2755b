"""What each part of the program costs is known by its name."""

from __future__ import annotations

import os
import threading
from pathlib import Path

from xtalk_edge.service.load import LOOP, OTHERS, TICKS_A_SECOND, LoadMeter


def stat(user: int, system: int) -> str:
    """Return a line of /proc/PID/stat; the name has all in it that a name may have."""
    before = " ".join(["0"] * 10)
    return f"1 (a) b) (c) S {before} {user} {system} 0 0\n"


def put(proc: Path, name: str, user: int, system: int = 0) -> None:
    (proc / name).mkdir(parents=True, exist_ok=True)
    (proc / name / "stat").write_text(stat(user, system))


def test_threads_and_children_are_told_apart(tmp_path: Path) -> None:
    (tmp_path / "self").mkdir()
    (tmp_path / "self/status").write_text("VmPeak:\t9 kB\nVmRSS:\t  204800 kB\n")
    meter, done = LoadMeter(tmp_path), threading.Event()
    worker = threading.Thread(target=done.wait, name="asr_0")
    worker.start()
    try:
        threads = {LOOP: os.getpid(), "asr": worker.native_id, OTHERS: 4_000_000}
        for number in threads.values():
            put(tmp_path, f"self/task/{number}", 100)
        put(tmp_path, "77", 1_000)
        assert meter.look(10.0, {77: "tts"}) is None
        put(tmp_path, f"self/task/{threads[LOOP]}", 100, TICKS_A_SECOND // 10)
        put(tmp_path, f"self/task/{threads['asr']}", 100 + TICKS_A_SECOND)
        put(tmp_path, "77", 1_000 + TICKS_A_SECOND // 2)
        load = meter.look(12.0, {77: "tts"})
    finally:
        done.set()
        worker.join()
    assert load is not None
    assert load.percent == {LOOP: 5.0, "asr": 50.0, OTHERS: 0.0, "tts": 25.0}
    assert load.memory_mb == 200.0


def test_a_child_that_began_anew_costs_nothing_negative(tmp_path: Path) -> None:
    meter = LoadMeter(tmp_path)
    put(tmp_path, "77", 1_000)
    meter.look(1.0, {77: "tts"})
    put(tmp_path, "78", 1)
    load = meter.look(2.0, {78: "tts", 79: "gone"})
    assert load is not None
    assert load.percent == {"tts": 0.0, "gone": 0.0}
    assert load.memory_mb == 0.0
    assert meter.look(2.0, {}) is None


def test_of_this_program_something_is_known() -> None:
    meter = LoadMeter()
    meter.look(0.0, {})
    load = meter.look(1.0, {})
    assert load is not None
    assert LOOP in load.percent
    assert load.memory_mb > 1.0
