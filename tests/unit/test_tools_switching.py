"""Tools for another engine and another mood: only what is listed, only where there is any."""

from __future__ import annotations

import asyncio
from pathlib import Path

from tests.scripted import SteadyTTS
from tests.unit.tool_talk import talk
from xtalk_edge.config.schema import Config, EngineConfig
from xtalk_edge.engines.hosting import Hosted
from xtalk_edge.engines.mouth import Mouth
from xtalk_edge.engines.speed.none import NoSpeedController
from xtalk_edge.engines.worker import Worker
from xtalk_edge.tools.voice.emotion import voice_tools
from xtalk_edge.tools.voice.switching import switching_tools

LISTED = Config(
    alternatives={
        "tts": {"british": EngineConfig("espeak"), "scot": EngineConfig("espeak")},
        "agent": {},
    }
)


class Moody(SteadyTTS):
    """Has two moods."""

    def emotions(self) -> list[str]:
        return ["calm", "angry"]


def mouth_of(voice: SteadyTTS) -> Mouth:
    return asyncio.run(
        Mouth.open(Hosted(voice, Worker("tts")), Hosted(NoSpeedController(), Worker("speed")))
    )


def test_without_alternatives_there_is_no_tool() -> None:
    assert switching_tools(Config(), lambda _slot, _name: True) == []


def test_only_what_is_listed_can_be_asked_for(tmp_path: Path) -> None:
    asked: list[tuple[str, str]] = []

    def switch_to(slot: str, name: str) -> bool:
        asked.append((slot, name))
        return name != "usual"

    tools = switching_tools(LISTED, switch_to)
    (only,) = tools
    assert only.properties["name"]["enum"] == ["usual", "british", "scot"]
    assert only.has_effects
    assert only.in_words({"name": "scot"}) == "change my voice to scot"
    said = talk(
        tmp_path, tools, *[("switch_tts", {"name": name}) for name in ("british", "usual", "os:x")]
    )
    assert said == [
        "One moment, I'll change my voice to british.",
        "Usual is in use already.",
        "Sorry, the name must be usual or british or scot.",
    ]
    assert asked == [("tts", "british"), ("tts", "usual")]


def test_only_a_voice_with_emotions_has_the_tool(tmp_path: Path) -> None:
    assert voice_tools(mouth_of(SteadyTTS())) == []
    mouth = mouth_of(Moody())
    tools = voice_tools(mouth)
    calls = [("set_emotion", {"name": name}) for name in ("angry", "happy")]
    assert talk(tmp_path, tools, *calls) == [
        "I'll sound angry.",
        "Sorry, the name must be calm or angry.",
    ]
    assert mouth.emotion == "angry"


def test_a_voice_that_came_later_may_have_none(tmp_path: Path) -> None:
    mouth = mouth_of(Moody())
    tools = voice_tools(mouth)
    plain = Hosted(SteadyTTS(), Worker("tts"))
    mouth.exchange(asyncio.run(mouth.fitted(plain)))
    assert talk(tmp_path, tools, ("set_emotion", {"name": "angry"})) == [
        "This voice cannot do that."
    ]
