"""Writes tiny ONNX files by hand: a graph that does nothing, with any metadata and output shape."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

FLOAT = 1


def varint(value: int) -> bytes:
    pieces = []
    while value > 0x7F:
        pieces.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*pieces, value])


def field(number: int, content: bytes | str | int) -> bytes:
    """Return one field of a protobuf message."""
    if isinstance(content, int):
        return varint(number << 3) + varint(content)
    raw = content.encode() if isinstance(content, str) else content
    return varint(number << 3 | 2) + varint(len(raw)) + raw


def metadata(facts: Mapping[str, object]) -> bytes:
    """Return the facts as they stand in a file; appended to one, they replace what it says."""
    return b"".join(field(14, field(1, key) + field(2, str(fact))) for key, fact in facts.items())


def tiny_onnx(facts: Mapping[str, object], shape: Sequence[int | str] = (1, 4, 29)) -> bytes:
    """Return a valid file whose network hands its input on; a name stands for any size."""
    sizes = [field(2, size) if isinstance(size, str) else field(1, size) for size in shape]
    tensor = field(1, FLOAT) + field(2, b"".join(field(1, size) for size in sizes))
    value = field(2, field(1, tensor))
    node = field(1, "x") + field(2, "y") + field(4, "Identity")
    graph = field(1, node) + field(2, "tiny")
    graph += field(11, field(1, "x") + value) + field(12, field(1, "y") + value)
    version = field(1, 9) + field(8, field(2, 17))
    return version + field(7, graph) + metadata(facts)
