"""The kinds of streaming model that sherpa-onnx runs, and how to tell them apart.

The one place where a kind is added: its name, its files, the metadata that only it has,
sherpa-onnx's constructor, and the rhythm in which it hears.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from xtalk_edge.engines.asr.sherpa_families import kind_of, read_model
from xtalk_edge.engines.model_files import ONE, SEQUENCE, TRANSDUCER
from xtalk_edge.engines.onnx_facts import OnnxFacts
from xtalk_edge.errors import ModelError

FRAME_MS = 10
"""One feature frame, for every kind that has any."""

CURE = (
    "name a streaming transducer (Zipformer, Conformer, LSTM or NeMo), Paraformer or CTC model "
    "(NeMo, WeNet, Zipformer2 or T-one) and the tokens.txt beside it"
)

# sherpa-onnx's defaults, in steps of the network; the constructors are left at them.
_WENET_CHUNK_STEPS = 16
# Frames of a chunk, of which the next one sees the last again; they are fixed in the library, and
# a chunk is run once the frame behind it is there.
_PARAFORMER_CHUNK_FRAMES = 61


@dataclass(frozen=True, slots=True)
class Rhythm:
    """How much sound a model takes at a time."""

    shift_ms: int
    """Between one run of the network and the next."""
    window_ms: int
    """What a run needs to have heard."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One family of models."""

    name: str
    parts: tuple[str, ...]
    """Its files, as the constructor calls them; the first says what kind it is."""
    marks: frozenset[str]
    """Metadata, "name" or "name=value", that the first part of all of its models has, and no other
    kind's."""
    constructor: str
    """Of sherpa_onnx.OnlineRecognizer; takes `tokens`, the parts and `num_threads`."""
    rhythm: Callable[[dict[str, int]], Rhythm]
    """From the metadata that are numbers."""
    vocabulary: Callable[[dict[str, int]], int]
    """Number of tokens by the metadata; 0 when only the output's shape tells."""
    takes_hot_words: bool = False


def _icefall_rhythm(numbers: dict[str, int]) -> Rhythm:
    return Rhythm(numbers["decode_chunk_len"] * FRAME_MS, numbers["T"] * FRAME_MS)


def _nemo_rhythm(numbers: dict[str, int]) -> Rhythm:
    return Rhythm(numbers["chunk_shift"] * FRAME_MS, numbers["window_size"] * FRAME_MS)


def _nemo_vocabulary(numbers: dict[str, int]) -> int:
    # NeMo does not count the blank.
    return numbers["vocab_size"] + 1


def _unsaid(numbers: dict[str, int]) -> int:
    return 0


_ICEFALL_TRANSDUCERS = {
    "zipformer2": {"encoder_dims", "query_head_dims"},
    "zipformer": {"attention_dims", "cnn_module_kernels"},
    "conformer": {"left_context", "encoder_dim", "pad_length"},
    "lstm": {"rnn_hidden_size", "d_model"},
}
"""Beside the length of their chunks."""

KINDS = (
    *(
        Kind(
            f"{name} transducer", TRANSDUCER, frozenset({"decode_chunk_len", "T", *marks}),
            "from_transducer", _icefall_rhythm, _unsaid, takes_hot_words=True,
        )
        for name, marks in _ICEFALL_TRANSDUCERS.items()
    ),
    Kind(
        "nemo transducer", TRANSDUCER,
        frozenset({"window_size", "chunk_shift", "cache_last_channel_dim1", "pred_hidden"}),
        "from_transducer", _nemo_rhythm, _nemo_vocabulary,
    ),
    Kind(
        "paraformer", SEQUENCE,
        frozenset({"lfr_window_size", "encoder_output_size", "decoder_num_blocks"}),
        "from_paraformer",
        lambda _: Rhythm(
            (_PARAFORMER_CHUNK_FRAMES - 1) * FRAME_MS, (_PARAFORMER_CHUNK_FRAMES + 1) * FRAME_MS
        ),
        lambda n: n["vocab_size"],
    ),
    Kind(
        "nemo", ONE, frozenset({"window_size", "chunk_shift", "cache_last_channel_dim1"}),
        "from_nemo_ctc", _nemo_rhythm, _nemo_vocabulary,
    ),
    Kind(
        "wenet", ONE, frozenset({"right_context", "cnn_module_kernel", "num_blocks"}),
        "from_wenet_ctc",
        lambda n: Rhythm(
            _WENET_CHUNK_STEPS * n["subsampling_factor"] * FRAME_MS,
            (_WENET_CHUNK_STEPS * n["subsampling_factor"] + n["right_context"]) * FRAME_MS,
        ),
        lambda n: n["vocab_size"],
    ),
    Kind(
        "zipformer2", ONE, frozenset({"decode_chunk_len", "encoder_dims", "query_head_dims"}),
        "from_zipformer2_ctc", _icefall_rhythm, _unsaid,
    ),
    Kind(
        "t-one", ONE, frozenset({"frame_length_ms", "state_dim"}),
        "from_t_one_ctc", lambda n: Rhythm(n["frame_length_ms"], n["frame_length_ms"]), _unsaid,
    ),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class StreamingModel:
    """The files of a model and what is known of it before it is loaded."""

    files: dict[str, Path]
    """By the kind's parts."""
    kind: Kind
    rhythm: Rhythm
    tokens: int
    """How many it tells apart; 0 when the files do not say."""

    @property
    def path(self) -> Path:
        """The file that says what it is."""
        return self.files[self.kind.parts[0]]

    def load(self, tokens: Path, threads: int, arguments: Mapping[str, Any] | None = None) -> Any:
        """Return a sherpa_onnx.OnlineRecognizer that never ends an utterance by itself.

        The files must have passed their preflight: sherpa-onnx ends the process over a bad one.
        `arguments` are what the constructor is told besides.
        """
        import sherpa_onnx

        constructor = getattr(sherpa_onnx.OnlineRecognizer, self.kind.constructor)
        files = {part: str(path) for part, path in self.files.items()}
        return constructor(tokens=str(tokens), num_threads=threads, **files, **(arguments or {}))


def inspect_model(path: Path) -> StreamingModel:
    """Return what kind of model a folder holds, or the files around one of them.

    Raises:
        ModelError: a file is missing or damaged, the folder holds two models, or none of a known
            kind.
    """
    files, facts = read_model(path, CURE)
    kind = kind_of(KINDS, facts, path, CURE)
    if kind is None:
        raise ModelError(f"{path} is no streaming model that is known here; {CURE}")
    return _described({part: files[part] for part in kind.parts}, kind, facts)


def _described(files: dict[str, Path], kind: Kind, facts: dict[str, OnnxFacts]) -> StreamingModel:
    path, first = files[kind.parts[0]], facts[kind.parts[0]]
    numbers = _numbers(first)
    try:
        rhythm, tokens = kind.rhythm(numbers), kind.vocabulary(numbers)
        if kind.parts == TRANSDUCER and not tokens:
            tokens = _numbers(facts["decoder"])["vocab_size"]
    except KeyError as exc:
        raise ModelError(f"{path} does not say its {exc.args[0]}; {CURE}") from exc
    if rhythm.shift_ms < 1 or rhythm.window_ms < 1:
        raise ModelError(f"{path} says that it hears nothing at a time; {CURE}")
    if kind.parts == ONE and not tokens:
        tokens = (first.output_shape or (0,))[-1]
    return StreamingModel(files, kind, rhythm, tokens)


def _numbers(facts: OnnxFacts) -> dict[str, int]:
    return {name: int(text) for name, text in facts.metadata.items() if text.isdecimal()}
