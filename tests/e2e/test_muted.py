"""A muted device: somebody talks all the time, and no engine is given a sample of it."""

from __future__ import annotations

import asyncio
from typing import Any

from tests import spies
from tests.clocks import on_virtual_clock
from tests.e2e.room_conversation import conversation, settings
from xtalk_edge.audio.room import RoomScene
from xtalk_edge.config.schema import Config
from xtalk_edge.events import (
    ButtonPressed,
    ButtonReleased,
    MicrophoneDead,
    MicrophoneMuted,
    TTSPlaybackStarted,
    TurnASRStartRequested,
)

SPIES = {
    "echo": "SpyEcho",
    "enhancer": "SpyEnhancer",
    "vad": "SpyVAD",
    "wake": "SpyWake",
    "stop_word": "SpyStopWord",
    "asr": "SpyASR",
    "turn_detector": "SpyTurnDetector",
}


def spied(**more: Any) -> Config:
    sections: Any = {slot: {"type": f"tests.spies:{name}"} for slot, name in SPIES.items()}
    sections["wake"]["mode"] = "wake-word"
    return settings(**sections, **more)


@on_virtual_clock
async def test_no_engine_is_given_anything_but_zeros() -> None:
    spies.GIVEN.clear()
    spies.LOUD.clear()
    scene = RoomScene(noise_db=-30.0, echo_db=-6.0)
    async with conversation(spied(turn={"button": "hold"}), scene) as talk:
        talk.appliance.capture.mute(True, "switch")
        await talk.until(MicrophoneMuted, muted=True, by="switch")
        # What was heard before is still under way through the resampler and the cleaning.
        await asyncio.sleep(0.1)
        spies.GIVEN.clear()
        spies.LOUD.clear()
        muted_from = talk.appliance.capture.head
        talk.say("set a timer for five minutes")
        # The voice detector takes all for speech: a turn is held with nothing in it, and the device
        # speaks into its own microphone.
        talk.appliance.bus.publish(ButtonPressed())
        await talk.until(TurnASRStartRequested)
        await asyncio.sleep(2.0)
        talk.appliance.bus.publish(ButtonReleased())
        await talk.until(TTSPlaybackStarted)
        await asyncio.sleep(1.0)
        assert set(spies.GIVEN) >= {"echo", "enhancer", "vad", "wake", "stop_word", "asr"}
        assert not +spies.LOUD
        for ring in (talk.appliance.capture.rings.raw, talk.appliance.capture.rings.clean):
            sound, _ = ring.slice(muted_from, ring.head)
            assert len(sound) > 16_000
            assert not sound.any()

        talk.appliance.capture.mute(False, "switch")
        await asyncio.sleep(0.5)
        assert set(+spies.LOUD) >= {"echo", "enhancer", "vad", "wake"}


@on_virtual_clock
async def test_a_muted_microphone_is_not_taken_for_a_dead_one() -> None:
    config = settings(audio={"dead_after_s": 2.0})
    async with conversation(config, RoomScene(noise_db=-50.0)) as talk:
        talk.appliance.capture.mute(True)
        await asyncio.sleep(5.0)
        assert talk.all_of(MicrophoneDead) == []
