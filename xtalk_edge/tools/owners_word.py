"""Words of the owner's that are carried out without asking the agent, whoever that is."""

from __future__ import annotations

from collections.abc import Callable

from xtalk_edge.engines.interfaces import ToolCall, ToolResult
from xtalk_edge.tools.registry import ToolBox

Meaning = Callable[[str], ToolCall | None]
"""Returns the tool that a text asks for; None for everything that is for the agent."""


class OwnersWord:
    """An `OrderTaker` that has tools run.

    Args:
        box: where the tools are, whether the agent is told of them or not.
        *meanings: know the words; the first that does counts.
    """

    def __init__(self, box: ToolBox, *meanings: Meaning) -> None:
        self._box = box
        self._meanings = meanings

    def meant(self, text: str) -> ToolCall | None:
        """Return what a text asks for, if it is such a word and nothing else."""
        calls = (meaning(text) for meaning in self._meanings)
        return next((call for call in calls if call is not None), None)

    async def obey(self, call: ToolCall) -> ToolResult:
        """Do it, or ask back."""
        return await self._box.run(call)
