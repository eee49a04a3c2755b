"""Vectors of texts from any embedding model in GGUF form (nomic-embed, bge, e5), by llama.cpp."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any, Literal

import llama_cpp as ll
import numpy as np
from numpy.typing import NDArray

from xtalk_edge.engines.interfaces import Embeddings
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
from xtalk_edge.engines.parameters import check_least
from xtalk_edge.engines.preflight import preflight
from xtalk_edge.errors import ConfigError, EngineError, ModelError
from xtalk_edge.models.shelf import named_file

POOLINGS = {
    "mean": ll.LLAMA_POOLING_TYPE_MEAN,
    "cls": ll.LLAMA_POOLING_TYPE_CLS,
    "last": ll.LLAMA_POOLING_TYPE_LAST,
}
"""How the vectors of a text's tokens become one."""

PREFIXES = {
    "nomic": ("search_query: ", "search_document: "),
    "e5": ("query: ", "passage: "),
    "bge": ("Represent this sentence for searching relevant passages: ", ""),
}
"""What models of these families were trained to read before a question, and before a passage."""

LONGEST_TOKEN_CHARS = 32
"""No more of a text is looked at for each token that is read: only runs of spaces are longer."""

LEAST_TOKENS = 16

_CURE = "use a complete GGUF embedding model"


_LEAST = {"max_tokens": LEAST_TOKENS, "threads": 0, "gpu_layers": -1}
"""The least a setting may be."""


class LlamaEmbeddings(Embeddings):
    """Tells how near texts are by a network.

    Args:
        model: a fetched model's name, or the path of a GGUF file.
        pooling: how the tokens' vectors become one; "auto" is what the file says, or the mean.
        max_tokens: what is behind so many tokens of a text is not read; never more than the model
            was trained for.
        query_prefix: put before what is sought; None for what fits the model.
        passage_prefix: put before each passage; None for what fits the model.
        threads: cores to use; 0 for all but one.
        gpu_layers: layers to put on the graphics processor; -1 for all, where there is one.

    Raises:
        ConfigError: a setting is out of its range.
        ModelError: the model is missing, damaged, or makes no vectors.
    """

    computes_by = "llama.cpp"

    def __init__(
        self,
        model: str,
        pooling: Literal["auto", "mean", "cls", "last"] = "auto",
        max_tokens: int = 512,
        query_prefix: str | None = None,
        passage_prefix: str | None = None,
        threads: int = 0,
        gpu_layers: int = 0,
    ) -> None:
        settings = {"max_tokens": max_tokens, "threads": threads, "gpu_layers": gpu_layers}
        check_least("embeddings", _LEAST, settings)
        if pooling not in ("auto", *POOLINGS):
            raise ConfigError(
                f"embeddings.pooling: must be one of auto, {', '.join(POOLINGS)}, got {pooling!r}"
            )
        path = named_file(model, ".gguf")
        digest = preflight(path, "gguf", f"{__name__}:check_model")
        self._network = _Network(path, pooling, max_tokens, threads, gpu_layers)
        known = _prefixes(f"{self._network.name} {path.stem}")
        self._query_prefix, usual = known[0] if query_prefix is None else query_prefix, known[1]
        self._passage_prefix = usual if passage_prefix is None else passage_prefix
        facts = f"{digest} {self._network.pooling} {self._network.limit} {self._passage_prefix}"
        self.identity = hashlib.sha256(facts.encode()).hexdigest()[:16]

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """Return a vector of length 1 for each passage."""
        return [self._network.vector(self._passage_prefix + text).tolist() for text in texts]

    def embed_query(self, text: str) -> list[float]:
        """Return a vector of length 1."""
        vector: list[float] = self._network.vector(self._query_prefix + text).tolist()
        return vector

    def close(self) -> None:
        """Free the model; it cannot be used afterwards."""
        self._network.close()


class _Network:
    """A loaded GGUF with a context for one text at a time."""

    def __init__(
        self, path: Path, pooling: str, max_tokens: int, threads: int, gpu_layers: int
    ) -> None:
        self._context: Any = None
        self._model: Any = open_model(path, layers(gpu_layers), _CURE)
        try:
            self.name = figure(self._model, "general.name").casefold()
            self.pooling = POOLINGS.get(pooling) or self._own_pooling(path)
            self.limit = context_size(self._model, max_tokens)
            self._open_context(path, threads or default_threads())
        except BaseException:
            self.close()
            raise
        self._vocab = ll.llama_model_get_vocab(self._model)
        self._width = int(ll.llama_model_n_embd_out(self._model))
        self._memory = ll.llama_get_memory(self._context)

    def _own_pooling(self, path: Path) -> int:
        kind = figure(self._model, f"{figure(self._model, 'general.architecture')}.pooling_type")
        if kind == str(ll.LLAMA_POOLING_TYPE_RANK):
            raise ModelError(f"{path} compares texts in pairs and makes no vectors; {_CURE}")
        return int(kind) if kind in map(str, POOLINGS.values()) else POOLINGS["mean"]

    def _open_context(self, path: Path, threads: int) -> None:
        params = ll.llama_context_default_params()
        # A network that looks both ways reads a text in one piece.
        params.n_ctx = params.n_batch = params.n_ubatch = self.limit
        params.n_threads = params.n_threads_batch = threads
        params.embeddings = True
        params.pooling_type = self.pooling
        self._context = ll.llama_init_from_model(self._model, params)
        if not self._context:
            raise ModelError(
                f"{path}: no memory for {self.limit} tokens ({reason()}); "
                "make embeddings.max_tokens smaller or choose a smaller model"
            )

    def vector(self, text: str) -> NDArray[np.float32]:
        """Return the vector of a text, of length 1."""
        looked_at = text[: self.limit * LONGEST_TOKEN_CHARS]
        tokens = tokens_of(self._vocab, looked_at, add_special=True) or [0]
        if len(tokens) > self.limit:
            # The last one may be the mark that ends every text.
            tokens = [*tokens[: self.limit - 1], tokens[-1]]
        if self._memory:
            ll.llama_memory_clear(self._memory, True)
        array = (ll.llama_token * len(tokens))(*tokens)
        status = ll.llama_decode(self._context, ll.llama_batch_get_one(array, len(tokens)))
        pointer = None if status else ll.llama_get_embeddings_seq(self._context, 0)
        if not pointer:
            raise EngineError(f"llama.cpp makes no vector ({reason()}); use an embedding model")
        vector = np.ctypeslib.as_array(pointer, shape=(self._width,)).astype(np.float32)
        length = float(np.linalg.norm(vector))
        if not np.isfinite(length):
            raise EngineError("the embedding model's vectors are no numbers; fetch it again")
        return vector / np.float32(length or 1.0)

    def close(self) -> None:
        """Free the model."""
        free(self._model, self._context)
        self._context = self._model = None


def _prefixes(name: str) -> tuple[str, str]:
    """Return what goes before questions and before passages of a model that is called so."""
    name = name.casefold()
    return next((each for family, each in PREFIXES.items() if family in name), ("", ""))


def check_model(path: str) -> None:
    """Raise unless the network makes vectors of texts: for `preflight`."""
    network = _Network(Path(path), "auto", 2 * LEAST_TOKENS, threads=1, gpu_layers=0)
    network.vector("a b c")
    network.close()
