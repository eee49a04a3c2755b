"""`xtalk-edge bench press`: how soon after a press of the board's button the device listens."""

from __future__ import annotations

import asyncio
import random
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter

import click

from firmware_bridge.faults import Faults
from firmware_bridge.simulator import BoardSimulator
from xtalk_edge.appliance import Appliance
from xtalk_edge.audio.room import RoomCard, RoomScene
from xtalk_edge.cli.options import config_options, read_config
from xtalk_edge.cli.progress import TOLD_EVERY_S, Tell, progress
from xtalk_edge.config.schema import Config
from xtalk_edge.events import TurnStateChanged
from xtalk_edge.turn.actions import State

from .percentiles import Percentiles, percentiles, spread_text
from .verdict import tell

ROOM_NOISE_DB = -60.0
"""A quiet room; one without any noise would be taken for a dead microphone."""

PATIENCE_S = 5.0
"""A press that is not felt by then is lost."""

FELT_MS = 200.0
"""Somebody who presses and speaks loses no word: the sound of the last 300 ms is heard as well."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line to the board."""

    loss: float
    """Share of frames lost in each direction."""
    took_ms: Percentiles
    """From the contact until the device listens."""
    lost: int
    """Presses of which nothing came."""
    repeated: int
    """Messages that had to be sent again by the board."""

    @property
    def passed(self) -> bool:
        """Tell whether nobody would notice the line."""
        return self.lost == 0 and self.took_ms.p95 <= FELT_MS


@click.command()
@click.option("--presses", default=200, show_default=True, type=click.IntRange(1, 10_000))
@click.option(
    "--loss",
    "losses",
    multiple=True,
    type=click.FloatRange(0, 0.5),
    default=(0.0, 0.2),
    show_default=True,
    help="Share of frames lost each way; may be repeated.",
)
@click.option("--seed", default=1, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@config_options
def command(
    presses: int,
    losses: tuple[float, ...],
    seed: int,
    as_json: bool,
    config_path: Path | None,
    overrides: tuple[str, ...],
) -> None:
    """Measure how soon the device listens after the button of a board was pressed.

    The whole device runs in a simulated room, in real time, with a simulated board on a
    pseudo-terminal that loses frames in both directions; the button is held to talk.

    The exit code is 1 when a press is lost, or when 5 of 100 take longer than 200 ms.
    """
    with (
        tempfile.TemporaryDirectory(prefix="xtalk-edge-bench-") as state_dir,
        progress(elsewhere_every_s=TOLD_EVERY_S) as show,
    ):
        config = read_config(config_path, overrides, Path(state_dir), passing=True)
        found = [asyncio.run(_measured(config, loss, presses, seed, show)) for loss in losses]
    tell(found, _print_table, as_json=as_json)


async def _measured(config: Config, loss: float, presses: int, seed: int, show: Tell) -> Row:
    chance = random.Random(seed)
    async with BoardSimulator(Faults(loss=loss), seed) as board:
        device = replace(
            config,
            board=replace(config.board, port=board.path, wait_s=PATIENCE_S),
            wake=replace(config.wake, mode="button"),
            turn=replace(config.turn, button="hold"),
        )
        room = RoomCard(RoomScene(noise_db=ROOM_NOISE_DB, record=False))
        async with Appliance(device, card=room) as appliance:
            state = StateWatch(appliance)
            took_ms, lost = list[float](), 0
            for number in range(1, presses + 1):
                await asyncio.sleep(chance.uniform(0.05, 0.25))
                began_s = perf_counter()
                board.press()
                if await state.becomes(State.LISTENING):
                    took_ms.append(1000 * (state.at_s - began_s))
                else:
                    lost += 1
                board.release()
                await state.becomes(State.ATTENDING)
                show(f"{loss:.0%} lost: {number} of {presses} presses")
            return Row(loss, percentiles(took_ms or [1000 * PATIENCE_S]), lost, board.repeated)


class StateWatch:
    """Who has the floor, and since when."""

    def __init__(self, appliance: Appliance) -> None:
        self._state = State.ASLEEP
        self.at_s = 0.0
        self._news = asyncio.Event()
        appliance.subscribe_event(TurnStateChanged, self._take)

    def _take(self, event: TurnStateChanged) -> None:
        self._state, self.at_s = State(event.state), perf_counter()
        self._news.set()

    async def becomes(self, state: State) -> bool:
        """Wait for a state; tell whether it came."""
        try:
            async with asyncio.timeout(PATIENCE_S):
                while self._state is not state:
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            return False
        return True


def _print_table(found: Sequence[Row]) -> None:
    click.echo("frames   pressed to listening, ms    presses")
    click.echo("lost        p50     p95   worst      lost / all   repeated")
    for row in found:
        click.echo(
            f"{row.loss:5.0%}   {spread_text(row.took_ms)}   {row.lost:6} / {row.took_ms.count}"
            f"   {row.repeated:6}"
        )
