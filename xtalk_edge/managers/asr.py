"""Turns speech into text, from where the turn machine says to where it says."""

from __future__ import annotations

import asyncio
import logging

from xtalk_edge.audio.format import RATE_HZ
from xtalk_edge.bus import EventBus, handles
from xtalk_edge.config.schema import Config
from xtalk_edge.engines.interfaces import ASR
from xtalk_edge.engines.worker import Worker
from xtalk_edge.events import (
    ASRResultFinal,
    ASRResultPartial,
    TurnASREndRequested,
    TurnASRResetRequested,
    TurnASRStartRequested,
)
from xtalk_edge.managers.base import Manager
from xtalk_edge.managers.capture import CaptureManager

log = logging.getLogger(__name__)

DEFAULT_CHUNK_S = 0.1
"""Piece size for engines without a wish of their own: two partials in a syllable are enough."""


class ASRManager(Manager):
    """Reads the clean ring at its own pace and feeds the recogniser on its worker."""

    def __init__(
        self,
        *,
        event_bus: EventBus,
        config: Config,
        asr: ASR,
        worker: Worker,
        capture: CaptureManager,
    ) -> None:
        super().__init__(event_bus=event_bus, config=config)
        self._asr = asr
        self._worker = worker
        self._capture = capture
        hint_bytes = asr.stream_chunk_bytes_hint()
        self._chunk_samples = hint_bytes // 2 if hint_bytes else round(DEFAULT_CHUNK_S * RATE_HZ)
        self._turn_id = 0
        self._end_sample: int | None = None
        self._utterance: asyncio.Task[None] | None = None

    @property
    def busy(self) -> bool:
        """Tell whether an utterance is being recognised."""
        return self._utterance is not None and not self._utterance.done()

    @handles(TurnASRStartRequested)
    def on_start(self, event: TurnASRStartRequested) -> None:
        """Begin an utterance; one that is open is dropped."""
        self._drop()
        self._turn_id = event.turn_id
        self._end_sample = None
        work = self._recognise(event.turn_id, event.from_sample)
        self._utterance = self.tasks.start(work, f"asr turn {event.turn_id}")

    @handles(TurnASREndRequested)
    def on_end(self, event: TurnASREndRequested) -> None:
        """Let the utterance end where the speech ended."""
        if event.turn_id == self._turn_id:
            self._end_sample = event.at_sample

    @handles(TurnASRResetRequested)
    def on_reset(self, event: TurnASRResetRequested) -> None:
        """Forget the utterance."""
        if event.turn_id == self._turn_id:
            self._drop()

    def _drop(self) -> None:
        if self._utterance is not None:
            self._utterance.cancel()

    async def _recognise(self, turn_id: int, from_sample: int) -> None:
        try:
            text, confidence = await self._transcribe(turn_id, from_sample)
        except Exception as error:  # noqa: BLE001 - an engine may raise anything; the turn must end
            self.report(error, error_type="asr_error", component="asr", turn_id=turn_id)
            text, confidence = "", 0.0
        self.bus.publish(
            ASRResultFinal(turn_id=turn_id, text=text, display_text=text, confidence=confidence)
        )

    async def _transcribe(self, turn_id: int, from_sample: int) -> tuple[str, float]:
        cursor = self._capture.rings.clean.cursor(from_sample)
        await self._worker.run(self._asr.reset)
        shown = ""
        while self._end_sample is None or cursor.at < self._end_sample:
            wanted = self._chunk_samples
            if self._end_sample is not None:
                wanted = min(wanted, self._end_sample - cursor.at)
            if cursor.available < wanted:
                await self._capture.advance()
                continue
            samples, lost = cursor.read(wanted)
            if lost:
                log.warning("the recogniser fell behind: %d samples were lost", lost)
            text = await self._worker.run(self._asr.recognize_stream, samples.tobytes())
            if text and text != shown:
                shown = text
                self.bus.publish(ASRResultPartial(turn_id=turn_id, text=text))
        text = await self._worker.run(self._recognise_final)
        return text, await self._worker.run(self._asr.confidence)

    def _recognise_final(self) -> str:
        return self._asr.recognize_stream(b"", is_final=True)
