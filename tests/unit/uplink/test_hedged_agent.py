"""An answer comes from the server or the device, once, and the device's history knows which."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator

import pytest

from tests.clocks import on_virtual_clock
from tests.scripted_cloud import Die, Refuse, Stall, Step, Wait
from tests.unit.agent.parts import Tools
from tests.unit.uplink.parts import (
    COMMAND,
    DEADLINE_S,
    LOST_REST,
    SORRY,
    UNKNOWN,
    DeviceAgent,
    talk,
)
from xtalk_edge.clock import now_s
from xtalk_edge.engines.interfaces import (
    AgentContext,
    Prepared,
    ToolCall,
    ToolResult,
    ToolRunner,
)
from xtalk_edge.errors import EngineError, EngineLostError
from xtalk_edge.net.border import BORDER

DEVICE = "Device says this. And that."


@on_virtual_clock
async def test_the_server_answers_and_the_device_remembers() -> None:
    async with talk("prefer", ["Cloud ", "says. ", "And more"]) as t:
        assert await t.said("hello") == "Cloud says. And more"
        assert t.who() == [("server", "first")]
        assert t.device.history() == [
            {"role": "user", "content": "hello"},
            {"role": "assistant", "content": "Cloud says. And more"},
        ]
        assert t.device.discarded == 1


@on_virtual_clock
async def test_what_was_not_heard_of_the_server_was_not_said() -> None:
    async with talk("prefer", ["One. ", "Two. ", Stall()]) as t:
        async with contextlib.aclosing(t.pieces("hello")) as pieces:
            assert await anext(pieces) == "One. "
        t.agent.heard("One.")
        assert [line["content"] for line in t.device.history()] == ["hello", "One."]
        assert t.device.resumed == []
    assert t.cloud.stopped == 1


@on_virtual_clock
async def test_a_question_that_was_taken_back_leaves_no_trace() -> None:
    async with talk("prefer", [Stall()]) as t:
        t.device.note("earlier", "answer")
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.5):
                await t.said("hello")
        assert [line["content"] for line in t.device.history()] == ["earlier", "answer"]
        # Of a stopped reply nothing was heard; that is no news about the one before.
        t.agent.heard("")
        assert [line["content"] for line in t.device.history()] == ["earlier", "answer", "hello"]
        assert t.way.breaker.state(now_s()) == "closed"


@on_virtual_clock
async def test_a_slow_server_costs_the_deadline_and_no_more() -> None:
    async with talk("prefer", [Wait(9.0), "Late."], device=DeviceAgent(decides_s=0.4)) as t:
        began_s = now_s()
        async with contextlib.aclosing(t.pieces("hello")) as pieces:
            await anext(pieces)
            assert now_s() - began_s == pytest.approx(DEADLINE_S)
        assert t.who() == [("device", "slow")]


@on_virtual_clock
async def test_a_server_that_is_gone_costs_nothing() -> None:
    async with talk("prefer", device=DeviceAgent(decides_s=0.4)) as t:
        t.cloud.go()
        began_s = now_s()
        assert await t.said("hello") == DEVICE
        assert now_s() - began_s == pytest.approx(0.4)
        assert t.who() == [("device", "absent")]


@on_virtual_clock
async def test_a_command_is_the_devices_business() -> None:
    async with talk("prefer", ["I can't set timers."], head_start_s=0.2) as t:
        assert await t.said(COMMAND) == "Five minutes."
        assert t.who() == [("device", "command")]
        assert t.cloud.asked == []
        assert t.device.effects == ["set_timer"]


@on_virtual_clock
async def test_a_command_that_is_known_late_is_still_the_devices_business() -> None:
    async with talk("race", ["I can't set timers."], device=DeviceAgent(decides_s=1.0)) as t:
        assert await t.said(COMMAND) == "Five minutes."
        assert t.device.effects == ["set_timer"]
        assert t.cloud.asked == [COMMAND]


@on_virtual_clock
async def test_what_was_thought_of_ahead_is_known_at_once() -> None:
    async with talk("prefer", ["Cloud."], head_start_s=5.0) as t:
        assert (await t.agent.speculate(COMMAND)).is_request
        began_s = now_s()
        assert await t.said(COMMAND) == "Five minutes."
        assert now_s() == began_s
        # Another text is another matter.
        await t.agent.speculate("hello")
        assert await t.said("hello you") == "Cloud."


@on_virtual_clock
async def test_effects_come_once_and_only_from_who_answers() -> None:
    for mode in ("fallback", "prefer", "race"):
        for script in (["Cloud."], [Stall()], [Die()], [Refuse()], [Wait(0.3), "Cloud."], []):
            async with talk(mode, script, device=DeviceAgent(decides_s=0.2)) as t:
                reply = await t.said(COMMAND)
                assert t.device.effects == ["set_timer"] * (reply == "Five minutes.")
                assert reply == "Five minutes."


@on_virtual_clock
async def test_a_race_goes_to_the_first() -> None:
    async with talk("race", [Wait(0.05), "Cloud."]) as t:
        assert await t.said("hello") == "Cloud."
    async with talk("race", [Wait(0.5), "Cloud."]) as t:
        assert await t.said("hello") == DEVICE
        assert t.who() == [("device", "first")]
    assert t.cloud.stopped == 1


@on_virtual_clock
async def test_fallback_asks_only_what_the_device_does_not_know() -> None:
    async with talk("fallback", ["A composer."]) as t:
        assert await t.said("hello") == DEVICE
        assert t.cloud.asked == []
        assert await t.said(UNKNOWN) == "A composer."
        assert t.cloud.asked == [UNKNOWN]
        assert [line["content"] for line in t.device.history()][-2:] == [UNKNOWN, "A composer."]


@on_virtual_clock
async def test_fallback_says_what_the_device_says_where_nobody_knows() -> None:
    for script in ([Die()], [Refuse()], [Stall()], []):
        async with talk("fallback", script) as t:
            assert await t.said(UNKNOWN) == SORRY


@on_virtual_clock
async def test_a_device_that_fails_is_stood_in_for() -> None:
    async with talk("fallback", ["Cloud."], device=DeviceAgent(fails=True)) as t:
        assert await t.said("hello") == "Cloud."
        assert [line["content"] for line in t.device.history()] == ["hello", "Cloud."]
    async with talk("fallback", [Refuse()], device=DeviceAgent(fails=True)) as t:
        with pytest.raises(EngineError):
            await t.said("hello")


@pytest.mark.parametrize("end", [[Die()], [Refuse()], [Stall()]])
def test_a_reply_that_breaks_off_goes_on_by_the_device(end: list[Step]) -> None:
    @on_virtual_clock
    async def scene() -> None:
        script = ["One is whole. ", "Two is whole. Three is"]
        async with talk(
            "prefer", [*script, Wait(0.3), *end], device=DeviceAgent(rest="four.")
        ) as t:
            assert await t.said("hello") == "One is whole. Two is whole. four."
            assert t.device.resumed == [("hello", "One is whole. Two is whole. ")]
            assert t.who() == [("server", "first"), ("device", "lost")]
            history = [line["content"] for line in t.device.history()]
            assert history == ["hello", "One is whole. Two is whole. four."]

    scene()


@on_virtual_clock
async def test_a_device_that_cannot_go_on_says_so_at_a_clauses_end() -> None:
    async with talk("prefer", ["One is whole. Two is", Wait(0.3), Die()], ["Next."]) as t:
        assert await t.said("hello") == f"One is whole. {LOST_REST}"
        # And the next turn works at once.
        began_s = now_s()
        assert await t.said("hello") == DEVICE
        assert now_s() - began_s == pytest.approx(0.1)
        t.cloud.come_back()
        assert await t.said("hello") == "Next."


@on_virtual_clock
async def test_who_lets_turns_down_is_left_alone() -> None:
    async with talk("prefer", [Stall()], [Stall()], ["Back."]) as t:
        for _ in range(4):
            await t.said("hello")
        assert [why for _, why in t.who()] == ["slow", "slow", "resting", "resting"]
        assert t.way.breaker.state(now_s()) == "open"
        assert len(t.cloud.asked) == 2
        await asyncio.sleep(10.0)
        assert await t.said("hello") == "Back."
        assert t.way.breaker.state(now_s()) == "closed"


@on_virtual_clock
async def test_nothing_leaves_a_device_that_is_offline() -> None:
    async with talk("prefer", ["Cloud."]) as t:
        BORDER.offline = True
        try:
            assert await t.said("hello") == DEVICE
        finally:
            BORDER.offline = False
        assert t.cloud.asked == []
        BORDER.allow({"audio", "tools"})
        try:
            assert await t.said("hello") == DEVICE
        finally:
            BORDER.allow({"audio", "text", "tools"})
        assert t.who() == [("device", "private")] * 2


@on_virtual_clock
async def test_a_server_that_does_not_end_is_ended() -> None:
    async with talk("prefer", ["word " * 3000, "word " * 3000, Stall()]) as t:
        reply = await t.said("hello")
        assert len(reply) <= 15_000


class DyingAgent(DeviceAgent):
    """Dies behind its first word, once."""

    died = False

    async def async_accept(
        self, context: AgentContext
    ) -> AsyncGenerator[str | ToolCall | ToolResult, None]:
        yield "Device "
        if not self.died:
            self.died = True
            raise EngineLostError("the agent's process died")
        yield "again."


@on_virtual_clock
async def test_a_question_that_is_asked_again_is_not_given_to_the_server_twice() -> None:
    async with talk("prefer", [Stall()], device=DyingAgent()) as t:
        with pytest.raises(EngineLostError):
            await t.said("hello")
        assert await t.said("hello") == "Device again."
        assert t.cloud.asked == ["hello"]
        # Only then: the next time it is another question.
        await t.said("hello")
        assert t.cloud.asked == ["hello", "hello"]


class BrokenForesight(DeviceAgent):
    """Cannot think ahead."""

    async def foresee(self, text: str) -> AsyncGenerator[Prepared, None]:
        raise EngineError("no foresight")
        yield Prepared()


@on_virtual_clock
async def test_a_device_that_cannot_think_ahead_still_answers() -> None:
    async with talk("race", [Stall()], device=BrokenForesight()) as t:
        assert await t.said("hello") == DEVICE
        assert t.who() == [("device", "slow")]


class Told(DeviceAgent):
    """Keeps what it is told."""

    def __init__(self) -> None:
        super().__init__()
        self.told: list[object] = []

    async def prefill(self, text: str) -> None:
        self.told.append(text)

    def use_tools(self, tools: ToolRunner) -> None:
        self.told.append(tools)

    def use_speaker(self, name: str, about: str = "") -> None:
        self.told.append((name, about))

    def use_caption(self, text: str) -> None:
        self.told.append(text)

    def use_thought(self, text: str) -> None:
        self.told.append(text)

    def confidence(self) -> float:
        return 0.5


@on_virtual_clock
async def test_whatever_is_no_question_is_the_devices() -> None:
    device, tools = Told(), Tools()
    async with talk("prefer", device=device) as t:
        await t.agent.prefill("what ti")
        t.agent.use_tools(tools)
        t.agent.use_speaker("Ann", "likes tea")
        t.agent.use_caption("rain")
        t.agent.use_thought("a chat")
        assert device.told == ["what ti", tools, ("Ann", "likes tea"), "rain", "a chat"]
        assert t.agent.confidence() == 0.5
        t.agent.note("yes", "Done.")
        t.agent.heard("Do")
        assert [line["content"] for line in t.agent.history()] == ["yes", "Do"]
        assert [each.said async for each in t.agent.foresee("hello")][-1] == DEVICE
        assert [each async for each in t.agent.async_accept(AgentContext("loop"))] != []
        assert t.cloud.asked == []
