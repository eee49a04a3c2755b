"""Writes tiny GGUF chat models: one that follows a script, and random ones of any size.

The scripted model is a real llama-architecture network whose attention and feed-forward parts
are zero, so that the next token depends on the last one alone: each token's embedding is an axis
of its own, and the output matrix says what follows it. Text is one token a byte.
"""

from pathlib import Path

import numpy as np

from xtalk_edge.cli.bench.made_gguf import Tensor, Weights, write_gguf
from xtalk_edge.cli.bench.made_model import byte_letters

CONTROL = ("<|im_start|>", "<|im_end|>")
VISIBLE = ("<tool_call>", "</tool_call>")
END = "<|im_end|>"


WORDS = [*byte_letters().values(), *CONTROL, *VISIBLE, "he"]


def token(text):
    """Return the token of a byte, a one-byte character, or a mark."""
    if isinstance(text, int):
        return text
    return WORDS.index(text) if len(text) > 1 else ord(text)


def read_by(model):
    """Return what a loaded model has read and written, as far as its cache goes."""
    return b"".join(map(model.piece, model.tokens)).decode()


def scripted(path, follows, *, second=None, **options):
    """Write a model in which `follows[a]` comes after `a`; the end comes after anything else.

    `second` gives, in the same way, what comes when a grammar forbids that.
    """
    width = 288
    output = np.zeros((len(WORDS), width), np.float32)
    for word in range(len(WORDS)):
        output[token(END), word] = 4.0
    for table, weight in ((second or {}, 5.0), (follows, 12.0)):
        for before, after in table.items():
            output[token(after), token(before)] = weight / np.sqrt(width)
    embedding = np.eye(len(WORDS), width, dtype=np.float32)
    output[token(END)] /= np.sqrt(width)
    zero = {"embedding": embedding, "output": output, "scale": 0.0}
    return _write(Path(path), width=width, hidden=32, layers=1, weights=zero, **options)


def random_weights(path, *, width=64, hidden=96, layers=2, **options):
    """Write a model that talks nonsense, the same nonsense every time."""
    random = np.random.default_rng(5)
    embedding = random.normal(0, 1, (len(WORDS), width)).astype(np.float32)
    output = random.normal(0, 0.3, (len(WORDS), width)).astype(np.float32)
    weights = {"embedding": embedding, "output": output, "scale": 0.2}
    return _write(Path(path), width=width, hidden=hidden, layers=layers, weights=weights, **options)


def _write(
    path,
    *,
    width,
    hidden,
    layers,
    weights,
    template=None,
    context=2048,
    heads=4,
    name="",
    figures=None,
):
    kinds = [1] * 256 + [3] * len(CONTROL) + [4] * len(VISIBLE) + [1]
    header = {
        "general.architecture": "llama",
        "llama.context_length": context,
        "llama.embedding_length": width,
        "llama.block_count": layers,
        "llama.feed_forward_length": hidden,
        "llama.attention.head_count": heads,
        "llama.attention.head_count_kv": heads,
        "llama.rope.dimension_count": width // heads,
        "llama.attention.layer_norm_rms_epsilon": 1e-6,
        "llama.vocab_size": len(WORDS),
        "tokenizer.ggml.model": "gpt2",
        "tokenizer.ggml.pre": "gpt-2",
        "tokenizer.ggml.tokens": WORDS,
        "tokenizer.ggml.token_type": kinds,
        "tokenizer.ggml.merges": ["h e"],
        "tokenizer.ggml.eos_token_id": token(END),
        "tokenizer.ggml.add_bos_token": False,
    }
    if name:
        header["general.name"] = name
    if template:
        header["tokenizer.chat_template"] = template
    random = np.random.default_rng(6)

    def matrix(rows, columns):
        return weights["scale"] * random.normal(0, 1, (rows, columns))

    ones = np.ones(width)
    arrays = {"token_embd": weights["embedding"], "output": weights["output"], "output_norm": ones}
    for layer in range(layers):
        for part in ("attn_norm", "ffn_norm"):
            arrays[f"blk.{layer}.{part}"] = ones
        for part in ("attn_q", "attn_k", "attn_v", "attn_output"):
            arrays[f"blk.{layer}.{part}"] = matrix(width, width)
        for part in ("ffn_gate", "ffn_up"):
            arrays[f"blk.{layer}.{part}"] = matrix(hidden, width)
        arrays[f"blk.{layer}.ffn_down"] = matrix(width, hidden)
    write_gguf(
        path, header | (figures or {}), [_tensor(key, array) for key, array in arrays.items()]
    )
    return path


def _tensor(name, array):
    data = array.astype(np.float32).tobytes()
    return Tensor(f"{name}.weight", array.shape, Weights.F32, lambda: [data])
