"""What becomes of a turn when the recogniser is xAI's, and when it cannot be reached."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from typing import cast

import pytest

from tests.fake_xai import FakeXAI, Fault
from tests.scripted import ScriptedASR
from tests.unit.test_asr_manager import Bench, bench
from xtalk_edge.clock import run_virtual
from xtalk_edge.engines.asr.xai import XAIASR
from xtalk_edge.events import (
    ASRResultConcluded,
    ASRResultFinal,
    ErrorOccurred,
    TurnASRConclusionRequested,
    TurnASRContinueRequested,
    TurnASREndRequested,
    TurnASRStartRequested,
)

WORD_SAMPLES = 3_200
"""The room says a ramp, which the fake takes for a word every 200 ms."""


@pytest.fixture
def asr(server: FakeXAI) -> Iterator[XAIASR]:
    asr = XAIASR(server.url("stt"))
    yield asr
    asr.close()


def play(asr: XAIASR, scene: Callable[[Bench], Awaitable[None]]) -> None:
    async def run() -> None:
        async with bench(cast("ScriptedASR", asr)) as b:
            b.bus.publish(TurnASRStartRequested(turn_id=1, from_sample=0))
            await scene(b)

    run_virtual(run())


async def pause(b: Bench, words: int) -> ASRResultConcluded:
    """Return what is concluded at a pause after so many words."""
    before = len(b.log.all_of(ASRResultConcluded))
    b.bus.publish(TurnASRConclusionRequested(turn_id=1, at_sample=words * WORD_SAMPLES))
    while len(b.log.all_of(ASRResultConcluded)) == before:
        await b.capture.advance()
    return b.log.all_of(ASRResultConcluded)[-1]


async def go_on(b: Bench) -> None:
    b.bus.publish(TurnASRContinueRequested(turn_id=1))
    await b.capture.advance()


async def end(b: Bench, words: int) -> ASRResultFinal:
    b.bus.publish(TurnASREndRequested(turn_id=1, at_sample=words * WORD_SAMPLES))
    return await b.until_final()


def test_a_turn_has_its_text(server, asr):
    async def scene(b: Bench) -> None:
        assert (await end(b, 4)).text == "one two three four"

    play(asr, scene)
    assert len(server.seen) == 1


def test_what_was_said_before_a_pause_is_not_sent_again(server, asr):
    async def scene(b: Bench) -> None:
        assert (await pause(b, 3)).text == "one two three"
        await go_on(b)
        assert (await pause(b, 5)).text == "one two three one two"
        await go_on(b)
        assert (await end(b, 6)).text == "one two three one two one"

    play(asr, scene)
    words = [len(each.sound) // (2 * WORD_SAMPLES) for each in server.seen]
    assert words == [3, 2, 1]


def test_a_turn_without_a_way_to_the_service_ends_without_a_text(server, asr):
    server.faults += [Fault("upgrade", code=503)] * 2

    async def scene(b: Bench) -> None:
        assert (await end(b, 4)).text == ""
        (error,) = b.log.all_of(ErrorOccurred)
        assert "cannot serve at the moment" in error.error_message

    play(asr, scene)


def test_what_fails_at_a_pause_is_tried_again_when_speech_goes_on(server, asr):
    server.faults += [Fault("upgrade", code=503)] * 2

    async def scene(b: Bench) -> None:
        assert (await pause(b, 3)).text == ""
        await go_on(b)
        assert (await end(b, 5)).text == "one two three four five"

    play(asr, scene)
    assert len(server.seen) == 1
