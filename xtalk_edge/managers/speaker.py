"""Says who is speaking, and greets them."""

from __future__ import annotations

import datetime

from xtalk_edge.audio.format import RATE_HZ
from xtalk_edge.bus import EventBus, handles
from xtalk_edge.clock import wall_now
from xtalk_edge.config.schema import Config
from xtalk_edge.engines.interfaces import Agent, SpeakerEncoder
from xtalk_edge.engines.worker import Worker
from xtalk_edge.events import (
    SpeakerRecognized,
    SpeechRequested,
    TurnASRConclusionRequested,
    TurnASREndRequested,
    TurnASRStartRequested,
)
from xtalk_edge.managers.base import Manager
from xtalk_edge.managers.capture import CaptureManager
from xtalk_edge.store.people import PeopleTable, Person
from xtalk_edge.turn.who import nearest

LISTENS_S = 10.0
"""A voice is told by two or three seconds; more only costs."""

HEARD_AGAIN_S = 600.0
"""When somebody was heard last is kept as exactly as this: each time would wear the card out."""


class SpeakerManager(Manager):
    """Compares the voice of each turn with those that were enrolled.

    It begins at the turn's first pause, so that the agent mostly knows before it is asked.

    Args:
        event_bus: where it listens and publishes.
        config: the settings.
        encoder: what tells voices apart.
        worker: where it runs.
        capture: whose clean sound it listens to.
        people: who was enrolled; read in every turn, as they may be changed meanwhile.
        agent: is told who speaks.
    """

    def __init__(
        self,
        *,
        event_bus: EventBus,
        config: Config,
        encoder: SpeakerEncoder,
        worker: Worker,
        capture: CaptureManager,
        people: PeopleTable,
        agent: Agent,
    ) -> None:
        super().__init__(event_bus=event_bus, config=config)
        self._encoder = encoder
        self._worker = worker
        self._clean = capture.rings.clean
        self._people = people
        self._agent = agent
        self._from_sample = 0
        self._busy_turn_id = 0
        """The turn whose voice is known, or being looked at."""

    @handles(TurnASRStartRequested)
    def on_turn(self, event: TurnASRStartRequested) -> None:
        """Remember where the turn began."""
        self._from_sample = event.from_sample

    @handles(TurnASRConclusionRequested)
    def on_pause(self, event: TurnASRConclusionRequested) -> None:
        """Look at the voice so far."""
        self._look(event.turn_id, event.at_sample)

    @handles(TurnASREndRequested)
    def on_end(self, event: TurnASREndRequested) -> None:
        """Look at the voice, if there was no pause before."""
        self._look(event.turn_id, event.at_sample)

    def _look(self, turn_id: int, to_sample: int) -> None:
        known = self._people.known_to(encoder_name(self.config))
        if not known or self._busy_turn_id == turn_id:
            return
        self._busy_turn_id = turn_id
        self.tasks.start(self._recognise(turn_id, to_sample, known), "speaker recognition")

    async def _recognise(self, turn_id: int, to_sample: int, known: list[Person]) -> None:
        earliest = to_sample - round(LISTENS_S * RATE_HZ)
        sound, _ = self._clean.slice(max(self._from_sample, earliest), to_sample)
        try:
            voice = await self._worker.run(self._encoder.extract, sound.tobytes())
        except Exception as error:  # noqa: BLE001 - an engine may raise anything; the turn goes on
            self.report(error, error_type="speaker_error", component="speaker", turn_id=turn_id)
            return
        if voice is None:
            # Too short a word: what comes behind it may say more.
            self._busy_turn_id = 0
            return
        found = nearest(voice, {each.name: each.voice for each in known})
        if found is None:
            return
        name, likeness = found
        person = next((each for each in known if each.name == name), None)
        if likeness < self.config.speaker.likeness:
            name, person = "", None
        self._agent.use_speaker(name, person.note if person else "")
        self.bus.publish(SpeakerRecognized(turn_id=turn_id, name=name, likeness=likeness))
        if person:
            self._meet(person)

    def _meet(self, person: Person) -> None:
        now = wall_now().astimezone(datetime.UTC)
        away_s = (now - person.heard_at).total_seconds() if person.heard_at else float("inf")
        if person.greeting and away_s >= 3600 * self.config.speaker.greet_after_h:
            self.bus.publish(SpeechRequested(text=person.greeting))
        # A clock that was ahead must not keep somebody from ever being greeted.
        if not 0.0 <= away_s < HEARD_AGAIN_S:
            self._people.heard(person.name, now)


def encoder_name(config: Config) -> str:
    """Return by what voices are told apart, as people are enrolled with it."""
    return f"{config.speaker.type} {config.speaker.params.get('model', '')}".strip()
