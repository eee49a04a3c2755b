"""`xtalk-edge bench recorder`: what it costs to remember the last minute."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import click
import numpy as np

from xtalk_edge.audio.format import RATE_HZ
from xtalk_edge.clock import wall_now
from xtalk_edge.errors import DeviceError
from xtalk_edge.events import ASRResultPartial
from xtalk_edge.managers.ear import Rings
from xtalk_edge.managers.event_log import as_line, as_record
from xtalk_edge.managers.recorder import LUMP_S
from xtalk_edge.recorder.bundle import Bundle, write_bundle
from xtalk_edge.recorder.lump import Lump
from xtalk_edge.recorder.place import is_in_memory
from xtalk_edge.recorder.ring import LumpRing, read_ring

from .percentiles import Percentiles, percentiles

EVENTS_A_LUMP = 40
"""A device that is spoken to all the time publishes ten a second."""

LUMPS = 100


@dataclass(frozen=True, slots=True)
class Cost:
    """What was measured."""

    seconds: float
    """How much was remembered."""
    lump_ms: Percentiles
    """Processor time of one lump: copying the rings, the events, writing."""
    core_percent: float
    """Share of one core that this is, one lump every few seconds."""
    memory_mb: float
    """What the ring holds at most."""
    bundle_s: float
    """Until a bundle of it was written."""
    bundle_mb: float


@click.command()
@click.option("--seconds", default=60.0, show_default=True, type=click.FloatRange(1, 600),
              help="How much is remembered, as recorder.seconds.")  # fmt: skip
@click.option("--folder", type=click.Path(path_type=Path, file_okay=False),
              help="Where; without it /dev/shm.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(seconds: float, folder: Path | None, as_json: bool) -> None:
    """Measure what it costs to remember the last seconds, and to make a bundle of them.

    The three sounds are noise, which packs worst. A device that sleeps writes the same sound and
    hardly any events.
    """
    place = folder or Path("/dev/shm")
    if folder is None and not is_in_memory(place):
        raise DeviceError("/dev/shm is no folder in memory here; name one with --folder")
    with tempfile.TemporaryDirectory(dir=place, prefix="xtalk-edge-bench-") as name:
        cost = measure(Path(name), seconds)
    if as_json:
        click.echo(json.dumps(asdict(cost)))
        return
    lump = cost.lump_ms
    click.echo(
        f"a lump every {LUMP_S:g} s: {lump.p50:.2f} ms p50, {lump.p95:.2f} p95, {lump.worst:.2f} "
        f"worst; {cost.core_percent:.3f} % of a core"
    )
    click.echo(f"memory: {cost.memory_mb:.1f} MB for {cost.seconds:g} s")
    click.echo(f"a bundle: {cost.bundle_s:.2f} s, {cost.bundle_mb:.1f} MB")


def measure(folder: Path, seconds: float) -> Cost:
    """Return the cost of remembering so much in a folder."""
    memory = folder / "ring"
    memory.mkdir()
    ring = LumpRing(memory, seconds)
    times_ms, largest = [], 0
    for lump_s in _written(ring):
        times_ms.append(1000 * lump_s)
        largest = max(largest, sum(each.stat().st_size for each in memory.iterdir()))
    began_s = time.perf_counter()
    recording = read_ring(memory, seconds)
    assert recording is not None
    path = folder / "bundle.zip"
    write_bundle(path, Bundle(recording, ""))
    bundle_s = time.perf_counter() - began_s
    return Cost(
        seconds=seconds,
        lump_ms=percentiles(times_ms),
        core_percent=round(float(np.mean(times_ms)) / LUMP_S / 10, 4),
        memory_mb=round(largest / 1e6, 1),
        bundle_s=round(bundle_s, 2),
        bundle_mb=round(path.stat().st_size / 1e6, 1),
    )


def _written(ring: LumpRing) -> Iterator[float]:
    """Write one lump after another; yield the processor time of each, in seconds."""
    rings = Rings.of_seconds(2 * LUMP_S)
    size = round(LUMP_S * RATE_HZ)
    noise = np.random.default_rng(0).normal(0, 1_000, size).astype(np.int16)
    wall = wall_now().isoformat()
    for number in range(LUMPS):
        start = number * size
        for each in (rings.raw, rings.clean, rings.far):
            each.write(noise)
        began_s = time.thread_time()
        events = [
            ASRResultPartial(turn_id=number, at_s=0.1 * index + start / RATE_HZ, text="what time")
            for index in range(EVENTS_A_LUMP)
        ]
        raw, clean, far = (
            each.slice(start, start + size)[0] for each in (rings.raw, rings.clean, rings.far)
        )
        lines = tuple(as_line(as_record(event)) for event in events)
        ring.write(
            Lump(start, start / RATE_HZ, wall, False, raw=raw, clean=clean, far=far, lines=lines)
        )
        yield time.thread_time() - began_s
