"""Another voice engine or language model, of those that the owner has listed and of no others."""

from __future__ import annotations

from collections.abc import Callable

from xtalk_edge.config.alternatives import USUAL
from xtalk_edge.config.schema import Config
from xtalk_edge.tools.context import ToolContext
from xtalk_edge.tools.registry import Tool, ToolError, tool

SwitchTo = Callable[[str, str], bool]
"""Puts an alternative into a slot once the turn is over; False when it is there already. Raises
KeyError for a name that is not in the settings."""

_WORDS = {"tts": ("voice engine", "my voice"), "agent": ("language model", "the language model")}
"""What a model and what an owner is told that a slot is."""


def switching_tools(config: Config, switch_to: SwitchTo) -> list[Tool]:
    """Return a tool for each slot of which the settings have alternatives."""
    return [
        _switching_tool(slot, list(named), switch_to)
        for slot, named in config.alternatives.items()
        if named
    ]


def _switching_tool(slot: str, names: list[str], switch_to: SwitchTo) -> Tool:
    kind, what = _WORDS[slot]

    async def switch(_context: ToolContext, name: str) -> str:
        """Return "One moment, I'll change my voice to british."."""
        try:
            another = switch_to(slot, name)
        except KeyError:
            raise ToolError("I have nothing of that name.") from None
        if not another:
            return f"{name.capitalize()} is in use already."
        return f"One moment, I'll change {what} to {name}."

    switch.__name__ = f"switch_{slot}"
    return tool(
        f"Change to another {kind} from the next answer on.",
        {"name": {"type": "string", "enum": [USUAL, *names]}},
        required=("name",),
        has_effects=True,
        help=f"change {what}",
        doing=lambda name: f"change {what} to {name}",
    )(switch)
