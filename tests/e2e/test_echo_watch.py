"""The device measures how it hears itself, and stops listening while it talks where it must."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.clocks import on_virtual_clock
from tests.e2e.room_conversation import REAL_EARS, conversation, settings
from xtalk_edge.audio.room import RoomScene
from xtalk_edge.events import (
    EchoMeasured,
    SpeechRequested,
    TTSPaused,
    TTSPlaybackFinished,
    TTSStopped,
    TurnASRStartRequested,
    VADSpeechStart,
)

CASCADE_EARS: dict[str, Any] = {**REAL_EARS, "echo": {"type": "cascade"}}
DEAF_EARS: dict[str, Any] = {**REAL_EARS, "echo": {"type": "none"}}

STORY = (
    "The river comes down from the mountains, where nobody lives. Every evening seven old men sit "
    "beside it, and they talk about the weather. Later on they go home, and eat their bread. "
)


@on_virtual_clock
async def test_delay_drift_and_what_is_removed_are_measured() -> None:
    scene = RoomScene(echo_db=-12.0, output_latency_s=0.06, drift_ppm=80.0, noise_db=-66.0)
    async with conversation(settings(**CASCADE_EARS), scene) as talk:
        talk.appliance.bus.publish(SpeechRequested(text=STORY * 4))
        await talk.until(TTSPlaybackFinished, within_s=90)
    measured = talk.all_of(EchoMeasured)
    delay_ms = 1000 * talk.room.echo_delay_frames / talk.room.rate_hz
    assert measured[0].delay_ms == pytest.approx(delay_ms, abs=3)
    assert measured[-1].drift_ppm == pytest.approx(80.0, abs=20)
    assert all(each.removed_db > 15 and not each.poor for each in measured)


@on_virtual_clock
async def test_where_its_own_voice_is_not_removed_it_does_not_listen_while_it_talks() -> None:
    scene = RoomScene(echo_db=-12.0, noise_db=-66.0)
    changes = {**DEAF_EARS, "turn": {"barge_in": "duck-only"}}
    async with conversation(settings(texts=["go on"] * 9, **changes), scene) as talk:
        talk.appliance.bus.publish(SpeechRequested(text=STORY * 2))
        await talk.until(EchoMeasured, poor=True)
        before = len(talk.all_of(TurnASRStartRequested))
        await talk.until(TTSPlaybackFinished, within_s=60)
        talk.appliance.bus.publish(SpeechRequested(text=STORY))
        await talk.until(TTSPlaybackFinished, within_s=60)
        # It was heard, and left alone; what was open when it was found out comes to its end.
        assert len(talk.all_of(VADSpeechStart)) > before
        assert len(talk.all_of(TurnASRStartRequested)) == before
        # And the owner is listened to as soon as it is silent.
        await asyncio.sleep(1)
        await talk.ask()
        await talk.until(TTSPlaybackFinished)


@on_virtual_clock
async def test_the_chirp_teaches_the_canceller_the_room_and_begins_no_turn() -> None:
    scene = RoomScene(echo_db=-10.0, output_latency_s=0.06, echo_delay_ms=20.0, noise_db=-66.0)
    config = settings(**{**REAL_EARS, "echo": {"type": "cascade", "chirp": True}})
    async with conversation(config, scene) as talk:
        await talk.until(TTSPlaybackFinished)
        assert abs(talk.played().astype(int)).max() > 5_000
        talk.appliance.bus.publish(SpeechRequested(text=STORY))
        await talk.until(TTSPlaybackFinished, within_s=60)
    assert not talk.all_of(TTSPaused, TTSStopped, TurnASRStartRequested)


@on_virtual_clock
async def test_behind_the_chirp_it_sleeps_as_before() -> None:
    config = settings(mode="button", **{**CASCADE_EARS, "echo": {"type": "none", "chirp": True}})
    async with conversation(config) as talk:
        await talk.until(TTSPlaybackFinished)
        await asyncio.sleep(0.5)
        assert talk.states()[-1] == "asleep"
