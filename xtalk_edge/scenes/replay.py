"""Holds again what was recorded: the same sound, on the virtual clock; tells what is different."""

from __future__ import annotations

import contextlib
import datetime
import json
import os
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from xtalk_edge.appliance import Appliance, Progress
from xtalk_edge.audio.format import RATE_HZ, Samples
from xtalk_edge.audio.recorded import Absence, Gap, RecordedCard
from xtalk_edge.clock import run_virtual
from xtalk_edge.config.schema import Config
from xtalk_edge.errors import DeviceError
from xtalk_edge.events import Event
from xtalk_edge.managers.event_log import as_line, as_record
from xtalk_edge.models.shelf import FOLDER_VARIABLE
from xtalk_edge.recorder.bundle import Bundle
from xtalk_edge.recorder.bundle_reading import read_bundle
from xtalk_edge.recorder.difference import Difference, differences
from xtalk_edge.recorder.recording import Record, Recording
from xtalk_edge.scenes.replay_inputs import repeat_inputs
from xtalk_edge.scenes.replay_settings import harmless, of_bundle

SAMPLE_FIELDS = ("at_sample", "from_sample", "end_sample", "ended_sample", "heard_sample")
"""Fields of events that say where in the sound."""


@dataclass(frozen=True, slots=True)
class Replayed:
    """What became of a recording this time."""

    before: tuple[Record, ...]
    """The events recorded then, placed as `records` are."""
    records: tuple[Record, ...]
    """The events of now; times and places count from the first sample."""
    played: Samples
    """What the loudspeaker gave now, beside what the microphone gave."""
    exact: bool
    """Whether everything was compared, or what an owner would notice."""
    differences: tuple[Difference, ...]
    voice_differs_at_s: float | None
    """Where what is played now begins to differ from what was then; None where it never does, or
    cannot be compared by the sample."""


def replay_file(path: Path, *, exact: bool = False) -> Replayed:
    """Hold a bundle again with its own settings: what a saved test does.

    Args:
        path: the bundle.
        exact: whether every event counts, or what an owner would notice.

    Raises:
        EdgeError: it cannot be read, or its settings are not those of this version.
    """
    bundle = read_bundle(path)
    return replay(bundle, of_bundle(bundle.settings), exact=exact)


def is_exact(bundle: Bundle) -> bool:
    """Tell whether a bundle's own settings must give its own events again, every one of them.

    They must where time was virtual, the recording has the whole life of the program, and its card
    ran at the rate that is recorded.
    """
    recording = bundle.recording
    whole = recording.at_sample == 0 and recording.lost_samples == 0
    return recording.virtual and whole and recording.card.rate_hz == RATE_HZ


def replay(
    bundle: Bundle, config: Config, *, exact: bool, progress: Progress = lambda _what: None
) -> Replayed:
    """Hold a recording again, as fast as the machine can; nothing it does is of consequence.

    Args:
        bundle: what was recorded.
        config: the settings.
        exact: whether every event counts, or what an owner would notice.
        progress: told what is being loaded.

    Raises:
        DeviceError: the bundle has no sound.
        EdgeError: an engine or a model of the settings cannot be had.
    """
    recording = bundle.recording
    if bundle.redacted or not len(recording.raw):
        raise DeviceError("the bundle has no sound to run again: it was redacted")
    with tempfile.TemporaryDirectory(prefix="xtalk-edge-replay-") as state_dir:
        own = harmless(config, Path(state_dir))
        with _folders(own):
            card, records = run_virtual(_hold(recording, own, progress), _loop_start(recording))
    before = _placed(recording.records, recording.at_s, recording.at_sample)
    limit_s = recording.seconds
    found = differences(_until(before, limit_s), _until(records, limit_s), exact=exact)
    return Replayed(
        before=tuple(before),
        records=tuple(records),
        played=card.played,
        exact=exact,
        differences=tuple(found),
        voice_differs_at_s=_first_difference_s(recording.far, card.played) if exact else None,
    )


async def _hold(
    recording: Recording, config: Config, progress: Progress
) -> tuple[RecordedCard, list[Record]]:
    card = _card(recording)
    appliance = Appliance(config, card=card, progress=progress)
    events: list[Record] = []
    appliance.subscribe_event(Event, lambda event: events.append(_as_written(event)))
    async with appliance:
        origin_s = card.started_at_s or 0.0
        inputs = _placed(recording.records, recording.at_s, recording.at_sample)
        repeat_inputs(appliance, inputs, origin_s)
        await appliance.run()
    return card, _placed(events, origin_s, 0)


def _as_written(event: Event) -> Record:
    """Return an event as a recording has it, of which JSON was made."""
    record: Record = json.loads(as_line(as_record(event)))
    return record


def _card(recording: Recording) -> RecordedCard:
    card = recording.card
    records = _placed(recording.records, recording.at_s, recording.at_sample)
    return RecordedCard(
        card.name,
        recording.raw,
        recording.far,
        block_frames=max(1, round(card.block_frames * RATE_HZ / card.rate_hz)),
        latency_s=card.latency_s,
        gaps=_gaps(records, len(recording.raw)),
        absences=_absences(records, recording.seconds),
    )


def _gaps(records: Iterable[Record], samples: int) -> list[Gap]:
    found: list[Gap] = []
    for each in records:
        if each["event"] == "AudioGap" and "at_sample" in each and "samples" in each:
            gap = Gap(each["at_sample"], each["samples"], str(each.get("reason")))
            # One that began before the recording, or overlaps, is zeros like any silence.
            if gap.at_sample >= (found[-1].end if found else 0) and gap.end <= samples:
                found.append(gap)
    return found


def _absences(records: Iterable[Record], seconds: float) -> list[Absence]:
    found: list[Absence] = []
    lost: Record | None = None
    for each in records:
        if each["event"] == "CardLost" and lost is None:
            lost = each
        elif each["event"] == "CardOpened" and lost is not None:
            if 0 <= lost["at_s"] <= each["at_s"] <= seconds:
                found.append(Absence(lost["at_s"], each["at_s"], str(lost.get("reason"))))
            lost = None
    return found


def _placed(records: Iterable[Record], origin_s: float, at_sample: int) -> list[Record]:
    """Return events with times and places counted from the first sample."""
    return [
        {
            name: round(value - origin_s, 6)
            if name == "at_s"
            else value - at_sample
            if name in SAMPLE_FIELDS and isinstance(value, int)
            else value
            for name, value in each.items()
        }
        for each in records
    ]  # fmt: skip


def _until(records: Iterable[Record], limit_s: float) -> Iterator[Record]:
    return (each for each in records if each["at_s"] <= limit_s)


def _loop_start(recording: Recording) -> datetime.datetime:
    """Return the owner's clock when the replay's loop starts, so that the first sample has the time
    of day that it had.
    """
    if not recording.virtual or recording.at_sample:
        return recording.wall
    return recording.wall - datetime.timedelta(seconds=recording.at_s)


def _first_difference_s(old: Samples, new: Samples) -> float | None:
    unlike = np.flatnonzero(old != new)
    return float(unlike[0]) / RATE_HZ if len(unlike) else None


@contextlib.contextmanager
def _folders(config: Config) -> Iterator[None]:
    """Let engines and their child processes keep their files where the replay does."""
    wanted = {
        "STATE_DIRECTORY": str(config.store.folder()),
        FOLDER_VARIABLE: str(config.models.place()),
    }
    before = {name: os.environ.get(name) for name in wanted}
    os.environ.update(wanted)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
