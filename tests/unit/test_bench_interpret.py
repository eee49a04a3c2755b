"""`bench interpret` judges by when a piece is heard, and knows when its words really ended."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from click.testing import CliRunner

from xtalk_edge.cli.bench import interpret
from xtalk_edge.cli.bench.percentiles import Percentiles
from xtalk_edge.cli.bench.talk_words import talk_of
from xtalk_edge.engines.tts.espeak import EspeakTTS

GOOD = interpret.Row(
    talks=10, pieces=20, left_out=0, during=10,
    certain_ms=None, heard_ms=Percentiles(2500.0, 5000.0, 9000.0, 20), told_ms=None,
)  # fmt: skip


@pytest.mark.parametrize(
    ("change", "passed"),
    [
        ({}, True),
        ({"left_out": 1}, False),
        ({"during": 9}, False),
        ({"heard_ms": None}, False),
        ({"heard_ms": Percentiles(2501.0, 5000.0, 9000.0, 20)}, False),
        ({"heard_ms": Percentiles(2500.0, 5001.0, 9000.0, 20)}, False),
    ],
)
def test_each_limit_counts(change: dict[str, Any], passed: bool) -> None:
    assert replace(GOOD, **change).passed is passed


def test_words_end_one_after_another_and_the_last_with_the_sound() -> None:
    talk = talk_of(["what time is it", "set a timer for ten minutes"], EspeakTTS(voice="en-us"))
    assert " ".join(talk.words) == "what time is it set a timer for ten minutes"
    assert list(talk.ends_s) == sorted(talk.ends_s)
    assert talk.ends_s[-1] == pytest.approx(len(talk.sound) / 16_000)
    assert talk.said_by_s("wot tim") == talk.ends_s[1]
    assert talk.said_by_s("what time is itset a") == talk.ends_s[5]
    assert talk.said_by_s("what time is it set a timer for ten minutes too") == talk.ends_s[-1]


@pytest.mark.slow
def test_a_talk_is_heard_again_before_it_is_over() -> None:
    result = CliRunner().invoke(interpret.command, ["--talks", "1", "--json"])
    [row] = json.loads(result.stdout)["rows"]
    assert row["during"] == 1
    assert row["pieces"] >= 2
    assert row["heard_ms"]["p50"] > row["certain_ms"]["p50"] > 0
