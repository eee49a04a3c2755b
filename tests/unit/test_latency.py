from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.unit.manager_parts import Log, turns_of_the_loop
from xtalk_edge.bus import EventBus
from xtalk_edge.clock import run_virtual
from xtalk_edge.config.schema import Config
from xtalk_edge.events import (
    ASRResultFinal,
    ASRStableSegmentReady,
    Event,
    LatencyMetricsUpdated,
    LLMFirstChunk,
    LLMFirstSentence,
    TTSChunkGenerated,
    TTSPlaybackStarted,
    TurnASREndRequested,
    TurnLLMAgentStartRequested,
    TurnPrepared,
    VADSpeechEnd,
    VADSpeechStart,
)
from xtalk_edge.managers.capture import CaptureManager
from xtalk_edge.managers.latency import LatencyManager


class OnTimeCapture(CaptureManager):
    """A capture whose sample n was at the microphone at n / 16 milliseconds."""

    def __init__(self) -> None:
        pass

    def time_of(self, sample: int) -> float:
        return sample / 16_000


def turn(turn_id: int, at_s: float = 0.0) -> list[Event]:
    """Return a turn whose speech ended a second after `at_s`."""
    made: list[Callable[[float], Event]] = [
        lambda s: VADSpeechStart(at_s=s, at_sample=round(16_000 * at_s)),
        lambda s: VADSpeechEnd(at_s=s, at_sample=round(16_000 * (at_s + 1))),
        lambda s: TurnASREndRequested(turn_id=turn_id, at_s=s, at_sample=0),
        lambda s: ASRResultFinal(turn_id=turn_id, at_s=s, text="x"),
        lambda s: LLMFirstChunk(turn_id=turn_id, at_s=s),
        lambda s: LLMFirstSentence(turn_id=turn_id, at_s=s),
        lambda s: TTSChunkGenerated(turn_id=turn_id, at_s=s, chunk_index=1, frames=1),
        lambda s: TTSChunkGenerated(turn_id=turn_id, at_s=s, chunk_index=2, frames=1),
        lambda s: TTSPlaybackStarted(turn_id=turn_id, at_s=s),
    ]
    times_s = [0.1, 1.2, 1.6, 1.7, 1.9, 2.2, 2.25, 2.3, 2.4]
    return [make(at_s + time_s) for make, time_s in zip(made, times_s, strict=True)]


def measured(*events: Event) -> list[LatencyMetricsUpdated]:
    async def scene() -> list[LatencyMetricsUpdated]:
        bus = EventBus()
        log = Log(bus)
        manager = LatencyManager(event_bus=bus, config=Config(), capture=OnTimeCapture())
        bus.register(manager)
        for event in events:
            bus.publish(event)
        await turns_of_the_loop()
        await bus.aclose()
        return log.all_of(LatencyMetricsUpdated)

    return run_virtual(scene())


def test_every_step_of_a_turn_is_measured():
    (found,) = measured(*turn(5))
    assert found.turn_id == 5
    assert found.endpoint_wait_ms == 600.0
    assert found.asr_final_ms == 100.0
    assert found.llm_first_token_ms == 200.0
    assert found.llm_sentence_ms == 300.0
    assert found.tts_first_chunk_ms == 50.0
    assert found.audible_ms == 150.0
    assert found.voice_to_voice_ms == 1400.0


@pytest.mark.parametrize(
    ("turn_id", "text", "ahead"), [(5, "x", True), (5, "y", False), (4, "x", False)]
)
def test_an_answer_to_the_same_text_was_begun_ahead(turn_id, text, ahead):
    prepared = TurnPrepared(turn_id=turn_id, text=text, is_request=True)
    (found,) = measured(prepared, *turn(5))
    assert found.thought_ahead is ahead


def test_steps_that_did_not_happen_are_none():
    events = [event for event in turn(1) if not isinstance(event, LLMFirstSentence | LLMFirstChunk)]
    (found,) = measured(*events)
    assert found.llm_first_token_ms is found.llm_sentence_ms is found.tts_first_chunk_ms is None
    assert found.voice_to_voice_ms == 1400.0


def test_turns_do_not_mix():
    first, second = measured(*turn(1), *turn(2, at_s=10.0))
    assert first.voice_to_voice_ms == second.voice_to_voice_ms == 1400.0


def test_pieces_that_wait_for_each_other_are_measured_each():
    def piece(turn_id: int, at_s: float, asked_s: float) -> list[Event]:
        end = round(16_000 * (at_s - 0.5))
        return [
            ASRStableSegmentReady(turn_id=turn_id, at_s=at_s, text="x", end_sample=end),
            TurnLLMAgentStartRequested(turn_id=turn_id, at_s=asked_s, text="x"),
        ]

    first, second = measured(
        *piece(2, 1.0, asked_s=1.0),
        *piece(3, 2.0, asked_s=2.25),
        TTSPlaybackStarted(turn_id=2, at_s=3.0),
        TTSPlaybackStarted(turn_id=3, at_s=4.0),
    )
    assert (first.turn_id, first.voice_to_voice_ms, first.asr_final_ms) == (2, 2500.0, 0.0)
    assert (second.turn_id, second.voice_to_voice_ms, second.asr_final_ms) == (3, 2500.0, 250.0)
    assert second.endpoint_wait_ms == 500.0


def test_an_announcement_has_no_latency():
    chunk = TTSChunkGenerated(turn_id=9, chunk_index=1, frames=1)
    assert measured(chunk, TTSPlaybackStarted(turn_id=9)) == []
    assert measured(TTSPlaybackStarted(turn_id=9)) == []


def test_a_turn_that_ended_in_mid_speech_has_no_end_of_speech():
    late = [event for event in turn(2, at_s=10.0) if not isinstance(event, VADSpeechEnd)]
    assert [found.turn_id for found in measured(*turn(1), *late)] == [1]
