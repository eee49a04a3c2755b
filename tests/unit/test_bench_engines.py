"""`bench engines` measures each engine in a process of its own."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from xtalk_edge.cli.bench import engines
from xtalk_edge.cli.bench.engine_cost import MEASURED_SLOTS
from xtalk_edge.engines import registry


def test_every_slot_but_the_agents_is_measured() -> None:
    assert set(MEASURED_SLOTS) == set(registry.slots()) - {"agent"}


@pytest.mark.slow
def test_the_starter_engines_cost_something_and_keep_up() -> None:
    arguments = ["--json", "--slot", "tts", "--slot", "vad", "--slot", "turn_detector"]
    result = CliRunner().invoke(engines.command, arguments)
    voice, detector, judge = json.loads(result.stdout)["rows"]
    assert (voice["type"], detector["type"], judge["type"]) == ("espeak", "silero", "endings")
    for row in (voice, detector):
        assert row["problem"] == ""
        assert 0 < row["cost"]["real_time_factor"] < 1
        assert row["cost"]["memory_mb"] > 0.3
    assert voice["cost"]["first_ms"] > 0
    assert judge["cost"]["real_time_factor"] is None


@pytest.mark.slow
def test_an_engine_that_cannot_be_loaded_says_why() -> None:
    arguments = ["--slot", "tts", "--set", 'tts.type="piper"', "--set", 'tts.model="/none.onnx"']
    result = CliRunner().invoke(engines.command, arguments)
    assert result.exit_code == 1
    assert "/none.onnx.json is missing" in result.stdout


CHATTY = """
from xtalk_edge.engines.interfaces import TTS
from xtalk_edge.net.border import BORDER


class Chatty(TTS):
    def __init__(self):
        BORDER.send("a.example", "text", 1)

    def synthesize(self, text):
        return b""

    def clone(self):
        return Chatty()
"""


@pytest.mark.slow
def test_what_may_not_leave_the_device_does_not_leave_it_from_there(tmp_path: Path) -> None:
    (tmp_path / "chatty.py").write_text(CHATTY)
    voice = f'tts.type="{tmp_path / "chatty.py"}:Chatty"'
    arguments = ["--slot", "tts", "--set", voice, "--set", 'uplink.cloud_allowed=["audio"]']
    result = CliRunner().invoke(engines.command, arguments)
    assert result.exit_code == 1
    assert "text may not leave the device" in result.stdout
