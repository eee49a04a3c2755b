"""A start with other settings is tried before the device that works is ended."""

from __future__ import annotations

from typing import Any

import pytest

from xtalk_edge.config.load import load_table
from xtalk_edge.errors import ConfigError, EdgeError, ModelError
from xtalk_edge.service import rehearsal
from xtalk_edge.service.rehearsal import rehearse

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ("settings", "changed", "kind", "part"),
    [
        ({"tts": {"type": "nobody"}}, ["tts.type"], ConfigError, "nobody"),
        (
            {"asr": {"type": "sherpa", "model": "/nowhere"}},
            ["asr.type", "asr.model"],
            ModelError,
            "/nowhere",
        ),
        ({"uplink": {"token": "credential:x"}}, ["uplink.token"], ConfigError, "no credentials"),
    ],
)
def test_what_would_end_the_start_is_told(
    settings: dict[str, Any], changed: list[str], kind: type[EdgeError], part: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    with pytest.raises(kind, match=part):
        rehearse(load_table(settings), changed)


def test_what_can_be_loaded_passes() -> None:
    rehearse(load_table({"vad": {"type": "silero"}}), ["vad.type", "audio.ring_s"])


def test_what_kills_its_process_kills_a_child(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rehearsal, "_PROGRAM", "import os; os.abort()")
    with pytest.raises(EdgeError, match=r"\(vad\) ends the process with code -6"):
        rehearse(load_table({}), ["vad.type"])


def test_what_does_not_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rehearsal, "_PROGRAM", "import time; time.sleep(60)")
    monkeypatch.setattr(rehearsal, "LONGEST_LOAD_S", 0.1)
    with pytest.raises(EdgeError, match="did not end"):
        rehearse(load_table({}), ["vad.type"])


def test_an_engine_too_large_for_two_is_not_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rehearsal, "footprint_mb", lambda _engine: 10**9)
    rehearse(load_table({"asr": {"type": "sherpa", "model": "/nowhere"}}), ["asr.model"])
