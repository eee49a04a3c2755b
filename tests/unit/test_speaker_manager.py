"""In each turn the voice is compared with those that were enrolled."""

from __future__ import annotations

import asyncio
import datetime
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.unit.manager_parts import Log, plain_capture
from xtalk_edge.audio.format import RATE_HZ
from xtalk_edge.bus import EventBus
from xtalk_edge.clock import A_MORNING, run_virtual
from xtalk_edge.config.schema import Config, SpeakerConfig
from xtalk_edge.engines.agent.scripted import ScriptedAgent
from xtalk_edge.engines.interfaces import SpeakerEncoder
from xtalk_edge.engines.worker import Worker
from xtalk_edge.events import (
    ErrorOccurred,
    Event,
    SpeakerRecognized,
    SpeechRequested,
    TurnASRConclusionRequested,
    TurnASREndRequested,
    TurnASRStartRequested,
)
from xtalk_edge.managers.speaker import LISTENS_S, SpeakerManager, encoder_name
from xtalk_edge.store.database import Database
from xtalk_edge.store.people import PeopleTable

CONFIG = replace(Config(), speaker=SpeakerConfig("scripted", likeness=0.9))
ANN, BOB = np.array([1, 0], np.float32), np.array([0, 1], np.float32)


@dataclass
class Voices(SpeakerEncoder):
    """Hears one voice after another; an exception is raised."""

    next: list[NDArray[np.float32] | Exception | None]
    lengths: list[int] = field(default_factory=list)

    def extract(self, audio: bytes) -> NDArray[np.float32] | None:
        self.lengths.append(len(audio) // 2)
        voice = self.next.pop(0)
        if isinstance(voice, Exception):
            raise voice
        return voice


class Listener(ScriptedAgent):
    def __init__(self) -> None:
        super().__init__()
        self.told: list[tuple[str, str]] = []

    def use_speaker(self, name: str, about: str = "") -> None:
        self.told.append((name, about))


@dataclass
class Scene:
    voices: Voices
    agent: Listener
    log: Log

    @property
    def recognised(self) -> list[tuple[int, str]]:
        return [(event.turn_id, event.name) for event in self.log.all_of(SpeakerRecognized)]

    @property
    def said(self) -> list[str]:
        return [event.text for event in self.log.all_of(SpeechRequested)]


@pytest.fixture
def people(tmp_path: Path) -> PeopleTable:
    table = PeopleTable(Database(tmp_path))
    table.enrol("Ann", ANN, encoder_name(CONFIG))
    table.enrol("Bob", BOB, encoder_name(CONFIG))
    table.set_greeting("Ann", "Hello, Ann.")
    table.set_note("Ann", "Likes tea.")
    return table


def played(
    people: PeopleTable, voices: list[NDArray[np.float32] | Exception | None], *events: Event,
    heard_s: float = 3.0,
) -> Scene:  # fmt: skip
    """Publish the events, half a second between them, after so much sound."""

    async def scene() -> Scene:
        bus = EventBus()
        found = Scene(Voices(voices), Listener(), Log(bus))
        worker, capture = Worker("speaker"), plain_capture(bus)
        manager = SpeakerManager(
            event_bus=bus, config=CONFIG, encoder=found.voices, worker=worker, capture=capture,
            people=people, agent=found.agent,
        )  # fmt: skip
        bus.register(manager)
        await capture.start()
        await asyncio.sleep(heard_s + 1.0)
        for event in events:
            bus.publish(event)
            await asyncio.sleep(0.5)
        await capture.shutdown()
        await manager.shutdown()
        worker.close()
        await bus.aclose()
        return found

    return run_virtual(scene())


def turn(turn_id: int, *, ended_s: float = 3.0, began_s: float = 0.0) -> list[Event]:
    start, end = round(began_s * RATE_HZ), round(ended_s * RATE_HZ)
    return [
        TurnASRStartRequested(turn_id=turn_id, from_sample=start),
        TurnASRConclusionRequested(turn_id=turn_id, at_sample=end),
        TurnASREndRequested(turn_id=turn_id, at_sample=end),
    ]


@pytest.mark.slow
def test_a_voice_that_is_known_has_a_name_once_a_turn(people: PeopleTable) -> None:
    scene = played(people, [ANN, BOB], *turn(1, began_s=1.0), *turn(2))
    assert scene.recognised == [(1, "Ann"), (2, "Bob")]
    assert scene.agent.told == [("Ann", "Likes tea."), ("Bob", "")]
    assert scene.voices.lengths == [2 * RATE_HZ, 3 * RATE_HZ]


@pytest.mark.slow
def test_a_strange_voice_has_none(people: PeopleTable) -> None:
    scene = played(people, [ANN + BOB], *turn(1))
    assert scene.recognised == [(1, "")]
    assert scene.agent.told == [("", "")]
    assert scene.said == []


@pytest.mark.slow
def test_what_is_too_short_at_the_pause_is_heard_again_at_the_end(people: PeopleTable) -> None:
    scene = played(people, [None, BOB], *turn(1))
    assert scene.recognised == [(1, "Bob")]


@pytest.mark.slow
def test_of_a_long_turn_the_end_is_heard(people: PeopleTable) -> None:
    scene = played(people, [BOB], *turn(1, ended_s=LISTENS_S + 4), heard_s=LISTENS_S + 5)
    assert scene.voices.lengths == [round(LISTENS_S * RATE_HZ)]


@pytest.mark.slow
def test_an_encoder_that_fails_is_reported_and_the_next_turn_goes_on(people: PeopleTable) -> None:
    scene = played(people, [RuntimeError("out of luck"), BOB], *turn(1), *turn(2))
    assert scene.recognised == [(2, "Bob")]
    assert [error.component for error in scene.log.all_of(ErrorOccurred)] == ["speaker"]


@pytest.mark.parametrize(("away_h", "greeted"), [(None, True), (5.0, True), (1.0, False)])
@pytest.mark.slow
def test_who_was_away_for_long_is_greeted(
    people: PeopleTable, away_h: float | None, greeted: bool
) -> None:
    if away_h is not None:
        people.heard("Ann", A_MORNING - datetime.timedelta(hours=away_h))
    scene = played(people, [ANN, ANN, BOB], *turn(1), *turn(2), *turn(3))
    assert scene.said == (["Hello, Ann."] if greeted else [])
    ann, bob = people.all()
    assert ann.heard_at is not None and bob.heard_at is not None


def test_a_clock_that_was_ahead_does_not_keep_anybody_from_being_greeted_for_good(
    people: PeopleTable,
) -> None:
    people.heard("Ann", A_MORNING + datetime.timedelta(days=400))
    assert played(people, [ANN], *turn(1)).said == []
    ann, _ = people.all()
    assert ann.heard_at is not None
    assert ann.heard_at <= A_MORNING + datetime.timedelta(minutes=1)


def test_those_enrolled_with_another_model_are_not_looked_for(people: PeopleTable) -> None:
    for name in ("Ann", "Bob"):
        people.enrol(name, ANN, "another")
    scene = played(people, [], *turn(1))
    assert scene.voices.lengths == []
    assert scene.recognised == []
