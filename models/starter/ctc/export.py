"""Writes the network as the graph that sherpa-onnx loads as a streaming NeMo CTC model.

sherpa-onnx hands `CHUNK_FRAMES` frames and three caches to each run. The blocks' states travel in
`cache_last_time`; the other two, which NeMo's attention needs, are passed through. Weights are
kept in half precision and computed with in single.
"""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import sherpa_onnx
import torch
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from models.starter.ctc.examples import Features, features
from models.starter.ctc.model import (
    BLANK,
    CENTRE,
    LETTERS,
    MELS,
    SCALE,
    SUBSAMPLING,
    Block,
    Speller,
    spelled,
)
from models.starter.ctc.speech import HELD_OUT_VOICES, Samples, utterances
from xtalk_edge.audio.format import RATE_HZ

CHUNK_FRAMES = 12
"""120 ms of sound a run; the delay is half of it on average, and a run takes half a millisecond."""
MODEL, TOKENS = "letters.onnx", "tokens.txt"
AGREEMENT_UTTERANCES = 50
AGREEMENT_SEED = 77

_PIECE_SAMPLES, _TAIL_SAMPLES = RATE_HZ // 10, RATE_HZ * 6 // 10
_FEATURE_TOLERANCE = 1e-3

# LayerNormalization came with 17; 9 is the oldest form of file that may hold it.
_OPSET, _IR = 17, 9


class _Graph:
    """A list of nodes that grows; every method returns the name of its output."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.values: list[onnx.TensorProto] = []

    def op(self, kind: str, *inputs: str, name: str = "", **attributes: object) -> str:
        name = name or f"{kind}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [name], **attributes))
        return name

    def constant(self, value: NDArray[np.generic]) -> str:
        name = f"value_{len(self.values)}"
        self.values.append(numpy_helper.from_array(value, name))
        return name

    def weight(self, value: torch.Tensor) -> str:
        half = self.constant(value.detach().numpy().astype(np.float16))
        return self.op("Cast", half, to=TensorProto.FLOAT)

    def numbers(self, *values: int) -> str:
        return self.constant(np.array(values, np.int64))

    def linear(self, x: str, layer: torch.nn.Linear) -> str:
        product = self.op("MatMul", x, self.weight(layer.weight.T))
        return self.op("Add", product, self.weight(layer.bias))

    def norm(self, x: str, layer: torch.nn.LayerNorm) -> str:
        scale, offset = self.weight(layer.weight), self.weight(layer.bias)
        return self.op("LayerNormalization", x, scale, offset, axis=-1, epsilon=float(layer.eps))

    def swapped(self, x: str) -> str:
        return self.op("Transpose", x, perm=[0, 2, 1])


def write(folder: Path, model: Speller) -> Path:
    """Write the graph and the tokens into folder; return the graph's path."""
    graph = _Graph()
    steps = CHUNK_FRAMES // SUBSAMPLING
    frames = graph.swapped("audio_signal")
    stacked = graph.op("Reshape", frames, graph.numbers(0, steps, SUBSAMPLING * MELS))
    centred = graph.op("Sub", stacked, graph.constant(np.array(CENTRE, np.float32)))
    scaled = graph.op("Mul", centred, graph.constant(np.array(SCALE, np.float32)))
    x = graph.linear(scaled, model.enter)
    after = []
    for index, block in enumerate(model.blocks):
        assert isinstance(block, Block)
        x, cache = _block(graph, block, index, x)
        after.append(cache)
    scores = graph.linear(graph.norm(x, model.norm), model.leave)
    graph.op("LogSoftmax", scores, name="logprobs", axis=2)
    graph.op("Div", "length", graph.numbers(SUBSAMPLING), name="encoded_lengths")
    graph.op("Identity", "cache_last_channel", name="cache_last_channel_next")
    graph.op("Concat", *after, name="cache_last_time_next", axis=1)
    graph.op("Identity", "cache_last_channel_len", name="cache_last_channel_len_next")
    path = folder / MODEL
    onnx.save(_model(graph, model, steps), str(path))
    symbols = ["▁" if letter == " " else letter for letter in LETTERS]
    lines = [f"{symbol} {number}\n" for number, symbol in enumerate([*symbols, "<blk>"])]
    (folder / TOKENS).write_text("".join(lines), encoding="utf-8")
    return path


def _block(graph: _Graph, block: Block, index: int, x: str) -> tuple[str, str]:
    """Return the names of the block's output and of its next state (batch, 1, width, reach)."""
    cache = graph.op("Gather", "cache_last_time", graph.constant(np.array(index)), axis=1)
    seen = graph.op("Concat", cache, graph.swapped(x), axis=2)
    mixed = graph.op(
        "Conv", seen, graph.weight(block.past.weight), graph.weight(block.past.bias),
        group=block.past.groups,
    )  # fmt: skip
    wide = graph.linear(graph.norm(graph.swapped(mixed), block.norm), block.wide)
    narrow = graph.linear(graph.op("Relu", wide), block.narrow)
    ends = (graph.numbers(n) for n in (-block.reach, np.iinfo(np.int64).max, 2))
    kept = graph.op("Slice", seen, *ends)
    return graph.op("Add", x, narrow), graph.op("Unsqueeze", kept, graph.numbers(1))


def _model(graph: _Graph, model: Speller, steps: int) -> onnx.ModelProto:
    shape = model.shape
    state = (shape.blocks, shape.width, shape.kernel - 1)
    caches = {
        "cache_last_channel": (TensorProto.FLOAT, ["batch", 1, 1, 1]),
        "cache_last_time": (TensorProto.FLOAT, ["batch", *state]),
        "cache_last_channel_len": (TensorProto.INT64, ["batch"]),
    }
    inputs = {
        "audio_signal": (TensorProto.FLOAT, ["batch", MELS, CHUNK_FRAMES]),
        "length": (TensorProto.INT64, ["batch"]),
        **caches,
    }
    outputs = {
        "logprobs": (TensorProto.FLOAT, ["batch", steps, BLANK + 1]),
        "encoded_lengths": (TensorProto.INT64, ["batch"]),
        **{f"{name}_next": kind for name, kind in caches.items()},
    }
    whole = helper.make_graph(
        graph.nodes,
        "speller",
        [helper.make_tensor_value_info(name, *kind) for name, kind in inputs.items()],
        [helper.make_tensor_value_info(name, *kind) for name, kind in outputs.items()],
        graph.values,
    )
    written = helper.make_model(
        whole, opset_imports=[helper.make_opsetid("", _OPSET)], ir_version=_IR
    )
    facts = {
        "model_type": "EncDecCTCModelBPE",
        "normalize_type": "",
        "window_size": CHUNK_FRAMES,
        "chunk_shift": CHUNK_FRAMES,
        "subsampling_factor": SUBSAMPLING,
        # NeMo does not count the blank.
        "vocab_size": BLANK,
        **{f"cache_last_channel_dim{n}": 1 for n in (1, 2, 3)},
        **{f"cache_last_time_dim{n}": size for n, size in enumerate(state, 1)},
    }
    helper.set_model_props(written, {name: str(fact) for name, fact in facts.items()})
    onnx.checker.check_model(written)
    return written


def check_agreement(folder: Path, model: Speller) -> None:
    """Print on how many held-out sentences sherpa-onnx's stream and torch spell the same.

    Raises:
        ValueError: sherpa-onnx works out other features than the network was trained on.
    """
    recognizer = sherpa_onnx.OnlineRecognizer.from_nemo_ctc(
        tokens=str(folder / TOKENS), model=str(folder / MODEL), num_threads=1
    )
    spoken = utterances(AGREEMENT_SEED, HELD_OUT_VOICES, held_out=True)
    same = 0
    for each in itertools.islice(spoken, AGREEMENT_UTTERANCES):
        # A tail of silence, so that a chunk that waits for its last frame holds no speech.
        sound = np.pad(each.samples, (0, _TAIL_SAMPLES))
        values = features(sound)
        _check_features(recognizer, sound, values)
        stream = recognizer.create_stream()
        for start in range(0, len(sound), _PIECE_SAMPLES):
            stream.accept_waveform(RATE_HZ, _floats(sound[start : start + _PIECE_SAMPLES]))
            while recognizer.is_ready(stream):
                recognizer.decode_stream(stream)
        whole = torch.from_numpy(values[: len(values) // CHUNK_FRAMES * CHUNK_FRAMES])[None]
        with torch.no_grad():
            scores, _ = model(whole, model.caches(1))
        streamed = recognizer.get_result(stream).strip()
        same += streamed == spelled(scores[0].argmax(dim=1).tolist())
    print(f"sherpa-onnx, fed 100 ms at a time, and torch agree on {same} of {AGREEMENT_UTTERANCES}")


def _check_features(recognizer: Any, sound: Samples, ours: Features) -> None:
    stream = recognizer.create_stream()
    stream.accept_waveform(RATE_HZ, _floats(sound))
    # The last two frames lie partly in what is still to come.
    theirs = np.reshape(stream.get_frames(0, len(ours) - 2), (-1, MELS))
    worst = float(np.abs(theirs - ours[:-2]).max())
    if worst > _FEATURE_TOLERANCE:
        raise ValueError(f"sherpa-onnx's features differ by {worst:.3g}; train with its own")


def _floats(sound: Samples) -> NDArray[np.float32]:
    return sound.astype(np.float32) / np.float32(32768)
