import pytest

from tests.unit.tool_talk import talk
from xtalk_edge.tools.voice.voice import SPEEDS, change_speed, change_voice

TOOLS = (change_voice, change_speed)


class Voice:
    """A voice that notes how it is changed."""

    def __init__(self, *names, speeds=True):
        self._names = list(names)
        self._speeds = speeds
        self.current = names[0] if names else ""
        self.speed = 1.0

    def names(self):
        return self._names

    async def choose(self, name):
        self.current = name

    async def set_speed(self, factor):
        if self._speeds:
            self.speed = factor
        return self._speeds


def voice(said=None):
    return ("change_voice", {} if said is None else {"voice": said})


def speed(direction):
    return ("change_speed", {"direction": direction})


def test_voices_are_changed_by_name_or_in_turn(tmp_path):
    control = Voice("American man", "British woman")
    said = talk(
        tmp_path, TOOLS, voice(), voice("male"), voice("american"), voice("robot"), voice("female"),
        voice("usual"), voice(),
        voice=control,
    )  # fmt: skip
    assert said == [
        "Now I sound like a British woman.",
        "Now I sound like an American man.",
        "I sound like an American man already.",
        "I have no such voice. I can sound like an American man or like a British woman.",
        "Now I sound like a British woman.",
        "Now I sound like an American man.",
        "Now I sound like a British woman.",
    ]
    assert control.current == "British woman"


def test_a_voice_set_up_by_the_owner_is_the_usual_one(tmp_path):
    said = talk(tmp_path, TOOLS, voice(), voice("normal"), voice=Voice("usual", "British man"))
    assert said == ["Now I sound like a British man.", "Now I sound as usual."]


def test_speed_goes_in_steps_to_an_end(tmp_path):
    control = Voice("a", "b")
    said = talk(
        tmp_path, TOOLS, speed("normal"), *[speed("faster")] * 4, speed("normal"),
        *[speed("slower")] * 4, speed("faster"),
        voice=control,
    )  # fmt: skip
    assert said == [
        "I'm already speaking at my normal speed.",
        *["I'll speak faster."] * 3,
        "I'm already speaking as fast as I can.",
        "I'll speak at my normal speed.",
        *["I'll speak slower."] * 3,
        "I'm already speaking as slowly as I can.",
        "I'll speak faster.",
    ]
    assert control.speed == SPEEDS[1]


def test_what_cannot_be_changed_is_said(tmp_path):
    fixed = Voice("only", speeds=False)
    assert talk(tmp_path, TOOLS, voice(), speed("faster"), voice=fixed) == [
        "I have only this one voice.",
        "This voice has only one speed.",
    ]
    assert fixed.speed == 1.0
    assert (
        talk(tmp_path, TOOLS, voice("female"), speed("slower"))
        == ["There is no voice to change here."] * 2
    )


@pytest.mark.parametrize(
    ("tool", "arguments", "words"),
    [
        (change_voice, {}, "change my voice"),
        (change_voice, {"voice": "female"}, "change my voice to female"),
        (change_speed, {"direction": "slower"}, "speak slower"),
        (change_speed, {"direction": "normal"}, "speak at my normal speed"),
    ],
)
def test_what_a_call_would_do(tool, arguments, words):
    assert tool.in_words(arguments) == words
