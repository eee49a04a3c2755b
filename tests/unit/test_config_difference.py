"""What changed settings ask of a device that runs."""

from __future__ import annotations

import dataclasses
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xtalk_edge.config.difference import (
    IN_PLACE,
    Action,
    Adopt,
    Exchange,
    Restart,
    changes,
    difference,
)
from xtalk_edge.config.load import load_table
from xtalk_edge.config.schema import Config, ManagerConfig

NUMBERS: dict[str, tuple[type, float, float]] = {
    f"{section.name}.{field.name}": (
        type(getattr(getattr(Config(), section.name), field.name)),
        field.metadata["at_least"],
        field.metadata["at_most"],
    )
    for section in dataclasses.fields(Config)
    if dataclasses.is_dataclass(getattr(Config(), section.name))
    for field in dataclasses.fields(getattr(Config(), section.name))
    if "at_least" in field.metadata and getattr(getattr(Config(), section.name), field.name)
}
"""Kind and limits of every setting that is a number."""


def changed(config: Config, name: str, value: Any) -> Config:
    section, _, key = name.partition(".")
    return with_section(config, section, replace(getattr(config, section), **{key: value}))


def with_section(config: Config, name: str, section: Any) -> Config:
    return replace(config, **{name: section})


@st.composite
def configs(draw: st.DrawFn) -> Config:
    """Draw settings with some numbers changed, and perhaps other engines."""
    config = Config()
    for name in draw(st.lists(st.sampled_from(sorted(NUMBERS)), max_size=4, unique=True)):
        kind, least, most = NUMBERS[name]
        numbers = st.integers(int(least), int(most)) if kind is int else st.floats(least, most)
        config = changed(config, name, draw(numbers))
    for name in draw(st.lists(st.sampled_from(["tts", "agent", "asr"]), max_size=2, unique=True)):
        params = draw(st.dictionaries(st.sampled_from(["model", "voice"]), st.text(max_size=2)))
        config = changed(config, f"{name}.params", params)
    return config


def done(old: Config, actions: list[Action], new: Config) -> Config:
    """Return what is in force once the actions were performed."""
    for action in actions:
        match action:
            case Adopt(_, config):
                old = config
            case Exchange(slot, _, engine):
                old = with_section(old, slot, engine)
            case Restart():
                old = new
    return old


@given(configs(), configs())
def test_whatever_changed_is_in_force_in_the_end(old: Config, new: Config) -> None:
    actions = difference(old, new)
    assert done(old, actions, new) == new
    assert sorted(name for each in actions for name in each.settings) == sorted(changes(old, new))


@given(configs(), configs())
def test_only_what_can_be_is_changed_without_a_restart(old: Config, new: Config) -> None:
    for action in difference(old, new):
        if isinstance(action, Adopt):
            assert set(action.settings) <= IN_PLACE
            assert set(changes(old, action.config)) == set(action.settings)
        elif isinstance(action, Restart):
            assert not set(action.settings) & IN_PLACE


@given(configs())
def test_the_same_settings_ask_for_nothing(config: Config) -> None:
    assert difference(config, replace(config, path=None)) == []


@pytest.mark.parametrize("name", sorted(IN_PLACE))
def test_what_changes_in_place_is_a_setting(name: str) -> None:
    section, _, key = name.partition(".")
    assert key in {field.name for field in dataclasses.fields(getattr(Config(), section))}


def test_another_voice_is_exchanged_and_what_it_says_when_lost_is_not() -> None:
    new = load_table({"tts": {"voice": "en-gb", "lost_voice": "Oops."}})
    adopt, exchange = difference(Config(), new)
    assert isinstance(adopt, Adopt)
    assert adopt.settings == ("tts.lost_voice",)
    assert adopt.config.tts.params == {}
    assert exchange == Exchange("tts", ("tts.voice",), new.tts)


def test_beside_a_restart_nothing_is_exchanged() -> None:
    new = load_table({"tts": {"voice": "en-gb"}, "asr": {"type": "sherpa", "model": "x"}})
    assert difference(Config(), new) == [Restart(("asr.type", "asr.model", "tts.voice"))]


def test_settings_within_tables_have_names() -> None:
    new = load_table(
        {"uplink": {"xai": {"model": "other"}}, "tools": {"devices": [{"name": "fan"}]}}
    )
    assert sorted(changes(Config(), new)) == ["tools.devices", "uplink.xai.model"]
    own = replace(Config(), managers=(ManagerConfig("mine.py:Mine"),))
    assert list(changes(Config(), own)) == ["managers"]
    assert difference(Config(), own) == [Restart(("managers",))]


def test_a_setting_that_is_left_out_again_is_a_change() -> None:
    old = load_table({"tts": {"voice": "en-gb"}})
    assert difference(old, Config()) == [Exchange("tts", ("tts.voice",), Config().tts)]
