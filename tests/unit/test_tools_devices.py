import pytest

from tests.unit.tool_talk import talk
from xtalk_edge.errors import DeviceError, LinkError
from xtalk_edge.tools.home.devices import device_state, switch_device
from xtalk_edge.tools.home.outputs import MemoryOutputs, WiredOutputs

TOOLS = (switch_device, device_state)
HOUSE = ("kitchen light", "bedroom light", "fan", "desk lamp", "heater")


def turn(state, device=None):
    return ("switch_device", {"state": state} | ({"device": device} if device else {}))


def ask(device=None):
    return ("device_state", {"device": device} if device else {})


def home(tmp_path, *turns, names=HOUSE):
    return talk(tmp_path, TOOLS, *turns, devices=MemoryOutputs(names))


def test_a_device_is_switched_and_asked(tmp_path):
    said = home(
        tmp_path,
        ask("fan"),
        turn("on", "the fan"),
        ask("fan"),
        turn("on", "fan"),
        turn("off", "fan"),
    )
    assert said == [
        "The fan is off.",
        "The fan is on.",
        "The fan is on.",
        "The fan is already on.",
        "The fan is off.",
    ]


def test_groups_are_switched_together(tmp_path):
    said = home(
        tmp_path, turn("on", "kitchen light"), ask("lights"), turn("on", "lights"), ask("lights"),
        turn("off", "everything"), ask(),
    )  # fmt: skip
    assert said[1:] == [
        "The kitchen light is on, the other one is off.",
        "The kitchen light and the bedroom light are on.",
        "The kitchen light and the bedroom light are on.",
        "Five devices are off.",
        "Five devices are off.",
    ]


def test_of_several_the_ones_that_are_on_are_named(tmp_path):
    said = home(tmp_path, turn("on", "fan"), turn("on", "lamp"), ask("everything"))
    assert said[-1] == "The fan and the desk lamp are on, the other three are off."


def test_an_unknown_device_is_answered_with_what_there_is(tmp_path):
    assert home(tmp_path, turn("on", "the porch light"), ask("garage")) == [
        "I know no porch light. There is the kitchen light, the bedroom light, the fan,"
        " the desk lamp and one more.",
        "I know no garage. There is the kitchen light, the bedroom light, the fan,"
        " the desk lamp and one more.",
    ]
    assert home(tmp_path, ask("lamp"), names=("fan",)) == ["I know no lamp. There is the fan."]


def test_what_is_not_clear_is_asked(tmp_path):
    assert home(tmp_path, turn("on"), turn("off", "light"), turn("off", "the")) == [
        "What should I turn on?",
        "Which one do you mean: the kitchen light or the bedroom light?",
        "What should I turn off?",
    ]


def test_nothing_is_connected(tmp_path):
    assert home(tmp_path, turn("on", "fan"), ask(), names=()) == ["No device is connected."] * 2


def test_a_device_that_is_out_of_reach_is_no_crash(tmp_path):
    class Unplugged(MemoryOutputs):
        async def switch(self, names, on):
            raise DeviceError("the lamp does not answer")

    said = talk(tmp_path, TOOLS, turn("on", "fan"), ask("fan"), devices=Unplugged(HOUSE))
    assert said == ["Sorry, that did not work.", "The fan is off."]


def test_what_hangs_on_a_board_is_switched_there(tmp_path):
    put = []
    outputs = WiredOutputs(HOUSE, {"fan": 3, "heater": 1}, lambda *asked: put.append(asked))
    said = talk(tmp_path, TOOLS, turn("on", "fan"), turn("on", "desk lamp"), devices=outputs)
    assert said == ["The fan is on.", "The desk lamp is on."]
    assert put == [(3, True)]
    outputs.restore()
    assert put[1:] == [(1, False), (3, True)]


def test_without_the_board_nothing_is_taken_for_switched(tmp_path):
    def put(output, on):
        raise LinkError("the board is not there")

    outputs = WiredOutputs(HOUSE, {"fan": 3}, put)
    said = talk(tmp_path, TOOLS, turn("on", "fan"), ask("fan"), devices=outputs)
    assert said == ["Sorry, that did not work.", "The fan is off."]


def test_a_guess_switches_nothing(tmp_path):
    outputs = MemoryOutputs(HOUSE)
    said = talk(tmp_path, TOOLS, turn("on", "fan"), devices=outputs, dry_run=True)
    assert said == ["I would turn on the fan."]
    assert not outputs.is_on("fan")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"device": "the fan", "state": "on"}, "turn on the fan"),
        ({"device": "everything", "state": "off"}, "turn off everything"),
        ({"state": "off"}, "turn off something"),
    ],
)
def test_what_a_call_would_do(arguments, words):
    assert switch_device.in_words(arguments) == words
