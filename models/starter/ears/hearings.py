"""What the recogniser makes of recordings, cleaned as the appliance cleans sound."""

from __future__ import annotations

import multiprocessing
import re
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

from models.starter.ears.recordings import Recording
from xtalk_edge.engines.asr.pocketsphinx import PocketSphinxASR
from xtalk_edge.engines.asr.rejection import measure, measure_aided, text_of
from xtalk_edge.engines.enhancer.webrtc_ns import WebRTCNoiseSuppressor

_ARTICLES = re.compile(r"\b(a|an|the)\b ?")


@dataclass(frozen=True, slots=True)
class Hearing:
    """What the recogniser made of a recording: by a person's sounds or by a synthesiser's."""

    recording: Recording
    aided: bool
    """Whether by a synthesiser's."""
    chosen: bool
    """Whether it is the one that the recogniser took."""
    text: str
    """The text before rejection; "" if no word was heard."""
    measures: tuple[float, ...]
    """Of `AIDED_FEATURES` or of `FEATURES`; empty if no word was heard."""

    @property
    def right(self) -> bool:
        """Return whether the command was found, whatever rejection then makes of it."""
        return bool(self.text) and _plain(self.text) == _plain(self.recording.text)


def _plain(text: str) -> str:
    """Leave articles out: "a pasta timer" and "the pasta timer" ask for the same."""
    return _ARTICLES.sub("", text)


def hear_all(
    recordings: Iterable[Recording], rejection: str = "", workers: int = 1
) -> Iterator[Hearing]:
    """Yield how the recogniser hears each, as a person's and as a synthesiser's, in order."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, context, _open, (rejection,)) as pool:
        for pair in pool.map(_hear, list(recordings), chunksize=8):
            yield from pair


_recogniser: list[PocketSphinxASR] = []
"""This worker process's own."""


def _open(rejection: str) -> None:
    asr = PocketSphinxASR(rejection=rejection)
    asr.thorough = True
    _recogniser.append(asr)


def _hear(recording: Recording) -> tuple[Hearing, Hearing]:
    (asr,) = _recogniser
    suppressor = WebRTCNoiseSuppressor()
    asr.recognize(suppressor.enhance(recording.audio) + suppressor.flush())
    command, aided, language = asr.hearings()
    person = measure(command, language) if text_of(command) else ()
    synthesiser = measure_aided(aided) if text_of(aided) else ()
    return (
        Hearing(recording, False, not asr.aided, text_of(command), person),
        Hearing(recording, True, asr.aided, text_of(aided), synthesiser),
    )
