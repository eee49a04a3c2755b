"""The real recogniser of whole utterances on networks of a few kB."""

from __future__ import annotations

import importlib.metadata
import itertools
from pathlib import Path

import pytest
import sherpa_onnx

from tests.contract.sound import noise, silence
from tests.tiny_ctc import FACTS, write_ctc
from tests.tiny_onnx import tiny_onnx
from tests.tiny_transducer import write_transducer
from xtalk_edge.engines import registry
from xtalk_edge.engines.asr.sherpa_offline import SherpaOfflineASR
from xtalk_edge.engines.asr.sherpa_offline_kinds import OFFLINE_KINDS, inspect_offline
from xtalk_edge.engines.interfaces import ASR
from xtalk_edge.errors import ConfigError, EngineError, ModelError

PIECE_BYTES = 3_200

LFR = {"lfr_window_size": 7, "neg_mean": "0", "vocab_size": 4}


@pytest.fixture(autouse=True)
def own_state(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path_factory.getbasetemp() / "offline-state"))


@pytest.fixture
def recogniser(tmp_path: Path) -> SherpaOfflineASR:
    return SherpaOfflineASR(str(write_ctc(tmp_path)))


def bursts(count: int) -> bytes:
    return (silence(0.5) + noise(0.5).tobytes()) * count + silence(0.5)


def stream(recogniser: ASR, audio: bytes) -> list[str]:
    texts = [
        recogniser.recognize_stream(audio[start : start + PIECE_BYTES])
        for start in range(0, len(audio), PIECE_BYTES)
    ]
    return [*texts, recogniser.recognize_stream(b"", is_final=True)]


def test_it_writes_while_somebody_speaks_and_ends_with_all_of_it(
    recogniser: SherpaOfflineASR,
) -> None:
    assert recogniser.recognize(bursts(3)) == "loud loud loud"
    texts = stream(recogniser, bursts(3))
    assert texts[-1] == "loud loud loud"
    assert len(set(texts)) > 2
    assert all(after.startswith(before) for before, after in itertools.pairwise(texts))


def test_clones_hear_for_themselves_and_any_cut_will_do(recogniser: SherpaOfflineASR) -> None:
    other = recogniser.clone()
    recogniser.recognize_stream(bursts(2)[:-1])
    assert other.recognize_stream(b"", is_final=True) == ""
    assert recogniser.recognize_stream(b"\0", is_final=True) == "loud loud"
    recogniser.reset()
    assert recogniser.recognize_stream(b"\1", is_final=True) == ""


@pytest.mark.parametrize(
    ("facts", "name"),
    [
        (FACTS, "nemo ctc"),
        (LFR | {"lang_auto": 0}, "sense-voice"),
        (LFR, "paraformer"),
        ({"model_type": "zipformer2_ctc", "vocab_size": 4}, "zipformer ctc"),
    ],
)
def test_each_kind_of_one_network_is_known_by_its_metadata(
    tmp_path: Path, facts: dict[str, object], name: str
) -> None:
    found = inspect_offline(write_ctc(tmp_path, facts))
    assert found.kind.name == name
    assert found.spelling == tmp_path / "tokens.txt"


@pytest.mark.parametrize(
    ("facts", "name"),
    [
        ({"pred_rnn_layers": 2, "vocab_size": 4}, "nemo transducer"),
        ({"model_type": "zipformer2"}, "transducer"),
    ],
)
def test_each_kind_of_three_networks_is_known_by_its_encoder(
    tmp_path: Path, facts: dict[str, object], name: str
) -> None:
    assert inspect_offline(write_transducer(tmp_path, encoder_facts=facts)).kind.name == name


def test_whisper_is_two_networks_with_names_of_its_own(tmp_path: Path) -> None:
    for part in ("encoder", "decoder"):
        facts = {"n_mels": 80, "n_text_layer": 4}
        (tmp_path / f"tiny.en-{part}.int8.onnx").write_bytes(tiny_onnx(facts))
    (tmp_path / "tiny.en-tokens.txt").write_text("IQ== 0\n")
    found = inspect_offline(tmp_path)
    assert found.kind.name == "whisper"
    assert found.spelling.name == "tiny.en-tokens.txt"
    assert list(found.files) == ["encoder", "decoder"]


def test_every_constructor_is_there() -> None:
    for kind in OFFLINE_KINDS:
        assert callable(getattr(sherpa_onnx.OfflineRecognizer, kind.constructor))


def test_what_cannot_be_used_is_refused_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="cannot be used: it is missing"):
        inspect_offline(tmp_path / "none.onnx")
    with pytest.raises(ModelError, match="holds no network"):
        inspect_offline(tmp_path)
    write_ctc(tmp_path, {})
    with pytest.raises(ModelError, match="is no model that is known here"):
        inspect_offline(tmp_path)
    write_ctc(tmp_path, {"decode_chunk_len": 32, "encoder_dims": "1", "query_head_dims": "1"})
    with pytest.raises(ModelError, match='use it with type = "sherpa-streaming"'):
        inspect_offline(tmp_path)
    write_ctc(tmp_path)
    (tmp_path / "tokens.txt").unlink()
    with pytest.raises(ModelError, match=r"holds no tokens\.txt"):
        inspect_offline(tmp_path)


@pytest.mark.parametrize("facts", [LFR, LFR | {"lang_auto": 0}])
def test_what_would_end_the_process_ends_a_child(tmp_path: Path, facts: dict[str, object]) -> None:
    with pytest.raises(ModelError, match="damaged or of the wrong kind"):
        SherpaOfflineASR(str(write_ctc(tmp_path, facts)))


@pytest.mark.parametrize("tokens", ["", "loud\n", "a\u026a 161 3\n"])
def test_tokens_that_would_end_the_process_end_a_child(tmp_path: Path, tokens: str) -> None:
    (write_ctc(tmp_path) / "tokens.txt").write_text(tokens)
    with pytest.raises(ModelError):
        SherpaOfflineASR(str(tmp_path))


def test_settings_are_checked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigError, match=r"asr\.threads"):
        registry.create("asr", "sherpa-offline", {"model": str(tmp_path), "threads": 0})
    write_ctc(tmp_path)
    monkeypatch.setattr("importlib.metadata.version", _missing)
    with pytest.raises(EngineError, match="pip install sherpa-onnx"):
        SherpaOfflineASR(str(tmp_path))


def _missing(name: str) -> str:
    raise importlib.metadata.PackageNotFoundError(name)
