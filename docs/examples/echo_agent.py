"""An agent in one file: it repeats what it hears, and counts.

Run it with: python docs/examples/echo_agent.py
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from xtalk_edge import Appliance
from xtalk_edge.engines.interfaces import Agent, AgentContext
from xtalk_edge.events import ASRResultFinal

SETTINGS = {"wake": {"mode": "always"}, "agent": {"type": f"{__file__}:EchoAgent"}}


class EchoAgent(Agent):
    """Repeats."""

    def __init__(self) -> None:
        self._heard = 0

    async def async_accept(self, context: AgentContext) -> AsyncIterator[str]:
        """Yield the reply in pieces, as a language model would."""
        if context.type == "asr_final":
            self._heard += 1
            yield f"You said: {context.text}. "
            yield f"That was number {self._heard}."


async def main() -> None:
    """Talk until Ctrl-C."""
    appliance = Appliance.from_config(SETTINGS)
    appliance.subscribe_event(ASRResultFinal, lambda event: print("you:", event.text))  # noqa: T201
    async with appliance:
        await appliance.run()


if __name__ == "__main__":
    asyncio.run(main())
