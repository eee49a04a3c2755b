"""Steering the conversation itself: stop, again, help."""

from __future__ import annotations

from xtalk_edge.tools.context import ToolContext
from xtalk_edge.tools.registry import tool
from xtalk_edge.tools.spoken import join_words

EXAMPLES = 4
"""What can be told in one breath and still be remembered."""


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
    """Return "You can ask me to set a timer, flip a coin or tell a joke, and more."."""
    phrases = context.help_phrases()
    if len(phrases) <= EXAMPLES:
        return f"You can ask me to {join_words(phrases, last='or')}."
    # Far apart, so that each is of another kind; other ones the next time.
    starts = range(context.help_told, context.help_told + len(phrases), len(phrases) // EXAMPLES)
    context.help_told += 1
    told = [phrases[start % len(phrases)] for start in starts[:EXAMPLES]]
    return f"You can ask me to {join_words(told, last='or')}, and more."
