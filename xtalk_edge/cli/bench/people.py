"""Who talks over the device in the benches, and in which rooms."""

from __future__ import annotations

from pathlib import Path

import click
import numpy as np

from xtalk_edge.audio.format import Samples, db_to_gain, level_db, to_int16
from xtalk_edge.errors import DeviceError
from xtalk_edge.scenes.script import Line, Room

SOUNDS = ("*.wav", "*.flac", "*.ogg")

TALKERS = {
    "en-gb+f3": ("what time is it in tokyo", "no i meant the other lamp", "stop that please"),
    "en-us+m3": ("set a timer for five minutes", "never mind", "that is enough thank you"),
    "en-gb-scotland+f2": ("could you turn it down a bit", "wait a moment"),
}

LEVELS_DB = (-10.0, 0.0)
"""Of the echo against the talker: a good and a bad loudspeaker beside the microphone."""

NOTICED_SHARE = {-10.0: 0.9, 0.0: 0.75}
"""Talkers that must be noticed at each level."""

DRIFTS_PPM = (0.0, 20.0)
"""A card whose two directions share a clock, and two cheap devices."""

talkers_option = click.option(
    "--talkers", "talker_folder", metavar="FOLDER",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Recordings of people; without it, espeak-ng's voices talk.",
)  # fmt: skip
rooms_option = click.option(
    "--rooms", "room_folder", metavar="FOLDER",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Impulse responses of rooms, beside the four that are made up.",
)  # fmt: skip


def talkers(folder: Path | None) -> list[Line]:
    """Return what people say, from a folder of recordings or made up.

    Raises:
        DeviceError: there is no recording in the folder.
    """
    if folder is None:
        return [Line(says=text, voice=name) for name, texts in TALKERS.items() for text in texts]
    return [Line(recording=str(path.absolute())) for path in sound_files(folder)]


def at_level(sound: Samples, wanted_db: float) -> Samples:
    """Return a sound as loud as that, in dB of full scale."""
    return to_int16(sound.astype(np.float64) * db_to_gain(wanted_db - level_db(sound)))


def rooms(folder: Path | None) -> dict[str, Room]:
    """Return the rooms by name: four that are made up, and those recorded in a folder."""
    made = {
        f"{name}, {drift_ppm:.0f} ppm": Room(rt60_s=rt60_s, seed=seed, drift_ppm=drift_ppm)
        for name, rt60_s, seed in (("small room", 0.25, 1), ("large room", 0.5, 2))
        for drift_ppm in DRIFTS_PPM
    }
    files = sound_files(folder) if folder else []
    return made | {path.stem: Room(echo_response=str(path.absolute())) for path in files}


def sound_files(folder: Path) -> list[Path]:
    """Return the recordings in a folder and below it.

    Raises:
        DeviceError: there is none.
    """
    files = sorted(path for pattern in SOUNDS for path in folder.rglob(pattern))
    if not files:
        raise DeviceError(f"{folder}: no recordings there; give a folder with WAV, FLAC or Ogg")
    return files
