"""The agent reads along, begins to answer at a pause, and forgets it when nobody waits."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

from tests.scripted import ScriptedAgent, ScriptedError
from tests.unit.manager_parts import Log, turns_of_the_loop
from xtalk_edge.bus import EventBus
from xtalk_edge.clock import run_virtual
from xtalk_edge.config.schema import Config
from xtalk_edge.engines.interfaces import Prepared
from xtalk_edge.events import (
    ASRResultPartial,
    ErrorOccurred,
    Event,
    TurnPreparationRequested,
    TurnPrepared,
    TurnStateChanged,
)
from xtalk_edge.managers.thinking_ahead import ThinkingAheadManager
from xtalk_edge.turn.actions import State


class Thinker(ScriptedAgent):
    """Takes a second to read and to guess, and keeps a list of what it did."""

    def __init__(self) -> None:
        super().__init__([])
        self.did: list[str] = []

    async def prefill(self, text: str) -> None:
        self.did.append(f"read {text}")
        await asyncio.sleep(1)

    async def speculate(self, text: str) -> Prepared:
        if text == "!":
            raise ScriptedError("told to fail")
        self.did.append(f"guessed {text}")
        await asyncio.sleep(1)
        return Prepared(is_request=text == "stop")

    async def discard(self) -> None:
        self.did.append("forgot")


class Bench:
    def __init__(self, awaits_answer: bool) -> None:
        self.bus = EventBus()
        self.log = Log(self.bus)
        self.agent = Thinker()
        self.manager = ThinkingAheadManager(
            event_bus=self.bus,
            config=Config(),
            agent=self.agent,
            awaits_answer=lambda: awaits_answer,
            heeds=lambda text: text == "go",
        )
        self.bus.register(self.manager)

    async def publish(self, *events: Event) -> None:
        for event in events:
            self.bus.publish(event)
        await turns_of_the_loop(20)


@contextlib.asynccontextmanager
async def bench(*, awaits_answer: bool = False) -> AsyncIterator[Bench]:
    made = Bench(awaits_answer)
    try:
        yield made
    finally:
        await made.manager.shutdown()
        await made.bus.aclose()


def partial(text: str) -> ASRResultPartial:
    return ASRResultPartial(turn_id=1, text=text)


def pause(text: str) -> TurnPreparationRequested:
    return TurnPreparationRequested(turn_id=1, text=text)


def test_what_is_not_for_the_agent_does_not_reach_it_and_is_whole() -> None:
    async def scene() -> None:
        async with bench() as b:
            await b.publish(partial("go"), pause("go"))
            await asyncio.sleep(3)
            assert b.agent.did == []
            (prepared,) = b.log.all_of(TurnPrepared)
            assert (prepared.text, prepared.is_request, prepared.said) == ("go", True, "")
        async with bench(awaits_answer=True) as b:
            await b.publish(pause("go"))
            await asyncio.sleep(3)
            assert not b.log.all_of(TurnPrepared)

    run_virtual(scene())


def test_while_it_reads_only_the_newest_text_waits() -> None:
    async def scene() -> None:
        async with bench() as b:
            await b.publish(partial("set"))
            await b.publish(partial("set a"), partial("set a timer"))
            await asyncio.sleep(3)
            assert b.agent.did == ["read set", "read set a timer"]

    run_virtual(scene())


def test_it_says_what_came_of_a_guess() -> None:
    async def scene() -> None:
        async with bench() as b:
            for text in ("stop", "stop the"):
                await b.publish(pause(text))
                await asyncio.sleep(2)
            told = [(event.text, event.is_request) for event in b.log.all_of(TurnPrepared)]
            assert told == [("stop", True), ("stop the", False)]

    run_virtual(scene())


def test_a_newer_text_takes_the_place_of_an_older() -> None:
    async def scene() -> None:
        async with bench() as b:
            await b.publish(pause("stop"))
            await b.publish(pause("stop the"))
            await asyncio.sleep(2)
            assert [event.text for event in b.log.all_of(TurnPrepared)] == ["stop the"]

    run_virtual(scene())


def test_more_words_undo_a_guess_before_they_are_read() -> None:
    async def scene() -> None:
        async with bench() as b:
            await b.publish(pause("stop"))
            await asyncio.sleep(2)
            await b.publish(partial("stop"))
            await asyncio.sleep(2)
            await b.publish(partial("stop the timer"))
            await asyncio.sleep(2)
            assert b.agent.did == ["guessed stop", "forgot", "read stop the timer"]

    run_virtual(scene())


def test_words_that_come_with_the_pause_are_guessed_at() -> None:
    async def scene() -> None:
        async with bench() as b:
            await b.publish(pause("what is"), partial("what is it"), pause("what is it"))
            await asyncio.sleep(3)
            assert [event.text for event in b.log.all_of(TurnPrepared)] == ["what is it"]

    run_virtual(scene())


def test_a_guess_does_not_wait_for_what_is_being_read() -> None:
    async def scene() -> None:
        async with bench() as b:
            await b.publish(partial("st"))
            await b.publish(pause("stop"))
            assert b.agent.did == ["read st", "guessed stop"]

    run_virtual(scene())


def test_a_guess_nobody_waits_for_is_forgotten_once() -> None:
    async def scene() -> None:
        async with bench() as b:
            await b.publish(pause("stop"))
            await b.publish(TurnStateChanged(state=State.THINKING))
            await b.publish(TurnStateChanged(state=State.ATTENDING))
            await b.publish(TurnStateChanged(state=State.ASLEEP))
            await asyncio.sleep(2)
            assert b.agent.did == ["guessed stop", "forgot"]
            assert b.log.all_of(TurnPrepared) == []

    run_virtual(scene())


def test_what_may_answer_a_question_of_the_tools_is_not_guessed_at() -> None:
    async def scene() -> None:
        async with bench(awaits_answer=True) as b:
            await b.publish(pause("yes"))
            assert b.agent.did == []

    run_virtual(scene())


def test_a_failure_is_reported_and_the_next_pause_is_guessed_at() -> None:
    async def scene() -> None:
        async with bench() as b:
            await b.publish(pause("!"))
            await b.publish(pause("stop"))
            await asyncio.sleep(2)
            assert [event.error_type for event in b.log.all_of(ErrorOccurred)] == [
                "llm_ahead_error"
            ]
            assert [event.text for event in b.log.all_of(TurnPrepared)] == ["stop"]

    run_virtual(scene())
