"""Turns speech into text, from where the turn machine says to where it says."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from typing import Protocol

from xtalk_edge.audio.format import RATE_HZ
from xtalk_edge.bus import EventBus, handles
from xtalk_edge.config.schema import Config
from xtalk_edge.engines.hosting import Hosted
from xtalk_edge.engines.interfaces import ASR
from xtalk_edge.engines.worker import Worker
from xtalk_edge.errors import EngineLostError
from xtalk_edge.events import (
    ASRResultConcluded,
    ASRResultFinal,
    ASRResultPartial,
    TurnASRConclusionRequested,
    TurnASRContinueRequested,
    TurnASREndRequested,
    TurnASRResetRequested,
    TurnASRStartRequested,
)
from xtalk_edge.managers.base import Manager
from xtalk_edge.managers.capture import CaptureManager
from xtalk_edge.managers.marking import Marking
from xtalk_edge.turn.semantic_tag import without_tags

log = logging.getLogger(__name__)

DEFAULT_CHUNK_S = 0.1
"""Piece size for engines without a wish of their own: two partials in a syllable are enough."""


class SecondEar(Protocol):
    """Whoever else has heard the turn."""

    async def understood(self, turn_id: int) -> str:
        """Return what it understood, as soon as it can tell; "" is nothing."""


class ASRManager(Manager):
    """Reads the clean ring at its own pace and feeds the recogniser on its worker.

    Args:
        event_bus: where it listens and publishes.
        config: the settings.
        asr: the recogniser.
        worker: where its methods are called.
        capture: where the sound is.
        punctuation: marks final texts that have no marks; None leaves them.
        second_ear: is asked where the recogniser has made nothing of a turn; None is nobody.
    """

    def __init__(
        self,
        *,
        event_bus: EventBus,
        config: Config,
        asr: ASR,
        worker: Worker,
        capture: CaptureManager,
        punctuation: Hosted | None = None,
        second_ear: SecondEar | None = None,
    ) -> None:
        super().__init__(event_bus=event_bus, config=config)
        self._asr = asr
        self._second_ear = second_ear
        self._marking = Marking(self, punctuation)
        self._worker = worker
        self._capture = capture
        hint_bytes = asr.stream_chunk_bytes_hint()
        self._chunk_samples = hint_bytes // 2 if hint_bytes else round(DEFAULT_CHUNK_S * RATE_HZ)
        self._turn_id = 0
        self._end_sample: int | None = None
        self._pause_sample: int | None = None
        """Where the utterance ends if nothing more is said."""
        self._told = asyncio.Event()
        self._shown = ""
        """The last partial text of the utterance."""
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
        self._end_sample = self._pause_sample = None
        self._shown = ""
        work = self._recognise(event.turn_id, event.from_sample)
        self._utterance = self.tasks.start(work, f"asr turn {event.turn_id}")

    @handles(TurnASREndRequested)
    def on_end(self, event: TurnASREndRequested) -> None:
        """Let the utterance end where the speech ended."""
        if event.turn_id == self._turn_id:
            self._end_sample = event.at_sample
            self._told.set()

    @handles(TurnASRConclusionRequested)
    def on_conclusion(self, event: TurnASRConclusionRequested) -> None:
        """Tell the text as if the utterance ended there."""
        if event.turn_id == self._turn_id:
            self._pause_sample = event.at_sample

    @handles(TurnASRContinueRequested)
    def on_continue(self, event: TurnASRContinueRequested) -> None:
        """Forget what was concluded: the utterance goes on."""
        if event.turn_id == self._turn_id:
            self._pause_sample = None
            self._told.set()

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
            result = await self._transcribe_surely(turn_id, from_sample)
        except Exception as error:  # noqa: BLE001 - an engine may raise anything; the turn must end
            result = self._nothing(turn_id, error)
        if self._second_ear is not None and not result.text.strip():
            text = await self._second_ear.understood(turn_id)
            result = replace(result, text=text, confidence=1.0) if text else result
        self.bus.publish(
            ASRResultFinal(
                turn_id=turn_id,
                text=result.text,
                display_text=result.text,
                confidence=result.confidence,
                semantic_tag=result.semantic_tag,
            )
        )

    async def _transcribe_surely(self, turn_id: int, from_sample: int) -> ASRResultConcluded:
        """Return what is final, also when the recogniser's process dies over it once.

        All that was said is still there to be heard again, and hearing is faster than speaking.
        """
        try:
            return await self._transcribe(turn_id, from_sample)
        except EngineLostError as error:
            self.report(error, error_type="asr_error", component="asr", turn_id=turn_id)
            return await self._transcribe(turn_id, from_sample)

    async def _transcribe(self, turn_id: int, from_sample: int) -> ASRResultConcluded:
        """Return what is final.

        A recogniser that has concluded cannot take up where it was: if more is said it hears the
        utterance again, several times faster than it was spoken.
        """
        heard_to = from_sample
        while True:
            heard_to = await self._hear(turn_id, from_sample, shown_to=heard_to)
            result = await self._text_so_far(turn_id)
            if self._end_sample is None and self._pause_sample is not None:
                self.bus.publish(result)
            while self._end_sample is None and self._pause_sample is not None:
                self._told.clear()
                await self._told.wait()
            ended = self._end_sample is not None and heard_to >= self._end_sample
            if ended or self._pause_sample is not None:
                return result

    async def _hear(self, turn_id: int, from_sample: int, *, shown_to: int) -> int:
        """Feed the recogniser up to the end, or to where it is to conclude; return where that is.

        Partial texts are published from `shown_to` on.
        """
        cursor = self._capture.rings.clean.cursor(from_sample)
        await self._worker.run(self._asr.reset)
        while (stop := self._stop_sample) is None or cursor.at < stop:
            wanted = self._chunk_samples
            if stop is not None:
                wanted = min(wanted, stop - cursor.at)
            if cursor.available < wanted:
                await self._capture.advance()
                continue
            samples, lost = cursor.read(wanted)
            if lost:
                log.warning("the recogniser fell behind: %d samples were lost", lost)
            heard = await self._worker.run(self._asr.recognize_stream, samples.tobytes())
            text, _ = without_tags(heard)
            if text and text != self._shown and cursor.at > shown_to:
                self._shown = text
                confidence = await self._worker.run(self._asr.confidence)
                self.bus.publish(
                    ASRResultPartial(
                        turn_id=turn_id, text=text, confidence=confidence, heard_sample=cursor.at
                    )
                )
        return cursor.at

    @property
    def _stop_sample(self) -> int | None:
        """Where the recogniser is to conclude; None while speech goes on."""
        return self._end_sample if self._pause_sample is None else self._pause_sample

    async def _text_so_far(self, turn_id: int) -> ASRResultConcluded:
        try:
            text, tag = without_tags(await self._worker.run(self._recognise_final))
            return ASRResultConcluded(
                turn_id=turn_id,
                text=await self._marking.marked(turn_id, text),
                confidence=await self._worker.run(self._asr.confidence),
                semantic_tag=tag or await self._worker.run(self._asr.semantic_tag),
            )
        except EngineLostError:
            raise
        except Exception as error:  # noqa: BLE001 - what fails at a pause may succeed at the end
            return self._nothing(turn_id, error)

    def _nothing(self, turn_id: int, error: Exception) -> ASRResultConcluded:
        self.report(error, error_type="asr_error", component="asr", turn_id=turn_id)
        return ASRResultConcluded(turn_id=turn_id, text="")

    def _recognise_final(self) -> str:
        return self._asr.recognize_stream(b"", is_final=True)
