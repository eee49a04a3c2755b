"""What every engine on llama.cpp shares: its log, its threads, and how a model file is opened."""

from __future__ import annotations

import collections
import ctypes
import logging
import os
from pathlib import Path
from typing import Any

import llama_cpp as ll

from xtalk_edge.errors import EngineError, ModelError

logger = logging.getLogger(__name__)

ALL_LAYERS = 999
"""More than any model has."""

META_BYTES = 256
"""Room for one entry of the model file: a number or a name."""

_LOG_ERROR = 3
"""GGML_LOG_LEVEL_ERROR."""

_last_errors: collections.deque[str] = collections.deque(maxlen=3)


def _on_log(level: int, text: bytes, _data: Any) -> None:
    line = text.decode("utf-8", "replace").strip()
    if level == _LOG_ERROR and line:
        _last_errors.append(line)
    logger.debug("llama.cpp: %s", line)


_log_callback = ll.llama_log_callback(_on_log)


def open_model(path: Path, gpu_layers: int, cure: str) -> Any:
    """Return a llama_model_p; `cure` ends the sentence of a file that llama.cpp does not accept.

    Raises:
        ModelError: it does not.
    """
    ll.llama_log_set(_log_callback, ctypes.c_void_p(0))
    ll.llama_backend_init()
    _last_errors.clear()
    params = ll.llama_model_default_params()
    params.n_gpu_layers = gpu_layers
    model = ll.llama_model_load_from_file(os.fsencode(path), params)
    if not model:
        raise ModelError(f"{path} cannot be loaded by llama.cpp ({reason()}); {cure}")
    return model


def context_size(model: Any, wanted: int) -> int:
    """Return how many tokens a context may hold: as many as are wanted, if it was trained so."""
    trained = int(ll.llama_model_n_ctx_train(model))
    return min(wanted, trained) if trained > 0 else wanted


def free(model: Any, context: Any) -> None:
    """Free a model and its context; either may be None."""
    if context:
        ll.llama_free(context)
    if model:
        ll.llama_model_free(model)


def tokens_of(vocab: Any, text: str, *, add_special: bool) -> list[int]:
    """Return the tokens of a text; `add_special` puts those around it that the model expects."""
    data = text.encode("utf-8", "replace")
    room = len(data) + 8
    buffer = (ll.llama_token * room)()
    # Marks written out, such as `<|im_end|>`, become one token.
    count = ll.llama_tokenize(vocab, data, len(data), buffer, room, add_special, True)
    if count < 0:
        raise EngineError("llama.cpp cannot split this text into tokens; use another model")
    return list(buffer[:count])


def figure(model: Any, key: str) -> str:
    """Return what a model file says under a key, in words; "" when it says nothing."""
    room = ctypes.create_string_buffer(META_BYTES)
    size = ll.llama_model_meta_val_str(model, key.encode(), room, META_BYTES)
    return room.value.decode("utf-8", "replace") if size >= 0 else ""


def default_threads() -> int:
    """Return the cores this process may use less one, which the ear needs.

    llama.cpp's threads wait for one another some hundred times a token, so all of them wait for
    one whose core is busy: on two cores beside the starter's ear and voice, two threads read and
    wrote more than ten times slower than one, and the ear fell behind.
    """
    return max(1, len(os.sched_getaffinity(0)) - 1)


def layers(gpu_layers: int) -> int:
    """Return how many layers go to the graphics processor; negative asks for all it can have."""
    if gpu_layers >= 0:
        return gpu_layers
    return ALL_LAYERS if ll.llama_supports_gpu_offload() else 0


def reason() -> str:
    """Return what llama.cpp complained of last."""
    return "; ".join(_last_errors) or "no reason given"
