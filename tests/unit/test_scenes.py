"""Scenes: what a file may say, what is read from the events, and how it is judged."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from xtalk_edge.audio.format import RATE_HZ
from xtalk_edge.audio.sound_file import write_wav
from xtalk_edge.config.files import data_path
from xtalk_edge.errors import ConfigError, DeviceError
from xtalk_edge.events import (
    ASRResultFinal,
    Event,
    ToolCallOccurred,
    TTSPaused,
    TTSPlaybackFinished,
    TTSStopped,
)
from xtalk_edge.scenes.exchange import Exchange, own_voice, take_in
from xtalk_edge.scenes.script import Line, Scene, load
from xtalk_edge.scenes.sounds import sound_of
from xtalk_edge.scenes.verdict import judge, wanted_pattern

SHIPPED = sorted(data_path("configs/scenes").glob("*.toml"))


def write(folder: Path, text: str) -> Path:
    path = folder / "scene.toml"
    path.write_text(text, encoding="utf-8")
    return path


# -- the file ------------------------------------------------------------------------------


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
@pytest.mark.slow
def test_every_scene_that_comes_along_can_be_read_and_heard(path: Path) -> None:
    scene = load(path)
    assert scene.about
    for line in scene.line:
        sound = sound_of(line, path.parent)
        assert sound.rate_hz == RATE_HZ
        assert bool(line.fault) or np.abs(sound.samples).max() > 1_000


def test_a_dozen_scenes_come_along() -> None:
    assert len(SHIPPED) >= 12


def test_a_file_without_a_title_is_called_by_its_name(tmp_path: Path) -> None:
    assert load(write(tmp_path, '[[line]]\nsays = "hello"\n')).title == "scene"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", 'line: needs at least one [[line]] with says = "..."'),
        ("[[line]]\n", "line[0]: needs one of says, recording, sound and fault"),
        (
            '[[line]]\nsays = "a"\nsound = "cough"\n',
            "needs one of says, recording, sound and fault",
        ),
        ('[[line]]\nsays = "a"\nover_answer_s = 1\n', "no answer before the first line"),
        ('[[line]]\nsays = "a"\noutcome = "stopped"\n', "needs over_answer_s"),
        (
            '[[line]]\nsays = "a"\noutcome = "ignored"\n[[line]]\nsays = "b"\nover_answer_s = 1\n',
            "line[1]: speaks over an answer, but the line before gets none",
        ),
        ('[[line]]\nsay = "a"\n', "scene.toml:2: line[0].say: unknown setting; did you mean"),
        ('[[line]]\nsays = "a"\noutcome = "maybe"\n', "must be one of"),
        ('[room]\necho_db = 99\n[[line]]\nsays = "a"\n', "scene.toml:2: room.echo_db: must be"),
        ('room = 3\n[[line]]\nsays = "a"\n', "room: must be a table, [room], got 3"),
        ("[[line]\n", "is not TOML"),
    ],
)
def test_what_is_wrong_with_a_file_is_said(tmp_path: Path, text: str, problem: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load(write(tmp_path, text))
    assert problem in str(caught.value)


def test_a_pause_among_the_words_is_silence() -> None:
    without = sound_of(Line(says="set a timer for twenty minutes"), Path())
    paused = sound_of(Line(says="set a timer for [0.8] twenty minutes"), Path())
    assert paused.seconds - without.seconds > 0.5
    loud = np.flatnonzero(np.abs(paused.samples) > 50)
    assert 0.8 <= np.diff(loud).max() / RATE_HZ < 1.3


def test_a_recording_lies_beside_its_scene(tmp_path: Path) -> None:
    write_wav(tmp_path / "me.wav", np.full(800, 5_000, np.int16), 8_000)
    assert sound_of(Line(recording="me.wav"), tmp_path).seconds == pytest.approx(0.1, abs=0.01)
    with pytest.raises(DeviceError, match=r"you\.wav"):
        sound_of(Line(recording="you.wav"), tmp_path)


# -- what came of it -----------------------------------------------------------------------


def exchange(line: Line | None = None, **changes: Any) -> Exchange:
    made = Exchange(line or Line(says="?"), begins_s=10.0, ends_s=11.0, first_event=0)
    for name, value in changes.items():
        setattr(made, name, value)
    return made


def test_a_line_is_the_turn_whose_text_came_before_the_next_line() -> None:
    events: list[Event] = [
        ASRResultFinal(turn_id=3, text="", confidence=1.0, at_s=11.0),
        ASRResultFinal(turn_id=4, text="the time", confidence=1.0, at_s=11.5),
        ToolCallOccurred(turn_id=4, name="get_time", args={}, at_s=11.6),
        ASRResultFinal(turn_id=5, text="the date", confidence=1.0, at_s=14.0),
        ToolCallOccurred(turn_id=5, name="get_date", args={}, at_s=14.1),
        TTSStopped(turn_id=4, text="It is", reason="interrupted", at_s=13.5),
        TTSPlaybackFinished(turn_id=5, text="Monday.", at_s=16.0),
    ]
    first = exchange(next_line_event=3)
    second = exchange(first_event=3, over_turn=4, begins_s=13.0, ends_s=14.0)
    for each in (first, second):
        take_in(each, events)
    assert (first.turn_id, first.understood, first.tools) == (4, "the time", ("get_time",))
    assert (first.answer, first.cut) == ("It is", True)
    assert (second.turn_id, second.tools, second.answer) == (5, ("get_date",), "Monday.")
    assert second.silent_ms == 500.0


def test_what_is_not_understood_has_no_turn() -> None:
    alone = exchange()
    take_in(alone, [TTSPlaybackFinished(turn_id=0, text="", at_s=1.0)])
    assert (alone.turn_id, alone.answer) == (0, "")


def test_lowering_its_voice_counts_against_it_only_while_nobody_speaks() -> None:
    events: list[Event] = [
        TTSPaused(turn_id=1, at_s=10.2),
        TTSPaused(turn_id=1, at_s=30.0),
        TTSStopped(turn_id=1, text="", reason="interrupted", at_s=30.5),
        TTSStopped(turn_id=1, text="", reason="button", at_s=31.0),
    ]
    assert own_voice([exchange()], events) == (1, 1)


# -- the verdict ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "came", "problem"),
    [
        ({"tool": "calculate"}, {"tools": ("calculate",), "answer": "84"}, ""),
        ({"tool": "calculate"}, {"tools": (), "answer": "84"}, "expected the tool calculate"),
        ({}, {"answer": "91", "wanted": "84"}, "wrong answer"),
        ({}, {"answer": "", "wanted": "84"}, "wrong answer"),
        ({"understood": "time"}, {"understood": "dime", "answer": "x"}, "misunderstood"),
        ({"outcome": "ignored"}, {}, ""),
        ({"outcome": "ignored"}, {"silent_ms": 5.0}, ""),
        ({"outcome": "ignored"}, {"stopped": True}, "the answer before was cut"),
        ({"outcome": "ignored"}, {"answer": "What?"}, "was answered, should have been ignored"),
        ({"outcome": "ignored"}, {"tools": ("stop",)}, "was answered, should have been ignored"),
        ({"outcome": "stopped"}, {"silent_ms": 900.0, "stopped": True}, ""),
        ({"outcome": "stopped"}, {"silent_ms": 900.0}, "the answer before went on"),
        ({"outcome": "stopped"}, {}, "the answer before went on"),
        (
            {"outcome": "stopped"},
            {"silent_ms": 5.0, "stopped": True, "answer": "Sorry?"},
            "was answered, should only have stopped the answer before",
        ),
        ({"silent_within_ms": 700}, {"silent_ms": 700.0}, ""),
        (
            {"silent_within_ms": 700},
            {"silent_ms": 701.0},
            "silent 701 ms after it began, not within 700",
        ),
        ({"silent_after_ms": 300}, {"silent_ms": 1300.0}, ""),
        (
            {"silent_after_ms": 300},
            {"silent_ms": 1400.0},
            "silent 400 ms after it ended, not within 300",
        ),
        ({"silent_after_ms": 300}, {}, "the answer before went on"),
    ],
)
def test_a_line_is_judged_by_what_should_have_come_of_it(
    line: dict[str, Any], came: dict[str, Any], problem: str
) -> None:
    judged = exchange(Line(says="?", **line), **came)
    judge(judged)
    assert judged.problem == problem


def test_a_problem_that_is_known_stays() -> None:
    judged = exchange(Line(says="?", tool="help"), problem="no answer within 15 s")
    judge(judged)
    assert judged.problem == "no answer within 15 s"


@pytest.mark.parametrize(
    ("hour", "minute", "times"),
    [(0, 5, ("12:05", "12:04")), (13, 0, ("1:00", "12:59")), (12, 30, ("12:30", "12:29"))],
)
def test_the_time_may_be_a_minute_old(hour: int, minute: int, times: tuple[str, ...]) -> None:
    now = datetime.datetime(2026, 3, 4, hour, minute, tzinfo=datetime.UTC)
    assert wanted_pattern("It's {time}", now) == f"It's (?:{'|'.join(times)})"
    assert wanted_pattern("{date}", now) == "Wednesday.*March 4"


def test_the_conversation_of_the_demo_shows_what_it_promises() -> None:
    scene: Scene = load(data_path("configs/scenes/conversation.toml"))
    assert len(scene.line) >= 6
    assert any(line.over_answer_s is not None for line in scene.line)
    assert any(line.noise_db is not None and line.noise_db > -60 for line in scene.line)
    assert all(line.tool for line in scene.line)
