"""Has the device do with less while its machine is under strain, and tells everybody."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence

from xtalk_edge.bus import EventBus, handles
from xtalk_edge.clock import is_virtual, now_s
from xtalk_edge.config.schema import Config
from xtalk_edge.events import GovernorStepped, LatencyMetricsUpdated
from xtalk_edge.managers.base import Manager
from xtalk_edge.managers.governor_levers import Lever
from xtalk_edge.service.governor import LADDER, Governor
from xtalk_edge.service.machine_state import MachineState, look_at_machine
from xtalk_edge.service.strain import Limits, readings
from xtalk_edge.service.turn_budget import TurnBudget

log = logging.getLogger(__name__)

LOOK_EVERY_S = 10.0
"""Heat and memory change within minutes; a look costs less than a millisecond."""

OTHERS = "it was changed by somebody else"


class GovernorManager(Manager):
    """Looks at the machine, asks the governor, and pulls the levers.

    Args:
        event_bus: where it listens and publishes.
        config: the settings.
        levers: of all that this device can give up.
        machine: looks at the machine; None for the real one, which has no say on a virtual clock.
    """

    def __init__(
        self,
        *,
        event_bus: EventBus,
        config: Config,
        levers: Sequence[Lever],
        machine: Callable[[], MachineState] | None = None,
    ) -> None:
        super().__init__(event_bus=event_bus, config=config)
        settings = config.governor
        self._levers = {lever.name: lever for lever in levers}
        self._governor = Governor([rung for rung in LADDER if rung.name in self._levers])
        self._limits = Limits(
            hot_c=settings.hot_c,
            memory_mb=settings.memory_mb,
            stalled_percent=settings.stalled_percent,
            answer_ms=settings.answer_ms,
        )
        self._budget = TurnBudget()
        self._machine = machine

    async def start(self) -> None:
        """Begin to look."""
        for lever in self._levers.values():
            self.bus.register(lever)
        if self._machine is None:
            # Elsewhere the same conversation would not give the same events again.
            self._machine = MachineState if is_virtual() else look_at_machine
        self.tasks.start(self._run(self._machine), "governor")

    @handles(LatencyMetricsUpdated)
    def on_turn(self, event: LatencyMetricsUpdated) -> None:
        """Take where the time of a turn went."""
        self._budget.add(event)

    async def _run(self, machine: Callable[[], MachineState]) -> None:
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            self._look(machine(), now_s())

    def _look(self, machine: MachineState, at_s: float) -> None:
        for name in self._governor.eased:
            if not self._levers[name].holds:
                self._governor.forget(name, at_s)
                self._tell(name, eased=False, reason=OTHERS)
        possible = [name for name, lever in self._levers.items() if lever.possible]
        now = readings(machine, self._budget, self._limits, at_s)
        step = self._governor.look(now, at_s, possible)
        if step is None:
            return
        lever = self._levers[step.rung]
        if step.eased:
            lever.ease()
        else:
            lever.restore()
        # What the last turns took says nothing about the next ones.
        self._budget.clear()
        self._tell(step.rung, eased=step.eased, reason=step.reason)

    def _tell(self, rung: str, *, eased: bool, reason: str) -> None:
        log.warning("%s %s: %s", "doing with less of" if eased else "taking back", rung, reason)
        self.bus.publish(GovernorStepped(rung=rung, eased=eased, reason=reason))
