"""Another voice and another agent while the device runs: between turns, with all that was said."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests import tiny_gguf
from tests.clocks import on_virtual_clock
from tests.e2e.room_conversation import Conversation, conversation, settings
from tests.scripted import SteadyTTS
from tests.tiny_gguf import END
from tests.tiny_voice import write_voice
from xtalk_edge.audio.format import RATE_HZ
from xtalk_edge.config.schema import AgentConfig, Config, EngineConfig, TtsConfig
from xtalk_edge.errors import ConfigError, ModelError
from xtalk_edge.events import (
    ButtonPressed,
    ErrorOccurred,
    LLMModelSwitchRequested,
    ModelSwitched,
    ModelSwitchFailed,
    SpeechRequested,
    TTSDeliveryChanged,
    TTSEmotionChange,
    TTSModelSwitchRequested,
    TTSPlaybackFinished,
    TTSPlaybackStarted,
    TTSSpeedChange,
    TTSStopped,
    TTSVoiceChange,
)
from xtalk_edge.tools.builtin import BUILTIN_TOOLS

STEADY = "tests.scripted:SteadyTTS"
SCRIPTED = "tests.scripted:ScriptedAgent"
LONG = "One two three four five six seven eight nine ten eleven twelve."


class LowTTS(SteadyTTS):
    """Speaks at another level, by which it is told from the other."""

    level = 3000


LOW = f"{__name__}:LowTTS"


def two_turns(replies: list[str], **sections: Any) -> Config:
    return settings(texts=["first", "second", "third"], replies=replies, tts={"type": STEADY},
                    **sections)  # fmt: skip


async def answered(talk: Conversation, words: str = "what time is it") -> str:
    """Ask something, and return what was heard in answer."""
    await talk.ask(words)
    started = await talk.until(TTSPlaybackStarted)
    finished = await talk.until(TTSPlaybackFinished, turn_id=started.turn_id)
    await talk.appliance.bus.drained()
    return finished.text


def level(talk: Conversation) -> int:
    """Return the loudest level of the last second."""
    return int(np.abs(talk.played()[-RATE_HZ:].astype(int)).max())


@on_virtual_clock
async def test_the_voice_and_then_the_agent_are_switched_between_turns() -> None:
    async with conversation(two_turns(["One two.", "never"])) as talk:
        assert await answered(talk) == "One two."
        first = level(talk)
        talk.appliance.bus.publish(TTSModelSwitchRequested(model_type=LOW))
        done = await talk.until(ModelSwitched)
        assert (done.slot, done.model_type) == ("tts", LOW)
        new = {"replies": ["Three four.", "Five six."]}
        talk.appliance.bus.publish(LLMModelSwitchRequested(model_type=SCRIPTED, config=new))
        assert (await talk.until(ModelSwitched)).slot == "agent"
        assert await answered(talk) == "Three four."
        assert level(talk) < first / 2
        assert await answered(talk) == "Five six."
        assert talk.appliance.agent.history() == [
            {"role": "user", "content": "first"},
            {"role": "assistant", "content": "One two."},
            {"role": "user", "content": "second"},
            {"role": "assistant", "content": "Three four."},
            {"role": "user", "content": "third"},
            {"role": "assistant", "content": "Five six."},
        ]
        assert not talk.all_of(ErrorOccurred)


@pytest.mark.parametrize("cut", [False, True])
def test_in_the_middle_of_a_reply_a_switch_waits_for_its_end(cut: bool) -> None:
    @on_virtual_clock
    async def scene() -> None:
        async with conversation(two_turns([LONG, "never"])) as talk:
            await talk.ask()
            started = await talk.until(TTSPlaybackStarted)
            bus = talk.appliance.bus
            bus.publish(TTSModelSwitchRequested(model_type=LOW))
            bus.publish(LLMModelSwitchRequested(model_type=SCRIPTED, config={"replies": ["New."]}))
            await asyncio.sleep(1.0)
            assert not talk.all_of(ModelSwitched)
            if cut:
                bus.publish(ButtonPressed())
                heard = (await talk.until(TTSStopped)).text
                assert 0 < len(heard) < len(LONG)
            else:
                heard = (await talk.until(TTSPlaybackFinished, turn_id=started.turn_id)).text
                assert heard == LONG
            assert level(talk) > 5 * LowTTS.level // 4
            await talk.until(ModelSwitched, slot="tts")
            await talk.until(ModelSwitched, slot="agent")
            # Heard, not generated.
            assert talk.appliance.agent.history()[-1] == {"role": "assistant", "content": heard}
            assert await answered(talk) == "New."
            assert not talk.all_of(ErrorOccurred)

    scene()


@on_virtual_clock
async def test_an_engine_that_cannot_be_had_leaves_the_old_one() -> None:
    async with conversation(two_turns(["One two.", "Three four."])) as talk:
        bus = talk.appliance.bus
        for event in (
            TTSModelSwitchRequested(model_type="piper", config={"model": "/no/such/voice.onnx"}),
            TTSModelSwitchRequested(model_type="espeak", config={"sped_wpm": 9}),
            TTSModelSwitchRequested(model_type="nonsense"),
            LLMModelSwitchRequested(model_type="llama", config={"model": "/no/such/model.gguf"}),
        ):
            bus.publish(event)
            failed = await talk.until(ModelSwitchFailed)
            assert failed.model_type == event.model_type
            assert failed.problem
            said = await talk.until(SpeechRequested)
            assert "go on as before" in said.text
            await talk.until(TTSPlaybackFinished, text=said.text)
        assert await answered(talk) == "One two."
        with pytest.raises(ModelError, match=r"/no/such/model\.gguf"):
            await talk.appliance.switch_engine("agent", "llama", model="/no/such/model.gguf")
        with pytest.raises(ConfigError, match="asr cannot be exchanged"):
            await talk.appliance.switch_engine("asr", "sherpa")  # type: ignore[arg-type]
        await talk.until(TTSPlaybackFinished)
        assert await answered(talk) == "Three four."
        assert not talk.all_of(ModelSwitched)


@on_virtual_clock
async def test_a_damaged_model_does_not_end_the_conversation(tmp_path: Path) -> None:
    bad = tmp_path / "bad.gguf"
    bad.write_bytes(b"GGUF" + bytes(100))
    async with conversation(two_turns(["One two."])) as talk:
        with pytest.raises(ModelError):
            await talk.appliance.switch_engine("agent", "llama", model=str(bad))
        await talk.until(TTSPlaybackFinished)
        assert await answered(talk) == "One two."


@on_virtual_clock
async def test_how_it_speaks_is_changed_by_events_and_survives_a_switch() -> None:
    async with conversation(settings(replies=["One."], speed={"type": "sonic"})) as talk:
        bus = talk.appliance.bus
        bus.publish(TTSVoiceChange(voice_name="British woman"))
        assert (await talk.until(TTSDeliveryChanged)).voice_name == "British woman"
        bus.publish(TTSSpeedChange(speed=1.4))
        assert (await talk.until(TTSDeliveryChanged)).speed == 1.4
        await talk.appliance.switch_engine("tts", STEADY)
        assert (await talk.until(TTSDeliveryChanged)).speed == 1.4
        await talk.appliance.switch_engine("tts", f"{__name__}:Moody")
        bus.publish(TTSEmotionChange(emotion_name="angry"))
        assert (await talk.until(TTSDeliveryChanged, emotion_name="angry")).speed == 1.4
        for refused in (
            TTSVoiceChange(voice_name="nobody"),
            TTSSpeedChange(speed=float("nan")),
            TTSSpeedChange(speed=-1.0),
        ):
            bus.publish(refused)
            assert (await talk.until(ErrorOccurred)).error_type == "tts_delivery_error"


@on_virtual_clock
async def test_real_engines_take_the_place_of_real_engines(tmp_path: Path) -> None:
    talker = tmp_path / "talks.gguf"
    tiny_gguf.scripted(talker, {"\n": "S", "S": "o", "o": "u", "u": "n", "n": "d", "d": END})
    # The tiny model has room for no more.
    others = tuple(tool.name for tool in BUILTIN_TOOLS if tool.name != "calculate")
    config = settings(
        texts=["what is two plus two", "and now"],
        agent={"type": "llama"},
        tts={"type": "espeak"},
        tools={"disabled": others},
    )
    async with conversation(config) as talk:
        assert await answered(talk) == "2 plus 2 is 4."
        voice = {"model": str(write_voice(tmp_path))}
        talk.appliance.bus.publish(TTSModelSwitchRequested(model_type="piper", config=voice))
        await talk.until(ModelSwitched, slot="tts")
        model = {"model": str(talker), "threads": 1}
        talk.appliance.bus.publish(LLMModelSwitchRequested(model_type="llama", config=model))
        await talk.until(ModelSwitched, slot="agent")
        assert await answered(talk, "and now") == "Sound"
        said = [line["content"] for line in talk.appliance.agent.history()]
        assert said == ["what is two plus two", "2 plus 2 is 4.", "and now", "Sound"]
        assert not talk.all_of(ErrorOccurred)


class Moody(SteadyTTS):
    """Has emotions."""

    def set_emotion(self, emotion: str | list[float]) -> None:
        pass


CALL = '<tool_call>{"name": "switch_%s", "arguments": {"name": "%s"}}</tool_call>'


@on_virtual_clock
async def test_the_agent_switches_to_what_the_owner_has_listed_and_to_nothing_else() -> None:
    config = settings(
        texts=["change", "elsewhere", "back", "think", "hello"],
        tts={"type": STEADY},
        agent={
            "type": "scripted",
            "rules": {
                "change": CALL % ("tts", "low"),
                "elsewhere": CALL % ("tts", "os:system"),
                "back": CALL % ("tts", "usual"),
                "think": CALL % ("agent", "other"),
            },
        },
    )
    listed: dict[str, dict[str, EngineConfig]] = {
        "tts": {"low": TtsConfig(LOW)},
        "agent": {"other": AgentConfig("scripted", params={"otherwise": "I am another."})},
    }
    async with conversation(replace(config, alternatives=listed)) as talk:
        assert await answered(talk) == "One moment, I'll change my voice to low."
        assert (await talk.until(ModelSwitched)).model_type == LOW
        await talk.until(TTSPlaybackFinished, text="Low is ready.")
        assert await answered(talk) == "Sorry, the name must be usual or low."
        assert await answered(talk) == "One moment, I'll change my voice to usual."
        assert (await talk.until(ModelSwitched)).model_type == STEADY
        await talk.until(TTSPlaybackFinished, text="Usual is ready.")
        assert await answered(talk) == "One moment, I'll change the language model to other."
        assert (await talk.until(ModelSwitched)).slot == "agent"
        await talk.until(TTSPlaybackFinished, text="Other is ready.")
        assert await answered(talk) == "I am another."
