"""Words that a transducer is to expect: names, rooms, whatever an owner says and others do not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from xtalk_edge.engines.asr.sherpa_kinds import StreamingModel
from xtalk_edge.engines.subwords import Subwords, read_subwords
from xtalk_edge.errors import ConfigError

HOT_WORDS_SCORE = 1.5
"""sherpa-onnx's own: added to a token's log probability as far as it goes along with a hot word."""

_MEANT_OTHERWISE = frozenset("/:#@")
"""Signs by which sherpa-onnx parts hot words and marks their scores."""


@dataclass(frozen=True, slots=True)
class HotWords:
    """What a stream is given, and how its recogniser must search for that."""

    phrases: str
    """As streams take them."""
    _subwords: Subwords

    def search(self, folder: Path) -> dict[str, Any]:
        """Return settings for the recogniser; what it reads while loading is in the folder."""
        vocabulary = folder / "bpe.vocab"
        vocabulary.write_text("".join(self._subwords.vocabulary()), encoding="utf-8")
        return {
            "decoding_method": "modified_beam_search",
            "modeling_unit": self._subwords.modeling_unit,
            "bpe_vocab": str(vocabulary),
            "hotwords_score": HOT_WORDS_SCORE,
        }


def expect(phrases: Sequence[str], model: StreamingModel, tokens: Path) -> HotWords | None:
    """Return what makes the model expect the phrases; None without any.

    Raises:
        ConfigError: the model takes none, or has no letters for one of them.
    """
    if not phrases:
        return None
    if not model.kind.takes_hot_words:
        raise ConfigError(
            f"asr.hot_words: a {model.kind.name} model takes none; choose a Zipformer transducer, "
            "or remove the setting"
        )
    if isinstance(phrases, str) or not all(isinstance(each, str) for each in phrases):
        raise ConfigError(f"asr.hot_words: must be a list of texts in quotes, got {phrases!r}")
    subwords = read_subwords(tokens)
    for phrase in phrases:
        if not phrase.strip() or _MEANT_OTHERWISE & set(phrase) or not subwords.spelled(phrase):
            raise ConfigError(
                f"asr.hot_words: {phrase!r} has letters this model does not write; spell it in "
                "letters, numbers as words"
            )
    return HotWords("/".join(subwords.cased(each) for each in phrases), subwords)
