"""Every turn detector keeps its promises."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.contract import models
from xtalk_edge.engines import registry
from xtalk_edge.engines.interfaces import TurnDetector
from xtalk_edge.errors import ModelError

NAMES = registry.names("turn_detector")


WITH_WORDS = ["endings"]
"""Those that judge by what was said."""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, TurnDetector]:
    folder = tmp_path_factory.mktemp("turn")
    return {name: models.make("turn_detector", name, folder=folder) for name in NAMES}


@pytest.mark.parametrize("name", NAMES)
@given(text=st.text(), audio=st.binary())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_chance_is_a_chance_whatever_was_said(
    made: dict[str, TurnDetector], name: str, text: str, audio: bytes
) -> None:
    chance = made[name].finished(text, audio)
    assert chance is None or 0.0 <= chance <= 1.0


@pytest.mark.parametrize(
    ("whole", "beginning"),
    [
        ("turn everything off", "turn everything"),
        ("cancel my alarm", "cancel my"),
        ("put coffee on the list", "put coffee on"),
        ("tell me a joke", "tell me a"),
        ("set a timer for ten minutes", "set a timer for"),
    ],
)
@pytest.mark.parametrize("name", WITH_WORDS)
def test_beginnings_and_whole_orders_are_told_apart(
    made: dict[str, TurnDetector], name: str, whole: str, beginning: str
) -> None:
    detector = made[name]
    finished, unfinished = detector.finished(whole, b""), detector.finished(beginning, b"")
    assert finished is not None and unfinished is not None
    assert unfinished < 0.2 < 0.4 <= finished
    assert detector.finished(f"{whole} please", b"") == finished


@pytest.mark.parametrize("content", [b"", b"no model", None])
def test_another_file_is_refused(content: bytes | None, tmp_path: Path) -> None:
    path = tmp_path / "endings.npz"
    if content is None:
        np.savez(path, weights=np.zeros(3), scale=1.0, bias=0.0)
    else:
        path.write_bytes(content)
    with pytest.raises(ModelError, match=r"endings\.npz"):
        registry.create("turn_detector", "endings", {"model": str(path)})
