"""Of several devices that hear a wake phrase, exactly one answers."""

from __future__ import annotations

import asyncio
import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from xtalk_edge.bus import EventBus
from xtalk_edge.config.schema import Config, WakeConfig
from xtalk_edge.errors import ConfigError
from xtalk_edge.events import Event, WakeWordClaimed, WakeWordDetected, WakeWordYielded
from xtalk_edge.managers.arbitration import ArbitrationManager, address_of
from xtalk_edge.managers.ear import Rings
from xtalk_edge.managers.wake import WakeManager
from xtalk_edge.turn.arbitration import (
    TOGETHER_S,
    WAIT_S,
    Arbitration,
    Claim,
    from_datagram,
    to_datagram,
)

DEVICES = st.integers(0, 2**64 - 1).map(lambda number: f"{number:016x}")
CLAIMS = st.builds(
    Claim,
    device=DEVICES,
    probability=st.integers(0, 1000).map(lambda n: n / 1000),
    level_db=st.integers(-1200, 0).map(lambda n: n / 10),
)


@given(CLAIMS)
def test_a_claim_arrives_as_it_was_sent(claim: Claim) -> None:
    assert from_datagram(to_datagram(claim)) == claim


@given(st.binary(max_size=2_000))
def test_anything_else_is_no_claim(data: bytes) -> None:
    assert from_datagram(data) is None
    assert from_datagram(b"xtalk-edge wake 1 " + data) is None


def test_a_probability_above_one_is_no_claim() -> None:
    assert from_datagram(b"xtalk-edge wake 1 0123456789abcdef 9.999 -20.0") is None


@given(st.lists(CLAIMS, min_size=1, max_size=5, unique_by=lambda claim: claim.device), st.data())
def test_exactly_one_answers_in_whatever_order_the_claims_come(
    claims: list[Claim], data: st.DataObject
) -> None:
    answers = 0
    for own in claims:
        arbitration = Arbitration()
        others = data.draw(st.permutations([each for each in claims if each is not own]))
        before = data.draw(st.integers(0, len(others)))
        for other in others[:before]:
            arbitration.hear(other, 9.9)
        arbitration.claim(own, 10.0)
        for other in others[before:]:
            arbitration.hear(other, 10.05)
        arbitration.hear(own, 10.05)
        assert arbitration.decided(10.1) is None
        answers += arbitration.decided(10.0 + WAIT_S) is True
        assert arbitration.decided(11.0) is None
    assert answers == 1


def test_what_was_claimed_long_ago_was_another_phrase() -> None:
    arbitration = Arbitration()
    arbitration.hear(Claim("f" * 16, 1.0, 0.0), 10.0)
    arbitration.claim(Claim("0" * 16, 0.5, -60.0), 10.0 + TOGETHER_S + 0.1)
    assert arbitration.decided(12.0) is True


def test_who_is_nearer_answers_when_both_are_sure() -> None:
    near, far = Claim("0" * 16, 0.98, -20.0), Claim("f" * 16, 1.0, -35.0)
    assert near.rank > far.rank


@pytest.mark.parametrize("text", ["", "239.1.1.1", "10.0.0.1:5000", "239.1.1.1:80", "x:5000"])
def test_only_a_group_and_a_port_will_do(text: str) -> None:
    with pytest.raises(ConfigError, match="multicast group and a port"):
        address_of(text)


class Device:
    """One of several, with a microphone of its own."""

    def __init__(self, config: Config, level: int) -> None:
        rings = Rings.of_seconds(2.0)
        rings.clean.write(np.resize(np.array([level, -level], np.int16), 16_000))
        self.bus = EventBus()
        self.events: list[Event] = []
        self.bus.subscribe(Event, self.events.append)
        self.manager = ArbitrationManager(event_bus=self.bus, config=config, rings=rings)
        self.bus.register(self.manager)

    def hear(self, probability: float) -> None:
        """Hear the wake phrase."""
        claim = WakeWordClaimed(phrase="okay nabu", at_sample=16_000, probability=probability)
        self.bus.publish(claim)

    async def outcome(self) -> type[Event]:
        """Return what came of it."""
        for _ in range(200):
            for event in self.events:
                if isinstance(event, (WakeWordDetected, WakeWordYielded)):
                    return type(event)
            await asyncio.sleep(0.01)
        raise AssertionError("nothing came of the claim")


PORTS = itertools.count(40_411)


async def among(levels: list[int]) -> list[type[Event]]:
    config = Config(wake=WakeConfig(neighbours=f"239.255.42.99:{next(PORTS)}"))
    devices = [Device(config, level) for level in levels]
    for device in devices:
        await device.manager.start()
    try:
        for device in devices:
            device.hear(0.99)
        return [await device.outcome() for device in devices]
    finally:
        for device in devices:
            await device.manager.shutdown()
            await device.bus.aclose()


@pytest.mark.slow
def test_alone_it_answers() -> None:
    assert asyncio.run(among([1_000])) == [WakeWordDetected]


@pytest.mark.slow
def test_of_three_in_a_network_the_nearest_answers() -> None:
    found = asyncio.run(among([500, 4_000, 1_000]))
    assert found == [WakeWordYielded, WakeWordDetected, WakeWordYielded]


@pytest.mark.slow
def test_without_a_network_it_answers_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_group: object) -> None:
        raise OSError("no network")

    monkeypatch.setattr("xtalk_edge.managers.arbitration._joined", refuse)
    assert asyncio.run(among([1_000, 2_000])) == [WakeWordDetected, WakeWordDetected]


def test_the_spotter_claims_only_where_there_are_neighbours() -> None:
    made = [
        WakeManager(
            event_bus=EventBus(), config=replace(Config(), wake=WakeConfig(neighbours=text)),
            wake=None, rings=Rings.of_seconds(1.0), post=lambda _event: None,  # type: ignore[arg-type]
        )._kind
        for text in ("", "239.255.42.99:40411")
    ]  # fmt: skip
    assert made == [WakeWordDetected, WakeWordClaimed]
