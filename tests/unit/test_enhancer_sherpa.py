"""Models of sherpa-onnx's enhancer; what it does to sound is in the contract suite."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.contract.enhancers import DPDFNET_FACTS, still_dpdfnet, still_gtcrn
from tests.contract.sound import delay_samples, noise
from xtalk_edge.engines.enhancer.gtcrn import GTCRN
from xtalk_edge.engines.enhancer.sherpa import SherpaEnhancer, check_model
from xtalk_edge.errors import ModelError

REAL = Path(__file__).parents[2].parent / "shared/models/denoise/gtcrn_simple.onnx"


def written(folder: Path, content: bytes) -> str:
    path = folder / "model.onnx"
    path.write_bytes(content)
    return str(path)


def cleaned(enhancer: SherpaEnhancer | GTCRN, audio: bytes) -> bytes:
    return enhancer.enhance(audio) + enhancer.flush()


@pytest.mark.slow
def test_dpdfnet_is_late_by_its_own_hop(tmp_path: Path) -> None:
    enhancer = SherpaEnhancer(written(tmp_path, still_dpdfnet()))
    assert enhancer.latency_samples == 160
    audio = noise(1.0).tobytes()
    output = cleaned(enhancer, audio)
    assert len(output) == len(audio) + 2 * 160
    assert delay_samples(audio, output) == 160


@pytest.mark.slow
def test_real_weights_give_what_our_own_gtcrn_gives() -> None:
    if not REAL.is_file():
        pytest.skip("needs the models of shared/models beside the checkout")
    audio = noise(2.0).tobytes()
    ours = np.frombuffer(cleaned(GTCRN(str(REAL)), audio), "<i2").astype(int)
    theirs = np.frombuffer(cleaned(SherpaEnhancer(str(REAL)), audio), "<i2").astype(int)
    assert len(ours) == len(theirs)
    # Behind what each makes of the sound before the first.
    assert np.abs(ours - theirs)[2000:-512].max() <= 3


@pytest.mark.parametrize(
    ("facts", "says"),
    [
        ({"model_type": "another"}, "no enhancer that is known"),
        ({"sample_rate": 48_000}, "no enhancer that is known"),
        ({"state_size": 7}, "damaged or of the wrong kind"),
        ({"erb_norm_init": "0"}, "damaged or of the wrong kind"),
    ],
)
@pytest.mark.slow
def test_models_that_would_end_the_process_are_refused(
    tmp_path: Path, facts: dict[str, object], says: str
) -> None:
    with pytest.raises(ModelError, match=says):
        SherpaEnhancer(written(tmp_path, still_dpdfnet(DPDFNET_FACTS | facts)))


def test_what_is_no_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="missing"):
        SherpaEnhancer(str(tmp_path / "none.onnx"))
    with pytest.raises(ModelError, match=r"model\.onnx"):
        SherpaEnhancer(written(tmp_path, still_gtcrn()[:300]))


def test_the_check_counts_what_comes_back(tmp_path: Path) -> None:
    check_model(written(tmp_path, still_gtcrn()))
