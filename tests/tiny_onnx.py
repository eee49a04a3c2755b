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


def _value(name: str, shape: Sequence[int | str]) -> bytes:
    sizes = [field(2, size) if isinstance(size, str) else field(1, size) for size in shape]
    tensor = field(1, FLOAT) + field(2, b"".join(field(1, size) for size in sizes))
    return field(1, name) + field(2, field(1, tensor))


def copying_onnx(
    copies: Mapping[str, str],
    shapes: Mapping[str, Sequence[int | str]],
    facts: Mapping[str, object] | None = None,
) -> bytes:
    """Return a valid file whose network hands inputs on.

    Args:
        copies: for each output the input it is.
        shapes: of each input; a name stands for any size.
        facts: its metadata.
    """
    graph = b"".join(
        field(1, field(1, source) + field(2, name) + field(4, "Identity"))
        for name, source in copies.items()
    )
    graph += field(2, "tiny")
    graph += b"".join(field(11, _value(name, shape)) for name, shape in shapes.items())
    graph += b"".join(field(12, _value(name, shapes[source])) for name, source in copies.items())
    version = field(1, 9) + field(8, field(2, 17))
    return version + field(7, graph) + metadata(facts or {})


def tiny_onnx(facts: Mapping[str, object], shape: Sequence[int | str] = (1, 4, 29)) -> bytes:
    """Return a valid file whose network hands its input on."""
    return copying_onnx({"y": "x"}, {"x": shape}, facts)
