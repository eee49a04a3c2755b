"""Which libraries can compute on a graphics processor here, and what is done where they cannot.

The usual packages of sherpa-onnx and onnxruntime compute on the processor alone; for CUDA they have
builds of their own, which a Jetson's owner installs in their place.
"""

from __future__ import annotations

import importlib.util
import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from xtalk_edge.errors import ConfigError

log = logging.getLogger(__name__)

CPU, CUDA = "cpu", "cuda"

_DEVICES = ("nvidia[0-9]*", "nvmap")
"""In /dev: of cards, and of a Jetson."""


def checked_provider(slot: str, provider: str, library: str) -> str:
    """Return where an engine is to compute: "cuda" only if its library can, else "cpu".

    Raises:
        ConfigError: there is no such provider.
    """
    if provider not in (CPU, CUDA):
        raise ConfigError(f'{slot}.provider: must be "{CPU}" or "{CUDA}", got {provider!r}')
    if provider == CUDA and not is_there(library):
        log.warning(
            "%s computes on the processor: %s cannot use a graphics processor here; install its "
            'build for CUDA, or set %s.provider = "cpu"',
            slot,
            library,
            slot,
        )
        return CPU
    return provider


def is_wanted(params: Mapping[str, Any]) -> bool:
    """Tell whether an engine's settings ask for a graphics processor by all means."""
    layers = params.get("gpu_layers")
    return params.get("provider") == CUDA or (isinstance(layers, int) and layers > 0)


def is_there(library: str) -> bool:
    """Tell whether a library was built for graphics processors, and there is one."""
    built = _BUILT.get(library)
    return built is not None and _has_device() and built()


def _has_device() -> bool:
    return any(any(Path("/dev").glob(name)) for name in _DEVICES)


def _sherpa_is_built() -> bool:
    spec = importlib.util.find_spec("sherpa_onnx")
    folders = spec.submodule_search_locations if spec else None
    name = "lib/libonnxruntime_providers_cuda.so"
    return any((Path(folder) / name).is_file() for folder in folders or ())


def _onnxruntime_is_built() -> bool:
    import onnxruntime

    return "CUDAExecutionProvider" in onnxruntime.get_available_providers()


def _llama_is_built() -> bool:
    import llama_cpp

    return bool(llama_cpp.llama_supports_gpu_offload())


_BUILT: dict[str, Callable[[], bool]] = {
    "sherpa-onnx": _sherpa_is_built,
    "onnxruntime": _onnxruntime_is_built,
    "llama.cpp": _llama_is_built,
}
