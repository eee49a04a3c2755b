"""What was recorded on the virtual clock comes out the same again, event by event."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.e2e.room_conversation import Conversation, conversation, settings
from xtalk_edge.audio.room import RoomScene
from xtalk_edge.clock import run_virtual
from xtalk_edge.config.load import load_text
from xtalk_edge.config.recorder import RecorderConfig
from xtalk_edge.config.schema import Config
from xtalk_edge.errors import ConfigError, DeviceError
from xtalk_edge.events import (
    AudioGap,
    ButtonPressed,
    CardLost,
    CardOpened,
    TTSPlaybackFinished,
    TTSPlaybackStarted,
    TTSStopped,
)
from xtalk_edge.recorder.bundle import Bundle
from xtalk_edge.recorder.place import kept
from xtalk_edge.recorder.ring import read_ring
from xtalk_edge.scenes.replay import Replayed, is_exact, replay
from xtalk_edge.scenes.replay_settings import harmless, of_bundle

ROOM = RoomScene(echo_db=-20.0, noise_db=-60.0)


def scripted(mode: str = "always") -> Config:
    return settings(
        mode=mode,
        texts=["what time is it", "and what is the date", "and what is the date"],
        replies=["It is noon, as it was yesterday at this time.", "It is the first of May."],
        echo={"type": "webrtc"},
        # The talkers have the same voice, which carries something over from one to the other.
        tts={"type": "espeak", "isolation": "process"},
    )


def recorded(
    folder: Path,
    config: Config,
    play: Callable[[Conversation], Awaitable[object]],
    *,
    scene: RoomScene = ROOM,
    seconds: float | None = None,
) -> Bundle:
    """Let a conversation be recorded; return the bundle of it, or of its last seconds."""

    async def hold() -> None:
        remembering = replace(config, recorder=RecorderConfig(folder=str(folder)))
        async with conversation(remembering, scene) as talk:
            await play(talk)
            await asyncio.sleep(1.0)

    run_virtual(hold())
    (only,) = kept(str(folder))
    recording = read_ring(only.folder, seconds)
    assert recording is not None
    return Bundle(recording, "")


async def two_questions(talk: Conversation) -> None:
    await talk.ask("what time is it", after_s=0.5)
    await talk.until(TTSPlaybackFinished)
    await talk.ask("and what is the date")
    await talk.until(TTSPlaybackFinished)


def names(replayed: Replayed) -> list[str]:
    return [record["event"] for record in replayed.records]


def test_the_same_settings_give_the_same_events(tmp_path: Path) -> None:
    config = scripted()
    bundle = recorded(tmp_path, config, two_questions)
    assert is_exact(bundle)
    once, again = (replay(bundle, config, exact=True) for _ in range(2))
    assert once.differences == ()
    assert once.voice_differs_at_s is None
    assert names(once).count("TTSPlaybackFinished") == 2
    assert json.dumps(once.records) == json.dumps(again.records)
    assert np.array_equal(once.played, again.played)


def test_an_interruption_and_lost_sound_come_again(tmp_path: Path) -> None:
    async def play(talk: Conversation) -> None:
        await talk.ask("what time is it", after_s=0.5)
        await talk.until(TTSPlaybackStarted)
        talk.room.drop(0.3)
        await talk.until(AudioGap)
        await talk.ask("and what is the date", after_s=0.2)
        await talk.until(TTSPlaybackFinished)

    config = scripted()
    bundle = recorded(tmp_path, config, play)
    replayed = replay(bundle, config, exact=True)
    assert replayed.differences == ()
    gap = next(each for each in replayed.records if each["event"] == "AudioGap")
    assert gap["samples"] == pytest.approx(0.3 * 16_000, abs=320)


def test_a_device_that_was_unplugged_is_unplugged_again(tmp_path: Path) -> None:
    async def play(talk: Conversation) -> None:
        await asyncio.sleep(1.0)
        talk.room.unplug()
        await talk.until(CardLost)
        await asyncio.sleep(1.5)
        talk.room.replug()
        await talk.until(CardOpened)
        await talk.ask("what time is it", after_s=0.5)
        await talk.until(TTSPlaybackFinished)

    config = scripted()
    bundle = recorded(tmp_path, config, play)
    replayed = replay(bundle, config, exact=True)
    assert replayed.differences == ()
    places = [
        (each["event"], each["at_s"])
        for each in replayed.records
        if each["event"] in ("CardLost", "CardOpened", "AudioGap")
    ]
    assert [name for name, _ in places] == ["CardOpened", "CardLost", "CardOpened", "AudioGap"]
    before = [each["at_s"] for each in replayed.before if each["event"].startswith("Card")]
    assert [at_s for name, at_s in places if name != "AudioGap"] == pytest.approx(before)


def test_buttons_and_mutes_come_again(tmp_path: Path) -> None:
    async def play(talk: Conversation) -> None:
        await asyncio.sleep(0.503)
        talk.appliance.button.press(talk.clock_s)
        await talk.until(ButtonPressed)
        await talk.ask("what time is it", after_s=0.3)
        await talk.until(TTSPlaybackStarted)
        await asyncio.sleep(0.411)
        talk.appliance.button.press(talk.clock_s)
        await talk.until(TTSStopped)
        talk.appliance.capture.mute(True, "switch")
        await talk.ask("and what is the date", after_s=0.1)
        talk.appliance.capture.mute(False, "switch")
        await asyncio.sleep(1.0)

    config = scripted("button")
    bundle = recorded(tmp_path, config, play)
    replayed = replay(bundle, config, exact=True)
    assert replayed.differences == ()
    assert names(replayed).count("ButtonPressed") == 2
    assert names(replayed).count("MicrophoneMuted") == 2
    assert names(replayed).count("ASRResultFinal") == 1


def test_other_settings_are_seen_in_the_differences(tmp_path: Path) -> None:
    async def play(talk: Conversation) -> None:
        await talk.ask("what time is it", after_s=0.5)
        await asyncio.sleep(7.0)

    config = scripted()
    bundle = recorded(tmp_path, config, play)
    patient = replace(config, turn=replace(config.turn, silence_ms=1_900, think_ahead=False))
    other = replay(bundle, patient, exact=False)
    moved = [each for each in other.differences if each.now.endswith("later")]
    assert "ASRResultFinal text='what time is it'" in [each.before for each in moved]
    # What it said then is in the microphone, and is still known to be its own.
    assert names(other).count("TTSPlaybackFinished") == 1
    assert replay(bundle, config, exact=False).differences == ()


def test_of_a_card_at_another_rate_an_owner_notices_no_difference(tmp_path: Path) -> None:
    config = scripted()
    scene = replace(ROOM, rate_hz=48_000)
    bundle = recorded(tmp_path, config, two_questions, scene=scene)
    assert not is_exact(bundle)
    replayed = replay(bundle, config, exact=False)
    assert replayed.differences == ()
    assert names(replayed).count("TTSPlaybackFinished") == 2


def test_the_end_of_a_conversation_can_be_run_alone(tmp_path: Path) -> None:
    config = scripted()
    bundle = recorded(tmp_path, config, two_questions, seconds=4.5)
    assert not is_exact(bundle)
    assert bundle.recording.at_sample > 0
    replayed = replay(bundle, config, exact=False)
    assert all(each["at_s"] >= -1.0 for each in replayed.before)
    starts = [each["at_sample"] for each in replayed.records if each["event"] == "VADSpeechStart"]
    assert starts
    assert all(0 <= each < len(bundle.recording.raw) for each in starts)


def test_what_was_redacted_cannot_be_run(tmp_path: Path) -> None:
    config = scripted()

    async def nothing(talk: Conversation) -> None:
        await asyncio.sleep(0.2)

    bundle = recorded(tmp_path, config, nothing)
    with pytest.raises(DeviceError, match="no sound to run again"):
        replay(replace(bundle, redacted=True), config, exact=False)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('[asr]\ntype = "evil.py:ASR"', "asr.type names code"),
        ('[vad]\ntype = "os:system"', "vad.type names code"),
        ('[agent]\ntype = "openai"\nbase_url = "http://elsewhere.example"', "asks a server"),
        ('[tts]\ntype = "xai"', "asks a server"),
        ("[turn]\nnonsense = 1", "nonsense"),
        ("[[[", "settings.toml of the bundle"),
    ],
)
def test_settings_of_strangers_run_no_code_and_ask_no_server(text: str, problem: str) -> None:
    with pytest.raises(ConfigError, match=problem):
        of_bundle(text)


def test_settings_of_strangers_reach_nothing(tmp_path: Path) -> None:
    text = """
        [store]
        state_dir = "/var/lib/xtalk-edge"
        [docs]
        folder = "/home"
        [board]
        port = "auto"
        [uplink]
        url = "wss://elsewhere.example/ws"
        full = "prefer"
        [recorder]
        session = "/home/me/x.wav"
        [wake]
        neighbours = "239.255.42.99:40411"
        [[tools.own]]
        spec = "evil.py:tool"
        [[tools.mcp]]
        name = "evil"
        command = ["rm", "-rf", "/"]
        [[managers]]
        spec = "evil.py:Manager"
        [alternatives.tts.other]
        type = "evil.py:Voice"
    """
    own = harmless(of_bundle(text), tmp_path)
    assert own.store.folder() == tmp_path
    assert own.docs.folder == own.board.port == own.uplink.url == own.wake.neighbours == ""
    assert not (own.tools.own or own.tools.mcp or own.managers)
    assert not own.alternatives
    assert not own.recorder.is_on
    assert not own.uplink.is_on
    assert load_text("").turn == own.turn
