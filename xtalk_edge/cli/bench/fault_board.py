"""The serial board pulled out and put back, on a pseudo-terminal and in real time."""

from __future__ import annotations

import asyncio
import random
import tempfile
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path

from firmware_bridge.simulator import BoardSimulator
from xtalk_edge.appliance import Appliance
from xtalk_edge.audio.room import RoomCard, RoomScene
from xtalk_edge.cli.progress import Tell
from xtalk_edge.clock import now_s
from xtalk_edge.config.schema import Config
from xtalk_edge.turn.actions import State

from .fault_ledger import Outcome
from .fault_talk import within
from .press import PATIENCE_S, ROOM_NOISE_DB, StateWatch

AWAY_S = (0.5, 3.0)
"""How long the board is away."""

HELD_S = 1.0
"""In which the button is pressed, held, and let go when the plug is pulled."""


def hold(config: Config, faults: int, chance: random.Random, show: Tell) -> list[Outcome]:
    """Pull the board out so often; return what came of each."""
    with tempfile.TemporaryDirectory(prefix="xtalk-edge-bench-") as folder:
        return asyncio.run(_hold(config, Path(folder), faults, chance, show))


async def _hold(
    config: Config, folder: Path, faults: int, chance: random.Random, show: Tell
) -> list[Outcome]:
    port = folder / "board"
    own = replace(
        config,
        board=replace(config.board, port=str(port), wait_s=PATIENCE_S),
        wake=replace(config.wake, mode="button"),
        turn=replace(config.turn, button="hold"),
        store=replace(config.store, state_dir=str(folder / "state")),
    )
    came: list[Outcome] = []
    async with AsyncExitStack() as plug:
        board = await plug.enter_async_context(BoardSimulator(link=port))
        room = RoomCard(RoomScene(noise_db=ROOM_NOISE_DB, record=False))
        async with Appliance(own, card=room) as appliance:
            state = StateWatch(appliance)
            while len(came) < faults:
                muted = chance.random() < 0.5
                board.mute(muted)
                pressing = asyncio.ensure_future(_use(board))
                await asyncio.sleep(chance.uniform(0.0, HELD_S))
                await plug.aclose()
                pressing.cancel()
                await asyncio.sleep(chance.uniform(*AWAY_S))
                kept = appliance.capture.muted == muted
                began_s = now_s()
                board = await plug.enter_async_context(BoardSimulator(link=port))
                board.mute(False)
                felt = await _is_felt(board, state)
                listening_s = now_s() - began_s if felt else None
                board.release()
                await state.becomes(State.ATTENDING)
                lost = () if kept else ("how the mute switch stood",)
                came.append(Outcome(felt and bool(board.lights), listening_s, lost))
                show(f"{len(came)} of {faults}")
    return came


async def _use(board: BoardSimulator) -> None:
    while True:
        board.press()
        await asyncio.sleep(HELD_S / 3)
        board.release()
        await asyncio.sleep(HELD_S / 3)


async def _is_felt(board: BoardSimulator, state: StateWatch) -> bool:
    """Press the button once the board is greeted; tell whether the device listens."""
    greeted = await within(2 * PATIENCE_S, lambda: board.in_session)
    board.press()
    return await state.becomes(State.LISTENING) and greeted
