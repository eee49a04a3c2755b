"""Mental arithmetic."""

from __future__ import annotations

from xtalk_edge.tools.context import ToolContext
from xtalk_edge.tools.figures import arithmetic
from xtalk_edge.tools.registry import ToolError, tool


@tool(
    "Work out a sum with plus, minus, times, divided by and parentheses.",
    {"expression": {"type": "string", "maxLength": 80, "description": "For example 12 * 7."}},
    required=("expression",),
    help="do a sum",
)
async def calculate(context: ToolContext, expression: str) -> str:
    """Return "12 times 7 is 84."."""
    try:
        value = arithmetic.calculate(expression)
    except arithmetic.SumError as error:
        raise ToolError(str(error)) from None
    about = "about " if arithmetic.is_rounded(value) else ""
    # The sum is repeated because a misheard number gives a wrong answer that sounds right.
    asked = arithmetic.spoken_sum(expression) or "That"
    asked = asked[0].upper() + asked[1:]
    return f"{asked} is {about}{arithmetic.spoken_number(value)}."
