import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.tool_parts import Volume
from tests.unit.tool_talk import talk
from xtalk_edge.tools.voice.volume import change_volume, mute, set_volume, unmute

TOOLS = (set_volume, change_volume, mute, unmute)
MUTE, UNMUTE = ("mute", dict[str, int]()), ("unmute", dict[str, int]())
UP, DOWN = (("change_volume", {"direction": way}) for way in ("up", "down"))
TWENTY, ZERO = (("set_volume", {"percent": percent}) for percent in (20, 0))


@pytest.mark.parametrize(
    ("before", "turns", "after", "sentence"),
    [
        (50, [MUTE], 0, "Muted."),
        (50, [MUTE, UNMUTE], 50, "The sound is on again, at 50 percent."),
        (50, [MUTE, MUTE, UNMUTE], 50, "The sound is on again, at 50 percent."),
        (50, [MUTE, UNMUTE, UNMUTE], 50, "The sound is on. Volume is at 50 percent."),
        (50, [MUTE, TWENTY], 20, "Volume is at 20 percent."),
        (50, [MUTE, ZERO, UNMUTE], 40, "The sound is on again, at 40 percent."),
        (50, [MUTE, UP], 60, "Volume is at 60 percent."),
        (100, [UP], 100, "It's as loud as it gets."),
        (100, [MUTE, UP], 100, "Volume is at 100 percent."),
        (50, [MUTE, DOWN], 0, "It's as quiet as it gets."),
        (50, [MUTE, DOWN, UNMUTE], 50, "The sound is on again, at 50 percent."),
        (0, [MUTE, UNMUTE], 40, "The sound is on again, at 40 percent."),
        (0, [UNMUTE], 40, "The sound is on again, at 40 percent."),
        (70, [UNMUTE], 70, "The sound is on. Volume is at 70 percent."),
    ],
)  # fmt: skip
def test_muting_and_its_end(tmp_path, before, turns, after, sentence):
    volume = Volume(before)
    said = talk(tmp_path, TOOLS, *turns, volume=volume)
    assert (volume.percent, said[-1]) == (after, sentence)


def test_any_volume_that_is_set_ends_the_mute(tmp_path):
    volume = Volume(50)
    talk(tmp_path, TOOLS, MUTE, ("set_volume", {"percent": 30}), MUTE, UNMUTE, volume=volume)
    assert volume.percent == 30


@settings(deadline=None, max_examples=12)
@given(st.integers(0, 100), st.lists(st.sampled_from([MUTE, UNMUTE, UP, DOWN]), max_size=6))
@pytest.mark.slow
def test_whatever_is_said_sound_on_is_heard(tmp_path_factory, before, turns):
    volume = Volume(before)
    talk(tmp_path_factory.mktemp("state"), TOOLS, *turns, UNMUTE, volume=volume)
    assert 0 < volume.percent <= 100


def test_what_a_call_would_do():
    assert set_volume.in_words({"percent": 30}) == "set the volume to 30 percent"
    assert change_volume.in_words({"direction": "up"}) == "turn the volume up"
    assert mute.in_words({}) == "be mute"
    assert unmute.in_words({}) == "turn the sound on"
