"""The sound server killed and started again, in real time, under a conversation through it."""

from __future__ import annotations

import asyncio
import random
import tempfile
from dataclasses import replace

from xtalk_edge.audio.portaudio import open_card
from xtalk_edge.cli.progress import Tell
from xtalk_edge.clock import now_s
from xtalk_edge.config.schema import Config

from .fault_ledger import Outcome
from .fault_talk import QUESTIONS, WITHIN_S, Talk
from .pulse import PrivatePulse
from .turn_talk import PulseMouth

AWAY_S = (0.5, 3.0)
"""How long the server is away."""


def hold(config: Config, faults: int, chance: random.Random, show: Tell) -> list[Outcome]:
    """Kill the server so often; return what came of each."""
    with tempfile.TemporaryDirectory(prefix="xtalk-edge-bench-") as folder:
        own = replace(config, store=replace(config.store, state_dir=folder))
        with PrivatePulse() as server:
            return asyncio.run(_hold(own, server, faults, chance, show))


async def _hold(
    config: Config, server: PrivatePulse, faults: int, chance: random.Random, show: Tell
) -> list[Outcome]:
    came: list[Outcome] = []
    async with Talk(config, PulseMouth(), open_card(config.audio), chance) as talk:
        while len(came) < faults:
            talk.begin_to_say(chance.choice(QUESTIONS))
            await asyncio.sleep(chance.uniform(0.0, WITHIN_S))
            server.kill_server()
            await asyncio.sleep(chance.uniform(*AWAY_S))
            await asyncio.to_thread(server.restart_server)
            back_s = now_s()
            listens = await talk.listens()
            listening_s = now_s() - back_s if listens else None
            proven = await talk.proves_itself()
            lost = talk.ledger.losses(config.store.folder())
            came.append(Outcome(listens and proven, listening_s, lost))
            show(f"{len(came)} of {faults}")
    return came
