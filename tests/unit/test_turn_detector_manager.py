"""At each pause the turn detector is asked, except where the answer is known."""

from __future__ import annotations

import asyncio

import pytest

from tests.unit.manager_parts import Log, plain_capture
from xtalk_edge.audio.format import RATE_HZ
from xtalk_edge.bus import EventBus
from xtalk_edge.clock import run_virtual
from xtalk_edge.config.schema import Config
from xtalk_edge.engines.interfaces import TurnDetector
from xtalk_edge.engines.worker import Worker
from xtalk_edge.events import (
    ASRResultConcluded,
    ErrorOccurred,
    TurnASRConclusionRequested,
    TurnASRStartRequested,
    TurnDetected,
)
from xtalk_edge.managers.turn_detector import LISTENS_S, TurnDetectorManager


class Opinion(TurnDetector):
    """Is of one opinion; fails on "fail"."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, int]] = []

    def finished(self, text: str, audio: bytes) -> float | None:
        self.asked.append((text, len(audio) // 2))
        if text == "fail":
            raise RuntimeError("the detector was told to fail")
        return 0.25


def judged(
    *concluded: ASRResultConcluded,
    awaits_answer: bool = False,
    began_s: float = 0.0,
    pause_s: float = 3.0,
):
    """Return what the detector was asked, what was published, and the errors."""

    async def scene():
        bus = EventBus()
        log, detector, worker = Log(bus), Opinion(), Worker("turn_detector")
        capture = plain_capture(bus)
        manager = TurnDetectorManager(
            event_bus=bus,
            config=Config(),
            detector=detector,
            worker=worker,
            capture=capture,
            awaits_answer=lambda: awaits_answer,
        )
        bus.register(manager)
        await capture.start()
        await asyncio.sleep(pause_s + 1.0)
        bus.publish(TurnASRStartRequested(turn_id=1, from_sample=round(began_s * RATE_HZ)))
        bus.publish(TurnASRConclusionRequested(turn_id=1, at_sample=round(pause_s * RATE_HZ)))
        for event in concluded:
            bus.publish(event)
            await asyncio.sleep(0.1)
        await capture.shutdown()
        await manager.shutdown()
        worker.close()
        await bus.aclose()
        found = [event.finished for event in log.all_of(TurnDetected)]
        return detector.asked, found, log.all_of(ErrorOccurred)

    return run_virtual(scene())


def said(text: str, tag: str = "<complete>") -> ASRResultConcluded:
    return ASRResultConcluded(turn_id=1, text=text, semantic_tag=tag)


@pytest.mark.parametrize("pause_s", [3.0, LISTENS_S + 4.0])
@pytest.mark.slow
def test_it_is_shown_text_and_sound_up_to_the_pause(pause_s: float) -> None:
    asked, found, _ = judged(said("turn the light"), pause_s=pause_s)
    assert asked == [("turn the light", round(min(pause_s, LISTENS_S) * RATE_HZ))]
    assert found == [0.25]


@pytest.mark.slow
def test_sound_before_the_turn_is_not_shown() -> None:
    asked, _, _ = judged(said("turn the light"), began_s=2.5)
    assert asked == [("turn the light", round(0.5 * RATE_HZ))]


@pytest.mark.parametrize("tag", ["<incomplete>", "<wait>"])
@pytest.mark.slow
def test_a_recogniser_that_says_more_is_to_come_is_believed(tag: str) -> None:
    assert judged(said("turn the", tag)) == ([], [0.0], [])


@pytest.mark.slow
def test_a_yes_is_whole_where_one_is_waited_for() -> None:
    assert judged(said("yes please"), awaits_answer=True) == ([], [1.0], [])
    assert judged(said("the lamp"), awaits_answer=True)[1] == [0.25]
    assert judged(said("yes please"))[1] == [0.25]


@pytest.mark.slow
def test_a_detector_that_fails_keeps_nobody_waiting() -> None:
    _, found, errors = judged(said("fail"), said("go on"))
    assert found == [None, 0.25]
    assert [error.component for error in errors] == ["turn_detector"]
