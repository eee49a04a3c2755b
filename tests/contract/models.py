"""Models for engines that need one: small networks, run by the real libraries."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests import fake_xai, tiny_gguf
from tests.contract import enhancers
from tests.tiny_ctc import write_ctc
from tests.tiny_embedding import write_embedding
from tests.tiny_gguf import END
from tests.tiny_punctuation import write_punctuation
from tests.tiny_sherpa_voice import write_sherpa_voice
from tests.tiny_smart_turn import write_smart_turn
from tests.tiny_speaker import write_speaker
from tests.tiny_tagger import write_tagger
from tests.tiny_transducer import write_transducer
from tests.tiny_voice import write_voice
from xtalk_edge.engines import registry
from xtalk_edge.engines.foreign import SLOTS

Params = dict[str, Any]


def _model(write: Callable[[Path], Path]) -> Callable[[Path], Params]:
    return lambda folder: {"model": str(write(folder))}


def _talker(folder: Path) -> Params:
    path = folder / "talks.gguf"
    tiny_gguf.scripted(path, {"\n": "S", "S": "o", "o": "u", "u": "n", "n": "d", "d": END})
    return {"model": str(path), "threads": 1}


def _enhancer(name: str) -> Callable[[Path], Params]:
    return lambda folder: enhancers.params(name, folder)


def _loud_phrase(folder: Path) -> Params:
    # A network that takes each burst of noise for these words.
    return {"model": str(write_transducer(folder)), "phrase": "loud quiet", "threshold": 0.7}


def _xai(service: str) -> Callable[[Path], Params]:
    def params(folder: Path) -> Params:
        return {"url": fake_xai.shared().url(service), "key": f"file:{fake_xai.key_file(folder)}"}

    return params


NEEDS: dict[tuple[str, str], Callable[[Path], Params]] = {
    ("agent", "llama"): _talker,
    ("captioner", "sherpa"): _model(write_tagger),
    ("caption_rewriter", "llama"): _talker,
    ("thought_rewriter", "llama"): _talker,
    ("asr", "sherpa"): _model(write_transducer),
    ("asr", "sherpa-offline"): _model(write_ctc),
    ("asr", "xai"): _xai("stt"),
    ("embeddings", "llama"): _model(write_embedding),
    ("enhancer", "fastenhancer"): _enhancer("fastenhancer"),
    ("enhancer", "gtcrn"): _enhancer("gtcrn"),
    ("enhancer", "sherpa"): _enhancer("sherpa"),
    ("punctuation", "sherpa"): _model(write_punctuation),
    ("speaker", "sherpa"): _model(write_speaker),
    ("tts", "piper"): _model(write_voice),
    ("tts", "sherpa"): _model(write_sherpa_voice),
    ("tts", "xai"): _xai("tts"),
    ("turn_detector", "smart-turn"): _model(write_smart_turn),
    ("wake", "microwakeword"): lambda _folder: {"phrase": "hey mycroft"},
    ("wake", "sherpa"): _loud_phrase,
}
"""Settings of engines that have none by themselves; what they name is written into a folder."""


def maker(slot: str, name: str, folder: Path) -> Callable[[], Any]:
    """Return what makes engines of that name."""
    params = NEEDS.get((slot, name), lambda _folder: {})(folder)

    def make() -> Any:
        engine = registry.create(slot, name, params)
        assert isinstance(engine, SLOTS[slot].base)
        return engine

    return make


def make(slot: str, name: str, *, folder: Path) -> Any:
    """Return one engine of that name."""
    return maker(slot, name, folder)()
