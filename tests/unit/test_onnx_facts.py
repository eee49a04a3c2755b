"""What an ONNX file says about itself, read without loading it."""

from __future__ import annotations

from pathlib import Path

import onnxruntime
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.tiny_onnx import field, tiny_onnx, varint
from xtalk_edge.engines.onnx_facts import OnnxFacts, read_onnx_facts

FACTS = {"model_type": "EncDecCTCModelBPE", "chunk_shift": "28", "comment": "größer"}
in_one_folder = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


def read(folder: Path, content: bytes) -> OnnxFacts:
    path = folder / "model.onnx"
    path.write_bytes(content)
    return read_onnx_facts(path)


def test_it_says_the_same_as_onnxruntime(tmp_path: Path) -> None:
    content = tiny_onnx(FACTS, (3, 4, 500))
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    facts = read(tmp_path, content)
    assert facts.metadata == session.get_modelmeta().custom_metadata_map == FACTS
    assert list(facts.output_shape) == session.get_outputs()[0].shape == [3, 4, 500]


def test_sizes_that_are_not_fixed_are_0(tmp_path: Path) -> None:
    assert read(tmp_path, tiny_onnx({}, ("batch", "steps", 300))).output_shape == (0, 0, 300)
    assert read(tmp_path, tiny_onnx({}, ())) == OnnxFacts({}, ())


def test_a_graph_without_outputs_has_no_shape(tmp_path: Path) -> None:
    assert read(tmp_path, field(7, field(2, "empty"))) == OnnxFacts({}, ())


def test_numbers_of_fixed_length_are_stepped_over(tmp_path: Path) -> None:
    fixed = varint(20 << 3 | 1) + bytes(8) + varint(21 << 3 | 5) + bytes(4)
    assert read(tmp_path, fixed + tiny_onnx({"a": 1})).metadata == {"a": "1"}


@pytest.mark.parametrize(
    "content",
    [
        b"GGUF\x03\x00\x00\x00",
        b"<!DOCTYPE html><html>404</html>",
        field(7, b"x" * 9)[:-1],
        b"\xff" * 11,
        varint(14 << 3) + varint(5),
        field(14, varint(1 << 3) + varint(7)),
        field(14, field(1, "k") + field(2, bytes((8 << 20) + 1))),
        varint(0 << 3 | 2) + varint(0),
        varint(9 << 3 | 3),
    ],
    ids=["gguf", "html", "cut", "long number", "number", "no text", "long", "field 0", "group"],
)
def test_other_files_are_refused(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(ValueError, match="no ONNX file"):
        read(tmp_path, content)


@in_one_folder
@given(cut=st.integers(0, 200))
@pytest.mark.slow
def test_a_file_cut_short_is_refused_or_says_less(tmp_path: Path, cut: int) -> None:
    whole = tiny_onnx(FACTS)
    try:
        facts = read(tmp_path, whole[: len(whole) - cut])
    except ValueError:
        return
    assert facts.metadata.items() <= {**FACTS, "": ""}.items()


@in_one_folder
@given(content=st.binary(max_size=400), start=st.integers(0, 100))
@pytest.mark.slow
def test_garbage_never_does_worse_than_an_error(tmp_path: Path, content: bytes, start: int) -> None:
    for bad in (content, tiny_onnx(FACTS)[:start] + content):
        try:
            read(tmp_path, bad)
        except ValueError as error:
            assert "ONNX" in str(error)
