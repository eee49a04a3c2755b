"""The kinds of model for whole utterances that sherpa-onnx runs, and how to tell them apart.

The one place where a kind is added: its files, the metadata that only it has, sherpa-onnx's
constructor, and what that is told.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from xtalk_edge.engines.asr.sherpa_families import kind_of, read_model
from xtalk_edge.engines.asr.sherpa_kinds import KINDS as STREAMING_KINDS
from xtalk_edge.engines.model_files import ONE, SEQUENCE, TRANSDUCER
from xtalk_edge.errors import ModelError

_CURE = (
    "name the folder of one of the models for whole utterances that docs/engines.md lists, with "
    "its tokens.txt"
)


@dataclass(frozen=True, slots=True)
class Languages:
    """What a model of many languages is told of them."""

    spoken: str = "language"
    """What the constructor calls the one that is spoken."""
    written: str = ""
    """What it calls the one that is written; "" where that is always the same."""
    unsaid: str = ""
    """What it is told where the owner does not say; "" lets the model find out."""
    known: frozenset[str] = frozenset()
    """All that there are, where the library silently goes on as if nothing else had been said."""


@dataclass(frozen=True, slots=True)
class Spelling:
    """What the numbers that come out of a network stand for."""

    name: str
    """What the constructor calls it."""
    find: Callable[[Path], Path]
    """Returns it, a file or a folder, by the model's folder; raises ModelError."""


def _tokens(folder: Path) -> Path:
    """Return the tokens: tokens.txt, or as Whisper's exports call them, tiny.en-tokens.txt."""
    return _only(folder, "*tokens.txt", "tokens.txt")


def _tokenizer(folder: Path) -> Path:
    """Return the folder of a language model's tokenizer, whatever its own name is."""
    return _only(folder, "*/merges.txt", "folder with a tokenizer's merges.txt").parent


def _only(folder: Path, pattern: str, called: str) -> Path:
    found = sorted(folder.glob(pattern))
    if len(found) != 1:
        what = f"more than one {called}" if found else f"no {called}"
        raise ModelError(f"{folder} holds {what}; {_CURE}")
    return found[0]


TOKENS = Spelling("tokens", _tokens)
TOKENIZER = Spelling("tokenizer", _tokenizer)


@dataclass(frozen=True, slots=True)
class OfflineKind:
    """One family of models."""

    name: str
    parts: tuple[str, ...]
    marks: frozenset[str]
    """Metadata, "name" or "name=value", that the first part of all of its models has, and no other
    kind's of these parts that stands behind it in `OFFLINE_KINDS`."""
    constructor: str
    """Of sherpa_onnx.OfflineRecognizer."""
    names: Mapping[str, str] = field(default_factory=dict)
    """What the constructor calls a part, where it has another name for it."""
    settings: Mapping[str, Any] = field(default_factory=dict)
    """What else the constructor must be told."""
    spelling: Spelling = TOKENS
    languages: Languages | None = None
    formatting: tuple[str, ...] = ()
    """What the constructor calls the network's own marks, capitals and figures."""
    takes_rules: bool = True


def _says(model_type: str) -> frozenset[str]:
    return frozenset({f"model_type={model_type}"})


OFFLINE_KINDS = (
    OfflineKind("whisper", SEQUENCE, frozenset({"n_mels", "n_text_layer"}), "from_whisper",
                languages=Languages()),
    OfflineKind("fire-red-asr", SEQUENCE, frozenset({"num_decoder_layers", "cmvn_mean", "sos"}),
                "from_fire_red_asr"),
    OfflineKind("canary", SEQUENCE, _says("EncDecMultiTaskModel"), "from_nemo_canary",
                languages=Languages("src_lang", "tgt_lang", "en",
                                    frozenset({"en", "es", "de", "fr"}))),
    OfflineKind("cohere transcribe", SEQUENCE, _says("cohere-transcribe-03-2026"),
                "from_cohere_transcribe", languages=Languages(unsaid="en"),
                formatting=("use_punct", "use_itn")),
    OfflineKind("nemo transducer", TRANSDUCER, frozenset({"pred_rnn_layers", "vocab_size"}),
                "from_transducer", settings={"model_type": "nemo_transducer"}),
    OfflineKind("transducer", TRANSDUCER, frozenset({"model_type"}), "from_transducer"),
    OfflineKind("moonshine", ("preprocessor", "encoder", "uncached_decoder", "cached_decoder"),
                frozenset(), "from_moonshine"),
    # Of these the parts alone say what they are.
    OfflineKind("moonshine v2", ("merged_decoder", "encoder"), frozenset(), "from_moonshine_v2",
                names={"merged_decoder": "decoder"}),
    OfflineKind("qwen3-asr", ("conv_frontend", "encoder", "decoder"), frozenset(),
                "from_qwen3_asr", spelling=TOKENIZER, takes_rules=False),
    OfflineKind("funasr nano", ("encoder_adaptor", "llm", "embedding"), frozenset(),
                "from_funasr_nano", spelling=TOKENIZER, languages=Languages(),
                formatting=("itn",), takes_rules=False),
    OfflineKind("sense-voice", ONE, frozenset({"lfr_window_size", "neg_mean", "lang_auto"}),
                "from_sense_voice", formatting=("use_itn",),
                languages=Languages(known=frozenset({"auto", "zh", "en", "ja", "ko", "yue"}))),
    OfflineKind("paraformer", ONE, frozenset({"lfr_window_size", "neg_mean"}), "from_paraformer",
                names={"model": "paraformer"}),
    OfflineKind("nemo ctc", ONE, frozenset({"vocab_size", "normalize_type", "subsampling_factor"}),
                "from_nemo_ctc"),
    OfflineKind("zipformer ctc", ONE, _says("zipformer2_ctc"), "from_zipformer_ctc"),
    OfflineKind("wenet ctc", ONE, _says("wenet_ctc"), "from_wenet_ctc"),
    OfflineKind("telespeech ctc", ONE, _says("telespeech_ctc"), "from_telespeech_ctc"),
    OfflineKind("fire-red-asr ctc", ONE, _says("fire-red-asr-2-ctc"), "from_fire_red_asr_ctc",
                takes_rules=False),
    OfflineKind("omnilingual ctc", ONE, _says("omnilingual-asr"), "from_omnilingual_asr_ctc",
                takes_rules=False),
    OfflineKind("medasr ctc", ONE, _says("medasr_ctc"), "from_medasr_ctc", takes_rules=False),
    OfflineKind("dolphin ctc", ONE, frozenset({"vocab_size", "mean", "invstd"}),
                "from_dolphin_ctc"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class OfflineModel:
    """The files of a model and what kind it is."""

    files: dict[str, Path]
    """By the kind's parts."""
    spelling: Path
    kind: OfflineKind

    @property
    def path(self) -> Path:
        """The file that says what it is."""
        return self.files[self.kind.parts[0]]

    @property
    def others(self) -> list[Path]:
        """All other files that the library reads."""
        inside = sorted(each for each in self.spelling.rglob("*") if each.is_file())
        spelled = inside or [self.spelling]
        return [each for each in (*self.files.values(), *spelled) if each != self.path]

    def load(self, threads: int, arguments: Mapping[str, Any]) -> Any:
        """Return a sherpa_onnx.OfflineRecognizer.

        The files must have passed their preflight: sherpa-onnx ends the process over a bad one.
        """
        import sherpa_onnx

        kind = self.kind
        files = {kind.names.get(part, part): str(path) for part, path in self.files.items()}
        files[kind.spelling.name] = str(self.spelling)
        constructor = getattr(sherpa_onnx.OfflineRecognizer, kind.constructor)
        return constructor(**files, **kind.settings, **arguments, num_threads=threads)


def inspect_offline(path: Path) -> OfflineModel:
    """Return what kind of model a folder holds, or the files around one of them.

    Raises:
        ModelError: a file is missing or damaged, the folder holds two models, none of a known
            kind, or one that streams.
    """
    files, facts = read_model(path, _CURE)
    if kind_of(STREAMING_KINDS, facts, path, _CURE):
        raise ModelError(f'{path} is a streaming model; use it with type = "sherpa-streaming"')
    kind = kind_of(OFFLINE_KINDS, facts, path, _CURE)
    if kind is None:
        raise ModelError(f"{path} is no model that is known here; {_CURE}")
    folder = path if path.is_dir() else path.parent
    return OfflineModel(
        {part: files[part] for part in kind.parts}, kind.spelling.find(folder), kind
    )
