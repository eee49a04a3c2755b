"""`xtalk-edge bench month`: whether a device is after a month what it was on the first day."""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import random
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

import click

from xtalk_edge.appliance import Appliance
from xtalk_edge.audio.room import RoomScene
from xtalk_edge.cli.options import config_options, read_config
from xtalk_edge.cli.progress import TOLD_EVERY_S, progress
from xtalk_edge.clock import now_s, run_virtual
from xtalk_edge.config.schema import Config
from xtalk_edge.tasks import TaskOwner

from .holdings import Course, course
from .month_house import DistantServer, QuietRoom
from .month_life import Household, Lived
from .month_plan import DAY_S, month
from .percentiles import Percentiles, percentiles
from .verdict import tell

FIRST_MIDNIGHT = datetime.datetime(2026, 3, 2, tzinfo=datetime.UTC)
"""A Monday."""

ROOM_NOISE_DB = -60.0
"""A quiet living room at a microphone of usual gain."""

ECHO_DB = -20.0
"""A loudspeaker a hand's breadth from the microphone."""

SERVER = ('uplink.url="wss://bench.invalid/ws"', 'uplink.agent="prefer"')
"""There is one beside the device: a month has its losses of the network."""

LATE_S = 0.1
"""A ring that comes later than this behind its time is late."""


@dataclass(frozen=True, slots=True)
class Row:
    """One month."""

    days: float
    questions: int
    answered: int
    understood: int
    """Heard as they were said."""
    repeated: int
    """Had to be said twice: sound was lost, or the wake phrase missed."""
    lost: tuple[str, ...]
    """Not answered at all."""
    rings: int
    rings_timed: int
    """Of these, how many it was known of when they were due."""
    latest_ring_s: float
    """How far the worst of them came behind its time."""
    faults: int
    losses: int
    server_answers: int
    held: Course
    """After each question; the slope is a day's."""
    voice_to_voice_ms: Percentiles | None
    """On a clock that leaves computing out."""
    heard_s: float
    """Seconds of sound that went through the engines; all other silence was skipped."""
    wall_s: float

    @property
    def passed(self) -> bool:
        """Tell whether the device is what it was, and nobody was left without an answer."""
        whole = self.questions > 0 and self.answered == self.questions
        in_time = self.latest_ring_s <= LATE_S
        return whole and in_time and self.held.steady


@click.command()
@click.option("--days", default=30, show_default=True, type=click.IntRange(1, 366),
              help="How long to live with it.")  # fmt: skip
@click.option("--turns", default=2000, show_default=True, type=click.IntRange(1, 100_000),
              help="How many questions to ask in that time.")  # fmt: skip
@click.option("--seed", default=1, show_default=True, help="Of all that happens.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@config_options
def command(
    days: int,
    turns: int,
    seed: int,
    as_json: bool,
    config_path: Path | None,
    overrides: tuple[str, ...],
) -> None:
    """Measure whether a device is after a month what it was on the first day.

    A household of four talks to it in a simulated room, by wake phrase, on a clock that leaves
    computing out. Timers and alarms ring and are stopped, the sound card fails twice a day, the
    network twice as well. Silence in which nothing is due is skipped: the clock jumps, and
    everybody in the device who waits for a time wakes up once. Ctrl-C ends it early, and judges
    what there was.

    \b
    answered     questions whose answer could be heard, at most one of them said twice
    memory       of the device and its engines' processes, median of the second and the last tenth
                 of the questions
    late         how far the worst ring came behind its time

    The exit code is 1 when a question had no answer, a ring came more than 0.1 s late, memory grew
    by more than 5 %, or there are more tasks, open files or threads at the end.
    """
    with tempfile.TemporaryDirectory(prefix="xtalk-edge-bench-") as state_dir:
        config = read_config(config_path, (*SERVER, *overrides), Path(state_dir))
        row = run_virtual(_live(config, days, turns, seed), FIRST_MIDNIGHT)
    tell([row], _print_table, as_json=as_json)


async def _live(config: Config, days: int, turns: int, seed: int) -> Row:
    began_s = told_s = perf_counter()
    room = QuietRoom(RoomScene(noise_db=ROOM_NOISE_DB, echo_db=ECHO_DB, record=False, seed=seed))
    server = DistantServer()
    appliance = Appliance(config, card=room, server=server)
    household = Household(appliance, room, server, random.Random(seed))

    def told(number: int) -> None:
        nonlocal told_s
        if perf_counter() - told_s >= TOLD_EVERY_S:
            told_s = perf_counter()
            held = household.lived.looks[-1]
            show(f"day {now_s() / DAY_S:.1f} of {days}: {number} of {turns} questions, "
                 f"{held.memory_mb:.0f} MB, {told_s - began_s:.0f} s")  # fmt: skip

    tasks = TaskOwner()
    try:
        with progress(elsewhere_every_s=0.0) as show:
            async with appliance:
                life = tasks.start(appliance.run(), "appliance")
                # Ctrl-C ends it early; what was lived through by then is judged.
                with contextlib.suppress(asyncio.CancelledError):
                    await household.live(month(days, turns, seed), told)
                lived_s = now_s()
                if life.done():
                    life.result()
    finally:
        await tasks.aclose()
    heard_s, wall_s = lived_s - room.skipped_s, perf_counter() - began_s
    return _row(household.lived, lived_s / DAY_S, server, heard_s, wall_s)


def _row(lived: Lived, days: float, server: DistantServer, heard_s: float, wall_s: float) -> Row:
    took_ms = lived.voice_to_voice_ms
    return Row(
        days=round(days, 1),
        questions=lived.answered + len(lived.lost),
        answered=lived.answered,
        understood=lived.understood,
        repeated=lived.repeated,
        lost=tuple(lived.lost),
        rings=lived.rings,
        rings_timed=len(lived.rings_late_s),
        latest_ring_s=round(max(lived.rings_late_s, default=0.0), 3),
        faults=lived.faults,
        losses=lived.losses,
        server_answers=server.answers,
        held=course(lived.at_day, lived.looks),
        voice_to_voice_ms=percentiles(took_ms) if took_ms else None,
        heard_s=round(heard_s),
        wall_s=round(wall_s),
    )


def _print_table(found: Sequence[Row]) -> None:
    for row in found:
        click.echo(
            f"{row.days:g} days: {row.answered} of {row.questions} questions answered, "
            f"{row.repeated} said twice, {row.understood} understood to the word"
        )
        click.echo(
            f"{row.rings} rings, of {row.rings_timed} that were timed at most "
            f"{row.latest_ring_s:.3f} s late"
        )
        click.echo(
            f"{row.faults} faults of the card; {row.losses} losses of the network; "
            f"{row.server_answers} answers of the server"
        )
        click.echo("\n".join(row.held.table("a day")))
        if row.voice_to_voice_ms is not None:
            spread = row.voice_to_voice_ms
            click.echo(f"voice to voice: p50 {spread.p50:.0f} ms, p95 {spread.p95:.0f} ms")
        for lost in row.lost:
            click.echo(f"no answer: {lost}")
        click.echo(f"{row.heard_s:.0f} s of sound heard in {row.wall_s:.0f} s")
