"""The ears' exam: what it asks for, and how it judges what came of a turn."""

from __future__ import annotations

import asyncio

import pytest

from models.starter import KIT
from models.starter.ears import grammar, recordings
from models.starter.ears.recordings import COMMANDS, EXAM_VOICES, FIT_VOICES, PEOPLE_TALK, Recording
from tests.ears_exam import Outcome, Turn, command_verdict, listen, talk_verdict
from tests.ears_report import HEAD, row, rows
from xtalk_edge.engines.interfaces import ToolCall
from xtalk_edge.tools.arguments import check_arguments
from xtalk_edge.tools.builtin import BUILTIN_TOOLS
from xtalk_edge.turn.phrases import Phrases
from xtalk_edge.turn.policy import TurnPolicy

FIVE = ToolCall("set_timer", {"minutes": 5})
TWO = ToolCall("set_timer", {"minutes": 2})


def test_the_exam_shares_no_sentence_with_the_fit() -> None:
    exam = recordings.exam_commands()
    path = KIT / "ears/commands.txt"
    fitted = path.read_text(encoding="utf-8").splitlines()
    assert len(exam) == 60
    assert len(EXAM_VOICES) == 12
    assert len(fitted) > 100
    assert not set(fitted) & exam.keys()
    assert set(FIT_VOICES) > set(EXAM_VOICES)


def test_what_the_exam_asks_for_can_be_called() -> None:
    tools = {tool.name: tool for tool in BUILTIN_TOOLS}
    for call in (*recordings.exam_commands().values(), *recordings.PEOPLE_CALLS.values()):
        tool = tools[call.name]
        assert not check_arguments(tool.properties, tool.required, call.arguments), call


def test_the_ears_know_every_word_of_the_exam() -> None:
    known = set(grammar.VOCABULARY.read_text(encoding="utf-8").split())
    for text in recordings.exam_commands():
        assert set(text.split()) <= known, text


@pytest.mark.parametrize(
    ("turn", "verdict"),
    [
        (Turn("set a timer for five minutes", calls=[FIVE]), "right"),
        (Turn("set a timer for two minutes", calls=[TWO]), "wrong"),
        (Turn("set a timer", reply="Should I set a five minute timer?"), "asked"),
        (Turn("five minutes", reply="Sorry, I can't do that."), "said"),
        (Turn(""), "silent"),
    ],
)
def test_a_command_is_right_when_its_very_call_was_made(turn: Turn, verdict: str) -> None:
    assert command_verdict([turn], FIVE) == verdict


def test_one_wrong_call_spoils_a_command() -> None:
    assert command_verdict([Turn("", calls=[FIVE]), Turn("", calls=[TWO])], FIVE) == "wrong"
    assert command_verdict([Turn(""), Turn("", calls=[FIVE])], FIVE) == "right"
    assert command_verdict([], FIVE) == "silent"


def test_what_cannot_be_done_is_right_when_it_is_declined() -> None:
    assert command_verdict([Turn("", reply="I can't play music.")], None) == "right"
    assert command_verdict([Turn("", reply="Should I?")], None) == "asked"
    assert command_verdict([Turn("", calls=[FIVE])], None) == "wrong"


def test_any_call_is_wrong_for_talk() -> None:
    assert talk_verdict(Turn("stop", calls=[ToolCall("stop", {})])) == "wrong"
    assert talk_verdict(Turn("hello", reply="Hello!")) == "said"
    assert talk_verdict(Turn("")) == "silent"


def test_the_ears_hear_backchannels_as_what_they_are() -> None:
    listening = Phrases(TurnPolicy().backchannels)
    for text in grammar.BACKCHANNELS:
        assert listening.are_all_of(text), text
        assert f"| /1/ {text}\n" in grammar.GRAMMAR.read_text(encoding="utf-8")


@pytest.mark.slow
def test_a_recording_is_played_to_a_real_appliance() -> None:
    command = next(recordings.exam_espeak())
    (outcome,) = asyncio.run(listen([command]))
    assert [turn.calls for turn in outcome.turns] == [[command.call]]


def test_the_table_counts_turns() -> None:
    talk = Recording(f"{PEOPLE_TALK}, long", "a", "", b"")
    timer = Recording(COMMANDS, "b", "set a timer for five minutes", b"", FIVE)
    outcomes = [
        Outcome(talk, (Turn(""), Turn("stop", calls=[TWO]))),
        Outcome(talk, ()),
        Outcome(timer, (Turn("", calls=[FIVE]),)),
    ]
    found = list(rows(outcomes))
    assert [line.split(" | ")[0] for line in found] == [
        "| commands: people", "| talk: people, in all", "| talk: people, long", "| everything",
    ]  # fmt: skip
    assert row("x", outcomes) == (
        "| x | 3 | 4 | 1 (25.0 %) | 0 (0.0 %) | 0 (0.0 %) | 2 (50.0 %) | 1 (25.0 %) |"
    )
    assert HEAD.count("|") == row("x", outcomes).count("|")
