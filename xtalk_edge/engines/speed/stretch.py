"""Passes a clause through a speed controller; what is known about its words goes along."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator

from xtalk_edge.engines.interfaces import SpeechChunk, SpeechSpeedController, WordMark


def stretched(
    speech: Iterable[SpeechChunk], controller: SpeechSpeedController, factor: float, rate_hz: int
) -> Iterator[SpeechChunk]:
    """Yield the speech that many times as fast, each word with the piece in which it now begins."""
    controller.begin(rate_hz)
    waiting = deque[WordMark]()
    frames = 0
    for pcm, marks in _gathered(speech, round(controller.least_s * rate_hz)):
        waiting.extend(_moved(mark, factor) for mark in marks)
        made = controller.process(pcm, factor)
        if made:
            frames += len(made) // 2
            yield SpeechChunk(made, _begun(waiting, frames))
    rest = controller.flush()
    frames += len(rest) // 2
    if rest or waiting:
        # The last word may have been moved to where the clause, a frame shorter, is over.
        last = max(0, frames - 1)
        late = [WordMark(m.text_start, m.text_end, min(m.at_frame, last)) for m in waiting]
        yield SpeechChunk(rest, tuple(late))


def _gathered(
    speech: Iterable[SpeechChunk], least_frames: int
) -> Iterator[tuple[bytes, list[WordMark]]]:
    """Yield pieces of so many frames at least, but for the last."""
    pcm, marks = b"", list[WordMark]()
    for chunk in speech:
        pcm += chunk.pcm
        marks += chunk.marks
        if pcm and len(pcm) // 2 >= least_frames:
            yield pcm, marks
            pcm, marks = b"", []
    if pcm or marks:
        yield pcm, marks


def _moved(mark: WordMark, factor: float) -> WordMark:
    return WordMark(mark.text_start, mark.text_end, round(mark.at_frame / factor))


def _begun(waiting: deque[WordMark], frames: int) -> tuple[WordMark, ...]:
    begun = list[WordMark]()
    while waiting and waiting[0].at_frame < frames:
        begun.append(waiting.popleft())
    return tuple(begun)
