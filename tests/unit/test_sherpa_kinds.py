"""Kinds of streaming models, and tokens, told apart before sherpa-onnx can end the process."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
import sherpa_onnx

from tests.tiny_onnx import metadata, tiny_onnx
from tests.tiny_transducer import ENCODER_FACTS, write_transducer
from xtalk_edge.engines.asr.sherpa_kinds import (
    KINDS,
    Rhythm,
    StreamingModel,
    inspect_model,
)
from xtalk_edge.engines.asr.sherpa_tokens import check_tokens
from xtalk_edge.errors import ModelError

NEMO = {
    "window_size": 65, "chunk_shift": 56, "subsampling_factor": 8, "vocab_size": 3,
    "cache_last_channel_dim1": 17,
}  # fmt: skip
WENET = {
    "head": 4, "num_blocks": 12, "output_size": 256, "cnn_module_kernel": 15,
    "right_context": 6, "subsampling_factor": 4, "vocab_size": 4,
}  # fmt: skip
ZIPFORMER2 = {
    "model_type": "zipformer2", "encoder_dims": "192,256", "query_head_dims": "32,32",
    "decode_chunk_len": 32, "T": 45,
}  # fmt: skip
T_ONE = {"frame_length_ms": 300, "state_dim": 219729, "sample_rate": 8000}


def model(folder: Path, facts: Mapping[str, object] = NEMO) -> StreamingModel:
    path = folder / "model.onnx"
    path.write_bytes(tiny_onnx(facts, ("batch", "steps", 4)))
    return inspect_model(path)


def tokens(folder: Path, text: str) -> Path:
    path = folder / "tokens.txt"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("facts", "name", "rhythm"),
    [
        (NEMO, "nemo", Rhythm(560, 650)),
        (WENET, "wenet", Rhythm(640, 700)),
        (ZIPFORMER2, "zipformer2", Rhythm(320, 450)),
        (T_ONE, "t-one", Rhythm(300, 300)),
    ],
)
def test_each_kind_is_known_by_its_metadata(
    tmp_path: Path, facts: dict[str, object], name: str, rhythm: Rhythm
) -> None:
    found = model(tmp_path, facts)
    assert (found.kind.name, found.rhythm, found.tokens) == (name, rhythm, 4)
    assert callable(getattr(sherpa_onnx.OnlineRecognizer, found.kind.constructor))


def test_no_two_kinds_have_the_same_marks() -> None:
    for one in KINDS:
        alike = [kind for kind in KINDS if kind.parts == one.parts and kind.marks <= one.marks]
        assert alike == [one]


def test_what_cannot_be_used_is_refused_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"none\.onnx cannot be used: it is missing; name a"):
        inspect_model(tmp_path / "none.onnx")
    with pytest.raises(ModelError, match="holds no network"):
        inspect_model(tmp_path)
    bad = tmp_path / "bad.onnx"
    bad.write_bytes(b"<html>404</html>")
    with pytest.raises(ModelError, match="no ONNX file"):
        inspect_model(bad)
    with pytest.raises(ModelError, match="no streaming model that is known"):
        model(tmp_path, {"n_mels": 80})
    with pytest.raises(ModelError, match="does not say its vocab_size"):
        model(tmp_path, {name: fact for name, fact in NEMO.items() if name != "vocab_size"})
    with pytest.raises(ModelError, match="does not say its T"):
        model(tmp_path, ZIPFORMER2 | {"T": "forty"})
    with pytest.raises(ModelError, match="hears nothing"):
        model(tmp_path, NEMO | {"chunk_shift": 0})


@pytest.mark.parametrize(
    ("facts", "name", "rhythm"),
    [
        (ENCODER_FACTS, "lstm transducer", Rhythm(320, 450)),
        (ZIPFORMER2, "zipformer2 transducer", Rhythm(320, 450)),
        (
            {"decode_chunk_len": 32, "T": 39, "attention_dims": "192", "cnn_module_kernels": "31"},
            "zipformer transducer", Rhythm(320, 390),
        ),
        (
            {"decode_chunk_len": 16, "T": 32, "left_context": 64, "encoder_dim": 512,
             "pad_length": 19},
            "conformer transducer", Rhythm(160, 320),
        ),
        (NEMO | {"pred_hidden": 640, "vocab_size": 4}, "nemo transducer", Rhythm(560, 650)),
    ],
)  # fmt: skip
def test_a_transducer_is_known_by_its_encoder(
    tmp_path: Path, facts: dict[str, object], name: str, rhythm: Rhythm
) -> None:
    write_transducer(tmp_path, encoder_facts=facts)
    found = inspect_model(tmp_path)
    assert (found.kind.name, found.rhythm, found.tokens) == (name, rhythm, 5)
    assert inspect_model(tmp_path / "encoder-epoch-1.onnx") == found


def test_of_two_precisions_the_smaller_is_taken_but_for_the_decoder(tmp_path: Path) -> None:
    write_transducer(tmp_path)
    for part in ("encoder", "decoder", "joiner"):
        whole = tmp_path / f"{part}-epoch-1.onnx"
        (tmp_path / f"{part}-epoch-1.int8.onnx").write_bytes(whole.read_bytes())
        whole.write_bytes(whole.read_bytes() + metadata({"more": "x" * 100}))
    assert {part: path.name for part, path in inspect_model(tmp_path).files.items()} == {
        "encoder": "encoder-epoch-1.int8.onnx",
        "decoder": "decoder-epoch-1.onnx",
        "joiner": "joiner-epoch-1.int8.onnx",
    }


def test_a_folder_with_two_models_or_half_of_one_is_refused(tmp_path: Path) -> None:
    write_transducer(tmp_path)
    (tmp_path / "encoder-epoch-2.onnx").write_bytes(b"")
    with pytest.raises(ModelError, match=r"more than one encoder \(encoder-epoch-1.onnx, enc"):
        inspect_model(tmp_path)
    # Naming one of them says which.
    assert inspect_model(tmp_path / "encoder-epoch-1.onnx").kind.name == "lstm transducer"
    (tmp_path / "encoder-epoch-2.onnx").unlink()
    (tmp_path / "joiner-epoch-1.onnx").unlink()
    with pytest.raises(ModelError, match="holds no joiner"):
        inspect_model(tmp_path)


def test_marks_of_homophones_behind_the_tokens_are_borne(tmp_path: Path) -> None:
    found = model(tmp_path)
    check_tokens(tokens(tmp_path, "<blk> 0\na 1\nb 2\nc 3\n#0 4\n#1 5\n"), found)
    with pytest.raises(ModelError, match="has 5 tokens"):
        check_tokens(tokens(tmp_path, "<blk> 0\na 1\nb 2\nc 3\nd 4\n"), found)


def test_tokens_that_fit_are_taken(tmp_path: Path) -> None:
    for text in (
        "▁ 0\na 1\nb 2\n<blk> 3\n",
        "<eps> 0\n\u00e9 1\n 2\nb 3",
        "a 3\nb 2\nc 1\n<blank> 0\n",
    ):
        check_tokens(tokens(tmp_path, text), model(tmp_path))


def test_any_number_of_tokens_fits_a_model_that_does_not_say(tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes(tiny_onnx(T_ONE, (1, 10, "letters")))
    check_tokens(tokens(tmp_path, "<blk> 0\n"), inspect_model(path))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a\u026a 0\na b 1\n", r"tokens\.txt:2: must be a token and its number"),
        ("a 0\n\n<blk> 1\n", r"tokens\.txt:2: must be"),
        ("a 0\n<blk> one\n", r"tokens\.txt:2: must be"),
        ("a 0\nb 2\n<blk> 3\n", "not numbered from 0 on"),
        ("a 0\nb 0\n<blk> 1\n", "not numbered from 0 on"),
        ("a 0\nb 1\nc 2\nd 3\n", "none of the tokens is <blk>"),
        ("", "none of the tokens is <blk>"),
        ("a 0\nb 1\n<blk> 2\n", "has 3 tokens and model.onnx tells 4 apart"),
    ],
)
def test_tokens_that_would_end_the_process_are_refused(
    tmp_path: Path, text: str, problem: str
) -> None:
    with pytest.raises(ModelError, match=problem):
        check_tokens(tokens(tmp_path, text), model(tmp_path))


def test_tokens_that_cannot_be_read_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "tokens.txt"
    with pytest.raises(ModelError, match="cannot be read"):
        check_tokens(path, model(tmp_path))
    path.write_bytes(b"\xff\xfe 0\n")
    with pytest.raises(ModelError, match="cannot be read"):
        check_tokens(path, model(tmp_path))
