"""Faults in the simulated room, on the virtual clock: what is done, and what comes of it."""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import os
import random
import resource
import signal
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import replace

from xtalk_edge.cli.progress import Tell
from xtalk_edge.clock import VirtualTimeLoop, now_s, run_virtual
from xtalk_edge.config.schema import Config
from xtalk_edge.engines.child_process import ChildProcess

from .fault_ledger import Outcome
from .fault_talk import QUESTIONS, WITHIN_S, Talk
from .turn_talk import RoomMouth

A_LIFE = 10
"""Faults that one appliance goes through before a fresh one takes over."""

BLOCKED_S = 2.0

APART = ("asr", "tts", "agent")
"""Engines that are given a process of their own, to be killed."""


class RoomTalk(Talk):
    """A conversation in the simulated room."""

    def __init__(self, config: Config, chance: random.Random) -> None:
        mouth = RoomMouth()
        super().__init__(config, mouth, mouth.card, chance)
        self.room = mouth.card

    @property
    def is_whole(self) -> bool:
        """Whether the card gives and takes sound, and every engine is there."""
        return self.room.works and all(each.is_alive for each in children())


def children() -> list[ChildProcess]:
    """Return the newest process of each engine that has one."""
    newest = {each.slot: each for each in sorted(ChildProcess.running, key=lambda each: each.pid)}
    return [newest[slot] for slot in APART if slot in newest]


Fault = Callable[[RoomTalk], Awaitable[None]]
"""Brings it about, and returns once its cause is gone; what is left is the device's to mend."""


def hold(
    fault: Fault, config: Config, faults: int, chance: random.Random, show: Tell
) -> list[Outcome]:
    """Let a conversation go through so many faults; return what came of each."""
    came: list[Outcome] = []
    while len(came) < faults:
        with tempfile.TemporaryDirectory(prefix="xtalk-edge-bench-") as folder:
            own = replace(config, store=replace(config.store, state_dir=folder))
            # Engines, and their processes, keep their caches there too.
            os.environ["STATE_DIRECTORY"] = folder
            life = live([fault] * min(A_LIFE, faults - len(came)), own, chance)
            came += run_virtual(life)
        show(f"{len(came)} of {faults}")
    return came


async def live(faults: Sequence[Fault], config: Config, chance: random.Random) -> list[Outcome]:
    """Let one appliance go through these faults; return what came of each."""
    async with RoomTalk(config, chance) as talk:
        return [await _go_through(fault, talk) for fault in faults]


async def _go_through(fault: Fault, talk: RoomTalk) -> Outcome:
    talk.begin_to_say(talk.chance.choice(QUESTIONS))
    await asyncio.sleep(talk.chance.uniform(0.0, WITHIN_S))
    await fault(talk)
    gone_s, gone_wall_s = now_s(), time.perf_counter()
    listens = await talk.listens()
    listening_s = now_s() - gone_s
    if fault is kill_engine:
        # To load an engine takes no virtual time.
        listening_s += time.perf_counter() - gone_wall_s
    proven = await talk.proves_itself()
    return Outcome(
        recovered=listens and proven,
        listening_s=listening_s if listens else None,
        lost=talk.ledger.losses(talk.config.store.folder()),
    )


# -- the faults --------------------------------------------------------------------------------


async def stall_capture(talk: RoomTalk) -> None:
    """Let the card give nothing any more."""
    talk.room.stall()


async def freeze_capture(talk: RoomTalk) -> None:
    """Let the card give the same block again and again."""
    talk.room.freeze()


async def stall_playback(talk: RoomTalk) -> None:
    """Let the card take nothing any more that is to be played, and something be played."""
    talk.room.stall_loudspeaker()
    if not await talk.has_to_speak():
        talk.begin_to_say(QUESTIONS[-1])
        await talk.has_to_speak()


async def unplug_card(talk: RoomTalk) -> None:
    """Pull the plug, and put it back."""
    talk.room.unplug()
    await asyncio.sleep(talk.chance.uniform(0.5, 5.0))
    talk.room.replug()


async def kill_engine(talk: RoomTalk) -> None:
    """Kill the process of an engine."""
    victim = talk.chance.choice(children())
    os.kill(victim.pid, signal.SIGKILL)
    victim.wait_for_end()


async def block_loop(_talk: RoomTalk) -> None:
    """Let the event loop stand still while time goes on."""
    loop = asyncio.get_running_loop()
    assert isinstance(loop, VirtualTimeLoop)
    loop.jump(BLOCKED_S)


async def fill_disk(talk: RoomTalk) -> None:
    """Let no file take anything for a while, in the middle of which a timer is asked for."""
    with full_disk():
        await asyncio.sleep(talk.chance.uniform(0.5, 4.0))
        await talk.say(QUESTIONS[0])
        await asyncio.sleep(talk.chance.uniform(0.5, 4.0))


async def jump_clock(talk: RoomTalk) -> None:
    """Set the wall clock, forward or back, by seconds to days."""
    loop = asyncio.get_running_loop()
    assert isinstance(loop, VirtualTimeLoop)
    seconds = talk.chance.choice((-1, 1)) * 10 ** talk.chance.uniform(0.5, 5.3)
    loop.started_at += datetime.timedelta(seconds=seconds)
    # It is looked at once a second.
    await asyncio.sleep(1.5)


@contextlib.contextmanager
def full_disk() -> Iterator[None]:
    """Let every write of this process to a file fail, as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
