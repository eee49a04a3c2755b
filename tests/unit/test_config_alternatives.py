"""Named alternatives to an engine: read, checked, written, and found beside their file."""

from __future__ import annotations

from pathlib import Path

import pytest

from xtalk_edge.config.load import dump, load, load_text
from xtalk_edge.config.schema import Config, TtsConfig
from xtalk_edge.engines import hosting
from xtalk_edge.errors import ConfigError

TWO = """
[alternatives.tts.british]
voice = "en-gb"

[alternatives.tts."slow one"]
type = "voices.py:Slow"
isolation = "process"

[alternatives.agent.big]
model = "big.gguf"
"""


def test_they_are_engines_by_slot_and_name() -> None:
    found = load_text(TWO).alternatives
    assert found["tts"]["british"] == TtsConfig(params={"voice": "en-gb"})
    assert found["tts"]["slow one"] == TtsConfig("voices.py:Slow", isolation="process")
    assert found["agent"]["big"].params == {"model": "big.gguf"}
    assert Config().alternatives == {}


def test_they_are_written_as_they_were_read() -> None:
    config = load_text(TWO)
    assert load_text(dump(config)) == config


def test_their_files_lie_beside_the_settings(tmp_path: Path) -> None:
    path = tmp_path / "edge.toml"
    path.write_text(TWO)
    named = load(path, ['alternatives.tts.typed.type="my.py:Mine"']).alternatives["tts"]
    assert named["slow one"].type == f"{tmp_path}/voices.py:Slow"
    assert named["typed"].type == "my.py:Mine"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("alternatives = 3", r"edge:1: alternatives: must be a table"),
        ("[alternatives.asr.x]", r"edge:1: alternatives.asr: has no alternatives; .* tts, agent"),
        ("[alternatives]\ntts = 3", r"edge:2: alternatives.tts: must be a table"),
        ("[alternatives.tts]\nx = 3", r"edge:2: alternatives.tts.x: must be a table"),
        ("[alternatives.tts.usual]", r"must be a name you can say, in small letters"),
        ("[alternatives.tts.'No!']", r"must be a name you can say, in small letters"),
        (f"[alternatives.tts.{'a' * 31}]", r"must be a name you can say, in small letters"),
        ("[alternatives.tts.x]\ntype = 3", r"alternatives.tts.x.type: must be text in quotes"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(text: str, problem: str) -> None:
    with pytest.raises(ConfigError, match=problem):
        load_text(text, name="edge")


def test_their_settings_are_looked_at_before_anything_is_loaded() -> None:
    config = load_text("[alternatives.tts.british]\nvoise = 'en-gb'", name="edge.toml")
    with pytest.raises(
        ConfigError, match=r"edge\.toml:2: alternatives\.tts\.british\.voise: espeak"
    ):
        hosting.check(config)
    hosting.check(config, ["agent"])
