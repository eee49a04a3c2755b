"""A model's own words for "I cannot" are told apart from an answer."""

from __future__ import annotations

import asyncio
import tomllib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.unit.agent.parts import SOUND, answer
from xtalk_edge.engines.agent.fit import STARTER
from xtalk_edge.engines.agent.refusal import marked
from xtalk_edge.engines.interfaces import NoAnswer, ToolCall

REPLIES = Path(__file__).parents[3] / "models/starter/talk/replies.toml"
SORRY = ("I can't.", "I can only sing.")
CALL = ToolCall("get_time")


def through(items: list[object]) -> list[object]:
    async def each() -> AsyncIterator[object]:
        for item in items:
            yield item

    async def scene() -> list[object]:
        return [item async for item in marked(each(), SORRY)]

    return asyncio.run(scene())


@pytest.mark.parametrize("pieces", [["I can't."], ["I", " can", "'t."], list("I can only sing.")])
def test_a_refusal_comes_in_one_piece(pieces: list[object]) -> None:
    [said] = through(pieces)
    assert isinstance(said, NoAnswer)
    assert said == "".join(map(str, pieces))


@pytest.mark.parametrize(
    "pieces",
    [["I can", "", " dance."], ["I can't", " say."], ["I can't. But", " I can."], ["I"], []],
)
def test_an_answer_is_the_same_text(pieces: list[object]) -> None:
    said = through(pieces)
    assert "".join(map(str, said)) == "".join(map(str, pieces))
    assert not any(isinstance(each, NoAnswer) for each in said)


def test_what_is_held_back_goes_before_a_call() -> None:
    assert through(["I ", CALL, "can't."]) == ["I ", CALL, "can't."]


def test_nothing_is_held_back_of_a_model_without_refusals(agent_of) -> None:
    pieces = asyncio.run(answer(agent_of(SOUND)))
    assert len(pieces) > 1


def test_the_built_in_models_refusals_are_what_it_was_taught() -> None:
    taught = tomllib.loads(REPLIES.read_text(encoding="utf-8"))
    answers = {each["answer"] for each in taught["reply"]} | {taught["unknown"]["answer"]}
    assert set(STARTER.refusals) < answers
    assert {each for each in answers if "can't" in each} < set(STARTER.refusals)
