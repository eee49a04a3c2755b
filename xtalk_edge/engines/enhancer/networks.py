"""Enhancers that are ONNX networks: they clean one hop and hand their memory to the next."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from xtalk_edge.audio.format import FULL_SCALE, samples_to_pcm, to_int16
from xtalk_edge.engines.enhancer.hops import HopEnhancer
from xtalk_edge.engines.onnx_session import open_session
from xtalk_edge.engines.preflight import preflight
from xtalk_edge.models.shelf import named_file

Floats = NDArray[np.float32]
Wave = NDArray[np.float64]

HOP_SAMPLES = 256
"""16 ms; the networks are late by one."""


class NetworkEnhancer(HopEnhancer):
    """Runs a network over a wave from -1 to 1, a hop at a time.

    A module with such an engine has a `check_model` for `preflight`, which calls `check`.

    Args:
        model: path of the network's ONNX file.

    Raises:
        ModelError: the file is missing, damaged, or another model.
    """

    hop_samples = latency_samples = HOP_SAMPLES
    is_costly = True

    shapes: ClassVar[Mapping[str, tuple[int, ...]]]
    """Of each input of the network, the sound first."""
    memory: ClassVar[Mapping[str, str]]
    """For each input but the first, the output it is taken from."""

    def __init__(self, model: str) -> None:
        super().__init__()
        self._model = model
        path = named_file(model, ".onnx")
        preflight(path, "onnx", f"{type(self).__module__}:check_model")
        self._network = StreamingNetwork(path, self.shapes, self.memory)

    @classmethod
    def check(cls, path: Path) -> None:
        """Raise unless the file is this network."""
        shape = next(iter(cls.shapes.values()))
        network = StreamingNetwork(path, cls.shapes, cls.memory)
        if network.next(np.zeros(shape, np.float32)).shape != shape:
            raise ValueError("what it gives has another shape than what it takes")

    @abstractmethod
    def _clean_wave(self, hop: Wave) -> Wave:
        """Return the next hop of output for the next hop of input."""

    def _clean(self, hop: bytes) -> bytes:
        cleaned = self._clean_wave(np.frombuffer(hop, "<i2") / FULL_SCALE)
        return samples_to_pcm(to_int16(cleaned * FULL_SCALE))

    def _forget(self) -> None:
        self._network.reset()

    def clone(self) -> Self:
        """Return an independent enhancer with the same model."""
        return type(self)(self._model)


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
