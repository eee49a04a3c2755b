"""However it ends: quietly, with the documented exit code, and with nothing half-written."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from tests.unit.test_cli import SCRIPTED
from xtalk_edge.audio.sound_file import write_wav

XTALK = [sys.executable, "-m", "xtalk_edge"]


def start(
    folder: Path, *arguments: str, keyboard: int = subprocess.DEVNULL
) -> subprocess.Popen[str]:
    """Start a command whose conversation lasts a minute of real time."""
    recording = folder / "q.wav"
    write_wav(recording, np.zeros(60 * 16000, np.int16), 16000)
    scripted = [
        *("--set", f"asr.type={SCRIPTED}:ScriptedASR", "--set", "asr.texts=[]"),
        *("--set", f"agent.type={SCRIPTED}:ScriptedAgent", "--set", "agent.replies=[]"),
    ]
    return subprocess.Popen(
        [*XTALK, "run", "--card", "wav", "--input", str(recording), *scripted, *arguments],
        stdin=keyboard,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "STATE_DIRECTORY": str(folder / "state"), "PYTHONUNBUFFERED": "1"},
    )


def until(process: subprocess.Popen[str], words: str) -> None:
    """Wait until the command has printed `words`."""
    assert process.stdout is not None
    for line in process.stdout:
        if words in line:
            return
    pytest.fail(f"{words!r} was never printed: {process.communicate()[1]}")


@pytest.mark.parametrize(
    "moment", ["opening the sound card", "loading ears", "loading the agent", "16000 Hz"]
)
def test_ctrl_c_is_quiet_at_any_moment(tmp_path: Path, moment: str) -> None:
    process = start(tmp_path, "--output", str(tmp_path / "a.wav"))
    until(process, moment)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=20)
    assert process.returncode == 130
    assert errors == ""
    assert not [path for path in tmp_path.iterdir() if path.name not in ("q.wav", "state")]


def test_a_service_manager_may_end_it(tmp_path: Path) -> None:
    process = start(tmp_path)
    until(process, "16000 Hz")
    process.send_signal(signal.SIGTERM)
    _, errors = process.communicate(timeout=20)
    assert (process.returncode, errors) == (0, "")


def test_a_reader_that_goes_away_is_one_sentence(tmp_path: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [*XTALK, "config", "show"], stdout=writer, stderr=subprocess.PIPE, text=True, check=False
    )
    os.close(writer)
    assert done.stderr == "xtalk-edge: the reader of the output went away\n"
    assert done.returncode == 74


@pytest.mark.parametrize(
    ("redirection", "words"),
    [(">&-", "standard output is closed"), (">/dev/full", "the output cannot be written")],
)
def test_an_output_that_takes_nothing_is_one_sentence(redirection: str, words: str) -> None:
    done = subprocess.run(
        f"{' '.join(XTALK)} config show {redirection}",
        shell=True,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 74
    assert done.stderr.count("\n") == 1
    assert words in done.stderr


def test_the_enter_key_is_the_button(tmp_path: Path) -> None:
    keyboard, terminal = os.openpty()
    events = tmp_path / "events.jsonl"
    process = start(
        tmp_path, "--set", "wake.mode=button", "--events", str(events), keyboard=terminal
    )
    until(process, "16000 Hz")
    os.write(keyboard, b"\n")
    deadline = time.monotonic() + 20
    while '"ButtonPressed"' not in events.read_text():
        assert time.monotonic() < deadline
        time.sleep(0.05)
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=20)
    assert process.returncode == 0
    os.close(keyboard)
    os.close(terminal)


def test_button_mode_without_a_keyboard_says_so(tmp_path: Path) -> None:
    with (tmp_path / "no keyboard").open("w+") as file:
        process = start(tmp_path, "--set", "wake.mode=button", keyboard=file.fileno())
        _, errors = process.communicate(timeout=20)
    assert process.returncode == 5
    assert "needs a keyboard" in errors


def test_a_service_whose_button_is_on_a_board_needs_no_keyboard(tmp_path: Path) -> None:
    with (tmp_path / "no keyboard").open("w+") as file:
        process = start(
            tmp_path,
            *("--set", "wake.mode=button", "--set", f"board.port={tmp_path}/none"),
            *("--set", "board.wait_s=0"),
            keyboard=file.fileno(),
        )
        until(process, "16000 Hz")
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=20)
    assert process.returncode == 0
    assert "is not there; plug the board in" in errors
