"""`xtalk-edge bench uplink-policy`: whether a bad server makes the device any worse."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import click

from xtalk_edge.cli.options import config_options, read_config
from xtalk_edge.cli.progress import TOLD_EVERY_S, progress
from xtalk_edge.clock import run_virtual
from xtalk_edge.config.schema import Config
from xtalk_edge.config.uplink import Use

from .mortal_server import DEVICE
from .percentiles import Percentiles, percentiles, spread_text
from .uplink_hearing import hearing
from .uplink_losses import EARS, losses
from .uplink_stalls import stalls
from .verdict import tell

GRACE_MS = 50.0
"""Over the deadline, of 95 in 100."""

MODES: tuple[Literal["prefer", "race"], ...] = ("prefer", "race")


@dataclass(frozen=True, slots=True)
class Row:
    """One way for a server to be bad."""

    what: str
    turns: int
    answered: int
    """Turns with one answer: whole, or ended behind a clause with an honest sentence."""
    effects: int
    effects_once: int
    """Of the turns that were to have an effect, those that had it once."""
    took_ms: Percentiles | None
    """Of stalls, until the first clause, over what the device alone takes; of the rest, from the
    end of a question until its answer is heard, on a clock that leaves computing out."""
    limit_ms: float | None
    """Of 95 in 100; None where there is none."""

    @property
    def passed(self) -> bool:
        """Tell whether the device is never worse for it."""
        in_time = self.limit_ms is None or (
            self.took_ms is not None and self.took_ms.p95 <= self.limit_ms
        )
        once = self.answered == self.turns and self.effects_once == self.effects
        return self.turns > 0 and once and in_time


@click.command()
@click.option("--turns", default=10, show_default=True, type=click.IntRange(1, 1000),
              help="Questions and commands at each point where the server stalls.")  # fmt: skip
@click.option("--deaths", default=100, show_default=True, type=click.IntRange(1, 10_000),
              help="How often the server dies in the middle of a spoken reply.")  # fmt: skip
@click.option("--rounds", default=1, show_default=True, type=click.IntRange(1, 1000),
              help="Turns at each point where a server that hears stalls, or dies.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@config_options
def command(
    turns: int,
    deaths: int,
    rounds: int,
    as_json: bool,
    config_path: Path | None,
    overrides: tuple[str, ...],
) -> None:
    """Measure whether a server that is slow, or dies, makes the device any worse.

    The device's agent is asked beside a server on loopback that stands still at each point of a
    turn, in real time. Then the whole appliance is asked in a simulated room, and the server dies
    in the middle of the spoken reply; the question behind that one is the device's alone. Last, a
    server that hears stands still, or dies, at each point of a turn in that room.

    \b
    answered   turns with one answer
    effects    commands that were carried out once
    took       until the first clause, over what the device alone takes; in the room, from the end
               of a question until its answer is heard, computing left out

    The exit code is 1 unless every turn is answered once, every command is carried out once, and
    95 % of first clauses come within the deadline and 50 ms.
    """
    with (
        tempfile.TemporaryDirectory(prefix="xtalk-edge-bench-") as state_dir,
        progress(elsewhere_every_s=TOLD_EVERY_S) as show,
    ):
        config = read_config(config_path, overrides, Path(state_dir), passing=True)
        limit_ms = config.uplink.deadline_ms + GRACE_MS
        rows = []
        for mode in MODES:
            found = asyncio.run(stalls(config, mode, turns, show))
            rows.append(
                Row(
                    what=f"stalls, {mode}",
                    turns=found.turns,
                    answered=found.answered_once,
                    effects=found.commands,
                    effects_once=found.effects_once,
                    took_ms=percentiles(found.added_ms),
                    limit_ms=limit_ms,
                )
            )
        show(f"the server dies {deaths} times")
        rows += _deaths(config_path, overrides, Path(state_dir), deaths)
        show("a server that hears stands still, or dies, at each point of a turn")
        rows += _hearing(config_path, overrides, Path(state_dir), rounds)
    tell(rows, _print_table, as_json=as_json)


def _deaths(
    config_path: Path | None, overrides: tuple[str, ...], state_dir: Path, deaths: int
) -> list[Row]:
    """Return what came of the replies that were lost, and of the questions behind them."""
    found = run_virtual(losses(beside_server("agent", config_path, overrides, state_dir), deaths))
    lost = Row("deaths", found.deaths, found.ended_well, 0, 0, None, None)
    next_ms = percentiles(list(found.next_ms)) if found.next_ms else None
    return [
        lost,
        Row("next turns", deaths, found.next_answered, 0, 0, next_ms, None),
        Row("server back", deaths, found.well_answered, 0, 0, None, None),
    ]


def _hearing(
    config_path: Path | None, overrides: tuple[str, ...], state_dir: Path, rounds: int
) -> list[Row]:
    """Return what came of the turns at a server that hears."""
    config = beside_server("full", config_path, overrides, state_dir)
    names = ("full, stalls", "full, deaths", "full, well")
    return [
        Row(name, each.turns, each.answered_once, 0, 0, percentiles(list(each.answer_ms)), None)
        for name, each in zip(names, run_virtual(hearing(config, rounds)), strict=True)
    ]


def beside_server(
    use: Use, config_path: Path | None, overrides: tuple[str, ...], state_dir: Path
) -> Config:
    """Return the settings of a device that knows one sentence, beside a server."""
    changes = (
        *EARS,
        "wake.mode=always",
        'agent.type="scripted"',
        f'agent.otherwise="{DEVICE}"',
        'uplink.url="wss://bench.invalid/ws"',
        f'uplink.{use}="prefer"',
        'uplink.notice=""',
        *overrides,
    )
    return read_config(config_path, changes, state_dir, passing=True)


def _print_table(found: Sequence[Row]) -> None:
    click.echo("server            answered     effects        took, ms")
    click.echo("                                              p50     p95   worst")
    for row in found:
        effects = f"{row.effects_once}/{row.effects}" if row.effects else "-"
        click.echo(
            f"{row.what:14} {row.answered:5}/{row.turns:<5} {effects:>9}    "
            f" {spread_text(row.took_ms)}"
        )
