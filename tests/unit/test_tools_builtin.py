import itertools

import pytest

from tests.unit.tool_parts import TEN_PAST_FOUR, make_context, run_call
from xtalk_edge.clock import run_virtual
from xtalk_edge.engines.interfaces import ToolCall
from xtalk_edge.store.database import Database
from xtalk_edge.tools.builtin import BUILTIN_TOOLS
from xtalk_edge.tools.conversation import help
from xtalk_edge.tools.help_examples import help_examples
from xtalk_edge.tools.jokes import JOKES
from xtalk_edge.tools.registry import ToolBox


def converse(tmp_path, *calls, volume=50, said=""):
    """Run calls one after another; return what was said and the volume at the end."""

    async def go():
        store = Database(tmp_path)
        context = make_context(store, said)
        context.volume.percent = volume
        box = ToolBox(BUILTIN_TOOLS, context)
        results = [await box.run(ToolCall(name, arguments)) for name, arguments in calls]
        await box.aclose()
        store.close()
        return [result.content for result in results], context.volume.percent

    return run_virtual(go(), TEN_PAST_FOUR)


def say(tmp_path, tool, **arguments):
    return run_call(tmp_path, ToolCall(tool, arguments))


def test_time_and_date(tmp_path):
    assert say(tmp_path, "get_time").content == "It's 4:10 PM."
    assert say(tmp_path, "get_date").content == "Today is Monday, May 4th, 2026."


@pytest.mark.parametrize(
    ("before", "call", "after", "sentence"),
    [
        (50, ("set_volume", {"percent": 0}), 0, "Volume is at 0 percent."),
        (50, ("set_volume", {"percent": 101}), 50, "Sorry, the percent must be between 0 and 100."),
        (50, ("change_volume", {"direction": "up"}), 60, "Volume is at 60 percent."),
        (95, ("change_volume", {"direction": "up"}), 100, "Volume is at 100 percent."),
        (100, ("change_volume", {"direction": "up"}), 100, "It's as loud as it gets."),
        (50, ("change_volume", {"direction": "down"}), 40, "Volume is at 40 percent."),
        (15, ("change_volume", {"direction": "down"}), 10, "Volume is at 10 percent."),
        (5, ("change_volume", {"direction": "down"}), 5, "It's as quiet as it gets."),
    ],
)
def test_volume(tmp_path, before, call, after, sentence):
    assert converse(tmp_path, call, volume=before) == ([sentence], after)


def test_stop_says_nothing(tmp_path):
    result = say(tmp_path, "stop")
    assert (result.name, result.content, result.ok) == ("stop", "", True)


def test_repeat(tmp_path):
    assert converse(tmp_path, ("repeat", {}), said="Good morning.")[0] == ["Good morning."]
    assert converse(tmp_path, ("repeat", {}))[0] == ["I haven't said anything yet."]


def test_help_names_a_few_things_that_can_be_asked_and_says_there_are_more(tmp_path):
    said = say(tmp_path, "help").content
    assert said.startswith("You can ask me to ")
    assert said.endswith(", and more.")
    assert len(said) < 150
    assert sum(example in said for example in help_examples().values()) >= 4


def test_help_names_other_things_the_next_time(tmp_path):
    context = make_context(store := Database(tmp_path))
    context.help_phrases = lambda: [f"do {n}" for n in range(10)]

    async def ask():
        return await help.handler(context)

    first, second = (run_virtual(ask()) for _ in range(2))
    store.close()
    assert first == "You can ask me to do 0, do 2, do 4 or do 6, and more."
    assert second == "You can ask me to do 1, do 3, do 5 or do 7, and more."


def test_help_names_everything_where_that_is_little(tmp_path):
    context = make_context(store := Database(tmp_path))
    context.help_phrases = lambda: ["sing", "dance"]

    async def ask():
        return await help.handler(context)

    assert run_virtual(ask()) == "You can ask me to sing or dance."
    store.close()


@pytest.mark.parametrize(
    ("expression", "sentence"),
    [
        ("12 * 7", "12 times 7 is 84."),
        ("ten divided by three", "10 divided by 3 is about 3.33."),
        ("(1 + 2) * 3", "That is 9."),
        ("1 / 0", "I can't divide by zero."),
        ("love", "Sorry, I can't work that out."),
    ],
)
def test_sums(tmp_path, expression, sentence):
    assert say(tmp_path, "calculate", expression=expression).content == sentence


def test_no_joke_is_told_twice_running(tmp_path):
    sentences, _ = converse(tmp_path, *[("tell_joke", {})] * 99)
    assert all(one != other for one, other in itertools.pairwise(sentences))
    assert set(sentences) == set(JOKES)
    assert converse(tmp_path, *[("tell_joke", {})] * 99)[0] == sentences


def test_everything_said_is_short_enough_to_listen_to():
    assert all(len(joke) < 120 for joke in JOKES)
