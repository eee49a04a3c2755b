"""`xtalk-edge bench switch`: how soon another voice or agent is in use, and what is left behind."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Literal

import click

from xtalk_edge.appliance import Appliance
from xtalk_edge.audio.room import RoomCard, RoomScene
from xtalk_edge.cli.options import config_options, read_config
from xtalk_edge.cli.progress import TOLD_EVERY_S, Tell, progress
from xtalk_edge.config.schema import Config, EngineConfig

from .holdings import GROWTH
from .percentiles import Percentiles, percentiles, spread_text
from .process_tree import PROC, cost
from .verdict import tell

Slot = Literal["tts", "agent"]
SLOTS: tuple[Slot, ...] = ("tts", "agent")

ROOM_NOISE_DB = -60.0
"""A quiet room; one without any noise would be taken for a dead microphone."""

SETTLED_AFTER = 10
"""Switches after which caches have filled and the allocator knows what is asked of it."""


@dataclass(frozen=True, slots=True)
class Row:
    """One slot."""

    slot: str
    type: str
    took_ms: Percentiles
    """From the request until the new engine was in use, in a device that nobody talks to."""
    threads_before: int
    threads_after: int
    settled_mb: float
    """Resident memory of the whole device after ten switches."""
    worst_mb: float
    """From then on, between switches."""

    @property
    def passed(self) -> bool:
        """Tell whether it may be done every day for years."""
        steady = self.worst_mb <= GROWTH * self.settled_mb
        return steady and self.threads_after <= self.threads_before


@click.command()
@click.option("--switches", default=50, show_default=True,
              type=click.IntRange(SETTLED_AFTER + 1, 10_000),
              help="How often each is exchanged.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@config_options
def command(
    switches: int, as_json: bool, config_path: Path | None, overrides: tuple[str, ...]
) -> None:
    """Measure how long another voice or agent takes to be in use, and what is left behind.

    The whole device runs in a simulated room, in real time, and its voice and agent are exchanged
    again and again for others with the same settings. The one in use goes on until the other is
    ready, so that nobody who talks to it waits for any of this.

    \b
    took     from the request until the new engine was in use
    threads  of the device, in the first ten switches and in the last ten
    memory   of the device, after ten of them, and the most from then on

    The exit code is 1 when threads are left behind, or memory grows by more than 5 %.
    """
    with (
        tempfile.TemporaryDirectory(prefix="xtalk-edge-bench-") as state_dir,
        progress(elsewhere_every_s=TOLD_EVERY_S) as show,
    ):
        config = read_config(config_path, overrides, Path(state_dir), passing=True)
        found = asyncio.run(_measured(config, switches, show))
    tell(found, _print_table, as_json=as_json)


async def _measured(config: Config, switches: int, show: Tell) -> list[Row]:
    room = RoomCard(RoomScene(noise_db=ROOM_NOISE_DB, record=False))
    async with Appliance(config, card=room) as appliance:
        return [
            await _exchanged(appliance, slot, getattr(config, slot), switches, show)
            for slot in SLOTS
        ]


async def _exchanged(
    appliance: Appliance, slot: Slot, engine: EngineConfig, switches: int, show: Tell
) -> Row:
    took_ms, memory_mb, threads = list[float](), list[float](), list[int]()
    # The first brings threads of the libraries along that stay.
    await appliance.switch_engine(slot, engine.type, **engine.params)
    for number in range(1, switches + 1):
        began_s = perf_counter()
        await appliance.switch_engine(slot, engine.type, **engine.params)
        took_ms.append(1000 * (perf_counter() - began_s))
        memory_mb.append(cost().resident_mb)
        threads.append(_threads())
        show(f"{slot}: {number} of {switches} switches, {memory_mb[-1]:.0f} MB")
    return Row(
        slot=slot,
        type=engine.type,
        took_ms=percentiles(took_ms),
        # One that has ended stays for a moment on a busy machine.
        threads_before=min(threads[:SETTLED_AFTER]),
        threads_after=min(threads[-SETTLED_AFTER:]),
        settled_mb=memory_mb[SETTLED_AFTER - 1],
        worst_mb=max(memory_mb[SETTLED_AFTER:]),
    )


def _threads() -> int:
    """Return how many this process has, the libraries' among them."""
    return sum(1 for _ in (PROC / "self/task").iterdir())


def _print_table(found: Sequence[Row]) -> None:
    click.echo("slot   engine        took, ms                  threads       memory, MB")
    click.echo("                        p50     p95   worst")
    for row in found:
        click.echo(
            f"{row.slot:6} {row.type:12} {spread_text(row.took_ms)}"
            f"   {row.threads_before:4} -> {row.threads_after:<4}"
            f" {row.settled_mb:6.1f} -> {row.worst_mb:.1f}"
        )
