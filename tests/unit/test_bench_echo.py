"""`bench echo` judges cancellers by what reaches the voice detector of a device that talks."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from xtalk_edge.audio.sound_file import write_wav
from xtalk_edge.cli.bench import echo, echo_room, people
from xtalk_edge.cli.bench.echo_room import onset_s
from xtalk_edge.cli.bench.self_hearing import SelfHearing, passed
from xtalk_edge.errors import DeviceError


def row(false_starts_a_minute: float, noticed: int, level_db: float = 0.0) -> echo.Row:
    return echo.Row("webrtc", level_db, (20.0, 30.0, 40.0), false_starts_a_minute, noticed, 20,
                    None, 50.0)  # fmt: skip


@pytest.mark.parametrize(
    ("tried", "passed"),
    [
        (row(1.0, 15), True),
        (row(1.1, 20), False),
        (row(0.0, 14), False),
        (row(0.0, 18, -10.0), True),
        (row(0.0, 17, -10.0), False),
    ],
)
def test_false_starts_and_lost_talkers_both_count(tried: echo.Row, passed: bool) -> None:
    assert tried.passed is passed


ALONE = SelfHearing("room", 0.0, 20.0, ducks=20, holds=1, cuts=0, stops=0, words=(), turns=0)


@pytest.mark.parametrize(
    ("change", "wanted"),
    [
        ({}, True),
        ({"ducks": 21}, False),
        ({"cuts": 1}, False),
        ({"words": ("stop",)}, False),
        ({"turns": 1}, False),
        ({"stops": 1}, True),
        ({"stops": 2}, False),
    ],
)
def test_a_device_that_takes_itself_for_somebody_fails(change: Any, wanted: bool) -> None:
    assert passed([ALONE, replace(ALONE, **change)]) is wanted


def test_false_stop_words_are_counted_by_the_hour() -> None:
    assert passed([replace(ALONE, minutes=60.0, stops=1, ducks=0)] * 3)
    assert not passed([replace(ALONE, minutes=60.0, stops=2, ducks=0)] * 3)


@pytest.mark.parametrize("begins_s", [0.0, 0.35, 1.2])
def test_the_onset_is_where_sound_begins(begins_s: float) -> None:
    sound = np.zeros(32_000, np.int16)
    start = round(begins_s * 16_000)
    sound[start:] = np.random.default_rng(1).normal(0, 2_000, len(sound) - start)
    sound[start // 2] = 3_000  # a click is no beginning
    assert onset_s(sound) == pytest.approx(begins_s, abs=0.011)


def test_silence_has_no_onset() -> None:
    assert onset_s(np.zeros(16_000, np.int16)) == 0.0


@pytest.mark.slow
def test_cancellers_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(echo_room, "ALONE_S", 9.0)
    monkeypatch.setattr(echo, "ALONE_S", 9.0)
    monkeypatch.setattr(echo, "MOST_TALKERS", 2)
    monkeypatch.setattr(echo, "LEVELS_DB", (0.0,))
    monkeypatch.setattr(people, "DRIFTS_PPM", (0.0,))
    arguments = ["--json", "--engine", "none", "--engine", "cascade"]
    result = CliRunner().invoke(echo.command, arguments)
    told = json.loads(result.stdout)
    assert told["chosen"] == "cascade"
    assert result.exit_code == (0 if told["passed"] else 1)
    deaf, good = told["rows"]
    assert [(each["engine"], each["echo_over_talker_db"]) for each in (deaf, good)] == [
        ("none", 0.0),
        ("cascade", 0.0),
    ]
    # Whatever is played comes back: the device hears itself, and talkers are no news.
    assert deaf["removed_db"][2] < 3 < 20 < good["removed_db"][2]
    assert good["false_starts_a_minute"] < deaf["false_starts_a_minute"]
    assert good["noticed"] == good["talkers"] == 4
    assert good["reaction_ms"]["p50"] < 400


def test_a_folder_without_recordings_is_refused(tmp_path: Path) -> None:
    result = CliRunner().invoke(echo.command, ["--talkers", str(tmp_path)])
    assert isinstance(result.exception, DeviceError)
    assert "no recordings there" in str(result.exception)


def test_own_rooms_come_beside_the_made_ones(tmp_path: Path) -> None:
    write_wav(tmp_path / "kitchen.wav", np.array([20_000, 0, 5_000], np.int16), 16_000)
    assert set(people.rooms(tmp_path)) - set(people.rooms(None)) == {"kitchen"}
