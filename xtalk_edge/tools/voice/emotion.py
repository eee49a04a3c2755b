"""Another mood of the voice, for voices that have any."""

from __future__ import annotations

from xtalk_edge.engines.mouth import Mouth
from xtalk_edge.tools.context import ToolContext
from xtalk_edge.tools.registry import Tool, ToolError, tool


def voice_tools(mouth: Mouth) -> list[Tool]:
    """Return what can be done with this voice beyond what can be done with any."""
    emotions = mouth.emotions()
    if not emotions:
        return []

    @tool(
        "Speak with another emotion.",
        {"name": {"type": "string", "enum": emotions}},
        required=("name",),
        has_effects=True,
        help=f"sound {emotions[0]}",
        doing=lambda name: f"sound {name}",
    )
    async def set_emotion(_context: ToolContext, name: str) -> str:
        """Return "I'll sound happy."."""
        # The engine may be another one by now.
        if name not in mouth.emotions():
            raise ToolError("This voice cannot do that.")
        await mouth.set_emotion(name)
        return f"I'll sound {name}."

    return [set_emotion]
