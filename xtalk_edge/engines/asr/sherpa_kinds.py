"""The kinds of streaming model that sherpa-onnx runs, and how to tell them apart.

The one place where a kind is added: its name, its files, the metadata that only it has,
sherpa-onnx's constructor, and the rhythm in which it hears.
"""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from xtalk_edge.engines.model_files import TRANSDUCER, model_files
from xtalk_edge.engines.onnx_facts import OnnxFacts, model_facts
from xtalk_edge.errors import ModelError

FRAME_MS = 10
"""One feature frame, for every kind that has any."""

_CURE = (
    "name a streaming transducer (Zipformer, Conformer, LSTM or NeMo) or CTC model (NeMo, WeNet, "
    "Zipformer2 or T-one) and the tokens.txt beside it"
)

# sherpa-onnx's defaults, in steps of the network; the constructors are left at them.
_WENET_CHUNK_STEPS = 16


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
    """Metadata that the first part of all of its models has, and no other kind's."""
    constructor: str
    """Of sherpa_onnx.OnlineRecognizer; takes `tokens`, the parts and `num_threads`."""
    rhythm: Callable[[dict[str, int]], Rhythm]
    """From the metadata that are numbers."""
    vocabulary: Callable[[dict[str, int]], int]
    """Number of tokens by the metadata; 0 when only the output's shape tells."""
    takes_hot_words: bool = False


CTC = ("model",)


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
        "nemo", CTC, frozenset({"window_size", "chunk_shift", "cache_last_channel_dim1"}),
        "from_nemo_ctc", _nemo_rhythm, _nemo_vocabulary,
    ),
    Kind(
        "wenet", CTC, frozenset({"right_context", "cnn_module_kernel", "num_blocks"}),
        "from_wenet_ctc",
        lambda n: Rhythm(
            _WENET_CHUNK_STEPS * n["subsampling_factor"] * FRAME_MS,
            (_WENET_CHUNK_STEPS * n["subsampling_factor"] + n["right_context"]) * FRAME_MS,
        ),
        lambda n: n["vocab_size"],
    ),
    Kind(
        "zipformer2", CTC, frozenset({"decode_chunk_len", "encoder_dims", "query_head_dims"}),
        "from_zipformer2_ctc", _icefall_rhythm, _unsaid,
    ),
    Kind(
        "t-one", CTC, frozenset({"frame_length_ms", "state_dim"}),
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

    def load(self, tokens: Path, threads: int, search: Mapping[str, Any] | None = None) -> Any:
        """Return a sherpa_onnx.OnlineRecognizer that never ends an utterance by itself.

        The files must have passed their preflight: sherpa-onnx ends the process over a bad one.
        `search` are settings of another search than the quickest.
        """
        import sherpa_onnx

        constructor = getattr(sherpa_onnx.OnlineRecognizer, self.kind.constructor)
        files = {part: str(path) for part, path in self.files.items()}
        return constructor(tokens=str(tokens), num_threads=threads, **files, **(search or {}))


def inspect_model(path: Path) -> StreamingModel:
    """Return what kind of model a folder holds, or the files around one of them.

    Raises:
        ModelError: a file is missing or damaged, the folder holds two models, or none of a known
            kind.
    """
    files = model_files(path, _CURE)
    facts = {part: model_facts(file, _CURE) for part, file in files.items()}
    first = next(iter(facts.values()))
    fitting = [
        kind for kind in KINDS if kind.parts == tuple(files) and kind.marks <= first.metadata.keys()
    ]
    if not fitting:
        raise ModelError(f"{path} is no streaming model that is known here; {_CURE}")
    return _described(files, fitting[0], facts)


def _described(files: dict[str, Path], kind: Kind, facts: dict[str, OnnxFacts]) -> StreamingModel:
    path, first = next(iter(files.values())), next(iter(facts.values()))
    numbers = _numbers(first)
    try:
        rhythm, tokens = kind.rhythm(numbers), kind.vocabulary(numbers)
        if kind.parts == TRANSDUCER and not tokens:
            tokens = _numbers(facts["decoder"])["vocab_size"]
    except KeyError as exc:
        raise ModelError(f"{path} does not say its {exc.args[0]}; {_CURE}") from exc
    if rhythm.shift_ms < 1 or rhythm.window_ms < 1:
        raise ModelError(f"{path} says that it hears nothing at a time; {_CURE}")
    if kind.parts == CTC and not tokens:
        tokens = (first.output_shape or (0,))[-1]
    return StreamingModel(files, kind, rhythm, tokens)


def _numbers(facts: OnnxFacts) -> dict[str, int]:
    return {name: int(text) for name, text in facts.metadata.items() if text.isdecimal()}


def check_tokens(path: Path, model: StreamingModel) -> None:
    """Return if sherpa-onnx can read the tokens and the model means them.

    Raises:
        ModelError: they cannot be read, are not numbered from 0 on, lack a blank, or are not as
            many as the model's.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as exc:
        raise ModelError(f"{path}: the tokens cannot be read ({exc}); {_CURE}") from exc
    numbers, symbols = [], set()
    for count, line in enumerate(lines, 1):
        # A line with a number only is the blank between words.
        *symbol, number = line.split() or [""]
        if len(symbol) > 1 or not number.isdecimal():
            raise ModelError(f"{path}:{count}: must be a token and its number; {_CURE}")
        numbers.append(int(number))
        symbols.update(symbol)
    if sorted(numbers) != list(range(len(numbers))):
        raise ModelError(f"{path}: the tokens are not numbered from 0 on; {_CURE}")
    if symbols.isdisjoint({"<blk>", "<eps>", "<blank>"}):
        raise ModelError(f"{path}: none of the tokens is <blk>; {_CURE}")
    # Lexicons number the marks that tell homophones apart behind the tokens: "#0", "#1".
    marks = sum(symbol.startswith("#") and symbol[1:].isdecimal() for symbol in symbols)
    if model.tokens and not model.tokens <= len(numbers) <= model.tokens + marks:
        raise ModelError(
            f"{path} has {len(numbers)} tokens and {model.path.name} tells {model.tokens} apart; "
            "they do not belong together"
        )


@contextlib.contextmanager
def any_tokens(model: StreamingModel) -> Iterator[Path]:
    """Give a file with as many tokens as the model has: "<blk>", "t1", "t2" and so on.

    Whether an owner's tokens fit is a check of its own, and a check of the model needs some.
    """
    count = model.tokens or 1 << 16
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "tokens.txt"
        lines = [f"t{number} {number}\n" for number in range(1, count)]
        path.write_text("".join(["<blk> 0\n", *lines]), encoding="utf-8")
        yield path
