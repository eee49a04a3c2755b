"""Steering the conversation itself: stop, again, help."""

from __future__ import annotations

from xtalk_edge.tools.context import ToolContext
from xtalk_edge.tools.registry import tool
from xtalk_edge.tools.spoken import join_words


@tool("Stop talking and be quiet.", has_effects=True)
async def stop(context: ToolContext) -> str:
    """Return nothing to say: whoever sees the result named `stop` makes the device silent."""
    return ""


@tool("Say the last answer again.")
async def repeat(context: ToolContext) -> str:
    """Return what was said last."""
    return context.last_reply() or "I haven't said anything yet."


@tool("Tell what the user can ask for.")
async def help(context: ToolContext) -> str:
    """Return "You can ask me to set a timer, tell you the time or tell a joke."."""
    return f"You can ask me to {join_words(context.help_phrases(), last='or')}."
