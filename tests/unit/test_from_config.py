"""An appliance is made of a file, a dictionary or nothing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import xtalk_edge
from xtalk_edge import Appliance
from xtalk_edge.config.load import load
from xtalk_edge.engines import registry
from xtalk_edge.errors import ConfigError
from xtalk_edge.managers.base import Manager


def test_nothing_is_the_starter_kit() -> None:
    assert Appliance.from_config().config == load(None)


def test_a_file_and_its_content_are_the_same(tmp_path: Path) -> None:
    path = tmp_path / "edge.toml"
    path.write_text("[turn]\nsilence_ms = 800\n")
    table = {"turn": {"silence_ms": 800}}
    assert Appliance.from_config(path).config.turn.silence_ms == 800
    assert Appliance.from_config(str(path)).config == Appliance.from_config(table).config
    # What is given is not changed by what is made of it.
    assert table == {"turn": {"silence_ms": 800}}


def test_a_dictionary_that_is_wrong_says_where() -> None:
    with pytest.raises(ConfigError, match=r"config: turn\.silence: unknown setting; did you mean"):
        Appliance.from_config({"turn": {"silence": 1}})


def test_nothing_heavy_is_loaded_before_it_is_asked_for() -> None:
    code = "import sys, xtalk_edge; print('numpy' in sys.modules, 'asyncio' in sys.modules)"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout == "False False\n"
    with pytest.raises(AttributeError, match="no attribute 'Nothing'"):
        xtalk_edge.Nothing  # noqa: B018


class Silent(Manager):
    """Does nothing."""


def test_a_manager_that_was_registered_can_be_taken_back() -> None:
    appliance = Appliance.from_config()
    kept, other = appliance.register_manager(Silent), appliance.register_manager(Silent)
    appliance.unregister_manager(kept)
    with pytest.raises(ValueError, match="not in list"):
        appliance.unregister_manager(kept)
    assert appliance._managers == [other]


def test_tools_are_functions_with_a_docstring() -> None:
    appliance = Appliance.from_config()

    def undescribed() -> str:
        return ""

    with pytest.raises(ConfigError, match="undescribed: give it a docstring"):
        appliance.add_agent_tools(undescribed)
    with pytest.raises(ConfigError, match="int is no tool"):
        appliance.add_agent_tools(7)


def test_a_place_is_searched_for_classes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_SEARCHED", {})
    for name, phrase in (("one", "first"), ("two", "second")):
        (tmp_path / f"{name}.py").write_text(
            f"class Loud:\n    phrase = {phrase!r}\n    def is_speech(self, frame): return True\n"
        )
        Appliance.register_model_search_spec("vad", str(tmp_path / f"{name}.py"))
    # What was registered last comes first, and both before what is built in.
    assert registry.create("vad", "Loud", {}).phrase == "second"
    Appliance.register_model_search_spec("vad", str(tmp_path / "three.py"), prepend=False)
    assert registry.create("vad", "Loud", {}).phrase == "second"
    with pytest.raises(ConfigError, match="there is no file"):
        registry.create("vad", "Quiet", {})
    with pytest.raises(ConfigError, match="unknown slot 'nose'"):
        Appliance.register_model_search_spec("nose", "one.py")
