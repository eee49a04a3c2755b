"""Asks at each pause whether the owner has finished."""

from __future__ import annotations

from collections.abc import Callable

from xtalk_edge.audio.format import RATE_HZ
from xtalk_edge.bus import EventBus, handles
from xtalk_edge.config.schema import Config
from xtalk_edge.engines.interfaces import TurnDetector
from xtalk_edge.engines.worker import Worker
from xtalk_edge.events import (
    ASRResultConcluded,
    TurnASRConclusionRequested,
    TurnASRStartRequested,
    TurnDetected,
)
from xtalk_edge.managers.base import Manager
from xtalk_edge.managers.capture import CaptureManager
from xtalk_edge.turn.assent import assent
from xtalk_edge.turn.semantic_tag import more_is_to_come

LISTENS_S = 8.0
"""What detectors that listen were made for; intonation that tells is over in less."""


class TurnDetectorManager(Manager):
    """Shows the turn detector what was concluded of a turn and publishes what it makes of it.

    Args:
        event_bus: where it listens and publishes.
        config: the settings.
        detector: what judges.
        worker: where it runs.
        capture: whose clean sound the detector may listen to.
        awaits_answer: tells whether a yes or no, which is whole by itself, is waited for.
    """

    def __init__(
        self,
        *,
        event_bus: EventBus,
        config: Config,
        detector: TurnDetector,
        worker: Worker,
        capture: CaptureManager,
        awaits_answer: Callable[[], bool],
    ) -> None:
        super().__init__(event_bus=event_bus, config=config)
        self._detector = detector
        self._worker = worker
        self._clean = capture.rings.clean
        self._awaits_answer = awaits_answer
        self._turn_sample = self._pause_sample = 0

    @handles(TurnASRStartRequested)
    def on_turn(self, event: TurnASRStartRequested) -> None:
        """Remember where the turn began: what was said before is none of its intonation."""
        self._turn_sample = event.from_sample

    @handles(TurnASRConclusionRequested)
    def on_pause(self, event: TurnASRConclusionRequested) -> None:
        """Remember where the pause is."""
        self._pause_sample = event.at_sample

    @handles(ASRResultConcluded)
    def on_concluded(self, event: ASRResultConcluded) -> None:
        """Judge the text as it is so far."""
        earliest = self._pause_sample - round(LISTENS_S * RATE_HZ)
        work = self._judge(event, max(self._turn_sample, earliest))
        self.tasks.start(work, "turn detector")

    async def _judge(self, concluded: ASRResultConcluded, from_sample: int) -> None:
        sound, _ = self._clean.slice(from_sample, self._pause_sample)
        if more_is_to_come(concluded.semantic_tag):
            self._tell(concluded, 0.0)
            return
        if self._awaits_answer() and assent(concluded.text) is not None:
            self._tell(concluded, 1.0)
            return
        finished = None
        try:
            finished = await self._worker.run(
                self._detector.finished, concluded.text, sound.tobytes()
            )
        except Exception as error:  # noqa: BLE001 - an engine may raise anything; the turn goes on
            self.report(error, error_type="turn_detector_error", component="turn_detector",
                        turn_id=concluded.turn_id)  # fmt: skip
        self._tell(concluded, finished)

    def _tell(self, concluded: ASRResultConcluded, finished: float | None) -> None:
        self.bus.publish(
            TurnDetected(turn_id=concluded.turn_id, text=concluded.text, finished=finished)
        )
