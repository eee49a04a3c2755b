from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator
from typing import Any

import numpy as np
import pytest

from tests.scripted import ScriptedASR
from tests.unit.manager_parts import Log, plain_capture
from xtalk_edge.audio.format import RATE_HZ, pcm_to_samples
from xtalk_edge.audio.room import RoomCard, RoomScene
from xtalk_edge.bus import EventBus
from xtalk_edge.clock import run_virtual
from xtalk_edge.config.schema import AudioConfig, Config
from xtalk_edge.engines.hosting import Hosted
from xtalk_edge.engines.interfaces import PunctuationRestorer
from xtalk_edge.engines.worker import Worker
from xtalk_edge.events import (
    ASRResultConcluded,
    ASRResultFinal,
    ASRResultPartial,
    ErrorOccurred,
    TurnASRConclusionRequested,
    TurnASRContinueRequested,
    TurnASREndRequested,
    TurnASRResetRequested,
    TurnASRStartRequested,
)
from xtalk_edge.managers.asr import ASRManager
from xtalk_edge.managers.capture import CaptureManager


class RecordingASR(ScriptedASR):
    """Remembers what it was given; its text is how many pieces there were."""

    def __init__(self, hint_bytes: int | None = None) -> None:
        super().__init__([])
        self._hint_bytes = hint_bytes
        self.utterances: list[list[bytes]] = []

    def stream_chunk_bytes_hint(self) -> int | None:
        return self._hint_bytes

    def reset(self) -> None:
        self.utterances.append([])

    def recognize_stream(
        self, audio: bytes, *, is_final: bool = False, chat_history: str | None = None
    ) -> str:
        if is_final:
            return f"{len(self.utterances[-1])} pieces"
        self.utterances[-1].append(audio)
        return "" if len(self.utterances[-1]) < 2 else f"{len(self.utterances[-1]) // 2 * 2}"

    def confidence(self) -> float:
        return 0.75

    def heard(self, utterance: int = -1) -> np.ndarray[Any, np.dtype[np.int16]]:
        return pcm_to_samples(b"".join(self.utterances[utterance]))


class Bench:
    """A recogniser in a room whose every sample tells its index."""

    def __init__(
        self, asr: ScriptedASR, config: Config, punctuation: PunctuationRestorer | None
    ) -> None:
        self.bus = EventBus()
        self.log = Log(self.bus)
        self.room = RoomCard(RoomScene())
        self.room.say(np.arange(20 * RATE_HZ).astype(np.int16), RATE_HZ, at_s=0.0)
        self.capture: CaptureManager = plain_capture(self.bus, self.room, config)
        self.worker = Worker("asr")
        self.manager = ASRManager(
            event_bus=self.bus,
            config=config,
            asr=asr,
            worker=self.worker,
            capture=self.capture,
            punctuation=Hosted(punctuation, self.worker) if punctuation else None,
        )
        self.bus.register(self.manager)

    async def until_final(self) -> ASRResultFinal:
        while not self.log.all_of(ASRResultFinal):
            await self.capture.advance()
        return self.log.all_of(ASRResultFinal)[-1]


class Questioner(PunctuationRestorer):
    """Takes everything for a question."""

    def restore(self, text: str) -> str:
        if text == "12 pieces":
            raise RuntimeError("broken")
        return f"{text.capitalize()}?"


@contextlib.asynccontextmanager
async def bench(
    asr: ScriptedASR,
    config: Config | None = None,
    punctuation: PunctuationRestorer | None = None,
) -> AsyncIterator[Bench]:
    made = Bench(asr, config or Config(), punctuation)
    await made.manager.start()
    await made.capture.start()
    try:
        yield made
    finally:
        await made.capture.shutdown()
        await made.manager.shutdown()
        made.worker.close()
        await made.bus.aclose()


def test_it_recognises_exactly_the_stretch_it_was_given():
    async def scene():
        asr = RecordingASR()
        async with bench(asr) as b:
            await asyncio.sleep(1)
            assert not b.manager.busy
            b.bus.publish(TurnASRStartRequested(turn_id=3, from_sample=8_123))
            await asyncio.sleep(0.5)
            assert b.manager.busy
            b.bus.publish(TurnASREndRequested(turn_id=2, at_sample=9_000))
            b.bus.publish(TurnASREndRequested(turn_id=3, at_sample=24_456))
            final = await b.until_final()
            assert np.array_equal(asr.heard(), np.arange(8_123, 24_456))
            assert {len(piece) for piece in asr.utterances[-1][:-1]} == {3_200}
            assert (final.turn_id, final.text, final.display_text) == (3, "11 pieces", "11 pieces")
            assert final.confidence == 0.75
            # A text that says the same again is no news.
            partials = [partial.text for partial in b.log.all_of(ASRResultPartial)]
            assert partials == ["2", "4", "6", "8", "10"]
            await b.capture.advance()
            assert not b.manager.busy

    run_virtual(scene())


@pytest.mark.parametrize(
    ("samples", "text"), [(17_600, "11 pieces?"), (19_200, "12 pieces"), (0, "0 pieces?")]
)
def test_final_texts_are_marked_if_that_succeeds(samples: int, text: str) -> None:
    async def scene():
        async with bench(RecordingASR(), punctuation=Questioner()) as b:
            b.bus.publish(TurnASRStartRequested(turn_id=1, from_sample=0))
            b.bus.publish(TurnASREndRequested(turn_id=1, at_sample=samples))
            final = await b.until_final()
            assert (final.text, final.display_text) == (text, text)
            failed = [error.error_type for error in b.log.all_of(ErrorOccurred)]
            assert failed == ([] if text.endswith("?") else ["punctuation_error"])

    run_virtual(scene())


@pytest.mark.parametrize(("hint_bytes", "samples"), [(None, 1600), (640, 320)])
def test_pieces_have_the_size_the_engine_wishes(hint_bytes, samples):
    async def scene():
        asr = RecordingASR(hint_bytes)
        async with bench(asr) as b:
            b.bus.publish(TurnASRStartRequested(turn_id=1, from_sample=0))
            await asyncio.sleep(0.5)
            b.bus.publish(TurnASREndRequested(turn_id=1, at_sample=4000))
            await b.until_final()
        assert len(asr.utterances[-1][0]) == 2 * samples

    run_virtual(scene())


def test_an_end_that_is_over_already_ends_at_once():
    async def scene():
        asr = RecordingASR()
        async with bench(asr) as b:
            b.bus.publish(TurnASRStartRequested(turn_id=1, from_sample=0))
            await asyncio.sleep(1)
            b.bus.publish(TurnASREndRequested(turn_id=1, at_sample=100))
            await b.until_final()
        assert len(asr.heard()) < RATE_HZ

    run_virtual(scene())


def test_an_utterance_may_be_forgotten_or_replaced():
    async def scene():
        asr = RecordingASR()
        async with bench(asr) as b:
            b.bus.publish(TurnASRResetRequested(turn_id=0))
            b.bus.publish(TurnASRStartRequested(turn_id=1, from_sample=0))
            await asyncio.sleep(0.3)
            b.bus.publish(TurnASRResetRequested(turn_id=9))
            await asyncio.sleep(0.1)
            assert b.manager.busy
            b.bus.publish(TurnASRResetRequested(turn_id=1))
            await asyncio.sleep(0.1)
            assert not b.manager.busy
            b.bus.publish(TurnASRStartRequested(turn_id=2, from_sample=0))
            await asyncio.sleep(0.1)
            b.bus.publish(TurnASRStartRequested(turn_id=3, from_sample=3200))
            await asyncio.sleep(0.1)
            b.bus.publish(TurnASREndRequested(turn_id=3, at_sample=12_345))
            await b.until_final()
            await asyncio.sleep(1)
        assert [final.turn_id for final in b.log.all_of(ASRResultFinal)] == [3]
        assert np.array_equal(asr.heard(), np.arange(3200, 12_345))

    run_virtual(scene())


@pytest.mark.slow
def test_sound_the_ring_has_forgotten_is_missed_and_said(caplog):
    async def scene():
        asr = RecordingASR()
        async with bench(asr, Config(audio=AudioConfig(ring_s=5.0))) as b:
            await asyncio.sleep(8)
            b.bus.publish(TurnASRStartRequested(turn_id=1, from_sample=0))
            b.bus.publish(TurnASREndRequested(turn_id=1, at_sample=7 * RATE_HZ))
            await b.until_final()
        heard = asr.heard()
        assert len(heard) == pytest.approx(4 * RATE_HZ, abs=0.1 * RATE_HZ)
        wanted = np.arange(7 * RATE_HZ - len(heard), 7 * RATE_HZ).astype(np.int16)
        assert np.array_equal(heard, wanted)

    run_virtual(scene())
    assert "fell behind" in caplog.text


@pytest.mark.parametrize("text", ["!", "!!"])
def test_a_failing_engine_gives_an_empty_text_and_the_next_turn_works(text):
    async def scene():
        async with bench(ScriptedASR([text, "well"])) as b:
            b.bus.publish(TurnASRStartRequested(turn_id=1, from_sample=0))
            b.bus.publish(TurnASREndRequested(turn_id=1, at_sample=8000))
            final = await b.until_final()
            assert (final.text, final.confidence) == ("", 0.0)
            (error,) = b.log.all_of(ErrorOccurred)
            assert (error.turn_id, error.error_type) == (1, "asr_error")
            b.bus.publish(TurnASRStartRequested(turn_id=2, from_sample=8000))
            b.bus.publish(TurnASREndRequested(turn_id=2, at_sample=16000))
            await asyncio.sleep(1.2)
            assert b.log.all_of(ASRResultFinal)[-1].text == "well"

    run_virtual(scene())


class SlowASR(RecordingASR):
    """Holds its worker up until it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.gate = threading.Event()
        self.begun = threading.Event()

    def recognize_stream(
        self, audio: bytes, *, is_final: bool = False, chat_history: str | None = None
    ) -> str:
        self.begun.set()
        self.gate.wait(5)
        return super().recognize_stream(audio, is_final=is_final)


@pytest.mark.slow
def test_in_real_time_a_slow_engine_never_mixes_two_utterances():
    async def scene():
        asr = SlowASR()
        async with bench(asr) as b:
            b.bus.publish(TurnASRStartRequested(turn_id=1, from_sample=0))
            while not asr.begun.is_set() or b.capture.head < 2000:
                await b.capture.advance()
            b.bus.publish(TurnASRStartRequested(turn_id=2, from_sample=800))
            b.bus.publish(TurnASREndRequested(turn_id=2, at_sample=2000))
            await b.bus.drained()
            asr.gate.set()
            final = await b.until_final()
            assert final.turn_id == 2
        assert [len(pieces) for pieces in asr.utterances] == [1, 1]
        assert np.array_equal(asr.heard(), np.arange(800, 2000))

    asyncio.run(scene())


def test_what_was_concluded_at_a_pause_is_final_at_once_when_the_turn_ends():
    async def scene():
        asr = RecordingASR()
        async with bench(asr) as b:
            b.bus.publish(TurnASRStartRequested(turn_id=3, from_sample=0))
            await asyncio.sleep(0.9)
            b.bus.publish(TurnASRConclusionRequested(turn_id=3, at_sample=12_800))
            await asyncio.sleep(0.3)
            assert [e.text for e in b.log.all_of(ASRResultConcluded)] == ["8 pieces"]
            b.bus.publish(TurnASREndRequested(turn_id=3, at_sample=19_000))
            await b.bus.drained()
            await asyncio.sleep(0.0)
            [final] = b.log.all_of(ASRResultFinal)
            assert (final.text, final.confidence) == ("8 pieces", 0.75)
            assert np.array_equal(asr.heard(), np.arange(12_800))

    run_virtual(scene())


def test_after_a_pause_in_which_it_concluded_all_is_heard_again():
    async def scene():
        asr = RecordingASR()
        async with bench(asr) as b:
            b.bus.publish(TurnASRStartRequested(turn_id=3, from_sample=0))
            await asyncio.sleep(0.9)
            b.bus.publish(TurnASRConclusionRequested(turn_id=3, at_sample=12_800))
            await asyncio.sleep(0.3)
            b.bus.publish(TurnASRContinueRequested(turn_id=3))
            await asyncio.sleep(0.8)
            b.bus.publish(TurnASREndRequested(turn_id=3, at_sample=32_000))
            final = await b.until_final()
            assert final.text == "20 pieces"
            assert np.array_equal(asr.heard(0), np.arange(12_800))
            assert np.array_equal(asr.heard(1), np.arange(32_000))
            assert len(asr.utterances) == 2
            partials = [e.text for e in b.log.all_of(ASRResultPartial)]
            assert partials == [str(pieces) for pieces in range(2, 21, 2)]

    run_virtual(scene())


def test_a_turn_that_ends_while_it_is_heard_again_is_heard_to_its_end():
    async def scene():
        asr = RecordingASR()
        async with bench(asr) as b:
            b.bus.publish(TurnASRStartRequested(turn_id=3, from_sample=0))
            b.bus.publish(TurnASRConclusionRequested(turn_id=3, at_sample=3_200))
            await asyncio.sleep(1.3)
            b.bus.publish(TurnASRContinueRequested(turn_id=3))
            b.bus.publish(TurnASREndRequested(turn_id=3, at_sample=16_000))
            final = await b.until_final()
            assert final.text == "10 pieces"

    run_virtual(scene())
