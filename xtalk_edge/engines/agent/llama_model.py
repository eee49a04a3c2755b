"""The safe face of llama.cpp: one model, one context, tokens in and logits out.

Every method blocks and belongs on one worker thread; only an `AbortFlag` may be set from others.
What was evaluated stays in the KV cache, and `evaluate` takes up from the longest common prefix.
"""

from __future__ import annotations

import ctypes
import platform
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import llama_cpp as ll
import numpy as np
import numpy.typing as npt

from xtalk_edge.engines.agent.abort import AbortFlag, abort_callback
from xtalk_edge.engines.llama_library import (
    context_size,
    default_threads,
    figure,
    free,
    layers,
    open_model,
    reason,
    tokens_of,
)
from xtalk_edge.errors import EngineError, ModelError

CHUNK_TOKENS = 32
"""What an abort may throw away: a second or so of reading with a 1B model on a Pi 5. Chunks of 64
are read a tenth faster, chunks of 8 a third slower. How soon an abort acts does not depend on it:
llama.cpp looks at the flag between any two operations."""

GPU_CHUNK_TOKENS = 128
"""A graphics processor is not stopped in the midst of a chunk: some 0.1 s with a 1B model."""

PIECE_BYTES = 64
"""Room for one token's text at first; only runs of spaces are longer."""

_ABORTED = 2
"""What `llama_decode` returns when the abort callback said so."""

Logits = npt.NDArray[np.float32]


class LlamaModel:
    """A loaded GGUF with its context.

    Raises:
        ModelError: llama.cpp does not accept the file.
    """

    def __init__(
        self,
        path: Path,
        *,
        context_tokens: int = 2048,
        batch_tokens: int = 0,
        threads: int = 0,
        gpu_layers: int = 0,
    ) -> None:
        self._context: Any = None
        self._model: Any = None
        self._flag = AbortFlag()
        self._gpu_layers = layers(gpu_layers)
        self._batch_tokens = batch_tokens or (
            GPU_CHUNK_TOKENS if self._gpu_layers else CHUNK_TOKENS
        )
        self.tokens: list[int] = []
        """What the KV cache holds."""
        self.evaluated_tokens = 0
        """How many tokens were computed since the start; the measure of what the cache saves."""
        self.steps_back = True
        """Whether the cache can be cut short; False once llama.cpp has refused to."""
        self._has_logits = False
        self.threads = threads or default_threads()
        """Cores it computes on."""
        self._open(path, context_tokens)
        if not self._memory:
            self.close()
            raise ModelError(f"{path} is no chat model: it keeps no context; use one that chats")
        self.vocab = ll.llama_model_get_vocab(self._model)
        self.vocab_size = ll.llama_vocab_n_tokens(self.vocab)

    def _open(self, path: Path, context_tokens: int) -> None:
        self._model = open_model(path, self._gpu_layers, "use a complete GGUF chat model")
        if not self._open_context(context_size(self._model, context_tokens)):
            self.close()
            raise ModelError(
                f"{path}: no memory for {context_tokens} tokens of context ({reason()}); "
                "make context_tokens smaller or choose a smaller model"
            )

    def _open_context(self, context_tokens: int) -> bool:
        """Begin with an empty context; False where there is no memory for it."""
        params = ll.llama_context_default_params()
        params.n_ctx = context_tokens
        params.n_batch = params.n_ubatch = self._batch_tokens
        params.n_threads = params.n_threads_batch = self.threads
        self._context = ll.llama_init_from_model(self._model, params)
        if not self._context:
            return False
        self._memory = ll.llama_get_memory(self._context)
        self.context_tokens = int(ll.llama_n_ctx(self._context))
        self.tokens = []
        self._has_logits = False
        return True

    # -- doing with less -------------------------------------------------------------------

    def use_threads(self, threads: int) -> None:
        """Compute on so many cores from now on."""
        self.threads = threads
        ll.llama_set_n_threads(self._context, threads, threads)

    def resize(self, context_tokens: int) -> None:
        """Go on with a context of another size, which holds nothing; the model stays loaded.

        Raises:
            EngineError: there is no memory for it, nor for the one before.
        """
        before = self.context_tokens
        free(None, self._context)
        self._context = None
        if not (self._open_context(context_tokens) or self._open_context(before)):
            raise EngineError(f"no memory for {before} tokens of context ({reason()})")

    @property
    def token_bytes(self) -> int:
        """Memory that one token of context takes: keys and values of all layers, 16 bits each."""
        model = self._model
        heads = max(1, int(ll.llama_model_n_head(model)))
        width = int(ll.llama_model_n_embd(model)) * int(ll.llama_model_n_head_kv(model)) // heads
        return 2 * 2 * width * int(ll.llama_model_n_layer(model))

    # -- text ------------------------------------------------------------------------------

    def tokenize(self, text: str) -> list[int]:
        """Return the tokens of a rendered prompt; marks such as `<|im_end|>` become one token."""
        return tokens_of(self.vocab, text, add_special=False)

    def piece(self, token: int) -> bytes:
        """Return a token's bytes, which may be part of a character; marks are written out."""
        room = PIECE_BYTES
        while True:
            buffer = ctypes.create_string_buffer(room)
            size = ll.llama_token_to_piece(self.vocab, token, buffer, room, 0, True)
            if size >= 0:
                return buffer.raw[:size]
            room = -size

    def is_mark(self, token: int) -> bool:
        """Tell whether the token only gives form to a chat and is no text."""
        return bool(ll.llama_vocab_is_control(self.vocab, token))

    def is_end(self, token: int) -> bool:
        """Tell whether the token ends the model's turn."""
        return bool(ll.llama_vocab_is_eog(self.vocab, token))

    def mark(self, which: str) -> str:
        """Return the text of the "bos" or "eos" token; "" when the model has none."""
        token = {"bos": ll.llama_vocab_bos, "eos": ll.llama_vocab_eos}[which](self.vocab)
        return self.piece(token).decode("utf-8", "replace") if token >= 0 else ""

    def chat_template(self) -> str:
        """Return the model's own chat template; "" when it has none."""
        template = ll.llama_model_chat_template(self._model, None)
        return template.decode("utf-8", "replace") if template else ""

    def figure(self, key: str) -> str:
        """Return what the model file says under a key, in words; "" when it says nothing."""
        return figure(self._model, key)

    # -- network ---------------------------------------------------------------------------

    def evaluate(self, tokens: Sequence[int], flag: AbortFlag) -> bool:
        """Make the cache hold exactly `tokens`; return False when stopped by the flag.

        Afterwards `logits` are those after the last token. Tokens that the cache already begins
        with are not computed again.

        Raises:
            EngineError: they do not fit the context, or the computation failed.
        """
        if not 0 < len(tokens) <= self.context_tokens:
            raise EngineError(
                f"{len(tokens)} tokens do not fit the context of {self.context_tokens}; "
                "raise context_tokens"
            )
        if self.tokens == tokens and self._has_logits:
            return not flag.is_set()
        same = 0
        for known, wanted in zip(self.tokens, tokens, strict=False):
            if known != wanted:
                break
            same += 1
        # The last token is computed anew in any case: only then are the logits its own.
        self._roll_back(min(same, len(tokens) - 1))
        self._watch(flag)
        while len(self.tokens) < len(tokens):
            start = len(self.tokens)
            if not self._decode(list(tokens[start : start + self._batch_tokens]), flag):
                return False
        return True

    def append(self, token: int, flag: AbortFlag) -> bool:
        """Evaluate one more token; return False when stopped by the flag."""
        self._watch(flag)
        return self._decode([token], flag)

    def has_room(self) -> bool:
        """Tell whether one more token fits."""
        return len(self.tokens) < self.context_tokens

    def logits(self) -> Logits:
        """Return a copy of the scores of the next token."""
        pointer = ll.llama_get_logits_ith(self._context, -1)
        return np.ctypeslib.as_array(pointer, shape=(self.vocab_size,)).copy()

    def _watch(self, flag: AbortFlag) -> None:
        ll.llama_set_abort_callback(self._context, abort_callback, flag.address())
        # llama.cpp looks at the flag's bytes until it is given others.
        self._flag = flag

    def _decode(self, chunk: list[int], flag: AbortFlag) -> bool:
        if flag.is_set():
            return False
        array = (ll.llama_token * len(chunk))(*chunk)
        status = ll.llama_decode(self._context, ll.llama_batch_get_one(array, len(chunk)))
        if status == 0:
            self.tokens += chunk
            self.evaluated_tokens += len(chunk)
            self._has_logits = True
            return True
        self._roll_back(len(self.tokens))
        if status == _ABORTED:
            return False
        raise EngineError(f"llama.cpp failed with code {status} ({reason()}); restart the agent")

    def _roll_back(self, length: int) -> None:
        if not ll.llama_memory_seq_rm(self._memory, 0, length, -1):
            # Sliding-window and recurrent models cannot step back: they start over.
            self.steps_back = False
            ll.llama_memory_clear(self._memory, True)
            length = 0
        del self.tokens[length:]

    # -- state -----------------------------------------------------------------------------

    def build(self) -> str:
        """Return what a saved state depends on besides the model: versions and settings."""
        return f"{ll.__version__} {platform.machine()} {self.context_tokens} {self._gpu_layers}"

    def state(self) -> bytes:
        """Return what the cache holds, for `restore` in a later process."""
        size = ll.llama_state_seq_get_size(self._context, 0)
        buffer = (ctypes.c_uint8 * size)()
        return bytes(buffer[: ll.llama_state_seq_get_data(self._context, buffer, size, 0)])

    def restore(self, tokens: Sequence[int], state: bytes) -> bool:
        """Make the cache hold `tokens` from a saved state; False if llama.cpp refuses it.

        The state must come from `state` of the same model and `build`: llama.cpp trusts it.
        """
        self._roll_back(0)
        self._has_logits = False
        buffer = (ctypes.c_uint8 * len(state)).from_buffer_copy(state)
        if not ll.llama_state_seq_set_data(self._context, buffer, len(state), 0):
            ll.llama_memory_clear(self._memory, True)
            return False
        self.tokens = list(tokens)
        return True

    def close(self) -> None:
        """Free the model; it cannot be used afterwards."""
        free(self._model, self._context)
        self._context = self._model = None
