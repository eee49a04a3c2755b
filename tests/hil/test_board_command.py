"""`xtalk-edge board`: what a simulated board is told to do, a check sees."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.test_cli import xtalk  # noqa: F401 - a fixture
from xtalk_edge.cli import board as board_command
from xtalk_edge.cli import devices

pytestmark = pytest.mark.slow


class Simulator:
    """`board simulate` in a process of its own."""

    def __init__(self, name: Path) -> None:
        self.name = name
        self._process = subprocess.Popen(
            [sys.executable, "-m", "xtalk_edge", "board", "simulate", "--port-name", str(name)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )
        self.until("A board is on")

    def type(self, *lines: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write("".join(f"{line}\n" for line in lines))
        self._process.stdin.flush()

    def until(self, words: str) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if words in line:
                return
        pytest.fail(f"{words!r} was never printed")

    def end(self) -> None:
        self._process.terminate()
        self._process.communicate(timeout=20)


@pytest.fixture
def simulator(tmp_path: Path) -> Iterator[Simulator]:
    made = Simulator(tmp_path / "board")
    yield made
    made.end()


def test_a_check_tells_what_a_board_is_and_how_it_stands(xtalk, simulator: Simulator) -> None:  # noqa: F811
    simulator.type("m", "70", "", "p", "r", "dance")
    simulator.until("'dance' is nothing that fingers do")
    outcome = xtalk("board", "check", "--port", simulator.name)
    assert outcome.code == 0, outcome.err
    assert "simulated, firmware 1.0.0" in outcome.out
    assert "2 buttons, 4 outputs, mute switch, knob, supply meter, lights" in outcome.out
    assert "answers after" in outcome.out
    assert "mute switch on" in outcome.out
    assert "supply 5.00 V" in outcome.out
    simulator.until("light: ready")
    simulator.type("x")


def test_what_is_wrong_with_a_board_is_told(
    xtalk,  # noqa: F811
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    outcome = xtalk("board", "check", "--port", tmp_path / "none")
    assert outcome.code == 1
    assert "is not there; plug the board in" in outcome.out
    assert outcome.err == "xtalk-edge: no board answers\n"
    monkeypatch.setattr(board_command, "found_ports", list)
    assert "no board is plugged in" in xtalk("board", "check").err


def test_serial_ports_are_listed_with_the_devices(
    xtalk,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(devices, "found_ports", lambda: ["/dev/serial/by-id/usb-xtalk"])
    monkeypatch.setattr(devices, "list_devices", list)
    assert "/dev/serial/by-id/usb-xtalk  (serial port)" in xtalk("devices").out
    told = json.loads(xtalk("devices", "--json").out.splitlines()[-1])
    assert told == {"serial_port": "/dev/serial/by-id/usb-xtalk"}
