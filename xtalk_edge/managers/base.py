"""What every manager is."""

from __future__ import annotations

import logging
from typing import Any

from xtalk_edge.bus import EventBus
from xtalk_edge.config.schema import Config
from xtalk_edge.errors import places_of, problem_of
from xtalk_edge.events import ErrorOccurred
from xtalk_edge.tasks import TaskOwner

log = logging.getLogger(__name__)

WATCH_EVERY_S = 0.25
"""How often what is not urgent is looked at: a loop that is woken for nothing costs an idle device
most."""


class Manager:
    """A capability that listens to and publishes on the bus.

    Methods marked `@handles(EventType)` are subscribed when the appliance starts. A manager of
    the owner's own needs nothing more than this class and one such method.
    """

    def __init__(self, *, event_bus: EventBus, config: Config, **_appliance: Any) -> None:
        self.bus = event_bus
        self.config = config
        self.tasks = TaskOwner()
        """Whatever runs beside the handlers; the appliance ends when one of them fails."""

    async def start(self) -> None:
        """Begin; called once, after every manager was made."""

    def adopt(self, config: Config) -> None:
        """Let changed settings count from now on; called while the device runs.

        A manager that has made something of a setting makes it anew here. Only settings of
        `IN_PLACE` (config/difference.py) ever differ from those before.
        """
        self.config = config

    async def shutdown(self) -> None:
        """End; called once, in the reverse order of starting. Ends `tasks`."""
        await self.tasks.aclose()

    def report(self, error: Exception, *, error_type: str, component: str, turn_id: int) -> None:
        """Log and publish a failure that was contained; call it while handling the exception."""
        log.error(
            "%s failed in turn %d: %s\n%s", component, turn_id, problem_of(error), places_of(error)
        )
        log.debug("%s failed", component, exc_info=error)
        self.bus.publish(
            ErrorOccurred(
                turn_id=turn_id,
                error_type=error_type,
                error_message=str(error),
                component=component,
            )
        )
