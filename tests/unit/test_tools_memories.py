import pytest

from tests.unit.tool_talk import talk
from xtalk_edge.tools.kept.memories import MOST_MEMORIES, forget, recall, remember

TOOLS = (remember, recall, forget)
KEYS = ("remember", {"text": "my keys are in the drawer"})
WIFI = ("remember", {"text": "the wifi password is sunshine"})


def test_what_was_said_is_found_again(tmp_path):
    said = talk(
        tmp_path,
        TOOLS,
        KEYS,
        WIFI,
        ("recall", {"about": "keys"}),
        ("recall", {"about": "the wifi"}),
    )
    assert said == [
        "I'll remember: my keys are in the drawer.",
        "I'll remember: the wifi password is sunshine.",
        "You told me: my keys are in the drawer.",
        "You told me: the wifi password is sunshine.",
    ]
    assert talk(tmp_path, TOOLS, ("recall", {"about": "drawers"})) == [said[2]]


def test_the_latest_comes_first(tmp_path):
    bag = ("remember", {"text": "my keys are in the bag"})
    said = talk(tmp_path, TOOLS, KEYS, bag, WIFI, ("recall", {"about": "keys"}))
    assert (
        said[-1] == "You told me: my keys are in the bag. Before that: my keys are in the drawer."
    )


def test_everything_is_told_up_to_a_bound(tmp_path):
    assert talk(tmp_path, TOOLS, ("recall", {})) == [
        "You have not told me anything to remember yet."
    ]
    things = [("remember", {"text": f"thing {n}"}) for n in range(5)]
    said = talk(tmp_path, TOOLS, *things, ("recall", {}))
    assert said[-1] == (
        "You told me five things. The latest: thing 4. Before that: thing 3. Before that: thing 2."
    )


def test_a_missing_thing_is_asked_for(tmp_path):
    said = talk(
        tmp_path, TOOLS,
        ("remember", {}), KEYS, ("recall", {"about": "the umbrella"}), ("forget", {}),
        ("forget", {"about": "my"}), ("forget", {"about": "an umbrella"}), "yes",
    )  # fmt: skip
    assert said == [
        "What should I remember?",
        "I'll remember: my keys are in the drawer.",
        "You have told me nothing about the umbrella.",
        "What should I forget?",
        "What should I forget?",
        "You have told me nothing about an umbrella.",
        None,
    ]


def test_nothing_is_remembered_twice(tmp_path):
    again = ("remember", {"text": "My keys are in the drawer!"})
    assert talk(tmp_path, TOOLS, KEYS, again)[1] == "I know that already."


@pytest.mark.slow
def test_there_is_an_end_to_memories(tmp_path):
    things = [("remember", {"text": f"thing {n}"}) for n in range(MOST_MEMORIES + 1)]
    assert talk(tmp_path, TOOLS, *things)[-1] == "Sorry, I can remember 200 things at most."


def test_forgetting_takes_a_yes(tmp_path):
    about = ("forget", {"about": "the keys"})
    said = talk(tmp_path, TOOLS, KEYS, WIFI, about, "no", about, "yes", about)
    assert said[2:] == [
        "You told me: my keys are in the drawer. Should I forget that?",
        "All right, I won't.",
        "You told me: my keys are in the drawer. Should I forget that?",
        "I forgot that.",
        "You have told me nothing about the keys.",
    ]


def test_forgetting_several_says_how_many(tmp_path):
    bag = ("remember", {"text": "my keys are in the bag"})
    said = talk(tmp_path, TOOLS, KEYS, bag, WIFI, ("forget", {"about": "keys"}), "yes")
    assert said[3:] == [
        "You told me two things about keys. Should I forget all of it?",
        "I forgot two things.",
    ]


def test_what_a_call_would_do():
    assert remember.in_words({"text": "it is late"}) == "remember: it is late"
    assert remember.in_words({}) == "remember something"
    assert forget.in_words({"about": "the keys"}) == "forget what you told me about the keys"
