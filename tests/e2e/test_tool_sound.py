"""A tool of the owner's own hands over a sound: it is really played, and "stop" cuts it."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import numpy as np

from tests.clocks import on_virtual_clock
from tests.e2e.room_conversation import Conversation, conversation, settings
from xtalk_edge.audio.format import Samples
from xtalk_edge.config.schema import Config
from xtalk_edge.config.tools import OwnToolConfig
from xtalk_edge.events import (
    ErrorOccurred,
    ToolCallOccurred,
    TTSPlaybackFinished,
    TTSPlaybackStarted,
    TTSStopped,
)

FILE = Path(__file__).parents[1] / "data" / "own_tools.py"
BEEP_HZ = 1000


def talk_to_beeper(**sections: Any) -> Config:
    call = '<tool_call>{"name": "beep", "arguments": {}}</tool_call>'
    return settings(
        texts=["make a beep", "stop"],
        agent={"type": "scripted", "rules": {"beep": call}},
        tools={"own": (OwnToolConfig(f"{FILE}:beep"),)},
        **sections,
    )


def beep_s(sound: Samples, rate_hz: int) -> float:
    """Return how many seconds of a recording are mostly the beep."""
    window = rate_hz // 50
    count = len(sound) // window
    frames = sound[: count * window].reshape(count, window).astype(np.float64)
    spectrum = np.abs(np.fft.rfft(frames * np.hanning(window))) ** 2
    at = round(BEEP_HZ * window / rate_hz)
    loud = frames.std(axis=1) > 500
    tone = spectrum[:, at - 1 : at + 2].sum(axis=1) > 0.8 * spectrum.sum(axis=1)
    return float((loud & tone).sum() / 50)


def played_beep_s(talk: Conversation) -> float:
    return beep_s(talk.played(), talk.room.rate_hz)


@on_virtual_clock
async def test_a_tool_s_sound_is_played_behind_its_sentence() -> None:
    async with conversation(talk_to_beeper()) as talk:
        await talk.ask("make a beep")
        call = await talk.until(ToolCallOccurred)
        assert call.name == "beep"
        finished = await talk.until(TTSPlaybackFinished)
        assert finished.text == "Here it comes."
        names = [type(event).__name__ for event in talk.events]
        asked = [name for name in names if name.startswith("TurnTTS")]
        assert asked == [
            "TurnTTSTextAppendRequested",
            "TurnTTSSoundAppendRequested",
            "TurnTTSFlushRequested",
        ]
        assert 1.9 < played_beep_s(talk) < 2.1
        assert talk.appliance.agent.history()[-1]["content"] == "Here it comes."
        assert not talk.all_of(ErrorOccurred)


@on_virtual_clock
async def test_stop_cuts_a_tool_s_sound() -> None:
    async with conversation(talk_to_beeper()) as talk:
        await talk.ask("make a beep")
        await talk.until(TTSPlaybackStarted)
        await asyncio.sleep(1.5)
        assert played_beep_s(talk) > 0.2
        said = talk.say("stop")
        stopped = await talk.until(TTSStopped)
        assert stopped.text == "Here it comes."
        assert talk.clock_s < said.end_s + 0.5
        await asyncio.sleep(2.0)
        assert played_beep_s(talk) < 1.5
        assert not talk.all_of(ErrorOccurred)
