"""Louder and quieter."""

from __future__ import annotations

from xtalk_edge.tools.context import ToolContext
from xtalk_edge.tools.registry import tool

STEP_PERCENT = 10
"""Clearly louder or quieter, without a fright."""

QUIETEST_PERCENT = 10
"""Where "quieter" ends: below it nobody hears the confirmation; "set volume to zero" still can."""


@tool(
    "Set the loudspeaker's volume.",
    {"percent": {"type": "integer", "minimum": 0, "maximum": 100}},
    required=("percent",),
    has_effects=True,
)
async def set_volume(context: ToolContext, percent: int) -> str:
    """Return "Volume is at 40 percent."."""
    context.volume.set_percent(percent)
    return f"Volume is at {percent} percent."


@tool(
    "Make the loudspeaker a little louder or quieter.",
    {"direction": {"type": "string", "enum": ["up", "down"]}},
    required=("direction",),
    has_effects=True,
    help="change the volume",
)
async def change_volume(context: ToolContext, direction: str) -> str:
    """Return "Volume is at 40 percent."."""
    before = context.volume.get_percent()
    if direction == "up":
        after = min(100, before + STEP_PERCENT)
        if before >= 100:
            return "It's as loud as it gets."
    else:
        after = min(before, max(QUIETEST_PERCENT, before - STEP_PERCENT))
        if before <= QUIETEST_PERCENT:
            return "It's as quiet as it gets."
    context.volume.set_percent(after)
    return f"Volume is at {after} percent."
