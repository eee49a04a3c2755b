"""What was recorded on the virtual clock comes out the same again, event by event."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from pathlib import Path

from tests.e2e.room_conversation import conversation, settings
from xtalk_edge.audio.room import RoomScene
from xtalk_edge.clock import run_virtual
from xtalk_edge.config.recorder import RecorderConfig
from xtalk_edge.config.schema import Config
from xtalk_edge.events import TTSPlaybackFinished
from xtalk_edge.recorder.bundle import Bundle
from xtalk_edge.recorder.place import kept
from xtalk_edge.recorder.recording import Recording
from xtalk_edge.recorder.ring import read_ring
from xtalk_edge.scenes.replay import is_exact, replay


def recorded(folder: Path) -> Recording:
    """Return what the one recorder in a folder has written."""
    (only,) = kept(str(folder))
    recording = read_ring(only.folder)
    assert recording is not None
    return recording


def remembering(config: Config, folder: Path) -> Config:
    return replace(config, recorder=RecorderConfig(folder=str(folder)))


def spoken_to(config: Config, folder: Path, *, scene: RoomScene | None = None) -> Bundle:
    """Hold a conversation of two questions, the second over the first answer; return the bundle."""

    async def hold() -> None:
        async with conversation(remembering(config, folder), scene) as talk:
            await talk.ask("what time is it", after_s=0.5)
            await talk.until(TTSPlaybackFinished)
            await talk.ask("and what is the date")
            await talk.until(TTSPlaybackFinished)
            await asyncio.sleep(1.0)

    run_virtual(hold())
    return Bundle(recorded(folder), "")


def scripted() -> Config:
    return settings(
        texts=["what time is it", "and what is the date", "and what is the date"],
        replies=["It is noon, as it was yesterday at this time.", "It is the first of May."],
        echo={"type": "webrtc"},
        # The talkers have the same voice, which carries something over from one to the other.
        tts={"type": "espeak", "isolation": "process"},
    )


def test_the_same_settings_give_the_same_events(tmp_path: Path) -> None:
    config = scripted()
    bundle = spoken_to(config, tmp_path, scene=RoomScene(echo_db=-20.0, noise_db=-60.0))
    assert is_exact(bundle)
    once, again = (replay(bundle, config, exact=True) for _ in range(2))
    assert once.differences == ()
    assert once.voice_differs_at_s is None
    assert len(once.records) > 50
    assert json.dumps(once.records) == json.dumps(again.records)
