"""Turns beside a server that stands still at each point of a turn, in real time, over sockets."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from time import perf_counter
from typing import Literal

from xtalk_edge.cli.ask import SilentVolume
from xtalk_edge.cli.progress import Tell
from xtalk_edge.config.schema import Config
from xtalk_edge.config.uplink import UplinkConfig
from xtalk_edge.engines.interfaces import Agent, AgentContext
from xtalk_edge.managers.uplink_opening import HEAD_START_S
from xtalk_edge.tools.household import open_agent, open_bell
from xtalk_edge.tools.timekeeping.bell import Bell
from xtalk_edge.turn.clauses import ClauseSplitter
from xtalk_edge.uplink.breaker import BreakerPolicy
from xtalk_edge.uplink.hedged_agent import HedgedAgent
from xtalk_edge.uplink.policy import HedgePolicy
from xtalk_edge.uplink.way import Chosen, Way
from xtalk_edge.uplink.xtalk.client import XTalkClient

from .stalling_server import POINTS, REPLY, StallingServer
from .uplink_losses import good_ends

TALK, COMMAND = "how are you", "set a timer for ten minutes"
"""What both could answer, and what only the device can do."""

LEAST_BASELINES = 10

NEVER_OPENS = BreakerPolicy(opens_after=1_000_000)
"""So that every turn is at the server's mercy."""


@dataclass(slots=True)
class Stalls:
    """What came of the turns in one mode."""

    turns: int = 0
    answered_once: int = 0
    effects_once: int = 0
    """Of those that had any."""
    commands: int = 0
    added_ms: list[float] = field(default_factory=list)
    """Until the first clause, over what the device alone takes."""


@dataclass(frozen=True, slots=True)
class _Answer:
    text: str
    first_s: float


async def stalls(config: Config, mode: Literal["prefer", "race"], turns: int, show: Tell) -> Stalls:
    """Ask `turns` times at each point at which the server can stand still."""
    found = Stalls()
    with open_bell(config) as bell:
        equipped = open_agent(config, bell, volume=SilentVolume(), last_reply=lambda: "")
        async with equipped as device, StallingServer().running() as server:
            await _answered(device.agent, TALK)
            alone = {text: await _alone(device.agent, text, bell) for text in (TALK, COMMAND)}
            async with _beside(config, server.url, mode, device.agent) as (agent, chosen):
                for point in range(POINTS):
                    server.stall_at = point
                    show(f"{mode}: the server stands still at {point + 1} of {POINTS} points")
                    for _ in range(turns):
                        for text in (TALK, COMMAND):
                            chosen.clear()
                            answer = await _answered(agent, text)
                            _judge(found, text, answer, chosen, bell, alone[text])
    return found


def _judge(
    found: Stalls, text: str, answer: _Answer, chosen: list[Chosen], bell: Bell, alone: _Answer
) -> None:
    sides = [each.side for each in chosen]
    by_device = sides == ["device"] and answer.text == alone.text
    whole, cut = answer.text == REPLY, answer.text in good_ends(REPLY, UplinkConfig().lost_rest)
    by_server = (sides == ["server"] and whole) or (sides == ["server", "device"] and cut)
    found.turns += 1
    found.answered_once += by_device or by_server
    found.added_ms.append(1000 * (answer.first_s - alone.first_s))
    if text == COMMAND:
        found.commands += 1
        found.effects_once += len(bell.timers.timers()) == 1
        bell.timers.clear()


async def _alone(device: Agent, text: str, bell: Bell) -> _Answer:
    """Return the device's own answer, and how long it usually takes."""
    answers = []
    for _ in range(LEAST_BASELINES):
        answers.append(await _answered(device, text))
        bell.timers.clear()
    firsts = sorted(each.first_s for each in answers)
    return _Answer(answers[-1].text, firsts[len(firsts) // 2])


async def _answered(agent: Agent, text: str) -> _Answer:
    """Have a text answered, and heard to its end."""
    splitter, said, first_s, began_s = ClauseSplitter(), "", 0.0, perf_counter()
    items = agent.async_accept(AgentContext("asr_final", text))
    async with contextlib.aclosing(items) as pieces:  # type: ignore[type-var]
        async for piece in pieces:
            if isinstance(piece, str):
                said += piece
                if splitter.push(piece) and not first_s:
                    first_s = perf_counter() - began_s
    agent.heard(said)
    return _Answer(said.strip(), first_s or perf_counter() - began_s)


@contextlib.asynccontextmanager
async def _beside(
    config: Config, url: str, mode: Literal["prefer", "race"], device: Agent
) -> AsyncIterator[tuple[HedgedAgent, list[Chosen]]]:
    client = XTalkClient(UplinkConfig(url=url, agent=mode))
    there, chosen = asyncio.Event(), list[Chosen]()
    client.on_change = there.set
    policy = HedgePolicy(mode, config.uplink.deadline_ms / 1000, head_start_s=HEAD_START_S)
    way = Way("agent", client, policy, NEVER_OPENS)
    way.on_chosen = chosen.append
    client.start()
    try:
        while "agent" not in client.abilities:
            await there.wait()
            there.clear()
        yield HedgedAgent(device, way, UplinkConfig().lost_rest), chosen
    finally:
        await way.tasks.aclose()
        await client.aclose()
