"""What is heard around the device is described, rarely and at the right moments."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace

import pytest

from tests.contract.sound import noise
from tests.scripted import FAILURE, ScriptedCaptioner, ScriptedRewriter
from tests.unit.manager_parts import Log, plain_capture
from xtalk_edge.audio.format import RATE_HZ
from xtalk_edge.audio.room import RoomCard, RoomScene
from xtalk_edge.bus import EventBus
from xtalk_edge.clock import run_virtual
from xtalk_edge.config.schema import Config
from xtalk_edge.config.surroundings import CaptionerConfig
from xtalk_edge.engines.agent.scripted import ScriptedAgent
from xtalk_edge.engines.hosting import Hosted
from xtalk_edge.engines.worker import Worker
from xtalk_edge.events import CaptionUpdated, ErrorOccurred, TurnStateChanged
from xtalk_edge.managers.captioner import CaptionerManager

CONFIG = replace(Config(), captioner=CaptionerConfig("scripted"))
RAIN, BARK = "Rain can be heard.", "A dog barking can be heard."


class Listener(ScriptedAgent):
    def __init__(self) -> None:
        super().__init__()
        self.told: list[str] = []

    def use_caption(self, text: str) -> None:
        self.told.append(text)


@dataclass
class Scene:
    captioner: ScriptedCaptioner
    rewriter: ScriptedRewriter | None
    room: RoomCard = field(default_factory=lambda: RoomCard(RoomScene()))
    agent: Listener = field(default_factory=Listener)
    bus: EventBus = field(default_factory=EventBus)

    def __post_init__(self) -> None:
        self.log = Log(self.bus)

    @property
    def updates(self) -> list[tuple[str, bool, str]]:
        return [(e.text, e.is_final, e.reason) for e in self.log.all_of(CaptionUpdated)]

    def noise(self, seconds: float, after_s: float = 0.0) -> None:
        at_s = self.room.position / self.room.rate_hz + after_s
        self.room.say(noise(seconds), RATE_HZ, level_db=-26.0, at_s=at_s)

    def state(self, state: str) -> None:
        self.bus.publish(TurnStateChanged(state=state))


def played(
    script: Callable[[Scene], Awaitable[None]],
    captions: list[str],
    rewriter: ScriptedRewriter | None = None,
) -> Scene:
    """Play a script in a silent room."""

    async def scene() -> Scene:
        found = Scene(ScriptedCaptioner(captions), rewriter)
        workers = [Worker("captioner"), Worker("rewriter")]
        capture = plain_capture(found.bus, found.room)
        manager = CaptionerManager(
            event_bus=found.bus,
            config=CONFIG,
            captioner=Hosted(found.captioner, workers[0]),
            capture=capture,
            agent=found.agent,
            rewriter=Hosted(rewriter, workers[1]) if rewriter else None,
        )
        found.bus.register(manager)
        await capture.start()
        await manager.start()
        await script(found)
        await capture.shutdown()
        await manager.shutdown()
        for worker in workers:
            worker.close()
        await found.bus.aclose()
        return found

    return run_virtual(scene())


@pytest.mark.slow
def test_a_silent_room_costs_nothing() -> None:
    async def script(_: Scene) -> None:
        await asyncio.sleep(30.0)

    scene = played(script, [RAIN])
    assert scene.captioner.lengths == []
    assert scene.updates == []


@pytest.mark.slow
def test_a_sound_is_described_told_once_and_forgotten() -> None:
    async def script(scene: Scene) -> None:
        scene.noise(6.0)
        await asyncio.sleep(20.0)

    scene = played(script, [RAIN])
    assert scene.updates == [(RAIN, True, "refresh"), ("", True, "quiet")]
    assert scene.agent.told == [RAIN, ""]
    assert all(RATE_HZ <= length <= 5 * RATE_HZ for length in scene.captioner.lengths)


@pytest.mark.slow
def test_nobody_is_described_while_somebody_has_the_floor() -> None:
    async def script(scene: Scene) -> None:
        scene.state("listening")
        scene.noise(10.0)
        await asyncio.sleep(9.0)
        assert scene.captioner.lengths == []
        scene.state("attending")
        await asyncio.sleep(3.0)

    assert [text for text, _, _ in played(script, [RAIN]).updates] == [RAIN]


@pytest.mark.slow
def test_the_devices_own_sound_is_not_described() -> None:
    async def script(scene: Scene) -> None:
        scene.room.core.write(noise(4.0).repeat(scene.room.rate_hz // RATE_HZ))
        scene.noise(8.0)
        await asyncio.sleep(4.0)
        assert scene.captioner.lengths == []
        await asyncio.sleep(4.0)

    scene = played(script, [RAIN])
    assert scene.captioner.lengths
    assert max(scene.captioner.lengths) <= 4 * RATE_HZ


@pytest.mark.slow
def test_several_descriptions_are_shortened_into_one() -> None:
    async def script(scene: Scene) -> None:
        scene.noise(4.0)
        await asyncio.sleep(4.0)

    scene = played(script, [RAIN, BARK], ScriptedRewriter(["A dog is out in the rain."]))
    assert scene.updates == [
        (RAIN, True, "refresh"),
        (BARK, False, "refresh"),
        ("A dog is out in the rain.", True, "rewritten"),
    ]
    assert scene.rewriter is not None
    assert scene.rewriter.asked == [f"{RAIN}\n{BARK}"]
    assert scene.agent.told[-1] == "A dog is out in the rain."


@pytest.mark.slow
def test_a_captioner_or_rewriter_that_fails_is_reported_and_asked_again() -> None:
    async def script(scene: Scene) -> None:
        scene.noise(9.0)
        await asyncio.sleep(9.0)

    scene = played(script, [FAILURE, RAIN, BARK], ScriptedRewriter([FAILURE]))
    assert [text for text, _, _ in scene.updates] == [RAIN, BARK]
    components = [error.component for error in scene.log.all_of(ErrorOccurred)]
    assert components == ["captioner", "rewriter"]


@pytest.mark.parametrize("caption", ["", "  "])
@pytest.mark.slow
def test_a_sound_that_is_not_known_is_nothing_new(caption: str) -> None:
    async def script(scene: Scene) -> None:
        scene.noise(4.0)
        await asyncio.sleep(12.0)

    assert played(script, [caption]).updates == []
