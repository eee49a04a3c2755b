"""The demo's judge: it must not let a wrong answer pass."""

from __future__ import annotations

import datetime

import pytest

from xtalk_edge.cli import demo_script
from xtalk_edge.cli.demo_script import SCRIPT, Exchange, Line, always, date_today, judge, time_now


def exchange(answer: str, tools: list[str]) -> Exchange:
    line = Line("?", always("84"), "calculate")
    return Exchange(line, answer=answer, tools=tools, wanted=line.wants())


@pytest.mark.parametrize(
    ("answer", "tools", "problem"),
    [
        ("12 times 7 is 84.", ["calculate"], ""),
        ("12 times 7 is 91.", ["calculate"], "wrong answer"),
        ("", ["calculate"], "wrong answer"),
        ("84", [], "expected the tool calculate"),
    ],
)
def test_an_answer_is_judged_by_its_words_and_its_tool(
    answer: str, tools: list[str], problem: str
) -> None:
    judged = exchange(answer, tools)
    judge(judged)
    assert judged.problem == problem


def test_a_problem_that_is_known_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    judged = exchange("84", ["calculate"])
    judged.problem = "no answer within 15 s"
    judge(judged)
    assert judged.problem == "no answer within 15 s"


@pytest.mark.parametrize(
    ("hour", "minute", "pattern"),
    [(0, 5, "12:05|12:04"), (13, 0, "1:00|12:59"), (12, 30, "12:30|12:29")],
)
def test_the_time_may_be_a_minute_old(
    monkeypatch: pytest.MonkeyPatch, hour: int, minute: int, pattern: str
) -> None:
    at = datetime.datetime(2026, 3, 4, hour, minute, tzinfo=datetime.UTC)
    monkeypatch.setattr(demo_script, "wall_now", lambda: at)
    assert time_now() == pattern
    assert date_today() == "Wednesday.*March 4"


def test_the_demo_keeps_its_promises() -> None:
    assert len(SCRIPT) >= 6
    assert sum(line.over_answer_s is not None for line in SCRIPT) >= 1
    assert sum(line.noise_db is not None for line in SCRIPT) >= 1
    assert all(line.tool for line in SCRIPT)
