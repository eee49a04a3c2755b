"""What the recogniser makes of recordings, cleaned as the appliance cleans sound."""

from __future__ import annotations

import multiprocessing
import re
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

from models.starter.recordings import Recording
from xtalk_edge.engines.asr.pocketsphinx import PocketSphinxASR
from xtalk_edge.engines.enhancer.webrtc_ns import WebRTCNoiseSuppressor

_ARTICLES = re.compile(r"\b(a|an|the)\b ?")


@dataclass(frozen=True, slots=True)
class Hearing:
    """What the recogniser made of a recording."""

    recording: Recording
    text: str
    best_text: str
    """The text before rejection."""
    measures: tuple[float, ...] | None

    @property
    def best_is_right(self) -> bool:
        """Return whether the command was found, whatever rejection then made of it."""
        return bool(self.best_text) and _plain(self.best_text) == _plain(self.recording.text)


def _plain(text: str) -> str:
    """Leave articles out: "a pasta timer" and "the pasta timer" ask for the same."""
    return _ARTICLES.sub("", text)


def hear_all(
    recordings: Iterable[Recording], rejection: str = "", workers: int = 1
) -> Iterator[Hearing]:
    """Yield what the recogniser hears in each, in order."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, context, _open, (rejection,)) as pool:
        yield from pool.map(_hear, list(recordings), chunksize=8)


_recogniser: list[PocketSphinxASR] = []
"""This worker process's own."""


def _open(rejection: str) -> None:
    _recogniser.append(PocketSphinxASR(rejection=rejection))


def _hear(recording: Recording) -> Hearing:
    (asr,) = _recogniser
    suppressor = WebRTCNoiseSuppressor()
    text = asr.recognize(suppressor.enhance(recording.audio) + suppressor.flush())
    return Hearing(recording, text, asr.best_text, asr.measures)
