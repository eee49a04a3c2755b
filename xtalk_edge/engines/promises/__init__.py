"""What an engine of each slot promises, as questions that can be put to any engine.

`xtalk-edge engines check` puts them to an engine of your own, the tests to every engine there is.
"""

from __future__ import annotations

from xtalk_edge.engines.promises import (
    agent,
    asr,
    captioner,
    echo,
    embeddings,
    enhancer,
    phrase,
    punctuation,
    rewriter,
    speaker,
    speed,
    tts,
    turn_detector,
    vad,
)
from xtalk_edge.engines.promises.promise import BrokenPromiseError, Make, Promise, Promises

PROMISES: dict[str, Promises] = {
    "agent": agent.PROMISES,
    "asr": asr.PROMISES,
    "caption_rewriter": rewriter.PROMISES,
    "captioner": captioner.PROMISES,
    "echo": echo.PROMISES,
    "embeddings": embeddings.PROMISES,
    "enhancer": enhancer.PROMISES,
    "punctuation": punctuation.PROMISES,
    "speaker": speaker.PROMISES,
    "speed": speed.PROMISES,
    "stop_word": phrase.PROMISES,
    "thought_rewriter": rewriter.PROMISES,
    "tts": tts.PROMISES,
    "turn_detector": turn_detector.PROMISES,
    "vad": vad.PROMISES,
    "wake": phrase.PROMISES,
}
"""By slot."""

__all__ = ["PROMISES", "BrokenPromiseError", "Make", "Promise", "Promises"]
