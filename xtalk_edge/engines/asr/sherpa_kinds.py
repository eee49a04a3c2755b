"""The kinds of streaming model that sherpa-onnx runs, and how to tell them apart.

The one place where a kind is added: its name, the metadata that only it has, sherpa-onnx's
constructor, and the rhythm in which it hears.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from xtalk_edge.engines.asr.onnx_facts import OnnxFacts, read_onnx_facts
from xtalk_edge.errors import ModelError

FRAME_MS = 10
"""One feature frame, for every kind that has any."""

_CURE = "name a streaming CTC model (NeMo, WeNet, Zipformer2 or T-one) and the tokens.txt beside it"

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
    marks: frozenset[str]
    """Metadata that all of its models have, and no other kind's."""
    constructor: str
    """Of sherpa_onnx.OnlineRecognizer; takes `tokens`, `model` and `num_threads`."""
    rhythm: Callable[[dict[str, int]], Rhythm]
    """From the metadata that are numbers."""
    vocabulary: Callable[[dict[str, int]], int]
    """Number of tokens by the metadata; 0 when only the output's shape tells."""


KINDS = (
    Kind(
        "nemo",
        frozenset({"window_size", "chunk_shift", "cache_last_channel_dim1"}),
        "from_nemo_ctc",
        lambda n: Rhythm(n["chunk_shift"] * FRAME_MS, n["window_size"] * FRAME_MS),
        # NeMo does not count the blank.
        lambda n: n["vocab_size"] + 1,
    ),
    Kind(
        "wenet",
        frozenset({"right_context", "cnn_module_kernel", "num_blocks"}),
        "from_wenet_ctc",
        lambda n: Rhythm(
            _WENET_CHUNK_STEPS * n["subsampling_factor"] * FRAME_MS,
            (_WENET_CHUNK_STEPS * n["subsampling_factor"] + n["right_context"]) * FRAME_MS,
        ),
        lambda n: n["vocab_size"],
    ),
    Kind(
        "zipformer2",
        frozenset({"decode_chunk_len", "encoder_dims", "query_head_dims"}),
        "from_zipformer2_ctc",
        lambda n: Rhythm(n["decode_chunk_len"] * FRAME_MS, n["T"] * FRAME_MS),
        lambda n: 0,
    ),
    Kind(
        "t-one",
        frozenset({"frame_length_ms", "state_dim"}),
        "from_t_one_ctc",
        lambda n: Rhythm(n["frame_length_ms"], n["frame_length_ms"]),
        lambda n: 0,
    ),
)


@dataclass(frozen=True, slots=True)
class StreamingModel:
    """A model file and what is known of it before it is loaded."""

    path: Path
    kind: Kind
    rhythm: Rhythm
    tokens: int
    """How many it tells apart; 0 when the file does not say."""

    def load(self, tokens: Path, threads: int) -> Any:
        """Return a sherpa_onnx.OnlineRecognizer that never ends an utterance by itself.

        The file must have passed its preflight: sherpa-onnx ends the process over a bad one.
        """
        import sherpa_onnx

        constructor = getattr(sherpa_onnx.OnlineRecognizer, self.kind.constructor)
        return constructor(tokens=str(tokens), model=str(self.path), num_threads=threads)


def inspect_model(path: Path) -> StreamingModel:
    """Return what kind of model the file holds.

    Raises:
        ModelError: it is missing or damaged, or no streaming model of a known kind.
    """
    try:
        facts = read_onnx_facts(path)
    except (OSError, ValueError) as exc:
        reason = "it is missing" if isinstance(exc, FileNotFoundError) else exc
        raise ModelError(f"{path} cannot be used: {reason}; {_CURE}") from exc
    fitting = [kind for kind in KINDS if kind.marks <= facts.metadata.keys()]
    if not fitting:
        raise ModelError(f"{path} is no streaming model that is known here; {_CURE}")
    return _described(path, fitting[0], facts)


def _described(path: Path, kind: Kind, facts: OnnxFacts) -> StreamingModel:
    numbers = {name: int(text) for name, text in facts.metadata.items() if text.isdecimal()}
    try:
        rhythm, tokens = kind.rhythm(numbers), kind.vocabulary(numbers)
    except KeyError as exc:
        raise ModelError(f"{path} does not say its {exc.args[0]}; {_CURE}") from exc
    if rhythm.shift_ms < 1 or rhythm.window_ms < 1:
        raise ModelError(f"{path} says that it hears nothing at a time; {_CURE}")
    return StreamingModel(path, kind, rhythm, tokens or (facts.output_shape or (0,))[-1])


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
    if model.tokens and len(numbers) != model.tokens:
        raise ModelError(
            f"{path} has {len(numbers)} tokens and {model.path.name} tells {model.tokens} apart; "
            "they do not belong together"
        )
