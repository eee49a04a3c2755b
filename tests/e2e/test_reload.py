"""Settings that change while the device runs, in a simulated room."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from tests.clocks import on_virtual_clock
from tests.e2e.room_conversation import Conversation, conversation, settings
from xtalk_edge.audio.format import RATE_HZ
from xtalk_edge.config.schema import Config
from xtalk_edge.events import (
    ASRResultFinal,
    AudioGap,
    ModelSwitched,
    SettingsReloaded,
    SpeechRequested,
    TTSPlaybackFinished,
    TTSPlaybackStarted,
    TurnASREndRequested,
    VADSpeechEnd,
    VADSpeechStart,
)


def changed(config: Config, **sections: dict[str, Any]) -> Config:
    return replace(
        config,
        **{name: replace(getattr(config, name), **keys) for name, keys in sections.items()},
    )


async def pause_of_a_turn(talk: Conversation) -> float:
    """Return how long the device waits after speech until it takes the turn for over, in s."""
    talk.say("what time is it")
    ended = await talk.until(TurnASREndRequested)
    spoken = talk.all_of(VADSpeechEnd)[-1]
    await talk.until(TTSPlaybackFinished)
    return (ended.at_sample - spoken.at_sample) / RATE_HZ


@on_virtual_clock
async def test_the_pause_that_ends_a_turn_changes_between_two_turns() -> None:
    texts = ["what time is it"] * 2
    turn = {"silence_ms": 400, "request_silence_ms": 400, "unfinished_silence_ms": 400}
    longer = {"silence_ms": 1_100, "request_silence_ms": 1_100, "unfinished_silence_ms": 1_100}
    async with conversation(settings(texts=texts, turn=turn)) as talk:
        assert await pause_of_a_turn(talk) == pytest.approx(0.4, abs=0.05)
        new = changed(talk.appliance.config, turn=longer)
        told = await talk.appliance.reload(lambda: new)
        assert set(told.changed) == {f"turn.{name}" for name in longer}
        assert talk.appliance.config == new
        assert await pause_of_a_turn(talk) == pytest.approx(1.1, abs=0.05)
        assert not talk.all_of(AudioGap)


@on_virtual_clock
async def test_speech_under_a_higher_threshold_is_none() -> None:
    async with conversation(settings(texts=["one", "two"])) as talk:
        talk.say("what time is it")
        await talk.until(TTSPlaybackFinished)
        heard = len(talk.all_of(VADSpeechStart))
        vad = {"threshold": 1.0, "min_speech_ms": 2_000, "min_silence_ms": 5_000}
        new = changed(talk.appliance.config, vad=vad)
        await talk.appliance.reload(lambda: new)
        talk.say("what time is it", after_s=3.0)
        talk.appliance.bus.publish(SpeechRequested(text="Nothing was said."))
        await talk.until(TTSPlaybackFinished)
        await talk.appliance.settled()
        assert len(talk.all_of(VADSpeechStart)) == heard


@on_virtual_clock
async def test_what_is_being_said_becomes_quieter_and_goes_on() -> None:
    async with conversation(settings()) as talk:
        capture, text = talk.appliance.capture, "This is a sentence of some length."
        talk.appliance.bus.publish(SpeechRequested(text=text))
        await talk.until(TTSPlaybackStarted)
        await asyncio.sleep(0.5)
        new = changed(talk.appliance.config, audio={"output_gain_db": -40.0})
        await talk.appliance.reload(lambda: new)
        turned = capture.head
        finished = await talk.until(TTSPlaybackFinished)
        assert finished.text == text
        before, _ = capture.rings.far.slice(0, turned)
        after, _ = capture.rings.far.slice(turned + RATE_HZ // 10, capture.head)
        assert 0 < np.abs(after).max() < 0.03 * np.abs(before).max()


@on_virtual_clock
async def test_another_voice_speaks_from_the_next_turn_on() -> None:
    async with conversation(settings(texts=["hello"], replies=["Hello there."])) as talk:
        new = changed(talk.appliance.config, tts={"params": {"voice": "en-gb"}})
        told = await talk.appliance.reload(lambda: new)
        assert told.sentence == "The tts engine was exchanged for tts.voice."
        switched = await talk.until(ModelSwitched)
        assert switched.slot == "tts"
        assert talk.appliance.config.tts == new.tts
        talk.say("hello")
        assert (await talk.until(TTSPlaybackFinished)).text == "Hello there."


@on_virtual_clock
async def test_a_voice_that_is_unknown_leaves_the_one_in_use() -> None:
    async with conversation(settings(texts=["hello"], replies=["Hello there."])) as talk:
        new = changed(talk.appliance.config, tts={"params": {"voice": "nobody's"}})
        told = await talk.appliance.reload(lambda: new)
        assert "nobody's" in told.problem
        assert talk.appliance.config.tts.params == {}
        # It says that it could not be done.
        await talk.until(TTSPlaybackFinished)
        talk.say("hello")
        assert (await talk.until(ASRResultFinal)).text == "hello"
        await talk.until(TTSPlaybackFinished, text="Hello there.")


@on_virtual_clock
async def test_what_takes_a_restart_waits_for_the_end_of_a_sentence() -> None:
    async with conversation(settings()) as talk:
        talk.appliance.bus.publish(SpeechRequested(text="I say this to its end."))
        await talk.until(TTSPlaybackStarted)
        new = changed(talk.appliance.config, audio={"ring_s": 20.0})
        await talk.appliance.reload(lambda: new)
        assert (await talk.until(SettingsReloaded)).restarts
        await talk.appliance.run()
        assert talk.appliance.restart_asked
        assert (await talk.until(TTSPlaybackFinished)).text == "I say this to its end."
