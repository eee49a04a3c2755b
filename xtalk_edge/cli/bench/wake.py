"""`xtalk-edge bench wake`: wake phrase and command in one breath."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import click
import numpy as np

from xtalk_edge.appliance import Appliance
from xtalk_edge.audio.format import RATE_HZ, Samples
from xtalk_edge.audio.room import RoomCard, RoomScene
from xtalk_edge.audio.sound_file import read_sound
from xtalk_edge.cli.options import config_options, read_config
from xtalk_edge.clock import run_virtual
from xtalk_edge.config.schema import Config
from xtalk_edge.engines.tts.espeak import EspeakTTS
from xtalk_edge.events import (
    ASRResultFinal,
    ButtonPressed,
    Event,
    WakeWordDetected,
)
from xtalk_edge.scenes.sounds import spoken
from xtalk_edge.turn.actions import State

from .echo_room import NOISE_DB, TALKER_DB, onset_s
from .people import at_level, sound_files
from .turn_questions import VOICES, questions
from .verdict import tell

GAPS_MS = (0, 50, 150)
"""Between phrase and command, spoken in one breath."""

KEPT_SHARE = 0.95

PRESSED_BEFORE_S = 0.5
"""Whoever presses the button takes a breath before speaking."""

SPELLED = {"okay nabu": "okay naboo"}
"""How a synthetic voice must be told to say a phrase."""


@dataclass(frozen=True, slots=True)
class Row:
    """All breaths with the same gap, or all there are."""

    gap: str
    said: int
    woken: int
    alone: int
    """Of those woken: the command's first word is understood when nothing is said before it."""
    kept: int
    """Of those understood alone: its first word is understood behind the phrase, too."""
    right: int
    """Of those woken: the whole command was understood as it was said."""

    needed: float = 0.0
    """Share of first words that must be kept. Gaps are judged together: some people leave one, and
    some none."""

    @property
    def passed(self) -> bool:
        """Tell whether first words are safe."""
        return self.alone > 0 and self.kept >= self.needed * self.alone


@click.command()
@click.option("--phrases", "phrase_folder", metavar="FOLDER",
              type=click.Path(exists=True, file_okay=False, path_type=Path),
              help="Recordings of the wake phrase; without it, espeak-ng says it.")  # fmt: skip
@click.option("--breaths", default=20, show_default=True, type=click.IntRange(1, 10_000),
              help="How many to say with each gap.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@config_options
def command(
    phrase_folder: Path | None,
    breaths: int,
    as_json: bool,
    config_path: Path | None,
    overrides: tuple[str, ...],
) -> None:
    """Measure what becomes of a command spoken in one breath with the wake phrase.

    The phrase of the settings is said, and a command right behind it, in a quiet simulated room;
    then the button is pressed, and the command said alone.

    \b
    woken    how often the phrase was heard
    alone    of these, how often the command's first word was understood when said alone
    kept     of these, how often it was understood in one breath with the phrase
    right    of those woken, how often the whole command was understood in one breath

    The exit code is 1 when less than 95 % of all first words are kept.
    """
    with tempfile.TemporaryDirectory(prefix="xtalk-edge-bench-") as state_dir:
        config = read_config(config_path, overrides, Path(state_dir), passing=True)
        phrases = _phrases(config.wake.phrase, phrase_folder)
        found = []
        for gap_ms in GAPS_MS:
            progress: Callable[[str], None] = (lambda _: None) if as_json else _progress
            found.append(run_virtual(_measure(config, phrases, breaths, gap_ms, progress)))
    tell([*found, _in_all(found)], _print_table, as_json=as_json)


def _in_all(found: Sequence[Row]) -> Row:
    said, woken, alone, kept, right = (
        sum(each)
        for each in zip(*((r.said, r.woken, r.alone, r.kept, r.right) for r in found), strict=True)
    )
    return Row("all", said, woken, alone, kept, right, KEPT_SHARE)


def _progress(text: str) -> None:
    click.echo(text, err=True)


def _phrases(phrase: str, folder: Path | None) -> list[Samples]:
    """Return the phrase as several people say it, at 16 kHz, up to its last sound.

    Raises:
        DeviceError: there is no recording in the folder.
    """
    if folder is None:
        text = SPELLED.get(phrase, phrase)
        return [spoken(text, EspeakTTS(voice=voice)) for voice in VOICES]
    return [_without_tail(read_sound(path, RATE_HZ).samples) for path in sound_files(folder)]


def _without_tail(said: Samples) -> Samples:
    return said[: len(said) - round(onset_s(said[::-1].copy()) * RATE_HZ)]


async def _measure(
    config: Config,
    phrases: Sequence[Samples],
    breaths: int,
    gap_ms: int,
    tell: Callable[[str], None],
) -> Row:
    room = RoomCard(RoomScene(noise_db=NOISE_DB, record=False))
    appliance = Appliance(config, card=room)
    events: list[Event] = []
    appliance.subscribe_event(Event, events.append)
    woken = alone = kept = right = 0
    # Every second of these is said without a pause.
    asked = questions(2 * breaths, seed=1)[::2]
    async with appliance:
        for number, question in enumerate(asked):
            phrase = at_level(phrases[number % len(phrases)], TALKER_DB)
            words = at_level(spoken(question.text, EspeakTTS(voice=question.voice)), TALKER_DB)
            gap = np.zeros(gap_ms * RATE_HZ // 1000, np.int16)
            events.clear()
            in_one_breath = await _understood(appliance, room, np.concatenate((phrase, gap, words)))
            if not any(isinstance(event, WakeWordDetected) for event in events):
                continue
            appliance.bus.publish(ButtonPressed())
            await asyncio.sleep(PRESSED_BEFORE_S)
            by_itself = await _understood(appliance, room, words)
            woken += 1
            right += question.text in in_one_breath
            if _begins_like(question.text, by_itself):
                alone += 1
                kept += _begins_like(question.text, in_one_breath)
        tell(f"gap of {gap_ms} ms: {breaths} breaths")
    return Row(f"{gap_ms} ms", breaths, woken, alone, kept, right)


async def _understood(appliance: Appliance, room: RoomCard, said: Samples) -> list[str]:
    """Say something; return what was understood, once the device is asleep again."""
    texts: list[str] = []
    listening = appliance.subscribe_event(ASRResultFinal, lambda event: texts.append(event.text))
    end_s = room.say(said, RATE_HZ).end_s
    while room.position / room.rate_hz < end_s:
        await appliance.capture.advance()
    await appliance.settled()
    while appliance.turn.state is not State.ASLEEP:
        await appliance.capture.advance()
    appliance.unsubscribe_event(listening)
    return texts


def _begins_like(command: str, understood: Sequence[str]) -> bool:
    return any(text.split()[:1] == command.split()[:1] for text in understood)


def _print_table(found: Sequence[Row]) -> None:
    click.echo("   gap    woken      alone     kept     right")
    for row in found:
        click.echo(f"{row.gap:>6} {row.woken:5}/{row.said:<5}{row.alone:4}/{row.woken:<5}"
                   f"{row.kept:4}/{row.alone:<5}{row.right:4}/{row.woken}")  # fmt: skip
