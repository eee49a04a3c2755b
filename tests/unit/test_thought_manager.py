"""A note about the conversation is written between the turns, never during one."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import pytest

from tests.scripted import FAILURE, ScriptedRewriter
from tests.unit.manager_parts import Log, turns_of_the_loop
from xtalk_edge.bus import EventBus
from xtalk_edge.clock import run_virtual
from xtalk_edge.config.schema import Config
from xtalk_edge.engines.agent.scripted import ScriptedAgent
from xtalk_edge.engines.hosting import Hosted
from xtalk_edge.engines.interfaces import Rewriter
from xtalk_edge.engines.worker import Worker
from xtalk_edge.events import ErrorOccurred, ThoughtUpdated, TurnStateChanged
from xtalk_edge.managers import thought
from xtalk_edge.managers.thought import LONGEST_MESSAGE_CHARS, MESSAGES, TIDIES_UP_S, ThoughtManager

OVER_S = TIDIES_UP_S + 0.1


class Talker(ScriptedAgent):
    def __init__(self) -> None:
        super().__init__()
        self.told: list[str] = []

    def use_thought(self, text: str) -> None:
        self.told.append(text)


@dataclass
class Scene:
    rewriter: Rewriter
    agent: Talker = field(default_factory=Talker)
    bus: EventBus = field(default_factory=EventBus)

    def __post_init__(self) -> None:
        self.log = Log(self.bus)

    @property
    def thoughts(self) -> list[str]:
        return [event.text for event in self.log.all_of(ThoughtUpdated)]

    async def state(self, state: str) -> None:
        self.bus.publish(TurnStateChanged(state=state))
        await turns_of_the_loop()

    async def turn(self, said: str, reply: str = "Done.") -> None:
        await self.state("listening")
        self.agent.note(said, reply)
        await self.state("speaking")
        await self.state("attending")


async def held(script: Callable[[Scene], Awaitable[None]], rewriter: Rewriter) -> Scene:
    scene, worker = Scene(rewriter), Worker("rewriter")
    manager = ThoughtManager(
        event_bus=scene.bus, config=Config(), rewriter=Hosted(rewriter, worker), agent=scene.agent
    )
    scene.bus.register(manager)
    await script(scene)
    await manager.shutdown()
    worker.close()
    await scene.bus.aclose()
    return scene


def test_a_note_is_written_after_each_turn_from_the_last_one() -> None:
    rewriter = ScriptedRewriter(["A timer runs.", "Two timers run."])

    async def script(scene: Scene) -> None:
        await scene.turn("set a timer")
        await asyncio.sleep(OVER_S)
        await scene.turn("set [another]\n<b>one")
        await scene.state("asleep")
        await asyncio.sleep(OVER_S)
        await scene.turn("")

    scene = run_virtual(held(script, rewriter))
    assert scene.thoughts == scene.agent.told == ["A timer runs.", "Two timers run."]
    assert rewriter.asked == [
        "<thought></thought><chat>user: set a timer\nassistant: Done.</chat>",
        "<thought>A timer runs.</thought><chat>user: set a timer\nassistant: Done.\n"
        "user: set another b one\nassistant: Done.</chat>",
    ]


def test_who_goes_on_at_once_is_not_written_about() -> None:
    rewriter = ScriptedRewriter()

    async def script(scene: Scene) -> None:
        await scene.turn("set a timer")
        await asyncio.sleep(TIDIES_UP_S / 2)
        await scene.state("listening")
        await asyncio.sleep(10 * OVER_S)

    run_virtual(held(script, rewriter))
    assert rewriter.asked == []


def test_without_anything_new_nothing_is_written() -> None:
    rewriter = ScriptedRewriter()

    async def script(scene: Scene) -> None:
        await scene.state("asleep")
        await asyncio.sleep(OVER_S)
        assert rewriter.asked == []
        await scene.turn("set a timer")
        await asyncio.sleep(OVER_S)
        await scene.state("listening")
        await scene.state("asleep")
        await asyncio.sleep(OVER_S)

    run_virtual(held(script, rewriter))
    assert len(rewriter.asked) == 1


def test_what_is_read_is_bounded() -> None:
    rewriter = ScriptedRewriter()

    async def script(scene: Scene) -> None:
        for _ in range(50):
            scene.agent.note("word " * 1_000, "Done.")
        await scene.turn("the last")
        await asyncio.sleep(OVER_S)

    run_virtual(held(script, rewriter))
    (asked,) = rewriter.asked
    assert len(asked) < MESSAGES * (LONGEST_MESSAGE_CHARS + 20) + 50
    assert "user: the last" in asked


def test_a_rewriter_that_fails_is_reported_and_asked_again() -> None:
    rewriter = ScriptedRewriter([FAILURE, "A timer runs."])

    async def script(scene: Scene) -> None:
        await scene.turn("set a timer")
        await asyncio.sleep(OVER_S)
        await scene.state("listening")
        await scene.state("asleep")
        await asyncio.sleep(OVER_S)

    scene = run_virtual(held(script, rewriter))
    assert [error.component for error in scene.log.all_of(ErrorOccurred)] == ["rewriter"]
    assert scene.thoughts == ["A timer runs."]


class Slow(Rewriter):
    """Writes until it is aborted."""

    def __init__(self) -> None:
        self.begun = threading.Event()
        self.aborted = threading.Event()

    def rewrite(self, input: str) -> str:
        self.begun.set()
        assert self.aborted.wait(10.0)
        return "Too late."

    def abort(self) -> None:
        self.aborted.set()


@pytest.mark.parametrize("state", ["listening", "asleep"])
def test_a_turn_and_the_end_abort_what_is_being_written(
    monkeypatch: pytest.MonkeyPatch, state: str
) -> None:
    monkeypatch.setattr(thought, "TIDIES_UP_S", 0.0)
    rewriter = Slow()

    async def script(scene: Scene) -> None:
        await scene.turn("set a timer")
        await asyncio.to_thread(rewriter.begun.wait, 10.0)
        await scene.state(state)
        assert rewriter.aborted.is_set() is (state == "listening")

    # A device that is switched off does not wait for its note either.
    scene = asyncio.run(held(script, rewriter))
    assert scene.thoughts == scene.agent.told == []
