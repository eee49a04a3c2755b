"""Engines are exchanged one by one, between turns; the old one stays if the new one fails."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.scripted import ScriptedAgent, SteadyTTS
from tests.unit.agent.parts import Tools
from tests.unit.manager_parts import Log, turns_of_the_loop
from xtalk_edge.bus import EventBus
from xtalk_edge.clock import now_s, run_virtual
from xtalk_edge.config.schema import AgentConfig, Config, EngineConfig, SpeedConfig, TtsConfig
from xtalk_edge.engines import hosting
from xtalk_edge.engines.agent.exchanges import exchanges
from xtalk_edge.engines.agent.seat import AgentSeat
from xtalk_edge.engines.footprint import footprint_mb
from xtalk_edge.engines.interfaces import Agent, AgentContext, ToolRunner
from xtalk_edge.engines.mouth import Mouth
from xtalk_edge.engines.worker import Worker
from xtalk_edge.errors import ConfigError, EngineError, ModelError
from xtalk_edge.events import (
    AnnouncementStarted,
    ErrorOccurred,
    LLMModelSwitchRequested,
    ModelSwitched,
    ModelSwitchFailed,
    SpeechRequested,
    TTSModelSwitchRequested,
    TurnStateChanged,
)
from xtalk_edge.managers.switching import AGAIN_S, OFFER_ID, SwitchingManager

ALIVE: list[object] = []
"""Engines that were made and not closed, oldest first."""


class Voice(SteadyTTS):
    """Is on a list while it lives; cannot be loaded when told so."""

    failures = 0
    """How many of the next ones fail."""

    def __init__(self, name: str = "") -> None:
        if Voice.failures:
            Voice.failures -= 1
            raise ModelError("no memory")
        self.name = name
        ALIVE.append(self)

    def close(self) -> None:
        ALIVE.remove(self)
        if self.name == "sticky":
            raise RuntimeError("will not go")


class Mind(ScriptedAgent):
    """Is on a list while it lives."""

    def __init__(self, name: str = "") -> None:
        super().__init__([])
        self.name = name
        self.knows: list[str] = []
        ALIVE.append(self)

    async def async_accept(self, context: AgentContext) -> AsyncIterator[Any]:  # type: ignore[override]
        self.knows.append(context.type)
        async for piece in super().async_accept(context):
            yield piece

    async def prefill(self, text: str) -> None:
        self.knows.append(f"read {text!r} behind {len(self.history())} lines")

    def use_speaker(self, name: str, about: str = "") -> None:
        self.knows.append(f"speaker {name}")

    def use_tools(self, tools: ToolRunner) -> None:
        if self.name == "small":
            raise ModelError("no room for tools")
        self.knows.append("tools")

    def close(self) -> None:
        ALIVE.remove(self)


VOICE, MIND = f"{__name__}:Voice", f"{__name__}:Mind"
CONFIG = replace(
    Config(),
    tts=TtsConfig(VOICE, params={"name": "usual"}),
    agent=AgentConfig(MIND, params={"name": "usual"}),
    alternatives={"tts": {"other": TtsConfig(VOICE, params={"name": "other"})}},
)


class Scene:
    """A manager with a mouth and an agent, and a turn that can be held."""

    def __init__(self, bus: EventBus, mouth: Mouth, seat: AgentSeat, free_mb: int) -> None:
        self.bus, self.mouth, self.seat = bus, mouth, seat
        self.log = Log(bus)
        self.resting = True
        self.manager = SwitchingManager(
            event_bus=bus,
            config=CONFIG,
            seats={"tts": mouth, "agent": seat},
            at_rest=lambda: self.resting,
            memory_free_mb=lambda: free_mb,
        )

    async def publish(self, *events: Any) -> None:
        for event in events:
            self.bus.publish(event)
        await turns_of_the_loop(40)

    async def rest(self) -> None:
        self.resting = True
        await self.publish(TurnStateChanged(state="attending"))


@contextlib.asynccontextmanager
async def scene(free_mb: int = 10_000) -> AsyncIterator[Scene]:
    ALIVE.clear()
    Voice.failures = 0
    bus = EventBus()
    async with (
        hosting.hosted("speed", SpeedConfig()) as speed,
        hosting.hosted("tts", CONFIG.tts) as voice,
        hosting.hosted("agent", CONFIG.agent) as mind,
        contextlib.aclosing(await Mouth.open(voice, speed)) as mouth,
        contextlib.aclosing(AgentSeat(mind, lambda agent: agent.use_tools(Tools()))) as seat,
    ):
        made = Scene(bus, mouth, seat, free_mb)
        bus.register(made.manager)
        await made.manager.start()
        yield made
        await made.manager.shutdown()
        await bus.aclose()
    assert ALIVE == []


def names() -> list[str]:
    return [each.name for each in ALIVE]  # type: ignore[attr-defined]


def voice_wanted(name: str = "new", called: str = "") -> TTSModelSwitchRequested:
    return TTSModelSwitchRequested(model_type=VOICE, config={"name": name}, name=called)


def mind_wanted(name: str = "new") -> LLMModelSwitchRequested:
    return LLMModelSwitchRequested(model_type=MIND, config={"name": name})


def test_both_are_there_until_the_turn_is_over() -> None:
    async def story() -> None:
        async with scene() as s:
            s.resting = False
            await s.publish(voice_wanted())
            assert names() == ["usual", "usual", "new"]
            await s.publish(TurnStateChanged(state="speaking"))
            assert not s.log.all_of(ModelSwitched)
            await s.rest()
            assert names() == ["usual", "new"]
            (done,) = s.log.all_of(ModelSwitched)
            assert (done.slot, done.model_type, done.name) == ("tts", VOICE, "")
            assert not s.log.all_of(SpeechRequested)

    run_virtual(story())


def test_wishes_are_granted_in_order() -> None:
    async def story() -> None:
        async with scene() as s:
            s.resting = False
            await s.publish(voice_wanted("a"), mind_wanted("b"), voice_wanted("c", "loud one"))
            await s.rest()
            assert names() == ["b", "c"]
            assert [done.slot for done in s.log.all_of(ModelSwitched)] == ["tts", "agent", "tts"]
            assert [said.text for said in s.log.all_of(SpeechRequested)] == ["Loud one is ready."]

    run_virtual(story())


def test_the_new_agent_is_told_everything() -> None:
    async def story() -> None:
        async with scene() as s:
            async for _ in s.seat.async_accept(AgentContext("asr_final", "hello")):
                pass
            s.seat.heard("Okay")
            s.seat.use_speaker("Ann", "likes tea")
            await s.publish(mind_wanted())
            engine = s.seat.engine
            assert isinstance(engine, Mind)
            assert engine.knows == ["tools", "loop", "speaker Ann", "read '' behind 2 lines"]
            assert s.seat.history() == [
                {"role": "user", "content": "hello"},
                {"role": "assistant", "content": "Okay"},
            ]

    run_virtual(story())


@pytest.mark.parametrize(
    "event",
    [
        TTSModelSwitchRequested(model_type="nonsense"),
        TTSModelSwitchRequested(model_type=VOICE, config={"nam": "x"}),
        LLMModelSwitchRequested(model_type=MIND, config={"name": "small"}),
    ],
)
def test_what_cannot_be_had_leaves_the_old_one(event: Any) -> None:
    async def story() -> None:
        async with scene() as s:
            await s.publish(event)
            (failed,) = s.log.all_of(ModelSwitchFailed)
            assert failed.problem
            (said,) = s.log.all_of(SpeechRequested)
            assert said.text.startswith("Sorry, I could not change")
            assert names() == ["usual", "usual"]
            # And nothing is stuck.
            await s.publish(voice_wanted())
            assert names() == ["usual", "new"]

    run_virtual(story())


def test_an_old_one_that_fails_to_go_is_gone_all_the_same() -> None:
    async def story() -> None:
        async with scene() as s:
            await s.manager.switch("tts", VOICE, {"name": "sticky"})
            await s.manager.switch("tts", VOICE, {"name": "new"})
            assert names() == ["usual", "new"]
            assert len(s.log.all_of(ModelSwitched)) == 2
            assert [error.component for error in s.log.all_of(ErrorOccurred)] == ["tts"]

    run_virtual(story())


def test_a_caller_can_wait_for_it() -> None:
    async def story() -> None:
        async with scene() as s:
            await s.manager.switch("tts", VOICE, {"name": "new"})
            assert names() == ["usual", "new"]
            Voice.failures = 1
            with pytest.raises(ModelError, match="no memory"):
                await s.manager.switch("tts", VOICE, {})
            with pytest.raises(ConfigError, match="vad cannot be exchanged; only tts, agent can"):
                await s.manager.switch("vad", "silero", {})

    run_virtual(story())


def test_who_waits_at_the_end_is_told() -> None:
    async def story() -> None:
        async with scene() as s:
            s.resting = False
            waiting = asyncio.ensure_future(s.manager.switch("tts", VOICE, {}))
            await turns_of_the_loop(40)
        with pytest.raises(EngineError, match="the device ends"):
            await waiting

    run_virtual(story())


def test_alternatives_have_names() -> None:
    async def story() -> None:
        async with scene() as s:
            assert s.manager.switch_to("tts", "other")
            await turns_of_the_loop(40)
            assert names() == ["usual", "other"]
            assert not s.manager.switch_to("tts", "other")
            assert s.manager.switch_to("tts", "usual")
            await turns_of_the_loop(40)
            assert names() == ["usual", "usual"]
            for slot, name in (("tts", "another"), ("agent", "other")):
                with pytest.raises(KeyError):
                    s.manager.switch_to(slot, name)

    run_virtual(story())


# -- too little memory for two ---------------------------------------------------------------


async def announced(s: Scene) -> None:
    (said,) = [each for each in s.log.all_of(SpeechRequested) if each.offer_id == OFFER_ID]
    assert said.text == "One moment, please. I change my voice."
    s.resting = False
    await s.publish(AnnouncementStarted(offer_id=OFFER_ID))


def test_the_old_one_makes_room_once_it_has_said_so() -> None:
    async def story() -> None:
        async with scene(free_mb=10) as s:
            await s.publish(voice_wanted())
            assert names() == ["usual", "usual"]
            await announced(s)
            assert names() == ["usual", "usual"]
            await s.rest()
            assert names() == ["usual", "new"]
            assert s.log.all_of(ModelSwitched)

    run_virtual(story())


def test_if_the_new_one_fails_the_old_one_is_loaded_again() -> None:
    async def story() -> None:
        async with scene(free_mb=10) as s:
            await s.publish(voice_wanted())
            await announced(s)
            Voice.failures = 2
            await s.rest()
            # The old one does not come back at once; who wants to speak waits.
            assert names() == ["usual"]
            speaking = asyncio.ensure_future(anext(s.mouth.speech_of("a").__aiter__()))
            await turns_of_the_loop()
            assert not speaking.done()
            began_s = now_s()
            assert (await speaking).pcm
            assert now_s() - began_s == pytest.approx(AGAIN_S)
            await turns_of_the_loop(40)
            assert names() == ["usual", "usual"]
            assert s.log.all_of(ModelSwitchFailed)

    run_virtual(story())


def test_who_asks_while_the_agents_seat_is_empty_waits_and_is_remembered() -> None:
    async def story() -> None:
        async with scene() as s:
            s.seat.note("earlier", "yes")
            await s.seat.vacate().aclose()
            items = s.seat.async_accept(AgentContext("asr_final", "hello"))
            asking = asyncio.ensure_future(anext(items))
            await s.seat.prefill("hel")
            assert (await s.seat.speculate("hello")).said == ""
            await s.seat.discard()
            s.seat.heard("ye")
            s.seat.note("more", "")
            s.seat.use_speaker("Bob")
            kept = [line["content"] for line in s.seat.history()]
            assert kept == ["earlier", "ye", "more"]
            await turns_of_the_loop()
            assert not asking.done()
            home = await hosting.open_hosted("agent", AgentConfig(MIND))
            s.seat.exchange(await s.seat.fitted(home))
            assert await asking == "Okay. "
            await items.aclose()
            assert [line["content"] for line in s.seat.history()][:3] == kept
            assert "speaker Bob" in home.engine.knows

    run_virtual(story())


# -- parts -----------------------------------------------------------------------------------


def test_files_tell_how_much_memory_is_wanted(tmp_path: Path) -> None:
    (tmp_path / "voice").mkdir()
    for name in ("voice/a.onnx", "voice/tokens.txt", "b.gguf"):
        (tmp_path / name).write_bytes(bytes(4_000_000))
    assert footprint_mb(EngineConfig("x", params={"model": str(tmp_path / "b.gguf")})) == 5
    assert footprint_mb(EngineConfig("x", params={"model": str(tmp_path / "voice")})) == 10
    for nothing in ({}, {"model": ""}, {"model": "/no/such.onnx"}, {"voice": "en-gb", "n": 3},
                    {"persona": "You are\0 long. " * 500}):  # fmt: skip
        assert footprint_mb(EngineConfig("x", params=nothing)) == 0


def test_a_history_is_a_list_of_exchanges() -> None:
    said = [("assistant", "Hi."), ("user", "a"), ("user", "b"), ("assistant", "B."),
            ("assistant", "More."), ("system", "x")]  # fmt: skip
    lines = [{"role": role, "content": content} for role, content in said]
    assert exchanges(lines) == [("a", ""), ("b", "B. More.")]
    assert exchanges([]) == []


def test_an_agent_that_never_ends_warming_up_is_used_all_the_same() -> None:
    class Endless(Agent):
        async def async_accept(self, context: AgentContext) -> AsyncIterator[str]:
            await asyncio.sleep(10_000)
            yield ""

    async def story() -> None:
        async with scene() as s:
            home = hosting.Hosted(Endless(), Worker("agent"))
            assert await s.seat.fitted(home) is home
            await home.aclose()
            with pytest.raises(EngineError):
                await home.worker.run(int)

    run_virtual(story())
