"""Enhancers that need a model: what they refuse, and what real weights do, where they are there."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from tests.contract.enhancers import STILL, params
from tests.tiny_onnx import tiny_onnx
from xtalk_edge.audio.format import RATE_HZ
from xtalk_edge.audio.sound_file import write_wav
from xtalk_edge.cli.bench import enhance
from xtalk_edge.engines import registry
from xtalk_edge.errors import ConfigError, ModelError

SHARED = Path(__file__).resolve().parents[2].parent / "shared"
WEIGHTS = {
    "fastenhancer": SHARED / "models/denoise/fastenhancer_s.onnx",
    "gtcrn": SHARED / "models/denoise/gtcrn_simple.onnx",
    "sherpa": SHARED / "models/denoise/gtcrn_simple.onnx",
}

needs_model = pytest.mark.parametrize("name", sorted(STILL))


@pytest.fixture(autouse=True)
def own_state_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path / "state"))


@needs_model
def test_without_a_model_it_says_what_is_missing(name: str) -> None:
    with pytest.raises(ConfigError, match=r"enhancer\.model"):
        registry.create("enhancer", name, {})


@needs_model
@pytest.mark.parametrize("kind", ["missing", "empty", "text", "cut", "another", "the other's"])
@pytest.mark.slow
def test_a_bad_model_is_refused_in_a_sentence(name: str, kind: str, tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    other = next(each for each in STILL if each != name)
    content = {
        "empty": b"",
        "text": b"a web page that says 404\n" * 100,
        "cut": STILL[name]()[:-40],
        "another": tiny_onnx({}),
        "the other's": STILL[other](),
    }
    if kind in content:
        path.write_bytes(content[kind])
    with pytest.raises(ModelError, match=r"model\.onnx"):
        registry.create("enhancer", name, {"model": str(path)})


@pytest.fixture
def recordings(tmp_path: Path) -> tuple[Path, Path]:
    """Return a folder of what stands for speech and one of noise."""
    rng = np.random.default_rng(1)
    speech, noises = tmp_path / "speech", tmp_path / "noises"
    for folder, sound in (
        (speech, 3000 * np.sin(np.arange(RATE_HZ) * 0.1)),
        (noises, rng.normal(0, 500, RATE_HZ)),
    ):
        folder.mkdir()
        write_wav(folder / "a.wav", sound.astype(np.int16), RATE_HZ)
    return speech, noises


@pytest.mark.slow
def test_the_bench_fails_an_enhancer_that_changes_nothing(
    recordings: tuple[Path, Path], tmp_path: Path
) -> None:
    speech, noises = recordings
    model = params("gtcrn", tmp_path)["model"]
    result = CliRunner().invoke(
        enhance.command,
        ["--speech", str(speech), "--noises", str(noises), "--model", f"gtcrn={model}", "--json"],
    )
    told = json.loads(result.stdout)
    assert (result.exit_code, told["passed"]) == (1, False)
    rows = [row for row in told["rows"] if row["engine"] == "gtcrn"]
    assert [row["snr_db"] for row in rows] == list(enhance.SNRS_DB)
    assert all(abs(row["gain_db"]) < 0.1 and row["differs"] <= enhance.ALIKE for row in rows)


@pytest.mark.parametrize("model", ["gtcrn", "nobody=x.onnx", "gtcrn="])
def test_a_model_for_nobody_is_refused(model: str, recordings: tuple[Path, Path]) -> None:
    speech, noises = recordings
    result = CliRunner().invoke(
        enhance.command, ["--speech", str(speech), "--noises", str(noises), "--model", model]
    )
    assert result.exit_code == 2
    assert "NAME=FILE" in result.output


@pytest.mark.slow
@needs_model
def test_real_weights_clear_speech(name: str) -> None:
    if not WEIGHTS[name].is_file():
        pytest.skip(f"needs {WEIGHTS[name].name} in shared/models beside the checkout")
    result = CliRunner().invoke(
        enhance.command,
        [
            *("--speech", str(SHARED / "audio/asr"), "--noises", str(SHARED / "audio/noise")),
            *("--most", "3", "--model", f"{name}={WEIGHTS[name]}", "--json"),
        ],
    )
    rows = [row for row in json.loads(result.stdout)["rows"] if row["engine"] == name]
    assert all(row["gain_db"] > 2.0 for row in rows)
    assert all(row["differs"] <= enhance.ALIKE for row in rows)
