"""Coins and dice."""

from __future__ import annotations

from xtalk_edge.tools.context import ToolContext
from xtalk_edge.tools.registry import tool
from xtalk_edge.tools.spoken import join_words, number_words

MOST_DICE = 10
"""What fits into two hands, and still into one sentence."""

MOST_SIDES = 100
"""The largest die there is."""


@tool("Flip a coin.", help="flip a coin")
async def flip_coin(context: ToolContext) -> str:
    """Return "Heads." or "Tails."."""
    return context.choose.choice(("Heads.", "Tails."))


@tool(
    "Roll dice; one with six sides unless the user says otherwise.",
    {
        "count": {"type": "integer", "minimum": 1, "maximum": MOST_DICE},
        "sides": {"type": "integer", "minimum": 2, "maximum": MOST_SIDES},
    },
)
async def roll_dice(context: ToolContext, count: int = 1, sides: int = 6) -> str:
    """Return "You rolled four." or "You rolled three and five. That makes eight."."""
    rolled = [context.choose.randint(1, sides) for _ in range(count)]
    said = f"You rolled {join_words([number_words(each) for each in rolled])}."
    return said if count == 1 else f"{said} That makes {number_words(sum(rolled))}."
