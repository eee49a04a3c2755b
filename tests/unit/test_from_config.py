"""An appliance is made of a file, a dictionary or nothing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import xtalk_edge
from xtalk_edge import Appliance
from xtalk_edge.config.load import load
from xtalk_edge.errors import ConfigError


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
