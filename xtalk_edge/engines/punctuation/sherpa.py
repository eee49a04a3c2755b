"""Punctuation by sherpa-onnx: CNN-BiLSTMs for English, CT-Transformers for Chinese with English."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from xtalk_edge.engines.interfaces import PunctuationRestorer
from xtalk_edge.engines.model_files import one_network
from xtalk_edge.engines.onnx_facts import model_facts
from xtalk_edge.engines.preflight import preflight
from xtalk_edge.engines.sherpa_library import checked_threads, loading, sherpa_version
from xtalk_edge.errors import ModelError
from xtalk_edge.models.shelf import named_path

_CURE = "name a punctuation model as sherpa-onnx publishes it, or its folder"

ENGLISH_LABELS = {"COMMA": 1, "PERIOD": 2, "QUESTION": 3, "UPPER": 1, "CAP": 2, "MIX_CASE": 3}
"""What the library takes for granted and an English model says of itself."""
CHINESE_MARKS = ("_", "，", "。", "？", "、")
"""What a Chinese model must tell apart; "_" stands for none."""

_VOCABULARY = "bpe.vocab"
"""Beside an English model, under that name in all of them."""

LONGEST_WORD = 60
"""Characters. A word with more pieces than the network takes at a time (200) would be read from
memory that is not there."""

_AS_LATIN = str.maketrans("，。？、", ",.?,")
_BEHIND_LATIN = re.compile(r"(?<=[\u0000-\u024f])\s*([，。？、])\s*")


class Model(NamedTuple):
    """The files of a model."""

    path: Path
    vocabulary: Path | None
    """Of an English one; None tells a Chinese one."""


class SherpaPunctuation(PunctuationRestorer):
    """Marks sentences by a network; an English one finds capitals as well.

    Args:
        model: a fetched model's name, its folder or its file.
        threads: processor cores to use.

    Raises:
        ConfigError: `threads` is out of range.
        ModelError: a file is missing or damaged, or is another model.
        EngineError: sherpa-onnx is not installed.
    """

    def __init__(self, model: str, threads: int = 1) -> None:
        checked_threads("punctuation", threads)
        found = inspect_punctuation(named_path(model))
        others = [found.vocabulary] if found.vocabulary else []
        version = sherpa_version("punctuation", "sherpa")
        preflight(found.path, version, f"{__name__}:check_model", others=others)
        with loading(found.path, *others):
            self._restore = _load(found, threads)

    def restore(self, text: str) -> str:
        """Return the text with marks; text with a word of endless length is left alone."""
        words = text.split()
        if not words or max(map(len, words)) > LONGEST_WORD:
            return text
        # The networks have only ever read small letters.
        plain = " ".join(words)
        return in_the_script_of_its_words(self._restore(plain.lower() if text.isupper() else plain))


def inspect_punctuation(path: Path) -> Model:
    """Return the files of a punctuation model by its folder, or by its network.

    Raises:
        ModelError: a file is missing or damaged, or it is another model.
    """
    path = one_network(path, _CURE)
    facts = model_facts(path, _CURE).metadata
    if all(facts.get(name) == str(value) for name, value in ENGLISH_LABELS.items()):
        vocabulary = path.parent / _VOCABULARY
        if not _is_vocabulary(vocabulary):
            raise ModelError(f"{vocabulary} is missing or no vocabulary; {_CURE}")
        return Model(path, vocabulary)
    tokens = facts.get("tokens", "").split("|")
    if (
        set(CHINESE_MARKS) <= set(facts.get("punctuations", "").split("|"))
        and facts.get("vocab_size") == str(len(tokens))
        and facts.get("unk_symbol") in tokens
    ):
        return Model(path, None)
    raise ModelError(f"{path} is no punctuation model that is known here; {_CURE}")


def _is_vocabulary(path: Path) -> bool:
    """Tell whether each line is a piece of a word and its score."""
    try:
        rows = [line.split("\t") for line in path.read_text(encoding="utf-8").splitlines()]
        scores = [float(score) for _, score in rows]
    except (OSError, ValueError):
        return False
    return bool(scores)


def in_the_script_of_its_words(text: str) -> str:
    """Return the text with Latin marks behind Latin words, where a network wrote Chinese ones."""
    latin = _BEHIND_LATIN.sub(lambda mark: mark[1].translate(_AS_LATIN) + " ", text)
    return latin.strip()


def _load(model: Model, threads: int) -> Callable[[str], str]:
    """Return what marks a text."""
    import sherpa_onnx

    if model.vocabulary is None:
        chinese = sherpa_onnx.OfflinePunctuation(
            sherpa_onnx.OfflinePunctuationConfig(
                sherpa_onnx.OfflinePunctuationModelConfig(str(model.path), num_threads=threads)
            )
        )
        return lambda text: str(chinese.add_punctuation(text))
    english = sherpa_onnx.OnlinePunctuation(
        sherpa_onnx.OnlinePunctuationConfig(
            sherpa_onnx.OnlinePunctuationModelConfig(
                cnn_bilstm=str(model.path), bpe_vocab=str(model.vocabulary), num_threads=threads
            )
        )
    )
    return lambda text: str(english.add_punctuation_with_case(text))


def check_model(path: str) -> None:
    """Raise unless the network marks sentences short and long: for `preflight`."""
    restore = _load(inspect_punctuation(Path(path)), threads=1)
    for text in ("hello", "what time is it", " ".join(["one two three"] * 100)):
        if not restore(text):
            raise ValueError("it makes no text")
