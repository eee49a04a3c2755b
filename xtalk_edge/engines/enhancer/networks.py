"""ONNX networks that clean one hop at a time and hand their memory from hop to hop."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from xtalk_edge.engines.onnx_session import open_session

Floats = NDArray[np.float32]


class StreamingNetwork:
    """A network with one input and output of sound; every other output is its next memory.

    Args:
        path: the file.
        shapes: of each input, the sound first.
        memory: for each input but the first, the output it is taken from.

    Raises:
        ValueError: the file has other inputs.
    """

    def __init__(
        self, path: Path, shapes: Mapping[str, tuple[int, ...]], memory: Mapping[str, str]
    ) -> None:
        self._session = open_session(path)
        found = {each.name: tuple(each.shape) for each in self._session.get_inputs()}
        if found != dict(shapes):
            raise ValueError(f"its inputs are {found}")
        self._sound, *_ = shapes
        self._shapes = {name: shapes[name] for name in memory}
        first = self._session.get_outputs()[0].name
        self._outputs = [first, *memory.values()]
        self.reset()

    def reset(self) -> None:
        """Forget earlier hops."""
        self._memory: dict[str, Floats] = {
            name: np.zeros(shape, np.float32) for name, shape in self._shapes.items()
        }

    def next(self, hop: Floats) -> Floats:
        """Return the output for the next input."""
        cleaned, *memory = self._session.run(self._outputs, {self._sound: hop, **self._memory})
        self._memory = dict(zip(self._memory, memory, strict=True))
        result: Floats = cleaned
        return result
