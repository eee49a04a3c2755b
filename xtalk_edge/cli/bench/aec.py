"""`xtalk-edge bench aec`: the echo cancellers on recordings of real rooms."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import click
import numpy as np

from xtalk_edge.audio.format import RATE_HZ, Samples, level_db, pcm_to_samples
from xtalk_edge.audio.sound_file import read_sound
from xtalk_edge.config.schema import EchoConfig
from xtalk_edge.engines import hosting, registry
from xtalk_edge.engines.interfaces import EchoCanceller
from xtalk_edge.errors import DeviceError

from .aecmos import Aecmos, Scenario

SCENARIOS: dict[str, Scenario] = {
    "farend_singletalk": "far-end",
    "nearend_singletalk": "near-end",
    "doubletalk": "double talk",
}
"""By the folder a recording lies in, as the AEC-Challenge names them."""


@dataclass(frozen=True, slots=True)
class Row:
    """One canceller on one recording."""

    engine: str
    scenario: str
    recording: str
    removed_db: float
    """How much quieter it became, talker included."""
    echo: float | None
    """AECMOS of echo, 1 to 5; None without the network."""
    other: float | None
    """AECMOS of everything else."""


@click.command()
@click.option("--recordings", required=True, metavar="FOLDER",
              type=click.Path(exists=True, file_okay=False, path_type=Path),
              help="Folder with doubletalk/, farend_singletalk/ and nearend_singletalk/, in each"
                   " NAME_mic.wav (heard) and NAME_lpb.wav (played).")  # fmt: skip
@click.option("--aecmos", metavar="FILE.onnx",
              type=click.Path(exists=True, dir_okay=False, path_type=Path),
              help="Microsoft's AECMOS for 16 kHz; without it only levels are told.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(recordings: Path, aecmos: Path | None, as_json: bool) -> None:
    """Try the echo cancellers on recordings of real rooms.

    \b
    removed    how much quieter the recording became: far-end only, the more the better (ERLE);
               near-end only, the less
    echo       AECMOS: how little echo listeners would complain of, 1 to 5
    other      AECMOS: how little else they would, above all about the talker

    The recordings are those of the AEC-Challenge, or yours under the same names.
    """
    judge = Aecmos(aecmos) if aecmos else None
    rows = []
    for name in registry.names("echo"):
        for folder, scenario in SCENARIOS.items():
            for near, far, title in _pairs(recordings / folder):
                clean = _cancelled(hosting.create("echo", EchoConfig(name)), near, far)
                opinion = judge.judge(scenario, far, near, clean) if judge else None
                rows.append(
                    Row(
                        name,
                        scenario,
                        title,
                        round(level_db(near) - level_db(clean), 1),
                        round(opinion.echo, 2) if opinion else None,
                        round(opinion.other, 2) if opinion else None,
                    )
                )
    if not rows:
        raise DeviceError(f"{recordings}: no recordings there; see --help for their names")
    if as_json:
        click.echo(json.dumps({"rows": [asdict(row) for row in rows]}))
        return
    click.echo("canceller  who speaks     removed, dB    echo   other   recording")
    for row in rows:
        scores = "".join(f"{score:8.2f}" if score is not None else "       -"
                         for score in (row.echo, row.other))  # fmt: skip
        click.echo(f"{row.engine:10} {row.scenario:12} {row.removed_db:12.1f}{scores}"
                   f"   {row.recording}")  # fmt: skip


def _pairs(folder: Path) -> Iterator[tuple[Samples, Samples, str]]:
    """Yield what was heard and played, of one length, and the recording's name."""
    for path in sorted(folder.glob("*_mic.wav")):
        near = read_sound(path, RATE_HZ).samples
        far = read_sound(path.with_name(path.name.replace("_mic", "_lpb")), RATE_HZ).samples
        size = min(len(near), len(far)) // 160 * 160
        yield near[:size], far[:size], path.name.removesuffix("_mic.wav")


def _cancelled(canceller: EchoCanceller, near: Samples, far: Samples) -> Samples:
    """Return what a canceller leaves, without its delay, as long as what was heard."""
    size = canceller.frame_samples
    try:
        # Silence behind pushes the last of it out.
        late = -(-canceller.latency_samples // size) * size
        near_padded, far_padded = (np.pad(each, (0, late)) for each in (near, far))
        pieces = [
            canceller.cancel(
                near_padded[start : start + size].tobytes(),
                far_padded[start : start + size].tobytes(),
            )
            for start in range(0, len(near_padded) // size * size, size)
        ]
    finally:
        canceller.close()
    clean = pcm_to_samples(b"".join(pieces))[canceller.latency_samples :]
    return np.pad(clean, (0, max(0, len(near) - len(clean))))[: len(near)]
