"""`xtalk-edge bench faults`: whether the device listens again, whatever goes wrong."""

from __future__ import annotations

import functools
import random
import signal
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from xtalk_edge.cli.options import config_options, read_config
from xtalk_edge.cli.progress import TOLD_EVERY_S, Tell, progress
from xtalk_edge.config.schema import Config

from . import fault_board, fault_process, fault_pulse, fault_room, pulse
from .fault_ledger import Outcome
from .percentiles import Percentiles, percentiles, spread_text
from .verdict import tell

Measure = Callable[[Config, int, random.Random, Tell], list[Outcome]]

AGAIN_MS = 3_000.0
"""Of 95 in 100: longer, and an owner walks over to look."""

RESTARTED_MS = 8_000.0
"""The same where the whole program has to start: most of it is loading models."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One thing that goes wrong."""

    measure: Measure
    limit_ms: float = AGAIN_MS
    settings: tuple[str, ...] = ()
    """Changes to the settings, each as "section.key=value"."""


@dataclass(frozen=True, slots=True)
class Row:
    """All faults of one kind."""

    kind: str
    faults: int
    recovered: int
    """After how many of them the next question was answered."""
    listening_ms: Percentiles | None
    """From the end of the cause until the device listened again."""
    limit_ms: float
    lost: tuple[str, ...]

    @property
    def passed(self) -> bool:
        """Tell whether an owner may be content."""
        in_time = self.listening_ms is not None and self.listening_ms.p95 <= self.limit_ms
        return self.recovered == self.faults > 0 and in_time and not self.lost


def _in_room(fault: fault_room.Fault) -> Measure:
    def measure(config: Config, faults: int, chance: random.Random, show: Tell) -> list[Outcome]:
        return fault_room.hold(fault, config, faults, chance, show)

    return measure


KINDS: Mapping[str, Kind] = {
    "capture-stalls": Kind(_in_room(fault_room.stall_capture)),
    "capture-frozen": Kind(_in_room(fault_room.freeze_capture)),
    "playback-stalls": Kind(_in_room(fault_room.stall_playback)),
    "card-unplugged": Kind(_in_room(fault_room.unplug_card)),
    "engine-killed": Kind(
        _in_room(fault_room.kill_engine),
        settings=tuple(f'{slot}.isolation="process"' for slot in fault_room.APART),
    ),
    "loop-blocked": Kind(_in_room(fault_room.block_loop)),
    "disk-full": Kind(_in_room(fault_room.fill_disk)),
    "clock-jump": Kind(_in_room(fault_room.jump_clock)),
    "sound-server-killed": Kind(
        fault_pulse.hold,
        settings=(
            "audio.input_device=appmic",
            "audio.output_device=appspk",
            # Virtual microphones do not hiss.
            "audio.dead_after_s=0",
        ),
    ),
    "board-unplugged": Kind(fault_board.hold),
    "sigterm": Kind(
        functools.partial(fault_process.hold, numbers=(signal.SIGTERM,)), limit_ms=RESTARTED_MS
    ),
    "kill-9": Kind(
        functools.partial(fault_process.hold, numbers=(signal.SIGKILL,)), limit_ms=RESTARTED_MS
    ),
}


def possible() -> list[str]:
    """Return what can go wrong on this machine; say what it lacks for the rest."""
    missing = pulse.missing_part()
    if missing:
        click.echo(f"left out: sound-server-killed: {missing}", err=True)
    return [kind for kind in KINDS if not (missing and kind == "sound-server-killed")]


@click.command()
@click.option("--kind", "kinds", multiple=True, type=click.Choice(list(KINDS)),
              help="Only this one; may be repeated.")  # fmt: skip
@click.option("--count", default=50, show_default=True, type=click.IntRange(1, 10_000),
              help="How often each goes wrong.")  # fmt: skip
@click.option("--seed", default=1, show_default=True, help="Of all chance.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@config_options
def command(
    kinds: tuple[str, ...],
    count: int,
    seed: int,
    as_json: bool,
    config_path: Path | None,
    overrides: tuple[str, ...],
) -> None:
    """Measure whether the device listens again, whatever goes wrong, and what is lost.

    Somebody talks to the whole appliance, and at a moment drawn at random, while it listens,
    thinks, speaks or has just finished, something goes wrong.

    \b
    recovered   faults after which the next question was answered as if nothing had been
    listening   from the end of the cause until the device listened again
    lost        timers that were acknowledged and are gone, or there twice

    The exit code is 1 unless all recover, 95 of 100 within three seconds (eight where the program
    itself has to start again), and nothing is lost.
    """
    with progress(elsewhere_every_s=TOLD_EVERY_S) as show:
        found = [
            _row(kind, count, seed, config_path, overrides, show) for kind in kinds or possible()
        ]
    tell(found, _print_table, as_json=as_json)


def _row(
    name: str,
    count: int,
    seed: int,
    config_path: Path | None,
    overrides: tuple[str, ...],
    show: Tell,
) -> Row:
    kind = KINDS[name]
    config = read_config(config_path, ("wake.mode=always", *kind.settings, *overrides))
    came = kind.measure(
        config, count, random.Random(f"{name} {seed}"), lambda text: show(f"{name}: {text}")
    )
    times_ms = [1000 * each.listening_s for each in came if each.listening_s is not None]
    return Row(
        kind=name,
        faults=len(came),
        recovered=sum(each.recovered for each in came),
        listening_ms=percentiles(times_ms) if times_ms else None,
        limit_ms=kind.limit_ms,
        lost=tuple(dict.fromkeys(loss for each in came for loss in each.lost)),
    )


def _print_table(found: Sequence[Row]) -> None:
    click.echo("what goes wrong    recovered   listening again, ms        lost")
    click.echo("                                 p50     p95   worst")
    for row in found:
        times = spread_text(row.listening_ms)
        lost = "; ".join(row.lost) or "nothing"
        click.echo(f"{row.kind:18} {row.recovered:4}/{row.faults:<5} {times}    {lost}")
