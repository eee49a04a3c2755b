"""With the button held down, neither the first nor the last syllable is lost."""

from __future__ import annotations

import asyncio

from tests.clocks import on_virtual_clock
from tests.e2e.room_conversation import conversation, settings
from xtalk_edge.audio.format import RATE_HZ
from xtalk_edge.events import (
    ButtonPressed,
    ButtonReleased,
    TTSPlaybackFinished,
    TTSPlaybackStarted,
    TTSStopped,
    TurnASREndRequested,
    TurnASRResetRequested,
    TurnASRStartRequested,
)

QUESTION = "what time is it"
ANSWER = "It is noon, and not a minute later than that, as far as I can tell from in here."


@on_virtual_clock
async def test_who_speaks_before_pressing_and_after_letting_go_is_heard_whole() -> None:
    config = settings(texts=[QUESTION], replies=["Noon."], mode="button", turn={"button": "hold"})
    async with conversation(config) as talk:
        await asyncio.sleep(1)
        said = talk.say(QUESTION, after_s=0.05)
        await asyncio.sleep(0.2)
        talk.appliance.bus.publish(ButtonPressed())
        await asyncio.sleep(said.end_s - said.start_s - 0.3)
        talk.appliance.bus.publish(ButtonReleased())
        start = await talk.until(TurnASRStartRequested)
        end = await talk.until(TurnASREndRequested)
        assert start.from_sample / RATE_HZ <= said.start_s
        assert end.at_sample / RATE_HZ >= said.end_s
        await talk.until(TTSPlaybackFinished, text="Noon.")


@on_virtual_clock
async def test_the_held_button_stops_the_answer_and_a_touch_says_nothing() -> None:
    config = settings(texts=[QUESTION], replies=[ANSWER], mode="button", turn={"button": "hold"})
    async with conversation(config) as talk:
        talk.appliance.bus.publish(ButtonPressed())
        talk.say(QUESTION, after_s=0.1)
        await asyncio.sleep(2)
        talk.appliance.bus.publish(ButtonReleased())
        await talk.until(TTSPlaybackStarted)
        await asyncio.sleep(0.5)
        talk.appliance.bus.publish(ButtonPressed())
        await asyncio.sleep(0.1)
        talk.appliance.bus.publish(ButtonReleased())
        assert (await talk.until(TTSStopped)).reason == "button"
        await talk.until(TurnASRResetRequested)
        await asyncio.sleep(10)
        assert len(talk.all_of(TTSPlaybackStarted)) == 1
        assert talk.appliance.turn.resting


@on_virtual_clock
async def test_tapped_twice_it_waits_for_no_pause() -> None:
    config = settings(texts=[QUESTION], replies=["Noon."], mode="button")
    async with conversation(config) as talk:
        talk.appliance.bus.publish(ButtonPressed())
        said = talk.say(QUESTION, after_s=0.2)
        await talk.until(TurnASRStartRequested)
        await asyncio.sleep(said.end_s - talk.clock_s + 0.05)
        talk.appliance.bus.publish(ButtonPressed())
        end = await talk.until(TurnASREndRequested)
        assert end.at_sample / RATE_HZ - said.end_s < 0.15
        await talk.until(TTSPlaybackFinished, text="Noon.")
