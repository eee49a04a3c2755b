"""A house automation finds the device, and only sensible commands reach it."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xtalk_edge.config.load import load_text
from xtalk_edge.errors import ConfigError
from xtalk_edge.service.house import House, Mute, Say, Volume, slug

KITCHEN = House("Kitchen", "1.2", commands=True, prefix="homeassistant")
SEEN_ONLY = House("Kitchen", "1.2", commands=False, prefix="")


@pytest.mark.parametrize(
    ("topic", "payload", "command"),
    [
        ("mute/set", b"ON", Mute(True)),
        ("mute/set", b"off", Mute(False)),
        ("mute/set", b"toggle", None),
        ("volume/set", b"40", Volume(40)),
        ("volume/set", b"40.6", Volume(41)),
        ("volume/set", b"999", Volume(100)),
        ("volume/set", b"-5", None),
        ("volume/set", b"nan", None),
        ("volume/set", b"", None),
        ("say/set", b"Dinner is ready.", Say("Dinner is ready.")),
        ("say/set", "Das Essen ist fertig, Jürgen.".encode(), Say("Das Essen ist fertig, Jürgen.")),
        ("say/set", b"  ", None),
        ("say/set", b"a" * 100_000, None),
        ("state/set", b"speaking", None),
    ],
)
def test_a_command_is_what_it_says(topic, payload, command):
    assert KITCHEN.command(f"xtalk_edge/kitchen/{topic}", payload) == command


def test_what_is_said_is_printable_and_has_an_end():
    said = KITCHEN.command("xtalk_edge/kitchen/say/set", b"one\x1b[2J\ntwo " + b"x" * 900)
    assert isinstance(said, Say)
    assert said.text.isprintable()
    assert len(said.text) == 500


@given(topic=st.text(), payload=st.binary())
def test_whatever_comes_is_a_command_or_none(topic, payload):
    for sent in (topic, *KITCHEN.command_topics):
        match KITCHEN.command(sent, payload):
            case Volume(percent):
                assert 0 <= percent <= 100
            case Say(text):
                assert text.isprintable()
                assert text
            case Mute() | None:
                pass


def test_one_that_takes_no_commands_offers_none():
    assert SEEN_ONLY.command_topics == []
    assert SEEN_ONLY.command("xtalk_edge/kitchen/mute/set", b"ON") is None
    assert SEEN_ONLY.discovery() == {}


def test_home_assistant_finds_every_entity():
    found = {topic: json.loads(text) for topic, text in KITCHEN.discovery().items()}
    assert sorted(found) == [
        "homeassistant/binary_sensor/xtalk_edge_kitchen/muted/config",
        "homeassistant/binary_sensor/xtalk_edge_kitchen/problem/config",
        "homeassistant/notify/xtalk_edge_kitchen/say/config",
        "homeassistant/number/xtalk_edge_kitchen/volume/config",
        "homeassistant/sensor/xtalk_edge_kitchen/last_command/config",
        "homeassistant/sensor/xtalk_edge_kitchen/state/config",
        "homeassistant/sensor/xtalk_edge_kitchen/timers/config",
        "homeassistant/switch/xtalk_edge_kitchen/mute/config",
    ]
    assert len({each["unique_id"] for each in found.values()}) == len(found)
    for each in found.values():
        assert each["availability_topic"] == "xtalk_edge/kitchen/status"
        assert each["device"]["name"] == "Kitchen"
        assert each.get("command_topic", KITCHEN.command_topics[0]) in KITCHEN.command_topics


@given(st.text())
def test_any_name_makes_a_topic(name):
    assert slug(name)
    assert set(slug(name)) <= set("abcdefghijklmnopqrstuvwxyz0123456789_")


def test_a_name_is_still_known_in_its_topic():
    assert slug("Küche & Bad") == "kuche_bad"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('[mqtt]\nbroker = "mqtt://127.0.0.1"\npassword = "env:X"', "set mqtt.user too"),
        ('[mqtt]\nbroker = "mqtt://127.0.0.1"\ndiscovery_prefix = "a#"', "must be a topic"),
        ('[mqtt]\nbroker = "mqtt://127.0.0.1"\n[uplink]\ncloud_allowed = []', 'must have "tools"'),
    ],
)
def test_settings_that_do_not_go_together_are_refused(text, problem):
    with pytest.raises(ConfigError, match=problem):
        load_text(text)
