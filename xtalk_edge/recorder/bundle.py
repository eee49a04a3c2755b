"""A bundle: one archive with all that is known of the last moments, to be kept or sent to somebody.

bundle.json     when, how long, on which clock, through which card
raw.wav  clean.wav  played.wav     what was captured, cleaned and played; sample by sample aligned
levels.jsonl    in their place where a bundle is redacted: how loud it was
events.jsonl    every event, as `run --events` writes them
settings.toml   without secrets (redacted: settings.json, without texts)
machine.json  models.json          what it ran on
"""

from __future__ import annotations

import contextlib
import datetime
import io
import json
import os
import wave
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import tomli

from xtalk_edge import __version__
from xtalk_edge.audio.format import RATE_HZ, Samples, samples_to_pcm
from xtalk_edge.errors import DeviceError
from xtalk_edge.recorder.recording import Recording
from xtalk_edge.recorder.redaction import contour, redacted_record, redacted_settings

FORMAT = 1

MOST_RECORDS = 30_000
"""Events in a bundle, the last ones: ten minutes of talk have a fifth of that."""

SOUNDS = {"raw.wav": "raw", "clean.wav": "clean", "played.wav": "far"}
"""Members with sound, and what a `Recording` calls them."""

_DAY_ZERO = (1980, 1, 1, 0, 0, 0)
"""Of every member: the same content is the same file."""


@dataclass(frozen=True, slots=True)
class Bundle:
    """What such an archive holds."""

    recording: Recording
    settings: str
    """TOML; "" where it was redacted."""
    made: str = ""
    """When, in ISO 8601."""
    program: str = __version__
    began: str = ""
    """When the program was started that recorded it."""
    crashed: bool = False
    """Whether that program did not end in good order."""
    redacted: bool = False
    machine: Mapping[str, Any] = field(default_factory=dict)
    models: Sequence[Mapping[str, Any]] = ()


def write_bundle(path: Path, bundle: Bundle, *, redact: bool = False) -> None:
    """Write a new file that only its owner may read, whole or not at all.

    Args:
        path: of the new file.
        bundle: what is to be in it.
        redact: leave out every word and all sound.

    Raises:
        DeviceError: there is such a file, or it cannot be written.
    """
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        raise DeviceError(f"{path}: there is such a file already; choose another name") from error
    except OSError as error:
        raise DeviceError(f"{path}: cannot be written ({error.strerror})") from error
    try:
        with os.fdopen(descriptor, "wb") as file, zipfile.ZipFile(file, "w") as archive:
            for name, content in _members(bundle, redact):
                archive.writestr(
                    zipfile.ZipInfo(name, _DAY_ZERO), content, zipfile.ZIP_DEFLATED, compresslevel=6
                )
    except OSError as error:
        with contextlib.suppress(OSError):
            path.unlink()
        raise DeviceError(
            f"{path}: cannot be written ({error.strerror}); make room, or choose another folder"
        ) from error


def usual_name(now: datetime.datetime) -> str:
    """Return what a bundle is called unless somebody says otherwise."""
    return f"xtalk-edge-{now:%Y%m%d-%H%M%S}.zip"


def _members(bundle: Bundle, redact: bool) -> list[tuple[str, bytes]]:
    recording = bundle.recording
    members = [("bundle.json", _json(_about(bundle, redact)))]
    records = list(recording.records[-MOST_RECORDS:])
    if redact:
        table = tomli.loads(bundle.settings)
        records = list(map(redacted_record, records))
        members += [
            ("levels.jsonl", _lines(contour(recording))),
            ("settings.json", _json(redacted_settings(table))),
        ]
        # Names may be those of files of the owner's own.
        models = [
            {key: each[key] for key in ("slot", "bytes", "sha256") if key in each}
            for each in bundle.models
        ]
    else:
        models = list(map(dict, bundle.models))
        members += [
            (name, _wav(getattr(recording, attribute))) for name, attribute in SOUNDS.items()
        ]
        members.append(("settings.toml", bundle.settings.encode()))
    return [
        *members,
        ("events.jsonl", _lines(records)),
        ("machine.json", _json(bundle.machine)),
        ("models.json", _json(models)),
    ]


def _about(bundle: Bundle, redact: bool) -> dict[str, Any]:
    recording = bundle.recording
    card = recording.card.as_table()
    return {
        "format": FORMAT,
        "made": bundle.made,
        "program": bundle.program,
        "began": bundle.began,
        "crashed": bundle.crashed,
        "redacted": redact,
        "at_sample": recording.at_sample,
        "samples": len(recording.raw),
        "at_s": recording.at_s,
        "wall": recording.wall.isoformat(),
        "virtual": recording.virtual,
        "lost_samples": recording.lost_samples,
        "card": {**card, "name": ""} if redact else card,
    }


def _json(content: Any) -> bytes:
    return json.dumps(content, ensure_ascii=False, indent=1, default=str).encode(errors="replace")


def _lines(records: Sequence[Mapping[str, Any]]) -> bytes:
    lines = (json.dumps(each, ensure_ascii=False, default=str) for each in records)
    return "".join(f"{line}\n" for line in lines).encode(errors="replace")


def _wav(samples: Samples) -> bytes:
    content = io.BytesIO()
    with wave.open(content, "wb") as file:
        file.setparams((1, 2, RATE_HZ, 0, "NONE", ""))
        file.writeframes(samples_to_pcm(samples))
    return content.getvalue()
