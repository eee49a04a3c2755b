"""Turns with a server on loopback that stalls, or is killed, at every point of a turn."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest

from tests.clocks import in_real_time
from tests.fake_xtalk import TURN_POINTS, FakeXTalk, Fault, Kill, Point, Stall, reply
from tests.unit.uplink.parts import COMMAND, LOST_REST, DeviceAgent, Talk
from xtalk_edge.clock import now_s
from xtalk_edge.config.uplink import Policy, UplinkConfig
from xtalk_edge.net.backoff import Backoff
from xtalk_edge.uplink.breaker import BreakerPolicy
from xtalk_edge.uplink.policy import HedgePolicy
from xtalk_edge.uplink.way import Way
from xtalk_edge.uplink.xtalk.client import XTalkClient

CLOUD = ("It is ten past four.", "The sun is out.", "Anything else?")
DEVICE = "Device says this. And that."
ENDINGS = {" ".join([*CLOUD[:n], rest]).strip() for n in range(4) for rest in (LOST_REST, "")} - {
    "",
    LOST_REST,
}
"""What may be heard of the server: whole clauses, then an honest sentence where it was lost."""

DEADLINE_S, LULL_S = 0.15, 0.25
PATIENT = BreakerPolicy(opens_after=1000)
"""So that the server is asked in every turn."""


@contextlib.asynccontextmanager
async def beside(
    server: FakeXTalk, mode: Policy, breaker: BreakerPolicy = PATIENT
) -> AsyncIterator[Talk]:
    """Open a device beside a server, connected."""
    config = UplinkConfig(url=server.url, agent=mode)
    client = XTalkClient(config, backoff=Backoff(0.01, 0.05))
    client.start()
    policy = HedgePolicy(mode, DEADLINE_S, lull_s=LULL_S)
    talk = Talk(DeviceAgent(decides_s=0.02, word_s=0.01), Way("agent", client, policy, breaker))
    try:
        await connected(talk)
        yield talk
    finally:
        await talk.way.tasks.aclose()
        await client.aclose()


async def connected(talk: Talk) -> None:
    """Wait until the server can be asked."""
    there = asyncio.Event()
    talk.way.cloud.on_change = there.set
    async with asyncio.timeout(10.0):
        while "agent" not in talk.way.cloud.abilities:
            await there.wait()
            there.clear()


@pytest.mark.parametrize("mode", ["prefer", "race"])
@pytest.mark.parametrize("point", TURN_POINTS)
@in_real_time
async def test_a_turn_is_answered_once_wherever_the_server_stalls(
    mode: Policy, point: Point
) -> None:
    async with (
        FakeXTalk("G1", plugin=True, replies=reply(*CLOUD, audio_ms=20)) as server,
        beside(server, mode) as talk,
    ):
        server.faults.append(Fault(point, Stall()))
        said = await talk.said("hello")
        assert said in ENDINGS | {DEVICE}
        assert talk.who()[0][0] == ("device" if said == DEVICE else "server")
        assert [side for side, why in talk.who()[1:]] == ["device"] * (LOST_REST in said)
        talk.chosen.clear()
        server.release()
        assert await talk.said(COMMAND) == "Five minutes."
        assert talk.who() == [("device", "command")] or talk.who() == [("device", "failed")]
        assert talk.device.effects == ["set_timer"]
        server.release()


@in_real_time
async def test_a_server_that_is_killed_in_mid_answer_leaves_nothing_behind() -> None:
    async with (
        FakeXTalk("G1", plugin=True, replies=reply(*CLOUD, audio_ms=20)) as server,
        beside(server, "prefer") as talk,
    ):
        for _ in range(10):
            await connected(talk)
            server.faults[:] = [Fault(Point.MID_TEXT, Kill())]
            assert await talk.said("hello") in ENDINGS | {DEVICE}
            server.faults.clear()
            # Connected or not, the next question is answered at once.
            began_s = now_s()
            assert await talk.said("hello") in {" ".join(CLOUD), DEVICE}
            assert now_s() - began_s < 5.0
        await connected(talk)
        assert await talk.said("hello") == " ".join(CLOUD)


@in_real_time
async def test_a_server_that_stalls_again_and_again_is_left_alone() -> None:
    async with (
        FakeXTalk("G1", plugin=True, faults=[Fault(Point.SUBMIT, Stall())]) as server,
        beside(server, "prefer", BreakerPolicy()) as talk,
    ):
        for _ in range(4):
            assert await talk.said("hello") == DEVICE
        assert [why for _, why in talk.who()] == ["slow", "slow", "resting", "resting"]
