"""How a tool is declared, and the box that runs them for the agent."""

from __future__ import annotations

import asyncio
import inspect
import logging
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from xtalk_edge.engines.interfaces import ToolCall, ToolResult
from xtalk_edge.errors import ConfigError, EdgeError
from xtalk_edge.tasks import TaskOwner
from xtalk_edge.tools.arguments import check_arguments, check_schema
from xtalk_edge.tools.context import ToolContext
from xtalk_edge.tools.spoken import join_words

logger = logging.getLogger(__name__)

RESULT_LIMIT_CHARS = 600
"""Some forty seconds of speech: no answer should be longer, and none may fill the context."""

Handler = Callable[..., Awaitable[str]]


class ToolError(EdgeError):
    """A tool cannot do what was asked; the message is spoken to the owner."""


@dataclass(frozen=True, slots=True)
class Tool:
    """What the agent may do."""

    name: str
    description: str
    handler: Handler
    """Coroutine `(context, **arguments) -> sentence`; must await, not block."""
    properties: dict[str, Any] = field(default_factory=dict)
    """JSON schema of each argument: string, integer, number or boolean, with its bounds."""
    required: tuple[str, ...] = ()
    limit_s: float = 2.0
    has_effects: bool = False
    """Whether running it twice, or on a guess, would be noticed."""
    help: str = ""
    """What the owner may ask for, as the end of "You can ask me to"."""

    def schema(self) -> dict[str, Any]:
        """Return the OpenAI function schema."""
        return {
            "type": "function",
            "function": {
                "name": self.name,
                "description": self.description,
                "parameters": {
                    "type": "object",
                    "properties": self.properties,
                    "required": list(self.required),
                },
            },
        }


def tool(
    description: str,
    properties: dict[str, Any] | None = None,
    *,
    required: Iterable[str] = (),
    limit_s: float = 2.0,
    has_effects: bool = False,
    help: str = "",
) -> Callable[[Handler], Tool]:
    """Declare the decorated coroutine as a tool of the same name.

    Raises:
        ConfigError: it is no coroutine function, or its schema is beyond what can be checked.
    """

    def declare(handler: Handler) -> Tool:
        name = handler.__name__
        if not inspect.iscoroutinefunction(handler):
            raise ConfigError(f"tool {name}: must be an `async def`, so that it can be timed out")
        check_schema(name, properties or {}, tuple(required))
        return Tool(
            name, description, handler, properties or {}, tuple(required), limit_s,
            has_effects, help,
        )  # fmt: skip

    return declare


class ToolBox:
    """The tools of one appliance; a `ToolRunner`."""

    def __init__(
        self, tools: Iterable[Tool], context: ToolContext, *, dry_run: bool = False
    ) -> None:
        self._tools: dict[str, Tool] = {}
        for each in tools:
            if each.name in self._tools:
                raise ConfigError(f"tool {each.name}: there are two of this name; rename one")
            self._tools[each.name] = each
        self._context = context
        self._dry_run = dry_run
        self._tasks = TaskOwner()
        context.help_phrases = self.help_phrases

    def schemas(self) -> list[dict[str, Any]]:
        """Return every tool as an OpenAI function schema."""
        return [each.schema() for each in self._tools.values()]

    def help_phrases(self) -> list[str]:
        """Return what the owner may ask for, in the tools' order."""
        return [each.help for each in self._tools.values() if each.help]

    def has_effects(self, name: str) -> bool:
        """Tell whether a tool changes anything; a caller that only guesses must not run it."""
        found = self._tools.get(name)
        return found is not None and found.has_effects

    async def run(self, call: ToolCall) -> ToolResult:
        """Run one call; errors and time-outs come back as `ok=False` with a sentence."""
        found = self._tools.get(call.name)
        if found is None:
            return ToolResult(call.name, "Sorry, I can't do that.", ok=False)
        problem = check_arguments(found.properties, found.required, call.arguments)
        if problem:
            return ToolResult(call.name, f"Sorry, {problem}.", False, call.arguments)
        if self._dry_run and found.has_effects:
            return ToolResult(call.name, _would(call), arguments=call.arguments)
        ok, content = await self._perform(found, call)
        return ToolResult(call.name, _bounded(content), ok, call.arguments)

    async def _perform(self, found: Tool, call: ToolCall) -> tuple[bool, str]:
        # A task of its own: a tool that ignores its cancellation cannot hold the turn.
        work = found.handler(self._context, **call.arguments)
        task = self._tasks.start(_as_coroutine(work), name=f"tool {found.name}")
        try:
            await asyncio.wait({task}, timeout=found.limit_s)
        finally:
            task.cancel()
        if not task.done() or task.cancelled():
            logger.warning("tool %s took longer than %.1f s", found.name, found.limit_s)
            return False, "Sorry, that took too long."
        error = task.exception()
        if isinstance(error, ToolError):
            return False, str(error)
        if error is not None:
            # The traceback may quote what the owner said.
            logger.error("tool %s failed: %s", found.name, type(error).__name__)
            logger.debug("tool %s failed", found.name, exc_info=error)
            return False, "Sorry, that did not work."
        return True, str(task.result())

    async def aclose(self) -> None:
        """End what is still running."""
        await self._tasks.aclose()


async def _as_coroutine(work: Awaitable[str]) -> str:
    return await work


def _would(call: ToolCall) -> str:
    values = [f"{name} {value}" for name, value in call.arguments.items()]
    what = call.name.replace("_", " ")
    return f"I would {what}{' with ' if values else ''}{join_words(values)}."


def _bounded(content: str) -> str:
    if len(content) <= RESULT_LIMIT_CHARS:
        return content
    return content[:RESULT_LIMIT_CHARS].rsplit(" ", 1)[0] + " and so on."
