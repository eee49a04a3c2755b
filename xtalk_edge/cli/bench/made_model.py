"""A chat model of Qwen3-0.6B's shape with random weights: it talks nonsense at the right pace.

Speed and memory depend on the shape and on how the weights are stored, not on what they say.
"""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from .made_gguf import Figure, Tensor, Weights, stream_gguf

SEED = 20_260_101
"""Any; fixed so that two runs load the same model."""

SPREAD = 0.02
"""Standard deviation of the weights, as models are initialised: the sums stay in range."""

PIECE_BYTES = 1 << 20

_NORMAL, _CONTROL, _USER_DEFINED = 1, 3, 4
"""llama.cpp's kinds of tokens."""

MARKS = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")
TAGS = ("<tool_call>", "</tool_call>", "<tool_response>", "</tool_response>", "<think>", "</think>")

TEMPLATE = """\
<|im_start|>system
{% if messages[0].role == 'system' %}{{ messages[0].content }}{% endif %}
{% if tools %}


# Tools

These functions can be called to help the user. Their signatures:
<tools>
{% for tool in tools %}
{{ tool | tojson }}
{% endfor %}
</tools>

Write each call as JSON with name and arguments between tags:
<tool_call>
{"name": "function", "arguments": {"argument": "value"}}
</tool_call>
{%- endif %}
<|im_end|>
{% for message in messages if message.role != 'system' %}
{% if message.role == 'tool' %}
<|im_start|>user
<tool_response>
{{ message.content }}
</tool_response><|im_end|>
{% else %}
<|im_start|>{{ message.role }}
{{ message.content }}<|im_end|>
{% endif %}
{% endfor %}
{% if add_generation_prompt %}
<|im_start|>assistant
<think>

</think>

{% endif %}
"""
"""As long as Qwen3's own, thinking switched off."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What decides how much there is to compute."""

    layers: int = 28
    width: int = 1024
    heads: int = 16
    kv_heads: int = 8
    head_size: int = 128
    hidden: int = 3072
    vocabulary: int = 151_936
    context_tokens: int = 40_960
    weights: Weights = Weights.Q4_0


QWEN3_0_6B = Shape()


def write_model(path: Path, shape: Shape, known_text: str) -> Iterator[float]:
    """Write the model and yield now and then which part is done, 0.0 to 1.0.

    `known_text` is of the kind the model will read: its words get tokens, as a model that was
    trained on such text would have them.
    """
    figures = _figures(shape) | _tokenizer(shape, known_text)
    yield from stream_gguf(path, figures, list(_tensors(shape)))


def _figures(shape: Shape) -> dict[str, Figure]:
    return {
        "general.architecture": "qwen3",
        "general.name": "random weights",
        "qwen3.block_count": shape.layers,
        "qwen3.context_length": shape.context_tokens,
        "qwen3.embedding_length": shape.width,
        "qwen3.feed_forward_length": shape.hidden,
        "qwen3.attention.head_count": shape.heads,
        "qwen3.attention.head_count_kv": shape.kv_heads,
        "qwen3.attention.key_length": shape.head_size,
        "qwen3.attention.value_length": shape.head_size,
        "qwen3.attention.layer_norm_rms_epsilon": 1e-6,
        "qwen3.rope.freq_base": 1e6,
    }


def _tokenizer(shape: Shape, known_text: str) -> dict[str, Figure]:
    """Return a vocabulary of bytes, of the words of a text, and of words that never occur."""
    merges = _merges(_words(known_text))
    tokens = dict.fromkeys([*byte_letters().values(), *("".join(pair) for pair in merges)])
    specials = MARKS + TAGS
    unused = shape.vocabulary - len(tokens) - len(specials)
    words = [*tokens, *(f"unused{number}" for number in range(unused))]
    kinds = [_NORMAL] * len(words) + [_CONTROL] * len(MARKS) + [_USER_DEFINED] * len(TAGS)
    return {
        "tokenizer.ggml.model": "gpt2",
        "tokenizer.ggml.pre": "qwen2",
        "tokenizer.ggml.tokens": [*words, *specials],
        "tokenizer.ggml.token_type": kinds,
        "tokenizer.ggml.merges": [" ".join(pair) for pair in merges],
        "tokenizer.ggml.eos_token_id": len(words) + MARKS.index("<|im_end|>"),
        "tokenizer.ggml.bos_token_id": len(words),
        "tokenizer.ggml.add_bos_token": False,
        "tokenizer.chat_template": TEMPLATE,
    }


def byte_letters() -> dict[int, str]:
    """Return the characters that stand for the 256 bytes in vocabularies of GPT-2's kind."""
    plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
    extra = iter(range(256, 512))
    return {byte: chr(byte) if byte in plain else chr(next(extra)) for byte in range(256)}


def _words(text: str) -> list[str]:
    """Return each word once, cut as Qwen's tokenizer does, in the vocabulary's letters."""
    letters = byte_letters()
    found = sorted(set(re.findall(r"[^\r\n\w]?[A-Za-z]+|_[A-Za-z]+| ?[^\s\w]+|\n+", text)))
    return ["".join(letters[byte] for byte in word.encode()) for word in found]


def _merges(words: list[str]) -> list[tuple[str, str]]:
    """Return the pairs to join, most frequent first, until every word is one token."""
    open_words = [list(word) for word in words if len(word) > 1]
    merges: list[tuple[str, str]] = []
    while open_words:
        counts = Counter(pair for word in open_words for pair in itertools.pairwise(word))
        best = max(counts, key=lambda pair: (counts[pair], pair))
        merges.append(best)
        for word in open_words:
            _join(word, best)
        open_words = [word for word in open_words if len(word) > 1]
    return merges


def _join(word: list[str], pair: tuple[str, str]) -> None:
    at = 0
    while at + 1 < len(word):
        if (word[at], word[at + 1]) == pair:
            word[at : at + 2] = ["".join(pair)]
        at += 1


def _tensors(shape: Shape) -> Iterator[Tensor]:
    dice = np.random.default_rng(SEED)
    queries, keys = shape.heads * shape.head_size, shape.kv_heads * shape.head_size

    def matrix(name: str, rows: int, columns: int) -> Tensor:
        size = shape.weights.size_bytes(rows * columns)
        content = partial(_random_blocks, dice, shape.weights, size)
        return Tensor(f"{name}.weight", (rows, columns), shape.weights, content)

    def scale(name: str, length: int) -> Tensor:
        ones = np.ones(length, np.float32).tobytes()
        return Tensor(f"{name}.weight", (length,), Weights.F32, lambda: [ones])

    yield matrix("token_embd", shape.vocabulary, shape.width)
    yield scale("output_norm", shape.width)
    for number in range(shape.layers):
        layer = f"blk.{number}"
        yield scale(f"{layer}.attn_norm", shape.width)
        yield matrix(f"{layer}.attn_q", queries, shape.width)
        yield matrix(f"{layer}.attn_k", keys, shape.width)
        yield matrix(f"{layer}.attn_v", keys, shape.width)
        yield matrix(f"{layer}.attn_output", shape.width, queries)
        yield scale(f"{layer}.attn_q_norm", shape.head_size)
        yield scale(f"{layer}.attn_k_norm", shape.head_size)
        yield scale(f"{layer}.ffn_norm", shape.width)
        yield matrix(f"{layer}.ffn_gate", shape.hidden, shape.width)
        yield matrix(f"{layer}.ffn_up", shape.hidden, shape.width)
        yield matrix(f"{layer}.ffn_down", shape.width, shape.hidden)


def _random_blocks(dice: np.random.Generator, weights: Weights, size: int) -> Iterator[bytes]:
    """Yield blocks of one scale and evenly spread numbers."""
    _, _, block_bytes = weights.value
    levels = {Weights.Q8_0: 256, Weights.Q4_0: 16}[weights]
    # Numbers from 0 to n - 1, each as often as the others, have this standard deviation.
    step = SPREAD / np.sqrt((levels**2 - 1) / 12)
    most = PIECE_BYTES // block_bytes
    for start in range(0, size // block_bytes, most):
        count = min(most, size // block_bytes - start)
        blocks = np.frombuffer(dice.bytes(count * block_bytes), np.uint8).copy()
        blocks = blocks.reshape(count, block_bytes)
        blocks[:, :2] = np.frombuffer(np.float16(step).tobytes(), np.uint8)
        yield blocks.tobytes()
