"""Writes the trained brain as a Q8_0 GGUF that llama.cpp runs as any llama model."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import gguf
import numpy as np
from numpy.typing import NDArray

from models.starter.brain import certainty, tokenizer
from models.starter.language import chat

if TYPE_CHECKING:
    from tokenizers import Tokenizer

    from models.starter.brain.model import Shape

NAMES = {
    "attn_norm": "attn_norm", "q": "attn_q", "k": "attn_k", "v": "attn_v", "out": "attn_output",
    "ffn_norm": "ffn_norm", "gate": "ffn_gate", "up": "ffn_up", "down": "ffn_down",
}  # fmt: skip
"""Our layer names, and GGUF's."""


def tensor_name(ours: str) -> str:
    """Return GGUF's name of one of our parameters."""
    if not ours.startswith("blocks."):
        return {"embed.weight": "token_embd.weight", "norm.weight": "output_norm.weight"}[ours]
    _, layer, part, kind = ours.split(".")
    return f"blk.{layer}.{NAMES[part]}.{kind}"


def write(
    path: Path,
    shape: Shape,
    weights: Mapping[str, NDArray[np.float32]],
    words: Tokenizer,
    description: str,
) -> None:
    """Write the model file whole or not at all."""
    partial = path.with_suffix(".partial")
    writer = gguf.GGUFWriter(str(partial), "llama")
    writer.add_name("xtalk-edge starter brain")
    writer.add_description(description)
    writer.add_license("apache-2.0")
    writer.add_languages(["en"])
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_Q8_0)
    writer.add_quantization_version(gguf.GGML_QUANT_VERSION)
    writer.add_context_length(shape.context)
    writer.add_embedding_length(shape.width)
    writer.add_block_count(shape.layers)
    writer.add_feed_forward_length(shape.hidden)
    writer.add_head_count(shape.heads)
    writer.add_head_count_kv(shape.heads)
    writer.add_rope_dimension_count(shape.head_width)
    writer.add_rope_freq_base(shape.rope_base)
    writer.add_layer_norm_rms_eps(shape.norm_eps)
    writer.add_vocab_size(shape.vocab)
    certainty.add_unfitted(writer)
    _add_words(writer, shape, words)
    for ours, values in weights.items():
        name = tensor_name(ours)
        if values.ndim == 1:
            writer.add_tensor(name, values)
            continue
        packed = gguf.quants.quantize(values, gguf.GGMLQuantizationType.Q8_0)
        writer.add_tensor(name, packed, raw_dtype=gguf.GGMLQuantizationType.Q8_0)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    partial.replace(path)


def _add_words(writer: gguf.GGUFWriter, shape: Shape, words: Tokenizer) -> None:
    """Add the vocabulary, padded to the embedding's rows, and the chat template."""
    by_id = {number: word for word, number in words.get_vocab(with_added_tokens=True).items()}
    tokens = [by_id.get(i, f"[unused{i}]") for i in range(shape.vocab)]
    kinds = [gguf.TokenType.NORMAL if i in by_id else gguf.TokenType.UNUSED
             for i in range(shape.vocab)]  # fmt: skip
    for word, kind in (
        *((word, gguf.TokenType.CONTROL) for word in chat.CONTROL),
        *((word, gguf.TokenType.USER_DEFINED) for word in tokenizer.visible(words)),
    ):
        kinds[tokenizer.number(words, word)] = kind
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list(tokens)
    writer.add_token_types(kinds)
    writer.add_token_merges(tokenizer.merges(words))
    writer.add_bos_token_id(tokenizer.number(words, chat.PAD))
    writer.add_eos_token_id(tokenizer.number(words, chat.END))
    writer.add_eot_token_id(tokenizer.number(words, chat.END))
    writer.add_pad_token_id(tokenizer.number(words, chat.PAD))
    writer.add_add_bos_token(False)
    writer.add_add_eos_token(False)
    writer.add_chat_template(chat.TEMPLATE)
