"""The real recogniser of whole utterances on networks of a few kB."""

from __future__ import annotations

import inspect
import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import onnxruntime
import pytest
import sherpa_onnx

from tests.contract.sound import noise, silence
from tests.tiny_canary import write_canary
from tests.tiny_ctc import LAYOUTS, write_ctc
from tests.tiny_onnx import tiny_onnx
from tests.tiny_paraformer import write_whole_paraformer
from tests.tiny_parakeet import write_parakeet
from tests.tiny_sense_voice import write_sense_voice
from tests.tiny_speller import WRITERS, write_moonshine, write_moonshine_v2, write_whisper
from tests.tiny_transducer import write_transducer, write_whole_transducer
from xtalk_edge.engines import registry
from xtalk_edge.engines.asr.offline_wishes import OfflineWishes
from xtalk_edge.engines.asr.sherpa_offline import SherpaOfflineASR
from xtalk_edge.engines.asr.sherpa_offline_kinds import OFFLINE_KINDS, inspect_offline
from xtalk_edge.engines.interfaces import ASR
from xtalk_edge.errors import ConfigError, EngineError, ModelError

PIECE_BYTES = 3_200

SPELLERS = {**WRITERS, "paraformer": write_whole_paraformer}

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


@pytest.mark.slow
def test_it_writes_while_somebody_speaks_and_ends_with_all_of_it(
    recogniser: SherpaOfflineASR,
) -> None:
    assert recogniser.recognize(bursts(3)) == "loud loud loud"
    texts = stream(recogniser, bursts(3))
    assert texts[-1] == "loud loud loud"
    assert len(set(texts)) > 2
    assert all(after.startswith(before) for before, after in itertools.pairwise(texts))


@pytest.mark.slow
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
        (LFR | {"lang_auto": 0}, "sense-voice"),
        (LFR, "paraformer"),
        *((layout.facts, name) for name, layout in LAYOUTS.items()),
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


@pytest.mark.parametrize("kind", LAYOUTS)
@pytest.mark.slow
def test_each_kind_of_one_network_hears_through_the_library(tmp_path: Path, kind: str) -> None:
    recogniser = SherpaOfflineASR(str(write_ctc(tmp_path, kind=kind)))
    assert recogniser.recognize(bursts(2)) == "loud loud"


@pytest.mark.parametrize("kind", SPELLERS)
@pytest.mark.slow
def test_each_kind_that_spells_hears_through_the_library(tmp_path: Path, kind: str) -> None:
    assert inspect_offline(SPELLERS[kind](tmp_path)).kind.name == kind
    recogniser = SherpaOfflineASR(str(tmp_path))
    assert recogniser.recognize(bursts(2)) == "loud quiet"
    assert recogniser.recognize(silence(1.5)) == ""


@pytest.mark.parametrize("write", [write_whole_transducer, write_parakeet])
@pytest.mark.slow
def test_a_transducer_for_whole_utterances_hears_through_the_library(
    tmp_path: Path, write: Callable[[Path], Path]
) -> None:
    recogniser = SherpaOfflineASR(str(write(tmp_path)))
    assert recogniser.recognize(bursts(2)) == "loud quiet loud quiet"


def test_of_several_networks_any_may_be_named(tmp_path: Path) -> None:
    found = inspect_offline(write_moonshine(tmp_path))
    for file in found.files.values():
        assert inspect_offline(file) == found


@pytest.mark.slow
def test_networks_in_onnxruntimes_own_form_are_known_by_their_names(tmp_path: Path) -> None:
    for path in sorted(write_moonshine_v2(tmp_path).glob("*.onnx")):
        options = onnxruntime.SessionOptions()
        options.optimized_model_filepath = str(path.with_suffix(".ort"))
        options.add_session_config_entry("session.save_model_format", "ORT")
        onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        path.unlink()
    assert inspect_offline(tmp_path).kind.name == "moonshine v2"
    assert SherpaOfflineASR(str(tmp_path)).recognize(bursts(1)) == "loud quiet"


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ({}, "loud quiet"),
        ({"language": "de"}, "laut leise"),
        ({"translate_to": "de"}, "laut leise"),
        ({"language": "de", "translate_to": "en"}, "loud quiet"),
    ],
)
@pytest.mark.slow
def test_what_is_spoken_and_what_is_written_may_be_two_languages(
    tmp_path: Path, settings: dict[str, str], text: str
) -> None:
    recogniser = SherpaOfflineASR(str(write_canary(tmp_path)), **settings)  # type: ignore[arg-type]
    assert recogniser.recognize(bursts(1)) == text


@pytest.mark.slow
def test_the_network_formats_its_text_if_it_is_told_to(tmp_path: Path) -> None:
    model = str(write_sense_voice(tmp_path))
    assert SherpaOfflineASR(model).recognize(bursts(2)) == "loud loud"
    assert SherpaOfflineASR(model, formatted=True).recognize(bursts(2)) == "Loud. Loud."


@pytest.mark.parametrize(
    ("parts", "facts", "name"),
    [
        (("conv_frontend", "encoder.int8", "decoder.int8"), {}, "qwen3-asr"),
        (("encoder_adaptor.int8", "llm.int8", "embedding.int8"), {}, "funasr nano"),
    ],
)
def test_a_tokenizer_stands_in_for_tokens_where_a_language_model_writes(
    tmp_path: Path, parts: tuple[str, ...], facts: dict[str, object], name: str
) -> None:
    for part in parts:
        (tmp_path / f"{part}.onnx").write_bytes(tiny_onnx(facts))
    with pytest.raises(ModelError, match=r"holds no folder with a tokenizer's merges\.txt"):
        inspect_offline(tmp_path)
    (tmp_path / "Qwen3-0.6B").mkdir()
    files = [tmp_path / "Qwen3-0.6B" / each for each in ("merges.txt", "vocab.json")]
    for file in files:
        file.write_text("")
    found = inspect_offline(tmp_path)
    assert found.kind.name == name
    assert found.spelling == tmp_path / "Qwen3-0.6B"
    assert found.others[-2:] == files
    with pytest.raises(ConfigError, match=f"asr.rules: a {name} model has no use for it"):
        SherpaOfflineASR(str(tmp_path), rules=["rules.fst"])


def test_a_model_that_lacks_a_network_says_which(tmp_path: Path) -> None:
    write_moonshine(tmp_path)
    (tmp_path / "cached_decode.int8.onnx").unlink()
    with pytest.raises(ModelError, match="holds no cached_decoder"):
        inspect_offline(tmp_path)
    (tmp_path / "uncached_decode.int8.onnx").unlink()
    (tmp_path / "encode.int8.onnx").unlink()
    with pytest.raises(ModelError, match="holds no encoder"):
        inspect_offline(tmp_path)


def test_every_constructor_is_there_and_takes_what_it_is_told() -> None:
    wishes = OfflineWishes()
    for kind in OFFLINE_KINDS:
        constructor = getattr(sherpa_onnx.OfflineRecognizer, kind.constructor)
        taken = set(inspect.signature(constructor).parameters)
        told = {*(kind.names.get(part, part) for part in kind.parts), *kind.settings}
        told |= {kind.spelling.name, "num_threads", *wishes.arguments(kind)}
        assert told <= taken, kind.name
        assert ("rule_fsts" in taken) == kind.takes_rules, kind.name


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        ({"language": "de"}, r"asr\.language: a nemo ctc model has no use for it"),
        ({"translate_to": "de"}, r"asr\.translate_to: a nemo ctc model has no use for it"),
        ({"formatted": True}, r"asr\.formatted: a nemo ctc model has no use for it"),
    ],
)
def test_settings_that_a_kind_has_no_use_for_are_refused(
    tmp_path: Path, settings: dict[str, Any], problem: str
) -> None:
    with pytest.raises(ConfigError, match=problem):
        SherpaOfflineASR(str(write_ctc(tmp_path)), **settings)


@pytest.mark.parametrize("name", ["language", "translate_to"])
def test_a_language_that_would_be_passed_over_is_refused(tmp_path: Path, name: str) -> None:
    settings: dict[str, Any] = {name: "xx"}
    with pytest.raises(ConfigError, match=rf"asr\.{name}: .* does not know 'xx'; it knows de, en"):
        SherpaOfflineASR(str(write_canary(tmp_path)), **settings)


@pytest.mark.slow
def test_a_setting_over_which_the_library_ends_ends_a_child(tmp_path: Path) -> None:
    model = str(write_whisper(tmp_path))
    assert SherpaOfflineASR(model, language="de").recognize(bursts(1)) == "loud quiet"
    with pytest.raises(ConfigError, match=r"asr\.language = 'xx': .*-encoder.*does not run so"):
        SherpaOfflineASR(model, language="xx")


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
@pytest.mark.slow
def test_what_would_end_the_process_ends_a_child(tmp_path: Path, facts: dict[str, object]) -> None:
    with pytest.raises(ModelError, match="damaged or of the wrong kind"):
        SherpaOfflineASR(str(write_ctc(tmp_path, facts)))


@pytest.mark.parametrize("tokens", ["", "loud\n", "a\u026a 161 3\n"])
@pytest.mark.slow
def test_tokens_that_would_end_the_process_end_a_child(tmp_path: Path, tokens: str) -> None:
    (write_ctc(tmp_path) / "tokens.txt").write_text(tokens)
    with pytest.raises(ModelError):
        SherpaOfflineASR(str(tmp_path))


def test_settings_are_checked(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"asr\.threads"):
        registry.create("asr", "sherpa-offline", {"model": str(tmp_path), "threads": 0})


@pytest.mark.usefixtures("without_sherpa_onnx")
def test_without_the_library_it_says_what_to_install(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match="pip install sherpa-onnx"):
        SherpaOfflineASR(str(write_ctc(tmp_path)))
