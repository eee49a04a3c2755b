"""Louder, quieter, and silent for a while."""

from __future__ import annotations

from xtalk_edge.tools.context import ToolContext
from xtalk_edge.tools.registry import tool

STEP_PERCENT = 10
"""Clearly louder or quieter, without a fright."""

QUIETEST_PERCENT = 10
"""Where "quieter" ends: below it nobody hears the confirmation; "set volume to zero" still can."""

UNMUTED_PERCENT = 40
"""What "sound on" means when there is no louder volume to go back to."""


def _setting(percent: int) -> str:
    return f"set the volume to {percent} percent"


def _changing(direction: str) -> str:
    return f"turn the volume {direction}"


@tool(
    "Set the loudspeaker's volume.",
    {"percent": {"type": "integer", "minimum": 0, "maximum": 100}},
    required=("percent",),
    has_effects=True,
    doing=_setting,
)
async def set_volume(context: ToolContext, percent: int) -> str:
    """Return "Volume is at 40 percent."."""
    return _set(context, percent)


@tool(
    "Make the loudspeaker a little louder or quieter.",
    {"direction": {"type": "string", "enum": ["up", "down"]}},
    required=("direction",),
    has_effects=True,
    help="change the volume",
    doing=_changing,
)
async def change_volume(context: ToolContext, direction: str) -> str:
    """Return "Volume is at 40 percent."."""
    before = context.volume.get_percent()
    if direction == "up":
        if context.muted_percent is not None:
            before = context.muted_percent
        if before >= 100 and context.muted_percent is None:
            return "It's as loud as it gets."
        return _set(context, min(100, before + STEP_PERCENT))
    if before <= QUIETEST_PERCENT:
        return "It's as quiet as it gets."
    return _set(context, max(QUIETEST_PERCENT, before - STEP_PERCENT))


@tool("Make the loudspeaker silent until it is unmuted.", has_effects=True, doing=lambda: "be mute")
async def mute(context: ToolContext) -> str:
    """Return "Muted.", for those who read it: from now on nothing is heard."""
    if context.muted_percent is None:
        context.muted_percent = context.volume.get_percent()
        context.volume.set_percent(0)
    return "Muted."


@tool(
    "Make the loudspeaker as loud as before it was muted.",
    has_effects=True,
    doing=lambda: "turn the sound on",
)
async def unmute(context: ToolContext) -> str:
    """Return "The sound is on again."."""
    before = context.volume.get_percent() or context.muted_percent or UNMUTED_PERCENT
    if context.volume.get_percent():
        return f"The sound is on. Volume is at {before} percent."
    _set(context, before)
    return f"The sound is on again, at {before} percent."


def _set(context: ToolContext, percent: int) -> str:
    context.volume.set_percent(percent)
    context.muted_percent = None
    return f"Volume is at {percent} percent."
