"""The examples of the documentation do what they say."""

from __future__ import annotations

import importlib.util
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.clocks import on_virtual_clock
from tests.e2e.room_conversation import Conversation
from xtalk_edge import Appliance
from xtalk_edge.audio.room import RoomCard, RoomScene
from xtalk_edge.cli.main import run
from xtalk_edge.config.places import StoreConfig
from xtalk_edge.events import ASRResultFinal, TTSPlaybackFinished, TTSPlaybackStarted

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"


def example(name: str) -> Any:
    spec = importlib.util.spec_from_file_location(name, EXAMPLES / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_echo_agent_repeats_and_counts(tmp_path: Path) -> None:
    settings = example("echo_agent").SETTINGS
    ears = {"asr": {"type": "tests.scripted:ScriptedASR", "texts": ["hello", "again"]}}

    @on_virtual_clock
    async def talk() -> None:
        room = RoomCard(RoomScene(noise_db=-70.0))
        appliance = Appliance.from_config(settings | ears, card=room)
        appliance.config = replace(appliance.config, store=StoreConfig(state_dir=str(tmp_path)))
        conversation = Conversation(appliance, room)
        async with appliance:
            for number, text in enumerate(("hello", "again"), 1):
                await conversation.ask(after_s=0.5)
                assert (await conversation.until(ASRResultFinal)).text == text
                finished = await conversation.until(TTSPlaybackFinished)
                assert finished.text == f"You said: {text}. That was number {number}."

    talk()


def test_the_engine_of_the_documentation_keeps_its_promises(
    capsys: pytest.CaptureFixture[str],
) -> None:
    spec = f"{EXAMPLES / 'counting_words.py'}:CountingWords"
    assert run(["engines", "check", "turn_detector", spec, "--set", "turn_detector.words=4"]) == 0
    assert "2 of 2 promises kept." in capsys.readouterr().out


def test_the_consultant_calls_its_tool_and_asks_for_more(tmp_path: Path) -> None:
    shop = example("consultant")
    ears = {"asr": {"type": "tests.scripted:ScriptedASR", "texts": ["are you open on sunday"]}}
    shop.SETTINGS |= ears

    @on_virtual_clock
    async def talk() -> None:
        appliance = shop.consultant()
        room = appliance._card = RoomCard(RoomScene(noise_db=-70.0))
        appliance.config = replace(appliance.config, store=StoreConfig(state_dir=str(tmp_path)))
        conversation = Conversation(appliance, room)
        async with appliance:
            await conversation.ask(after_s=0.5)
            finished = await conversation.until(TTSPlaybackFinished)
            assert finished.text == "We are closed on Sundays."
            assert (await conversation.until(TTSPlaybackFinished)).text == shop.FAREWELL

    talk()


def test_the_interpreter_translates_while_the_talker_talks(tmp_path: Path) -> None:
    booth = example("interpreter")
    booth.SETTINGS |= {"echo": {"type": "none"}}

    @on_virtual_clock
    async def talk() -> None:
        appliance = booth.interpreter()
        room = appliance._card = RoomCard(RoomScene(noise_db=-70.0))
        appliance.config = replace(appliance.config, store=StoreConfig(state_dir=str(tmp_path)))
        conversation = Conversation(appliance, room)
        async with appliance:
            said = conversation.say("set a timer for ten minutes what time is it", after_s=0.5)
            began = await conversation.until(TTSPlaybackStarted)
            assert began.at_s - (room.started_at_s or 0.0) < said.end_s
            await conversation.until(ASRResultFinal)
            await appliance.settled()
            heard = [event.text for event in conversation.all_of(TTSPlaybackFinished)]
            assert heard[0] == "pon un reloj para diez"
            assert heard[-1].endswith("tiempo es eso")

    talk()
