from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.unit.manager_parts import Log, plain_capture, turns_of_the_loop
from xtalk_edge.bus import EventBus
from xtalk_edge.clock import run_virtual
from xtalk_edge.config.schema import Config, TurnConfig, WakeConfig
from xtalk_edge.events import (
    ASRResultConcluded,
    ASRResultFinal,
    ASRResultPartial,
    ButtonPressed,
    Event,
    SpeechRequested,
    TTSPlaybackFinished,
    TTSPlaybackStarted,
    TurnASREndRequested,
    TurnASRResetRequested,
    TurnASRStartRequested,
    TurnDetected,
    TurnLLMAgentStartRequested,
    TurnStateChanged,
    TurnTTSFlushRequested,
    TurnTTSPauseRequested,
    TurnTTSResumeRequested,
    TurnTTSTextAppendRequested,
    VADSpeechEnd,
    VADSpeechStart,
    VerificationResult,
    WakeWordDetected,
)
from xtalk_edge.managers.turn import TurnManager, policy_of


class Bench:
    def __init__(self, config: Config) -> None:
        self.bus = EventBus()
        self.log = Log(self.bus)
        self.capture = plain_capture(self.bus, config=config)
        self.manager = TurnManager(event_bus=self.bus, config=config, capture=self.capture)
        self.bus.register(self.manager)

    async def tell(self, *events: Event) -> list[Any]:
        """Publish facts; return what the manager had published by then because of them."""
        before = len(self.log.events)
        for event in events:
            self.bus.publish(event)
        await turns_of_the_loop(10)
        return self.log.events[before + len(events) :]

    def states(self) -> list[str]:
        return [event.state for event in self.log.all_of(TurnStateChanged)]


@contextlib.asynccontextmanager
async def bench(config: Config | None = None) -> AsyncIterator[Bench]:
    made = Bench(config or Config())
    await made.manager.start()
    await made.capture.start()
    try:
        yield made
    finally:
        await made.capture.shutdown()
        await made.manager.shutdown()
        await made.bus.aclose()


def said(turn_id: int, text: str) -> ASRResultFinal:
    return ASRResultFinal(turn_id=turn_id, text=text)


async def asked(b: Bench, text: str = "the time") -> None:
    """Bring turn 1 to where the agent is at work."""
    await asyncio.sleep(1)
    await b.tell(WakeWordDetected(phrase="hey", at_sample=8_000), VADSpeechStart(at_sample=16_000))
    await asyncio.sleep(0.5)
    await b.tell(said(1, text))


def kinds(events: list[Event]) -> list[Any]:
    return [type(event) for event in events]


def test_a_turn_becomes_requests_in_samples():
    async def scene():
        async with bench() as b:
            assert b.manager.resting
            assert b.states() == []
            await asyncio.sleep(1)
            await b.tell(WakeWordDetected(phrase="hey", at_sample=12_000))
            assert b.states() == ["asleep", "attending"]
            assert b.manager.resting
            await b.tell(VADSpeechStart(at_sample=15_000))
            (start,) = b.log.all_of(TurnASRStartRequested)
            # Half a second of pre-roll would reach into the wake word.
            assert (start.turn_id, start.from_sample) == (1, 12_000)
            assert not b.manager.resting
            await asyncio.sleep(1)
            await b.tell(VADSpeechEnd(at_sample=24_000))
            while not b.log.all_of(TurnASREndRequested):
                await b.capture.advance()
            (end,) = b.log.all_of(TurnASREndRequested)
            assert end.at_sample == 24_000 + 0.9 * 16_000
            requests = await b.tell(ASRResultPartial(turn_id=1, text="the"), said(1, "the time"))
            assert kinds(requests) == [VerificationResult, TurnLLMAgentStartRequested]
            assert requests[0].is_valid
            assert requests[1].text == "the time"
            await b.tell(TTSPlaybackStarted(turn_id=1))
            await b.tell(TTSPlaybackFinished(turn_id=1, text="Noon."))
            wanted = ["asleep", "attending", "listening", "thinking", "speaking", "attending"]
            assert b.states() == wanted

    run_virtual(scene())


def test_the_button_takes_the_floor_whatever_goes_on():
    async def scene():
        async with bench() as b:
            await asked(b)
            requests = await b.tell(ButtonPressed())
            names = [type(request).__name__ for request in requests]
            assert names == [
                "TurnLLMAgentStopRequested",
                "TurnTTSStopRequested",
                "TurnStateChanged",
            ]
            assert {event.reason for event in requests[:2]} == {"button"}
            await b.tell(VADSpeechEnd(at_sample=b.capture.head))
            await b.tell(VADSpeechStart(at_sample=b.capture.head))
            assert b.log.all_of(TurnASRStartRequested)[-1].turn_id == 2
            assert TurnASRResetRequested in kinds(await b.tell(ButtonPressed()))

    run_virtual(scene())


@pytest.mark.slow
def test_speech_over_a_reply_lowers_it_and_a_backchannel_lets_it_go_on():
    async def scene():
        async with bench() as b:
            await asked(b)
            await b.tell(TTSPlaybackStarted(turn_id=1), VADSpeechEnd(at_sample=b.capture.head))
            await asyncio.sleep(1)
            requests = await b.tell(VADSpeechStart(at_sample=b.capture.head))
            assert kinds(requests) == [TurnTTSPauseRequested, TurnASRStartRequested]
            assert requests[0].turn_id == 1
            await asyncio.sleep(0.2)
            await b.tell(VADSpeechEnd(at_sample=b.capture.head))
            await asyncio.sleep(0.7)
            await b.tell(
                ASRResultConcluded(turn_id=2, text="mhm"),
                TurnDetected(turn_id=2, text="mhm", finished=None),
            )
            assert b.log.all_of(TurnASREndRequested)[-1].turn_id == 2
            verified, *requests = await b.tell(said(2, "mhm"))
            assert kinds(requests) == [TurnTTSResumeRequested]
            assert (verified.turn_id, verified.text, verified.is_valid) == (2, "mhm", False)

    run_virtual(scene())


def test_a_question_back_is_spoken_by_the_voice_alone():
    async def scene():
        async with bench(Config(turn=TurnConfig(ask_again="Pardon?"))) as b:
            await asked(b, text="")
            (text,) = b.log.all_of(TurnTTSTextAppendRequested)
            assert (text.turn_id, text.text) == (1, "Pardon?")
            assert [each.is_valid for each in b.log.all_of(VerificationResult)] == [False]
            assert len(b.log.all_of(TurnTTSFlushRequested)) == 1
            assert not b.log.all_of(TurnLLMAgentStartRequested)

    run_virtual(scene())


def test_announcements_are_spoken_and_too_many_dropped(caplog):
    async def scene():
        async with bench() as b:
            await b.tell(*(SpeechRequested(text=f"Number {number}.") for number in range(18)))
            (text,) = b.log.all_of(TurnTTSTextAppendRequested)
            assert text.text == "Number 0."
            await b.tell(TTSPlaybackFinished(turn_id=text.turn_id, text="Number 0."))
            assert b.log.all_of(TurnTTSTextAppendRequested)[-1].text == "Number 2."

    run_virtual(scene())
    assert "too many announcements" in caplog.text
    assert "Number" not in caplog.text


@pytest.mark.parametrize("mode", ["wake-word", "button", "always"])
def test_the_policy_is_what_the_settings_say(mode):
    config = Config(
        wake=WakeConfig(mode=mode),
        turn=TurnConfig(
            silence_ms=400,
            pre_roll_ms=250,
            no_speech_s=3.0,
            max_turn_s=9.0,
            follow_up_s=2.0,
            barge_in="duck-only",
            verify_ms=500,
            hold_ms=600,
            verify_wordless_ms=700,
        ),
    )
    policy = policy_of(config)
    assert policy.mode == mode
    assert (policy.silence_s, policy.pre_roll_s, policy.verify_s) == (0.4, 0.25, 0.5)
    assert (policy.hold_s, policy.verify_wordless_s) == (0.6, 0.7)
    assert (policy.no_speech_s, policy.max_turn_s, policy.follow_up_s) == (3.0, 9.0, 2.0)
    assert policy.barge_in == "duck-only"
