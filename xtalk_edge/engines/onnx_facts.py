"""Reads what an ONNX file says about itself, without loading it: a few reads whatever its size.

Only the fields needed here are looked at; weights are skipped.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from xtalk_edge.errors import ModelError

# Field numbers of ONNX's protobuf messages, which are fixed for good.
_GRAPH, _METADATA = 7, 14
_KEY, _VALUE = 1, 2
_OUTPUT = 12
# From an output to its dimensions: type, tensor type, shape.
_TO_DIMENSIONS = (2, 1, 2)
_DIMENSION, _SIZE = 1, 1

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_FIXED_BYTES = {_FIXED64: 8, _FIXED32: 4}
_LONGEST_VARINT_BYTES = 10
_ORT_MARK_AT, _ORT_MARK = 4, b"ORTM"
"""How onnxruntime's own form of a model begins; what that says about itself is not read."""
_LONGEST_TEXT_BYTES = 8 << 20
"""Metadata are numbers and names, the longest a punctuation model's 270,000 tokens of some 8 bytes;
more is some part of a damaged file."""


@dataclass(frozen=True, slots=True)
class OnnxFacts:
    """What a file says about itself."""

    metadata: dict[str, str]
    output_shape: tuple[int, ...]
    """Sizes of the first output; 0 where the size is not fixed, () where nothing is said."""


@dataclass(frozen=True, slots=True)
class _Field:
    number: int
    kind: int
    start: int
    end: int
    """Its content lies from `start` to `end` in the file."""
    value: int
    """Of a whole number, which has no such content; else 0."""


def read_onnx_facts(path: Path) -> OnnxFacts:
    """Return the file's metadata and the shape of its first output.

    Raises:
        ValueError: the file is cut short or is no ONNX file.
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        if file.read(_ORT_MARK_AT + len(_ORT_MARK))[_ORT_MARK_AT:] == _ORT_MARK:
            return OnnxFacts({}, ())
        metadata: dict[str, str] = {}
        shape: tuple[int, ...] = ()
        for field in _fields(file, 0, os.fstat(file.fileno()).st_size):
            if field.number == _METADATA:
                parts = {part.number: _text(file, part) for part in _inside(file, field)}
                metadata[parts.get(_KEY, "")] = parts.get(_VALUE, "")
            elif field.number == _GRAPH:
                shape = _first_output_shape(file, field)
    return OnnxFacts(metadata, shape)


def model_facts(path: Path, cure: str) -> OnnxFacts:
    """Do the same for an owner, who is told `cure` where it cannot be done.

    Raises:
        ModelError: the file is missing, cut short or no ONNX file.
    """
    try:
        return read_onnx_facts(path)
    except (OSError, ValueError) as exc:
        reason = "it is missing" if isinstance(exc, FileNotFoundError) else exc
        raise ModelError(f"{path} cannot be used: {reason}; {cure}") from exc


def _first_output_shape(file: BinaryIO, graph: _Field) -> tuple[int, ...]:
    for output in _inside(file, graph):
        if output.number == _OUTPUT:
            messages = [output]
            for number in _TO_DIMENSIONS:
                messages = [
                    each
                    for message in messages
                    for each in _inside(file, message)
                    if each.number == number
                ]
            return tuple(
                sum(part.value for part in _inside(file, each) if part.number == _SIZE)
                for shape in messages
                for each in _inside(file, shape)
                if each.number == _DIMENSION
            )
    return ()


def _text(file: BinaryIO, field: _Field) -> str:
    length = field.end - field.start
    if field.kind != _BYTES or length > _LONGEST_TEXT_BYTES:
        raise ValueError("it is no ONNX file, or a damaged one")
    file.seek(field.start)
    return file.read(length).decode("utf-8", "replace")


def _inside(file: BinaryIO, field: _Field) -> Iterator[_Field]:
    if field.kind != _BYTES:
        raise ValueError("it is no ONNX file, or a damaged one")
    return _fields(file, field.start, field.end)


def _fields(file: BinaryIO, start: int, end: int) -> Iterator[_Field]:
    """Yield a message's fields in the order they stand in the file."""
    while start < end:
        file.seek(start)
        tag = _varint(file)
        number, kind = tag >> 3, tag & 7
        value = 0
        if kind == _BYTES:
            size = _varint(file)
        elif kind == _VARINT:
            value, size = _varint(file), 0
        elif kind in _FIXED_BYTES:
            size = _FIXED_BYTES[kind]
        else:
            raise ValueError("it is no ONNX file, or a damaged one")
        content = file.tell()
        start = content + size
        if number == 0 or start > end:
            raise ValueError("it is no ONNX file, or it is cut short")
        yield _Field(number, kind, content, start, value)


def _varint(file: BinaryIO) -> int:
    value = 0
    for index in range(_LONGEST_VARINT_BYTES):
        byte = file.read(1)
        if not byte:
            break
        value |= (byte[0] & 0x7F) << (7 * index)
        if byte[0] < 0x80:
            return value
    raise ValueError("it is no ONNX file, or it is cut short")
