"""Writes GGUF files: the format in which llama.cpp reads a model, and nothing about models.

Tensors are given as streams of bytes, so that a model larger than the memory can be written.
"""

from __future__ import annotations

import itertools
import struct
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from math import prod
from pathlib import Path

VERSION = 3
ALIGNMENT_BYTES = 32
"""What readers assume of a file that does not say."""

_UINT32, _INT32, _FLOAT32, _BOOL, _STRING, _ARRAY = 4, 5, 6, 7, 8, 9
"""The format's numbers for types of values."""

Figure = str | bool | int | float | Sequence[str] | Sequence[int]
"""An entry of the header; whole numbers are unsigned when alone, signed in lists."""


class Weights(Enum):
    """How a tensor's numbers are stored: the format's number, numbers a block, bytes a block."""

    F32 = (0, 1, 4)
    Q4_0 = (2, 32, 18)
    Q8_0 = (8, 32, 34)

    def size_bytes(self, numbers: int) -> int:
        """Return what so many numbers take."""
        _, numbers_a_block, bytes_a_block = self.value
        return numbers // numbers_a_block * bytes_a_block


@dataclass(frozen=True, slots=True)
class Tensor:
    """A tensor to be written."""

    name: str
    shape: tuple[int, ...]
    """Rows first, as numpy has it."""
    weights: Weights
    content: Callable[[], Iterable[bytes]]
    """Makes the bytes, row after row, as many as shape and weights ask for."""

    @property
    def size_bytes(self) -> int:
        """Return the length of the content."""
        return self.weights.size_bytes(prod(self.shape))


def write_gguf(path: Path, figures: Mapping[str, Figure], tensors: Sequence[Tensor]) -> None:
    """Write a model file.

    Raises:
        ValueError: a tensor's content has another length than its shape says.
        OSError: there is no room.
    """
    for _ in stream_gguf(path, figures, tensors):
        pass


def stream_gguf(
    path: Path, figures: Mapping[str, Figure], tensors: Sequence[Tensor]
) -> Iterator[float]:
    """Do the same, and yield now and then which part is written, 0.0 to 1.0."""
    sizes = [_padded(tensor.size_bytes) for tensor in tensors]
    ends = list(itertools.accumulate(sizes))
    with path.open("wb") as file:
        file.write(struct.pack("<4sIQQ", b"GGUF", VERSION, len(tensors), len(figures)))
        for key, figure in figures.items():
            file.write(_text(key) + _typed(figure))
        for tensor, end, size in zip(tensors, ends, sizes, strict=True):
            columns_first = tensor.shape[::-1]
            file.write(_text(tensor.name) + struct.pack("<I", len(columns_first)))
            file.write(struct.pack(f"<{len(columns_first)}Q", *columns_first))
            file.write(struct.pack("<IQ", tensor.weights.value[0], end - size))
        start = _padded(file.tell())
        file.write(bytes(start - file.tell()))
        for tensor, end, size in zip(tensors, ends, sizes, strict=True):
            for piece in tensor.content():
                file.write(piece)
                yield (file.tell() - start) / ends[-1]
            written = file.tell() - start - (end - size)
            if written != tensor.size_bytes:
                raise ValueError(f"{tensor.name} has {written} bytes, not {tensor.size_bytes}")
            file.write(bytes(size - tensor.size_bytes))


def _padded(size_bytes: int) -> int:
    return -(-size_bytes // ALIGNMENT_BYTES) * ALIGNMENT_BYTES


def _text(text: str) -> bytes:
    data = text.encode()
    return struct.pack("<Q", len(data)) + data


def _typed(figure: Figure) -> bytes:
    if isinstance(figure, bool):
        return struct.pack("<I?", _BOOL, figure)
    if isinstance(figure, int):
        return struct.pack("<II", _UINT32, figure)
    if isinstance(figure, float):
        return struct.pack("<If", _FLOAT32, figure)
    if isinstance(figure, str):
        return struct.pack("<I", _STRING) + _text(figure)
    texts = [each for each in figure if isinstance(each, str)]
    kind = _STRING if texts else _INT32
    head = struct.pack("<IIQ", _ARRAY, kind, len(figure))
    return head + b"".join(
        _text(each) if isinstance(each, str) else struct.pack("<i", each) for each in figure
    )
