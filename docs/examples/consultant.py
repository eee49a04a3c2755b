"""A consultant with a tool of its own, and a manager beside it, in one file.

Ask it "when are you open on Sunday?". Its agent follows a few rules, so that it runs without a
language model; with one (agent.model) the tool is called by what its docstring says.

Run it with: python docs/examples/consultant.py
"""

from __future__ import annotations

import asyncio
from typing import Literal

from xtalk_edge import Appliance
from xtalk_edge.bus import handles
from xtalk_edge.events import SpeechRequested, TTSPlaybackFinished
from xtalk_edge.managers.base import Manager

CALL = '<tool_call>{{"name": "opening_hours", "arguments": {{"day": "{}"}}}}</tool_call>'
SETTINGS = {
    "wake": {"mode": "always"},
    "agent": {
        "type": "scripted",
        "rules": {"sunday": CALL.format("sunday"), "open": CALL.format("weekday")},
        "otherwise": "I only know when we are open.",
    },
}

FAREWELL = "Anything else?"


def opening_hours(day: Literal["weekday", "sunday"]) -> str:
    """Tell when the shop is open on a day."""
    return "We are closed on Sundays." if day == "sunday" else "We are open from nine to six."


class AnythingElse(Manager):
    """Asks once, behind the first answer, whether there is anything else."""

    asked = False

    @handles(TTSPlaybackFinished)
    def on_finished(self, event: TTSPlaybackFinished) -> None:
        """Ask."""
        if not self.asked:
            self.asked = True
            self.bus.publish(SpeechRequested(text=FAREWELL))


def consultant() -> Appliance:
    """Return it, ready to be run."""
    appliance = Appliance.from_config(SETTINGS)
    appliance.add_agent_tools(opening_hours)
    appliance.register_manager(AnythingElse)
    return appliance


async def main() -> None:
    """Talk until Ctrl-C."""
    async with consultant() as appliance:
        await appliance.run()


if __name__ == "__main__":
    asyncio.run(main())
