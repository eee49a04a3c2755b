"""The kinds of model for whole utterances that sherpa-onnx runs, and how to tell them apart.

The one place where a kind is added: its files, the metadata that only it has, sherpa-onnx's
constructor, and what that calls the files.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from xtalk_edge.engines.asr.sherpa_kinds import KINDS as STREAMING_KINDS
from xtalk_edge.engines.model_files import SEQUENCE, TRANSDUCER, model_files
from xtalk_edge.engines.onnx_facts import model_facts
from xtalk_edge.errors import ModelError

_CURE = (
    "name a folder with Whisper, SenseVoice, Paraformer, a NeMo or Zipformer CTC model, or a "
    "transducer, and its tokens.txt"
)

ONE = ("model",)


@dataclass(frozen=True, slots=True)
class OfflineKind:
    """One family of models."""

    name: str
    parts: tuple[str, ...]
    marks: frozenset[str]
    """Metadata that the first part of all of its models has, and no other kind's of these parts
    that stands behind it in `OFFLINE_KINDS`."""
    constructor: str
    """Of sherpa_onnx.OfflineRecognizer."""
    names: Mapping[str, str] = field(default_factory=dict)
    """What the constructor calls a part, where it has another name for it."""
    settings: Mapping[str, Any] = field(default_factory=dict)
    """What else the constructor must be told."""
    takes_language: bool = False


OFFLINE_KINDS = (
    OfflineKind("whisper", SEQUENCE, frozenset({"n_mels", "n_text_layer"}), "from_whisper",
                takes_language=True),
    OfflineKind("nemo transducer", TRANSDUCER, frozenset({"pred_rnn_layers", "vocab_size"}),
                "from_transducer", settings={"model_type": "nemo_transducer"}),
    OfflineKind("transducer", TRANSDUCER, frozenset({"model_type"}), "from_transducer"),
    OfflineKind("sense-voice", ONE, frozenset({"lfr_window_size", "neg_mean", "lang_auto"}),
                "from_sense_voice", takes_language=True),
    OfflineKind("paraformer", ONE, frozenset({"lfr_window_size", "neg_mean"}), "from_paraformer",
                names={"model": "paraformer"}),
    OfflineKind("nemo ctc", ONE, frozenset({"vocab_size", "normalize_type", "subsampling_factor"}),
                "from_nemo_ctc"),
    OfflineKind("zipformer ctc", ONE, frozenset({"model_type", "vocab_size"}),
                "from_zipformer_ctc"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class OfflineModel:
    """The files of a model and what kind it is."""

    files: dict[str, Path]
    tokens: Path
    kind: OfflineKind

    @property
    def path(self) -> Path:
        """The file that says what it is."""
        return next(iter(self.files.values()))

    def load(self, language: str, threads: int) -> Any:
        """Return a sherpa_onnx.OfflineRecognizer.

        The files must have passed their preflight: sherpa-onnx ends the process over a bad one.
        """
        import sherpa_onnx

        kind = self.kind
        files = {kind.names.get(part, part): str(path) for part, path in self.files.items()}
        spoken = {"language": language} if kind.takes_language and language else {}
        constructor = getattr(sherpa_onnx.OfflineRecognizer, kind.constructor)
        return constructor(
            **files, **kind.settings, **spoken, tokens=str(self.tokens), num_threads=threads
        )


def inspect_offline(path: Path) -> OfflineModel:
    """Return what kind of model a folder holds, or the files around one of them.

    Raises:
        ModelError: a file is missing or damaged, the folder holds two models, none of a known
            kind, or one that streams.
    """
    folder = path if path.is_dir() else path.parent
    joined = any("joiner" in each.name.lower() for each in folder.glob("*.onnx"))
    files = model_files(path, _CURE, TRANSDUCER if joined else SEQUENCE)
    first = next(iter(files.values()))
    known = model_facts(first, _CURE).metadata.keys()
    parts = tuple(files)
    if any(kind.parts == parts and kind.marks <= known for kind in STREAMING_KINDS):
        raise ModelError(f'{first} is a streaming model; use it with type = "sherpa-streaming"')
    for kind in OFFLINE_KINDS:
        if kind.parts == parts and kind.marks <= known:
            return OfflineModel(files, _tokens(folder), kind)
    raise ModelError(f"{first} is no model that is known here; {_CURE}")


def _tokens(folder: Path) -> Path:
    """Return the tokens: tokens.txt, or as Whisper's exports call them, tiny.en-tokens.txt."""
    found = sorted(folder.glob("*tokens.txt"))
    if len(found) != 1:
        what = "more than one tokens.txt" if found else "no tokens.txt"
        raise ModelError(f"{folder} holds {what}; {_CURE}")
    return found[0]
