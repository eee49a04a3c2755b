"""Settings for every test."""

from __future__ import annotations

import importlib.metadata
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from models.starter.corpus import examples
from xtalk_edge.engines.tts import espeak_library
from xtalk_edge.net.border import BORDER

# A busy machine is no error: what is slow is found by benchmarks, never by a timed test.
settings.register_profile("steady", deadline=None)
settings.load_profile("steady")

IN_MEMORY = "/dev/shm"
"""Where Linux has a tmpfs that anybody may use."""

SHARED_AUDIO = Path(__file__).parents[1].parent / "shared" / "audio"


@pytest.fixture(scope="session", autouse=True)
def _state_of_the_tests_own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep caches and timers out of the owner's state folder."""
    with pytest.MonkeyPatch.context() as patch, tempfile.TemporaryDirectory(dir=IN_MEMORY) as room:
        patch.setenv("STATE_DIRECTORY", str(tmp_path_factory.mktemp("state")))
        # What an appliance remembers of its last minute.
        patch.setenv("RUNTIME_DIRECTORY", room)
        yield


@pytest.fixture(autouse=True)
def _caches_of_all_tests(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep there what engines keep of their models, whatever folder a test's commands name."""
    monkeypatch.setenv("STATE_DIRECTORY", os.environ["STATE_DIRECTORY"])


@pytest.fixture(autouse=True)
def _voices_of_the_tests_own() -> None:
    """Let espeak-ng say the same in each test, whatever was said in those before it."""
    espeak_library.begin_anew()


@pytest.fixture(autouse=True)
def _border_of_the_tests_own() -> Iterator[None]:
    """Leave the border as it was found: there is one in a process."""
    before = dict(vars(BORDER))
    BORDER.take()
    yield
    vars(BORDER).update(before)


@pytest.fixture(scope="module")
def few_probes() -> Iterator[None]:
    """Open the starter brain's corpus in a moment.

    Each process draws sentences beforehand that certain examples must not be. A training keeps the
    rare ones out as well; that takes half a minute.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(examples, "PROBES", 200)
        yield
    for drawn in (examples.follow_up_texts, examples.stand_alone_texts):
        drawn.cache_clear()


@pytest.fixture
def without_sherpa_onnx(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make it look as if the library were not installed."""

    def missing(name: str) -> str:
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr("importlib.metadata.version", missing)


@pytest.fixture
def shared_audio() -> Path:
    """Return the folder of human recordings; skip where there is none."""
    if not SHARED_AUDIO.is_dir():
        pytest.skip("the human recordings are not here")
    return SHARED_AUDIO
