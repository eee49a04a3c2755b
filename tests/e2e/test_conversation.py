"""Whole conversations: a file that asks, and a room with its modes, limits and timers."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.clocks import on_virtual_clock
from tests.e2e.room_conversation import (
    REAL_EARS,
    conversation,
    noise,
    settings,
    speech,
    state_folder,
)
from xtalk_edge.appliance import Appliance
from xtalk_edge.audio.format import RATE_HZ, Samples, level_db
from xtalk_edge.audio.room import RoomScene
from xtalk_edge.audio.sound_file import WavWriter, read_sound
from xtalk_edge.audio.wav import WavCard
from xtalk_edge.clock import now_s, run_virtual
from xtalk_edge.config.schema import Config
from xtalk_edge.events import (
    ASRResultFinal,
    ButtonPressed,
    CardEnded,
    ErrorOccurred,
    Event,
    SpeechRequested,
    ToolCallOccurred,
    ToolResultOccurred,
    TTSPlaybackFinished,
    TTSPlaybackStarted,
    TTSStopped,
    TurnASREndRequested,
    TurnASRStartRequested,
    TurnTTSTextAppendRequested,
    VADSpeechEnd,
    VADSpeechStart,
    WakeWordDetected,
)

ONE_TURN = [
    "VADSpeechStart",
    "TurnASRStartRequested",
    "ASRResultPartial",
    "VADSpeechEnd",
    "TurnASREndRequested",
    "ASRResultFinal",
    "TurnLLMAgentStartRequested",
    "LLMFirstChunk",
    "LLMFirstSentence",
    "TTSStarted",
    "TTSFinished",
    "TTSPlaybackStarted",
    "LatencyMetricsUpdated",
    "TTSPlaybackFinished",
]


def write_question(path: Path, *words: str) -> float:
    """Write half a second of silence, the words 4 s apart; return when the first end."""
    pause = np.zeros(4 * RATE_HZ, np.int16)
    sounds = [sound for each in words for sound in (speech(each), pause)][:-1]
    with WavWriter(path, RATE_HZ) as wav:
        wav.write(np.concatenate([pause[: RATE_HZ // 2], *sounds]))
    return 0.5 + len(speech(words[0])) / RATE_HZ


async def answer_file(config: Config, source: Path, answer: Path, events: Path) -> list[Event]:
    with state_folder(config) as own:
        device = Appliance(own, card=WavCard(source, answer), events_path=events)
        seen: list[Event] = []
        device.subscribe_event(Event, seen.append)
        async with device:
            await device.run()
    return seen


def read_log(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def sounding(sound: Samples) -> tuple[float, float]:
    """Return when the first and the last loud sample come, in seconds."""
    loud = np.flatnonzero(np.abs(sound) > 200)
    return loud[0] / RATE_HZ, loud[-1] / RATE_HZ


def test_a_file_is_heard_answered_and_ends_by_itself(tmp_path: Path) -> None:
    question_end_s = write_question(tmp_path / "in.wav", "what time is it")
    config = settings(texts=["what time is it"], replies=["It is noon, I think."], **REAL_EARS)
    seen = run_virtual(
        answer_file(config, tmp_path / "in.wav", tmp_path / "out.wav", tmp_path / "log.jsonl")
    )
    names = [type(event).__name__ for event in seen]
    assert [name for name in dict.fromkeys(names) if name in ONE_TURN] == ONE_TURN
    started, finished = (
        next(event.at_s for event in seen if isinstance(event, kind))
        for kind in (TTSPlaybackStarted, TTSPlaybackFinished)
    )
    answer = read_sound(tmp_path / "out.wav", RATE_HZ).samples
    first_s, last_s = sounding(answer)
    # 600 ms make a pause; the voice detector, the recogniser and playback take a block or two.
    assert question_end_s + 0.5 < first_s < question_end_s + 0.9
    # espeak begins and ends with a little silence.
    assert started == pytest.approx(first_s, abs=0.08)
    assert last_s < finished < last_s + 0.4
    assert [line["event"] for line in read_log(tmp_path / "log.jsonl")] == names


def test_the_same_conversation_gives_the_same_events(tmp_path: Path) -> None:
    write_question(tmp_path / "in.wav", "what time is it", "tell me a joke")
    toml = tmp_path / "edge.toml"
    toml.write_text(
        '[wake]\nmode = "always"\n'
        '[asr]\ntype = "tests.scripted:ScriptedASR"\ntexts = ["the time", "a joke"]\n'
        '[agent]\ntype = "tests.scripted:ScriptedAgent"\nreplies = ["It is noon.", "Ha, ha."]\n',
        encoding="utf-8",
    )
    # espeak repeats itself exactly in a new process only.
    runs = [
        subprocess.Popen(
            [
                *(sys.executable, "-m", "xtalk_edge", "run", "--card", "wav", "--fast"),
                *("--config", toml, "--state-dir", tmp_path / name),
                *("--input", tmp_path / "in.wav", "--output", tmp_path / f"{name}.wav"),
                *("--events", tmp_path / f"{name}.jsonl"),
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            cwd=Path(__file__).parents[2],
        )
        for name in ("first", "second")
    ]
    for run in runs:
        _, complaints = run.communicate(timeout=60)
        assert run.returncode == 0, complaints
    for kind in ("jsonl", "wav"):
        one, other = (tmp_path / f"{name}.{kind}" for name in ("first", "second"))
        assert one.read_bytes() == other.read_bytes()
    log = read_log(tmp_path / "first.jsonl")
    heard = [event["text"] for event in log if event["event"] == "TTSPlaybackFinished"]
    assert heard == ["It is noon.", "Ha, ha."]


@on_virtual_clock
async def test_the_wake_phrase_opens_a_turn_and_a_follow_up_needs_none() -> None:
    config = settings(
        texts=["the time", "the date"],
        replies=["It is noon.", "Monday."],
        mode="wake-word",
        **REAL_EARS,
    )
    async with conversation(config) as talk:
        await talk.ask("what time is it")
        await asyncio.sleep(2)
        heard, _ = talk.appliance.capture.rings.clean.slice(0, talk.appliance.capture.head)
        assert level_db(heard) > -50
        assert not talk.all_of(TurnASRStartRequested)
        await talk.ask("okay naboo, what time is it")
        woken = await talk.until(WakeWordDetected)
        recognised = await talk.until(TurnASRStartRequested)
        assert recognised.from_sample >= woken.at_sample
        await talk.until(TTSPlaybackFinished, text="It is noon.")
        await talk.ask("and what day", after_s=1.0)
        await talk.until(TTSPlaybackFinished, text="Monday.")
        await talk.until_state("asleep")
        await talk.ask("what time is it")
        await asyncio.sleep(2)
        assert len(talk.all_of(ASRResultFinal)) == 2
        assert talk.states()[-1] == "asleep"


@on_virtual_clock
async def test_the_button_opens_a_turn_and_silence_closes_it() -> None:
    config = settings(texts=["the time"], mode="button", turn={"no_speech_s": 3.0})
    async with conversation(config) as talk:
        await talk.ask()
        await asyncio.sleep(2)
        assert talk.states() == ["asleep"]
        talk.appliance.bus.publish(ButtonPressed())
        await talk.until_state("attending")
        began_s = now_s()
        await talk.until_state("asleep")
        assert now_s() - began_s == pytest.approx(3.0, abs=0.05)
        talk.appliance.bus.publish(ButtonPressed())
        await talk.until_state("attending")
        talk.say("what time is it", after_s=1.0)
        await talk.until(TTSPlaybackFinished, text="Okay.")


@on_virtual_clock
async def test_what_was_not_understood_is_asked_again_once() -> None:
    config = settings(texts=["", "", "the time"], mode="button", turn={"ask_again": "Pardon?"})
    async with conversation(config) as talk:
        talk.appliance.bus.publish(ButtonPressed())
        await talk.until_state("attending")
        await talk.ask()
        await talk.until(TTSPlaybackFinished, text="Pardon?")
        await talk.ask()
        await talk.until(ASRResultFinal, text="")
        await talk.until_state("asleep")
        assert [said.text for said in talk.all_of(TurnTTSTextAppendRequested)] == ["Pardon?"]
        talk.appliance.bus.publish(ButtonPressed())
        await talk.until_state("attending")
        await talk.ask()
        await talk.until(TTSPlaybackFinished, text="Okay.")


@on_virtual_clock
async def test_an_empty_question_back_is_silence() -> None:
    config = settings(texts=[""], mode="button", turn={"ask_again": ""})
    async with conversation(config) as talk:
        talk.appliance.bus.publish(ButtonPressed())
        await talk.until_state("attending")
        await talk.ask()
        await talk.until(TTSPlaybackFinished, text="")
        await talk.until_state("attending")
        assert not talk.played().any()


@on_virtual_clock
async def test_speech_without_a_pause_is_cut_into_turns_of_bounded_length() -> None:
    config = settings(texts=["more"] * 20, replies=[""] * 20, turn={"max_turn_s": 10.0})
    async with conversation(config) as talk:
        said = talk.say(noise(60.0))
        await asyncio.sleep(said.end_s + 3)
        starts = talk.all_of(TurnASRStartRequested)
        ends = talk.all_of(TurnASREndRequested)
        assert len(starts) == len(ends) in (6, 7)
        for start, end in zip(starts, ends, strict=True):
            assert start.from_sample < end.at_sample <= start.from_sample + 10 * RATE_HZ
        for end, start in zip(ends, starts[1:], strict=False):
            assert start.from_sample == end.at_sample
        assert talk.states()[-1] == "attending"


@pytest.mark.parametrize("noise_db", [None, -40.0])
@on_virtual_clock
async def test_silence_and_noise_give_no_turn(noise_db: float | None) -> None:
    scene = RoomScene(noise="pink", noise_db=noise_db)
    async with conversation(settings(**REAL_EARS), scene) as talk:
        await asyncio.sleep(20)
        assert not talk.all_of(TurnASRStartRequested)
        assert talk.states() == ["attending"]
        assert not talk.played().any()


@on_virtual_clock
async def test_a_timer_speaks_when_the_floor_is_free() -> None:
    config = settings(texts=["the time"], replies=["It is noon."])
    async with conversation(config) as talk:
        said = talk.say("what time is it")
        await talk.until(VADSpeechStart)
        talk.appliance.bus.publish(SpeechRequested(text="Your timer is over."))
        await talk.until(TTSPlaybackFinished, text="It is noon.")
        await talk.until(TTSPlaybackStarted)
        await talk.until(TTSPlaybackFinished, text="Your timer is over.")
        assert now_s() > said.end_s
        spoken = [request.text for request in talk.all_of(TurnTTSTextAppendRequested)]
        assert spoken == ["It is noon.", "Your timer is over."]


@on_virtual_clock
async def test_announcements_beyond_all_reason_are_dropped(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with conversation(settings()) as talk:
        for number in range(20):
            talk.appliance.bus.publish(SpeechRequested(text=f"{number}."))
        await talk.until(TTSPlaybackFinished)
        await talk.until_state("attending")
    assert "too many announcements" in caplog.text


@on_virtual_clock
async def test_tools_show_on_the_bus() -> None:
    config = settings(texts=["the time"], replies=["tool result It is noon."])
    async with conversation(config) as talk:
        await talk.ask()
        call = await talk.until(ToolCallOccurred)
        assert (call.name, call.args) == ("get_time", {"place": "here"})
        result = await talk.until(ToolResultOccurred)
        assert (result.turn_id, result.content, result.ok) == (call.turn_id, "noon", True)
        await talk.until(TTSPlaybackFinished, text="It is noon.")


@on_virtual_clock
async def test_a_reply_longer_than_the_ring_of_the_card_is_played_whole() -> None:
    # 30 s of steady sound; the card's ring holds 16.
    reply = " ".join(["abcdefghij"] * 60) + "."
    config = settings(
        texts=["tell me all"], replies=[reply], tts={"type": "tests.scripted:SteadyTTS"}
    )
    async with conversation(config) as talk:
        assert talk.room.core.capacity_frames < 30 * RATE_HZ
        await talk.ask()
        await talk.until(TTSPlaybackStarted)
        finished = await talk.until(TTSPlaybackFinished, within_s=60)
        assert finished.text == reply
        played = talk.played()
    sound = np.flatnonzero(played)
    assert len(sound) == sound[-1] - sound[0] + 1 == 30 * RATE_HZ
    assert finished.at_s == pytest.approx((sound[-1] + 1) / RATE_HZ, abs=0.03)


@on_virtual_clock
async def test_a_script_that_is_over_ends_the_appliance() -> None:
    config = settings(texts=["the time"], replies=["It is noon."])
    async with conversation(config, RoomScene(lasts_s=5.0)) as talk:
        talk.say("what time is it")
        await asyncio.wait_for(talk.appliance.run(), 20)
        assert talk.all_of(TTSPlaybackFinished)
        assert [end.reason for end in talk.all_of(CardEnded)] == ["the script is over"]


@on_virtual_clock
async def test_a_card_at_another_rate_holds_the_same_conversation() -> None:
    config = settings(texts=["the time"], replies=["It is noon."])
    scene = replace(RoomScene(), rate_hz=48000)
    async with conversation(config, scene) as talk:
        said = talk.say("what time is it", after_s=1.0)
        start = await talk.until(VADSpeechStart)
        assert start.at_sample / RATE_HZ == pytest.approx(said.start_s, abs=0.1)
        await talk.until(TurnASREndRequested)
        end = talk.all_of(VADSpeechEnd)[-1]
        assert end.at_sample / RATE_HZ == pytest.approx(said.end_s, abs=0.3)
        await talk.until(TTSPlaybackFinished, text="It is noon.")
        assert not talk.all_of(TTSStopped, ErrorOccurred)
