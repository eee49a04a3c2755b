"""Under strain the device does with less of what it can spare, and takes it back."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from tests.clocks import on_virtual_clock
from tests.spies import SpyEnhancer
from tests.unit.manager_parts import Log, turns_of_the_loop
from xtalk_edge.bus import EventBus
from xtalk_edge.cli.bench.month_house import DistantServer
from xtalk_edge.clock import now_s
from xtalk_edge.config.governor import GovernorConfig
from xtalk_edge.config.schema import Config, EngineConfig
from xtalk_edge.engines.agent.seat import AgentSeat
from xtalk_edge.engines.enhancer.bypass import Bypass
from xtalk_edge.engines.hosting import Hosted
from xtalk_edge.engines.interfaces import Agent, AgentContext
from xtalk_edge.engines.worker import Worker
from xtalk_edge.events import (
    GovernorStepped,
    LatencyMetricsUpdated,
    ModelSwitched,
    ModelSwitchFailed,
    TTSModelSwitchRequested,
)
from xtalk_edge.managers.governor import LOOK_EVERY_S, GovernorManager
from xtalk_edge.managers.governor_levers import (
    AgentLever,
    EnhancerLever,
    Lever,
    OffloadLever,
    VoiceLever,
)
from xtalk_edge.service.machine_state import MachineState
from xtalk_edge.uplink.breaker import BreakerPolicy
from xtalk_edge.uplink.policy import HedgePolicy
from xtalk_edge.uplink.way import Way

COOL = MachineState(temperature_c=50.0, memory_free_mb=1000, memory_mb=4000)
HOT = replace(COOL, temperature_c=85.0)
SCARCE = replace(COOL, memory_free_mb=40)

QUICK = EngineConfig("espeak", params={"voice": "en-gb"})
CONFIG = Config(
    governor=GovernorConfig(voice="quick"), alternatives={"tts": {"quick": QUICK, "deep": QUICK}}
)


class Mind(Agent):
    """Can spare threads and context."""

    def __init__(self) -> None:
        self.spares: tuple[str, ...] = ()

    async def async_accept(self, context: AgentContext):
        yield "yes"

    def economies(self) -> tuple[str, ...]:
        return ("threads", "context")

    def economise(self, *what: str) -> None:
        self.spares = what


class Machine:
    """A device with levers, on a machine that feels as it is told."""

    def __init__(self, bus: EventBus, levers: Sequence[Lever], config: Config = CONFIG) -> None:
        self.state = COOL
        self.log = Log(bus)
        self.manager = GovernorManager(
            event_bus=bus, config=config, levers=levers, machine=lambda: self.state
        )

    async def go(self, seconds: float, state: MachineState) -> list[str]:
        """Return what was stepped over meanwhile: "-threads" is given up, "+threads" is back."""
        before = len(self.steps)
        self.state = state
        await asyncio.sleep(seconds)
        await turns_of_the_loop()
        return [("-" if step.eased else "+") + step.rung for step in self.steps[before:]]

    @property
    def steps(self) -> list[GovernorStepped]:
        return self.log.all_of(GovernorStepped)


async def open_machine(levers: Sequence[Lever], bus: EventBus) -> Machine:
    machine = Machine(bus, levers)
    bus.register(machine.manager)
    await machine.manager.start()
    return machine


def seat(mind: Mind) -> AgentSeat:
    return AgentSeat(Hosted(mind, Worker("mind")), lambda _agent: None)


@on_virtual_clock
async def test_heat_walks_down_the_ladder_and_back() -> None:
    bus, mind, bypass = EventBus(), Mind(), Bypass(SpyEnhancer())
    way = Way("agent", DistantServer(), HedgePolicy("fallback", 1.5), BreakerPolicy())
    eased: set[str] = set()
    agent = seat(mind)
    levers: list[Lever] = [
        AgentLever("threads", agent, eased),
        AgentLever("context", agent, eased),
        EnhancerLever(bypass),
        OffloadLever([way]),
    ]
    machine = await open_machine(levers, bus)
    assert await machine.go(400, HOT) == ["-threads", "-context", "-enhancer", "-offload"]
    assert mind.spares == ("context", "threads")
    assert bypass.wanted
    assert way.policy.mode == "prefer"
    assert {step.reason for step in machine.steps} == {"the processor has 85 °C"}
    assert await machine.go(900, COOL) == ["+offload", "+enhancer", "+context", "+threads"]
    assert not mind.spares
    assert not bypass.wanted
    assert way.policy == HedgePolicy("fallback", 1.5)
    await machine.manager.shutdown()


@on_virtual_clock
async def test_a_server_that_is_away_is_no_help() -> None:
    bus, server = EventBus(), DistantServer()
    server.reach(False)
    way = Way("agent", server, HedgePolicy("fallback", 1.5), BreakerPolicy())
    machine = await open_machine([OffloadLever([way])], bus)
    assert await machine.go(100, HOT) == []
    server.reach(True)
    assert await machine.go(30, HOT) == ["-offload"]
    await machine.manager.shutdown()


@on_virtual_clock
async def test_what_the_owner_has_forbidden_the_server_stays_so() -> None:
    ways = [
        Way("agent", DistantServer(), HedgePolicy(mode, 1.5), BreakerPolicy())
        for mode in ("off", "prefer")
    ]
    lever = OffloadLever(ways)
    assert not lever.possible
    lever.ease()
    assert [way.policy.mode for way in ways] == ["off", "prefer"]


@on_virtual_clock
async def test_memory_takes_a_lighter_voice_by_its_name() -> None:
    bus = EventBus()
    machine = await open_machine([VoiceLever(bus, CONFIG)], bus)
    assert await machine.go(60, SCARCE) == ["-voice"]
    (asked,) = machine.log.all_of(TTSModelSwitchRequested)
    assert (asked.name, asked.model_type, asked.config) == ("quick", "espeak", QUICK.params)
    bus.publish(_switched("quick"))
    assert await machine.go(500, COOL) == ["+voice"]
    assert machine.log.all_of(TTSModelSwitchRequested)[-1].name == "usual"
    await machine.manager.shutdown()


@on_virtual_clock
async def test_a_voice_that_the_owner_chose_meanwhile_is_kept() -> None:
    bus = EventBus()
    machine = await open_machine([VoiceLever(bus, CONFIG)], bus)
    await machine.go(60, SCARCE)
    bus.publish(_switched("quick"))
    await machine.go(20, SCARCE)
    bus.publish(_switched("deep"))
    assert await machine.go(3000, SCARCE) == ["+voice"]
    assert machine.steps[-1].reason == "it was changed by somebody else"
    await machine.go(30, COOL)
    assert await machine.go(60, SCARCE) == ["-voice"], "another time is another time"
    bus.publish(_switched("quick"))
    await machine.go(3000, COOL)
    assert machine.log.all_of(TTSModelSwitchRequested)[-1].name == "deep"
    await machine.manager.shutdown()


@on_virtual_clock
async def test_a_voice_that_cannot_be_had_is_asked_for_once() -> None:
    bus = EventBus()
    machine = await open_machine([VoiceLever(bus, CONFIG)], bus)
    await machine.go(60, SCARCE)
    bus.publish(
        ModelSwitchFailed(slot="tts", model_type="espeak", name="quick", problem="no memory")
    )
    assert await machine.go(2000, SCARCE) == ["+voice"]
    assert len(machine.log.all_of(TTSModelSwitchRequested)) == 1
    await machine.manager.shutdown()


@on_virtual_clock
async def test_slow_answers_of_the_agent_give_it_less_to_read() -> None:
    bus, mind = EventBus(), Mind()
    machine = await open_machine([AgentLever("context", seat(mind), set())], bus)
    for _ in range(5):
        bus.publish(LatencyMetricsUpdated(llm_first_token_ms=2500.0, at_s=now_s()))
    assert await machine.go(40, COOL) == ["-context"]
    assert machine.steps[0].reason == "answers take 2.5 s, of which the agent 2.5 s"
    assert mind.spares == ("context",)
    assert await machine.go(400, COOL) == ["+context"], "nobody has talked to it since"
    await machine.manager.shutdown()


@on_virtual_clock
async def test_on_a_virtual_clock_the_real_machine_has_no_say() -> None:
    bus = EventBus()
    manager = GovernorManager(
        event_bus=bus, config=CONFIG, levers=[EnhancerLever(Bypass(SpyEnhancer()))]
    )
    await manager.start()
    await asyncio.sleep(10 * LOOK_EVERY_S)
    await manager.shutdown()
    assert manager._machine is MachineState


def _switched(name: str) -> ModelSwitched:
    return ModelSwitched(slot="tts", model_type="espeak", name=name, load_s=0.1, wait_s=0.1)
