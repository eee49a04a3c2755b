"""Writes tiny GGUF chat models: one that follows a script, and random ones of any size.

The scripted model is a real llama-architecture network whose attention and feed-forward parts
are zero, so that the next token depends on the last one alone: each token's embedding is an axis
of its own, and the output matrix says what follows it. Text is one token a byte.
"""

from pathlib import Path

import gguf
import numpy as np

CONTROL = ("<|im_start|>", "<|im_end|>")
VISIBLE = ("<tool_call>", "</tool_call>")
END = "<|im_end|>"


def _byte_words():
    """Return the characters that stand for the 256 bytes in GPT-2's vocabulary."""
    plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
    extra = iter(range(256, 512))
    return [chr(byte) if byte in plain else chr(next(extra)) for byte in range(256)]


WORDS = [*_byte_words(), *CONTROL, *VISIBLE, "he"]


def token(text):
    """Return the token of a byte, a one-byte character, or a mark."""
    if isinstance(text, int):
        return text
    return WORDS.index(text) if len(text) > 1 else ord(text)


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
    path, *, width, hidden, layers, weights, template=None, context=2048, heads=4, name="",
    figures=None,
):  # fmt: skip
    writer = gguf.GGUFWriter(str(path), "llama")
    writer.add_context_length(context)
    writer.add_embedding_length(width)
    writer.add_block_count(layers)
    writer.add_feed_forward_length(hidden)
    writer.add_head_count(heads)
    writer.add_head_count_kv(heads)
    writer.add_rope_dimension_count(width // heads)
    writer.add_layer_norm_rms_eps(1e-6)
    writer.add_vocab_size(len(WORDS))
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list(WORDS)
    kinds = [gguf.TokenType.NORMAL] * 256
    kinds += [gguf.TokenType.CONTROL] * len(CONTROL) + [gguf.TokenType.USER_DEFINED] * len(VISIBLE)
    writer.add_token_types([*kinds, gguf.TokenType.NORMAL])
    writer.add_token_merges(["h e"])
    writer.add_eos_token_id(token(END))
    writer.add_add_bos_token(False)
    if name:
        writer.add_name(name)
    for key, value in (figures or {}).items():
        (writer.add_string if isinstance(value, str) else writer.add_float32)(key, value)
    if template:
        writer.add_chat_template(template)
    random = np.random.default_rng(6)

    def matrix(rows, columns):
        return (weights["scale"] * random.normal(0, 1, (rows, columns))).astype(np.float32)

    ones = np.ones(width, np.float32)
    writer.add_tensor("token_embd.weight", weights["embedding"])
    writer.add_tensor("output.weight", weights["output"])
    writer.add_tensor("output_norm.weight", ones)
    for layer in range(layers):
        for name in ("attn_norm", "ffn_norm"):
            writer.add_tensor(f"blk.{layer}.{name}.weight", ones)
        for name in ("attn_q", "attn_k", "attn_v", "attn_output"):
            writer.add_tensor(f"blk.{layer}.{name}.weight", matrix(width, width))
        for name in ("ffn_gate", "ffn_up"):
            writer.add_tensor(f"blk.{layer}.{name}.weight", matrix(hidden, width))
        writer.add_tensor(f"blk.{layer}.ffn_down.weight", matrix(width, hidden))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path
