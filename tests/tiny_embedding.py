"""Writes a tiny embedding model: a BERT in GGUF form for which words are what they mean.

Attention and feed-forward parts are zero, so that a text's vector is the mean of its words'. Words
of one group mean the same and have one vector; any other word is the sum of its letters.
"""

from __future__ import annotations

import string
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from xtalk_edge.cli.bench.made_gguf import Figure, Tensor, Weights, write_gguf

WIDTH, HIDDEN, CONTEXT = 32, 32, 128
GROUPS = (("car", "automobile", "vehicle"), ("cat", "kitten"), ("clean", "wash"))
_START, _END, _UNKNOWN, _PADDING = "[CLS]", "[SEP]", "[UNK]", "[PAD]"
_SPACE = "\u2581"
"""Stands before a piece that begins a word."""


def write_embedding(folder: Path, *, seed: int = 7, pooling: int = 1) -> Path:
    """Write "embedding.gguf"; another seed is another model, pooling is llama.cpp's number."""
    random = np.random.default_rng(seed)
    tokens = [_PADDING, _UNKNOWN, _START, _END]
    start = random.normal(0, 1, WIDTH)
    # Start and end cancel out.
    rows = [np.zeros(WIDTH), random.normal(0, 0.2, WIDTH), start, -start]
    for letter in string.ascii_lowercase + string.digits:
        row = random.normal(0, 0.2, WIDTH)
        tokens += [_SPACE + letter, letter]
        rows += [row, row]
    for group in GROUPS:
        row = random.normal(0, 1, WIDTH)
        tokens += [_SPACE + word for word in group]
        rows += [row] * len(group)
    path = folder / "embedding.gguf"
    header: dict[str, Figure] = {
        "general.architecture": "bert", "general.name": "tiny embedding",
        "bert.context_length": CONTEXT, "bert.embedding_length": WIDTH, "bert.block_count": 1,
        "bert.feed_forward_length": HIDDEN, "bert.attention.head_count": 4,
        "bert.attention.layer_norm_epsilon": 1e-12, "bert.attention.causal": False,
        "bert.pooling_type": pooling, "bert.vocab_size": len(tokens),
        "tokenizer.ggml.model": "bert", "tokenizer.ggml.tokens": tokens,
        "tokenizer.ggml.token_type": [3, 3, 3, 3] + [1] * (len(tokens) - 4),
        "tokenizer.ggml.token_type_count": 2,
        "tokenizer.ggml.bos_token_id": 2, "tokenizer.ggml.eos_token_id": 3,
        "tokenizer.ggml.seperator_token_id": 3, "tokenizer.ggml.unknown_token_id": 1,
        "tokenizer.ggml.padding_token_id": 0,
    }  # fmt: skip
    write_gguf(path, header, _network(np.array(rows)))
    return path


def _network(words: NDArray[np.float64]) -> list[Tensor]:
    tensors = [
        _tensor("token_embd.weight", words),
        _tensor("token_types.weight", np.zeros((2, WIDTH))),
        _tensor("position_embd.weight", np.zeros((CONTEXT, WIDTH))),
    ]
    for norm in ("token_embd_norm", "blk.0.attn_output_norm", "blk.0.layer_output_norm"):
        tensors += [
            _tensor(f"{norm}.weight", np.ones(WIDTH)),
            _tensor(f"{norm}.bias", np.zeros(WIDTH)),
        ]
    shapes = {f"attn_{part}": (WIDTH, WIDTH) for part in ("q", "k", "v", "output")}
    shapes |= {"ffn_up": (HIDDEN, WIDTH), "ffn_down": (WIDTH, HIDDEN)}
    for part, shape in shapes.items():
        tensors += [
            _tensor(f"blk.0.{part}.weight", np.zeros(shape)),
            _tensor(f"blk.0.{part}.bias", np.zeros(shape[0])),
        ]
    return tensors


def _tensor(name: str, array: NDArray[np.float64]) -> Tensor:
    data = array.astype(np.float32).tobytes()
    return Tensor(name, array.shape, Weights.F32, lambda: [data])
