"""The tools for timers, as they answer."""

import asyncio

import pytest

from tests.unit.tool_parts import TEN_PAST_FOUR, make_context, run_call
from xtalk_edge.clock import run_virtual
from xtalk_edge.engines.interfaces import ToolCall
from xtalk_edge.store.database import Database
from xtalk_edge.tasks import TaskOwner
from xtalk_edge.tools.builtin import BUILTIN_TOOLS
from xtalk_edge.tools.registry import ToolBox
from xtalk_edge.tools.timekeeping.timer_names import plain_name, timer_key


def converse(tmp_path, *steps, started_at=TEN_PAST_FOUR):
    """Run calls, and waits in seconds, one after another; return what was said."""

    async def go():
        store = Database(tmp_path)
        context = make_context(store)
        box = ToolBox(BUILTIN_TOOLS, context)
        tasks = TaskOwner()
        tasks.start(context.bell.run(), "bell")
        said = []
        for step in steps:
            if isinstance(step, tuple):
                said.append((await box.run(ToolCall(*step))).content)
            elif isinstance(step, str):
                answer = await box.settle(step)
                said.append("" if answer is None else answer.content)
            else:
                await asyncio.sleep(step)
        await tasks.aclose()
        await box.aclose()
        store.close()
        return said

    return run_virtual(go(), started_at)


def say(tmp_path, tool, **arguments):
    return run_call(tmp_path, ToolCall(tool, arguments))


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"minutes": 10}, "Timer set for ten minutes."),
        ({"minutes": 10, "name": "pasta"}, "Your pasta timer is set for ten minutes."),
        ({"minutes": 1, "name": "the tea timer."}, "Your tea timer is set for one minute."),
        ({"hours": 1, "seconds": 30}, "Timer set for one hour and thirty seconds."),
        ({}, "How long should the timer run?"),
        ({"hours": 24, "seconds": 1}, "Sorry, a timer can run for twenty-four hours at most."),
        ({"minutes": -1}, "Sorry, the minutes must be between 0 and 1440."),
    ],
)
def test_setting_a_timer(tmp_path, arguments, sentence):
    assert say(tmp_path, "set_timer", **arguments).content == sentence


def test_there_is_an_end_to_timers(tmp_path):
    calls = [("set_timer", {"minutes": 5})] * 21
    sentences = converse(tmp_path, *calls)
    assert sentences[-1] == "Sorry, there are too many timers already."
    assert len(set(sentences)) == 2


def test_without_timers_there_is_nothing_to_ask(tmp_path):
    assert say(tmp_path, "timer_left").content == "There is no timer running."
    assert not say(tmp_path, "cancel_timer").ok


def test_the_only_timer_is_meant(tmp_path):
    sentences = converse(
        tmp_path,
        ("set_timer", {"minutes": 4, "seconds": 10, "name": "pasta"}),
        ("timer_left", {}),
        ("cancel_timer", {"name": "tea"}),
        ("cancel_timer", {}),
        ("timer_left", {}),
    )
    assert sentences[1:] == [
        "Your pasta timer has four minutes and ten seconds left.",
        "There is no tea timer. There is only the pasta timer.",
        "Your pasta timer is cancelled.",
        "There is no timer running.",
    ]


def test_of_two_timers_the_name_or_a_question_decides(tmp_path):
    sentences = converse(
        tmp_path,
        ("set_timer", {"minutes": 4, "name": "pasta"}),
        ("set_timer", {"minutes": 3}),
        ("timer_left", {}),
        ("cancel_timer", {}),
        ("cancel_timer", {"name": "egg"}),
        ("cancel_timer", {"name": "Three minute"}),
        ("timer_left", {"name": "PASTA"}),
    )
    both = "There are two timers: the three minute timer and the pasta timer."
    assert sentences[2:] == [
        "You have two timers: the three minute timer has three minutes"
        " and the pasta timer has four minutes left.",
        f"{both} Which one should I cancel?",
        f"There is no egg timer. {both}",
        "Your three minute timer is cancelled.",
        "Your pasta timer has four minutes left.",
    ]


def test_of_timers_with_one_name_the_first_to_end_is_cancelled(tmp_path):
    sentences = converse(
        tmp_path,
        ("set_timer", {"minutes": 4, "name": "tea"}),
        ("set_timer", {"minutes": 3, "name": "tea"}),
        ("cancel_timer", {}),
        ("timer_left", {}),
    )
    assert sentences[2:] == [
        "The first tea timer is cancelled.",
        "Your tea timer has four minutes left.",
    ]


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        ({"change": "to", "minutes": 10}, "Your pasta timer has ten minutes left now."),
        ({"change": "add", "minutes": 5}, "Your pasta timer has eight minutes left now."),
        ({"change": "subtract", "minutes": 1}, "Your pasta timer has two minutes left now."),
        (
            {"change": "subtract", "minutes": 3},
            "Your pasta timer has only three minutes left. Should I cancel it instead?",
        ),
        ({"change": "to"}, "How long should your pasta timer run?"),
        ({"change": "add"}, "How much should I add?"),
        ({"change": "subtract"}, "How much should I take off?"),
        (
            {"change": "add", "hours": 24},
            "Sorry, a timer can run for twenty-four hours at most.",
        ),
        ({"change": "add", "minutes": 1, "name": "tea"},
         "There is no tea timer. There is only the pasta timer."),
    ],
)  # fmt: skip
def test_changing_a_timer(tmp_path, call, sentence):
    said = converse(
        tmp_path, ("set_timer", {"minutes": 4, "name": "pasta"}), 60, ("change_timer", call)
    )
    assert said[1] == sentence


@pytest.mark.slow
def test_a_changed_timer_is_called_by_its_new_length_and_rings_by_it(tmp_path):
    said = converse(
        tmp_path,
        ("set_timer", {"minutes": 5}),
        ("change_timer", {"change": "to", "minutes": 10}),
        ("change_timer", {"change": "add", "minutes": 5, "name": "10 minutes"}),
        890,
        ("timer_left", {}),
        20,
        ("timer_left", {}),
    )
    assert said[1:] == [
        "Your ten minute timer has ten minutes left now.",
        "Your fifteen minute timer has fifteen minutes left now.",
        "Your fifteen minute timer has ten seconds left.",
        "There is no timer running.",
    ]


def test_it_is_the_timer_just_set_but_later_one_of_two_is_asked_for(tmp_path):
    said = converse(
        tmp_path,
        ("set_timer", {"minutes": 5, "name": "egg"}),
        ("set_timer", {"minutes": 4, "name": "tea"}),
        10,
        ("change_timer", {"change": "to", "minutes": 6}),
        100,
        ("change_timer", {"change": "to", "minutes": 6}),
        ("change_timer", {"change": "to", "minutes": 6, "name": "the egg timer"}),
    )
    assert said[2:] == [
        "Your tea timer has six minutes left now.",
        "There are two timers: the egg timer and the tea timer. Which one should I change?",
        "Your egg timer has six minutes left now.",
    ]


def test_cancelling_while_one_rings_means_the_ringing(tmp_path):
    said = converse(
        tmp_path,
        ("set_timer", {"minutes": 5, "name": "egg"}),
        ("set_timer", {"minutes": 1}),
        70,
        ("cancel_timer", {"name": "pasta"}),
        ("cancel_timer", {"name": "1 minute"}),
        ("cancel_timer", {}),
        ("cancel_timer", {}),
    )
    assert said[2:] == [
        "There is no pasta timer. There is only the egg timer.",
        "Your one minute timer is off.",
        "Your egg timer is cancelled.",
        "There is no timer running.",
    ]


@pytest.mark.parametrize(
    ("tool", "arguments", "doing"),
    [
        ("set_timer", {"minutes": 8}, "set an eight minute timer"),
        ("set_timer", {"hours": 1, "name": "the cake"}, "set a one hour cake timer"),
        ("set_timer", {}, "set a timer"),
        ("change_timer", {"change": "to", "minutes": 9}, "change the timer to nine minutes"),
        (
            "change_timer",
            {"change": "add", "minutes": 1, "name": "tea timer"},
            "add one minute to the tea timer",
        ),
        ("change_timer", {"change": "subtract", "seconds": 9}, "take nine seconds off the timer"),
        ("cancel_timer", {"name": "my tea"}, "cancel the tea timer"),
    ],
)
def test_what_is_asked_before_a_doubtful_call(tool, arguments, doing):
    (found,) = [each for each in BUILTIN_TOOLS if each.name == tool]
    assert found.in_words(arguments) == doing


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ten minute", "10 minutes"),
        ("the twenty-five minute timer", "25 minute"),
        ("half an hour", "thirty minute"),
        ("half hour timer", "30 minutes"),
        ("an hour", "one hour"),
        ("one hour and ten minute", "one hour ten minutes"),
        ("My Pasta timer.", "pasta"),
        ("salt and pepper", "Salt and Pepper"),
    ],
)
def test_names_that_mean_the_same_timer(one, other):
    assert timer_key(one) == timer_key(other)


def test_names_that_do_not_mean_the_same_timer():
    assert len({timer_key(name) for name in ("ten minute", "ten second", "tea", "", "half")}) == 5


def test_a_name_is_said_without_the_word_timer():
    assert plain_name("the Pasta timer") == "Pasta"
    assert plain_name("timer") == plain_name("") == ""
