"""Reads a bundle that may come from anybody: gives one, or says in a sentence what is wrong."""

from __future__ import annotations

import datetime
import io
import json
import math
import wave
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NoReturn, TypeVar

from xtalk_edge.audio.format import (
    HIGHEST_RATE_HZ,
    LOWEST_RATE_HZ,
    RATE_HZ,
    Samples,
    pcm_to_samples,
)
from xtalk_edge.errors import DeviceError
from xtalk_edge.net.printable import one_line
from xtalk_edge.recorder.archive import read_members
from xtalk_edge.recorder.bundle import FORMAT, MOST_RECORDS, SOUNDS, Bundle
from xtalk_edge.recorder.lump import NOTHING, Card
from xtalk_edge.recorder.recording import Record, Recording

T = TypeVar("T")

MOST_SAMPLES = 660 * RATE_HZ
"""Eleven minutes: the recorder keeps ten, and a lump."""

_SOUND_BYTES = 2 * MOST_SAMPLES + 1_000

_EVENTS_BYTES = 40_000_000
_LINE_BYTES = 200_000

_DEEPEST = 20
"""Levels of JSON; what tools are given may have a few."""

MOST_BYTES = {
    "bundle.json": 20_000,
    **dict.fromkeys(SOUNDS, _SOUND_BYTES),
    "levels.jsonl": 2_000_000,
    "events.jsonl": _EVENTS_BYTES,
    "settings.toml": 1_000_000,
    "settings.json": 1_000_000,
    "machine.json": 100_000,
    "models.json": 1_000_000,
}
"""What may be in a bundle, and how much of it."""


def read_bundle(path: Path) -> Bundle:
    """Return what a bundle holds; of one that is redacted the sound is empty.

    Raises:
        DeviceError: it is missing, damaged, cut short, or not what it says it is.
    """
    members = read_members(path, MOST_BYTES)
    try:
        return _bundle(_Member(members))
    except _WrongError as error:
        raise DeviceError(
            f"{path}: the bundle is damaged: {error}; ask for another copy"
        ) from error


class _WrongError(Exception):
    """What is wrong with a bundle, for a message."""


class _Member:
    """The members of a bundle, each as what it should be."""

    def __init__(self, members: Mapping[str, bytes]) -> None:
        self._members = members

    def text(self, name: str) -> str:
        """Return a member as text; "" where there is none."""
        try:
            return self._members.get(name, b"").decode("utf-8")
        except UnicodeDecodeError:
            _refuse(f"{name} is no text")

    def json(self, name: str, kind: type[T]) -> T:
        """Return a member as JSON of a kind."""
        if name not in self._members:
            _refuse(f"{name} is missing")
        found = _parsed(self.text(name), name)
        if not isinstance(found, kind):
            _refuse(f"{name} is something else than it should be")
        return found

    def sound(self, name: str, samples: int) -> Samples:
        """Return a member as that many samples of sound."""
        if name not in self._members:
            _refuse(f"{name} is missing")
        try:
            with wave.open(io.BytesIO(self._members[name])) as file:
                form, sound = file.getparams()[:3], file.readframes(samples + 1)
        except (wave.Error, EOFError, ValueError, RuntimeError):
            _refuse(f"{name} is no WAV file")
        if form != (1, 2, RATE_HZ):
            _refuse(f"{name} is no mono sound of 16 bits at {RATE_HZ} Hz")
        if len(sound) != 2 * samples:
            _refuse(f"{name} is not as long as bundle.json says")
        return pcm_to_samples(sound)


def _bundle(member: _Member) -> Bundle:
    about = member.json("bundle.json", dict)
    if about.get("format") != FORMAT:
        _refuse("it was written by another version of xtalk-edge")
    samples = _whole(about, "samples", 0, MOST_SAMPLES)
    redacted = _of_kind(about, "redacted", bool)
    at_s = _number(about, "at_s", -1e9, 1e9)
    sounds = [
        NOTHING if redacted else member.sound(name, samples) for name in SOUNDS
    ]  # fmt: skip
    recording = Recording(
        at_sample=_whole(about, "at_sample", 0, 1 << 53),
        at_s=at_s,
        wall=_wall(_of_kind(about, "wall", str)),
        virtual=_of_kind(about, "virtual", bool),
        card=_card(_of_kind(about, "card", dict)),
        raw=sounds[0],
        clean=sounds[1],
        far=sounds[2],
        records=tuple(_records(member.text("events.jsonl"))),
        lost_samples=_whole(about, "lost_samples", 0, samples),
    )
    return Bundle(
        recording=recording,
        settings=member.text("settings.toml"),
        made=_of_kind(about, "made", str),
        program=one_line(_of_kind(about, "program", str), 40),
        began=_of_kind(about, "began", str),
        crashed=_of_kind(about, "crashed", bool),
        redacted=redacted,
        machine=member.json("machine.json", dict),
        models=[each for each in member.json("models.json", list) if isinstance(each, dict)],
    )


def _records(text: str) -> Iterator[Record]:
    lines = text.split("\n")
    if len(lines) > MOST_RECORDS + 1:
        _refuse(f"events.jsonl has more than {MOST_RECORDS} lines")
    for number, line in enumerate(lines, 1):
        if not line:
            continue
        where = f"line {number} of events.jsonl"
        if len(line) > _LINE_BYTES:
            _refuse(f"{where} is too long")
        record = _parsed(line, where)
        if not isinstance(record, dict) or not isinstance(record.get("event"), str):
            _refuse(f"{where} is no event")
        _number(record, "at_s", -1e9, 1e9)
        _whole(record, "turn_id", 0, 1 << 53)
        for name in ("at_sample", "samples"):
            if name in record:
                _whole(record, name, 0, 1 << 53)
        yield record


def _card(table: dict[str, Any]) -> Card:
    rate_hz = _whole(table, "rate_hz", LOWEST_RATE_HZ, HIGHEST_RATE_HZ)
    return Card(
        name=one_line(_of_kind(table, "name", str), 80),
        rate_hz=rate_hz,
        # A millisecond to a fifth of a second: a replay has to move each of them.
        block_frames=_whole(table, "block_frames", rate_hz // 1_000, rate_hz // 5),
        latency_s=_number(table, "latency_s", 0.0, 10.0),
    )


def _parsed(text: str, where: str) -> Any:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        _refuse(f"{where} is no JSON")
    if not _is_shallow(found, _DEEPEST):
        _refuse(f"{where} is nested deeper than anything xtalk-edge writes")
    return found


def _is_shallow(value: Any, levels: int) -> bool:
    if not isinstance(value, dict | list):
        return True
    inside = value.values() if isinstance(value, dict) else value
    return levels > 0 and all(_is_shallow(each, levels - 1) for each in inside)


def _wall(text: str) -> datetime.datetime:
    try:
        wall = datetime.datetime.fromisoformat(text)
    except (ValueError, OverflowError):
        _refuse("wall is no date")
    # A replay counts on from there.
    if wall.tzinfo is None or not 1970 <= wall.year <= 9000:
        _refuse("wall is no date of this age with a zone")
    return wall


def _of_kind(table: Mapping[str, Any], name: str, kind: type[T]) -> T:
    value = table.get(name)
    if not isinstance(value, kind):
        _refuse(f"{name} is missing, or something else than it should be")
    return value


def _whole(table: Mapping[str, Any], name: str, least: int, most: int) -> int:
    value = table.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        _refuse(f"{name} is no whole number from {least} to {most}")
    return value


def _number(table: Mapping[str, Any], name: str, least: float, most: float) -> float:
    value = table.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        _refuse(f"{name} is no number")
    if not (math.isfinite(value) and least <= value <= most):
        _refuse(f"{name} is not between {least:g} and {most:g}")
    return float(value)


def _refuse(problem: str) -> NoReturn:
    raise _WrongError(problem)
