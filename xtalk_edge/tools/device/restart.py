"""Starting the device's program afresh."""

from __future__ import annotations

from collections.abc import Callable

from xtalk_edge.tools.context import ToolContext
from xtalk_edge.tools.registry import ToolError, tool


def _confirm(context: ToolContext) -> str:
    _restart_of(context)
    return "Should I restart now?"


@tool("Restart the device.", has_effects=True, doing=lambda: "restart", confirm=_confirm)
async def restart(context: ToolContext) -> str:
    """Return "I'm restarting."; it happens once that has been said."""
    _restart_of(context)()
    return "I'm restarting. I'll be back in a moment."


def _restart_of(context: ToolContext) -> Callable[[], None]:
    if context.restart is None:
        raise ToolError("There is nothing running here that I could restart.")
    return context.restart
