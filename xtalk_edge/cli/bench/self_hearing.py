"""A whole appliance that talks for minutes, and whether it takes itself for somebody."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from itertools import cycle
from pathlib import Path

import click

from xtalk_edge.appliance import Appliance
from xtalk_edge.audio.format import level_db, pcm_to_samples
from xtalk_edge.audio.room import RoomCard
from xtalk_edge.cli.options import read_config
from xtalk_edge.clock import now_s, run_virtual
from xtalk_edge.config.schema import Config
from xtalk_edge.engines import hosting
from xtalk_edge.events import (
    Event,
    SpeechRequested,
    StopWordDetected,
    TTSHeld,
    TTSPaused,
    TTSPlaybackFinished,
    TTSStopped,
    TurnLLMAgentStartRequested,
    VerificationResult,
)
from xtalk_edge.scenes.script import Room
from xtalk_edge.scenes.stage import room_scene

from .echo_room import NOISE_DB, TALKER_DB
from .people import LEVELS_DB

DUCKS_A_MINUTE = 1.0
"""Times it may lower its voice for nobody."""

STOPS_AN_HOUR = 1.0
"""Times it may take its own voice for the stop word."""

REPLIES = (
    "It is twenty past four. In Tokyo it is twenty past midnight, and tomorrow already.",
    "Your shopping list has five items: milk, brown bread, two pounds of potatoes, tea and soap.",
    "I have set three timers. The one for the eggs has two minutes and ten seconds left.",
    "You asked me to remember that the spare key hangs behind the door of the shed.",
    "The alarm rings at half past six on weekdays, and at a quarter to nine on Saturdays.",
    "Why did the bicycle fall over? Because it was two tired. I have more of those, if you dare.",
)
"""Some half a minute of what such a device says, repeated as long as needed."""


@dataclass(frozen=True, slots=True)
class SelfHearing:
    """What one appliance made of its own voice in one room."""

    room: str
    echo_over_talker_db: float
    minutes: float
    ducks: int
    """How often it lowered its voice."""
    holds: int
    """How often it stood still."""
    cuts: int
    """How often it interrupted itself."""
    stops: int
    """How often it heard the stop word."""
    words: tuple[str, ...]
    """What it took for somebody's words."""
    turns: int
    """How often it answered itself."""

    @property
    def passed(self) -> bool:
        """Tell whether it never took itself for somebody; stop words are judged over all rooms."""
        silent = not (self.cuts or self.words or self.turns)
        return silent and self.ducks <= DUCKS_A_MINUTE * self.minutes


def passed(found: list[SelfHearing]) -> bool:
    """Tell whether an owner may be content with all rooms together."""
    hours = sum(one.minutes for one in found) / 60
    stops = sum(one.stops for one in found)
    return all(one.passed for one in found) and stops <= max(1.0, STOPS_AN_HOUR * hours)


def hear_itself(
    places: Mapping[str, Room],
    minutes: float,
    config_path: Path | None,
    overrides: tuple[str, ...],
    tell: Callable[[str], None],
) -> list[SelfHearing]:
    """Let an appliance talk in each room, at each level; all at once would not be faster."""
    found = []
    for level in LEVELS_DB:
        for name, room in places.items():
            with tempfile.TemporaryDirectory(prefix="xtalk-edge-bench-") as state_dir:
                # Whoever listens all the time would answer anything.
                changes = (*overrides, "wake.mode=always")
                config = read_config(config_path, changes, Path(state_dir), passing=True)
                found.append(run_virtual(_talk(config, name, room, level, minutes)))
            tell(_told(found[-1]))
    return found


def voice_db(config: Config) -> float:
    """Return the level at which the device speaks."""
    voice = hosting.create("tts", config.tts)
    try:
        return level_db(pcm_to_samples(voice.synthesize("You can ask me to set a timer.")))
    finally:
        voice.close()


async def _talk(config: Config, name: str, room: Room, level: float, minutes: float) -> SelfHearing:
    echo_db = TALKER_DB + level - voice_db(config)
    scene = room_scene(replace(room, echo_db=echo_db, noise_db=NOISE_DB), Path())
    appliance = Appliance(config, card=RoomCard(replace(scene, record=False)))
    events: list[Event] = []
    appliance.subscribe_event(Event, events.append)
    said = asyncio.Event()
    for end in (TTSPlaybackFinished, TTSStopped):
        appliance.subscribe_event(end, lambda _event: said.set())
    async with appliance:
        ends_s = now_s() + 60 * minutes
        for text in cycle(REPLIES):
            if now_s() >= ends_s:
                break
            said.clear()
            appliance.bus.publish(SpeechRequested(text=text))
            await said.wait()
        await appliance.settled()

    def count(kind: type[Event]) -> int:
        return sum(isinstance(event, kind) for event in events)

    results = (event for event in events if isinstance(event, VerificationResult))
    return SelfHearing(
        room=name,
        echo_over_talker_db=level,
        minutes=minutes,
        ducks=count(TTSPaused),
        holds=count(TTSHeld),
        cuts=count(TTSStopped),
        stops=count(StopWordDetected),
        words=tuple(result.text for result in results if result.is_valid),
        turns=count(TurnLLMAgentStartRequested),
    )


def _told(one: SelfHearing) -> str:
    heard = f" understood {', '.join(one.words)}" if one.words else ""
    return (
        f"{one.echo_over_talker_db:+5.0f} dB  {one.room:28} lowered {one.ducks:3}  "
        f"still {one.holds:3}  cut {one.cuts:3}  stop word {one.stops:3}{heard}"
    )


def print_verdict(found: list[SelfHearing]) -> None:
    """Print what came of it all."""
    minutes = sum(one.minutes for one in found)
    stops = sum(one.stops for one in found)
    click.echo(
        f"{minutes:g} minutes of its own voice: lowered {sum(one.ducks for one in found)} times,"
        f" stood still {sum(one.holds for one in found)}, cut {sum(one.cuts for one in found)},"
        f" heard the stop word {stops} times ({60 * stops / minutes:.1f} an hour),"
        f" understood {sum(len(one.words) for one in found)} texts"
    )
    click.echo("PASS" if passed(found) else "FAIL")
