"""How a tool is declared, and the box that runs them for the agent."""

from __future__ import annotations

import asyncio
import inspect
import logging
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from xtalk_edge.audio.format import Sound
from xtalk_edge.engines.interfaces import ToolCall, ToolResult
from xtalk_edge.errors import ConfigError, EdgeError
from xtalk_edge.net.printable import printable
from xtalk_edge.tasks import TaskOwner
from xtalk_edge.tools.arguments import check_arguments, check_schema
from xtalk_edge.tools.context import ToolContext
from xtalk_edge.tools.foreign.answers import in_words
from xtalk_edge.tools.help_examples import help_examples
from xtalk_edge.tools.spoken import join_words
from xtalk_edge.turn.assent import assent

logger = logging.getLogger(__name__)

T = TypeVar("T")

RESULT_LIMIT_CHARS = 600
"""Some forty seconds of speech: no answer should be longer, and none may fill the context."""

Handler = Callable[..., Awaitable[str | tuple[str, Sound | None]]]


class ToolError(EdgeError):
    """A tool cannot do what was asked; the message is spoken to the owner."""


@dataclass(frozen=True, slots=True)
class Tool:
    """What the agent may do."""

    name: str
    description: str
    handler: Handler
    """Coroutine `(context, **arguments) -> sentence`, or sentence and sound; must await, not
    block."""
    properties: dict[str, Any] = field(default_factory=dict)
    """JSON schema of each argument: string, integer, number or boolean, with its bounds."""
    required: tuple[str, ...] = ()
    limit_s: float = 2.0
    has_effects: bool = False
    """Whether running it twice, or on a guess, would be noticed."""
    help: str = ""
    """What the owner may ask for, as the end of "You can ask me to"; a built-in tool leaves it to
    what the built-in model was taught."""
    doing: Callable[..., str] | None = None
    """`(**arguments) -> words` that end "Should I": "set a ten minute timer"."""
    confirm: Callable[..., str] | None = None
    """`(context, **arguments) -> question` that must be answered with yes first; "" when not."""

    def in_words(self, arguments: dict[str, Any]) -> str:
        """Return what a call would do, as the end of "Should I"."""
        if self.doing is not None:
            return self.doing(**arguments)
        values = [f"{name.replace('_', ' ')} {in_words(each)}" for name, each in arguments.items()]
        what = self.name.replace("_", " ")
        return f"{what}{' with ' if values else ''}{join_words(values)}"

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
    doing: Callable[..., str] | None = None,
    confirm: Callable[..., str] | None = None,
) -> Callable[[Handler], Tool]:
    """Declare the decorated coroutine as a tool of the same name; see `Tool` for the arguments.

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
            has_effects, help, doing, confirm,
        )  # fmt: skip

    return declare


class ToolBox:
    """The tools of one appliance; a `ToolRunner`."""

    def __init__(
        self, tools: Iterable[Tool], context: ToolContext, *, dry_run: bool = False
    ) -> None:
        self._tools: dict[str, Tool] = {}
        self._unlisted: set[str] = set()
        """Names of tools that the agent is not told of."""
        self.add(tools)
        self._context = context
        self._dry_run = dry_run
        self._pending: ToolCall | None = None
        """The call that waits for a yes."""
        self._tasks = TaskOwner()
        context.help_phrases = self.help_phrases

    def add(self, tools: Iterable[Tool], *, listed: bool = True) -> None:
        """Take more tools, before the agent is given any.

        Args:
            tools: under names of their own.
            listed: whether the agent is told of them; others can be run by name.

        Raises:
            ConfigError: a name is taken.
        """
        for each in tools:
            if each.name in self._tools:
                raise ConfigError(f"tool {each.name}: there are two of this name; rename one")
            self._tools[each.name] = each
            if not listed:
                self._unlisted.add(each.name)

    def names(self) -> list[str]:
        """Return the names of all tools."""
        return list(self._tools)

    def remove(self, names: Iterable[str]) -> None:
        """Take tools away again, before the agent is given any."""
        for name in names:
            del self._tools[name]

    def schemas(self) -> list[dict[str, Any]]:
        """Return every listed tool as an OpenAI function schema."""
        return [each.schema() for each in self._tools.values() if each.name not in self._unlisted]

    def help_phrases(self) -> list[str]:
        """Return what the owner may ask for, in the tools' order."""
        examples = help_examples()
        phrases = [examples.get(each.name, each.help) for each in self._tools.values()]
        return [phrase for phrase in phrases if phrase]

    def has_effects(self, name: str) -> bool:
        """Tell whether a tool changes anything; a caller that only guesses must not run it."""
        found = self._tools.get(name)
        return found is not None and found.has_effects

    async def run(self, call: ToolCall) -> ToolResult:
        """Run one call, or ask first; errors and time-outs are `ok=False` with a sentence."""
        call = _cleaned(call)
        found, problem = self._checked(call)
        if found is None:
            return ToolResult(call.name, problem, False, call.arguments)
        if found.confirm is not None:
            try:
                question = found.confirm(self._context, **call.arguments)
            except ToolError as error:
                return ToolResult(call.name, str(error), False, call.arguments)
            if question:
                self._pending = call
                return ToolResult(call.name, question, False, call.arguments)
        return await self._run(found, call)

    def propose(self, call: ToolCall) -> str:
        """Return a question whether that call was meant; "" for a call that cannot be run.

        A yes to `settle` then runs it.
        """
        call = _cleaned(call)
        found, _ = self._checked(call)
        if found is None:
            return ""
        self._pending = call
        return f"Should I {found.in_words(call.arguments)}?"

    @property
    def asking(self) -> bool:
        """Whether a call waits for a yes."""
        return self._pending is not None

    async def settle(self, text: str) -> ToolResult | None:
        """Take what was said after a question: yes runs the call, no drops it.

        None when there was no question, or it was passed over: then it is no longer open.
        """
        call, self._pending = self._pending, None
        answer = assent(text) if call is not None else None
        if call is None or answer is None:
            return None
        found, problem = self._checked(call)
        if not answer or found is None:
            return ToolResult(call.name, problem or "All right, I won't.", False, call.arguments)
        return await self._run(found, call)

    def _checked(self, call: ToolCall) -> tuple[Tool | None, str]:
        """Return the tool of a call that may be run, or None and why not."""
        found = self._tools.get(call.name)
        if found is None:
            return None, "Sorry, I can't do that."
        problem = check_arguments(found.properties, found.required, call.arguments)
        return (None, f"Sorry, {problem}.") if problem else (found, "")

    async def _run(self, found: Tool, call: ToolCall) -> ToolResult:
        if self._dry_run and found.has_effects:
            would = f"I would {found.in_words(call.arguments)}."
            return ToolResult(call.name, would, arguments=call.arguments)
        ok, content, sound = await self._perform(found, call)
        return ToolResult(call.name, _bounded(content), ok, call.arguments, sound)

    async def _perform(self, found: Tool, call: ToolCall) -> tuple[bool, str, Sound | None]:
        # A task of its own: a tool that ignores its cancellation cannot hold the turn.
        work = found.handler(self._context, **call.arguments)
        task = self._tasks.start(_as_coroutine(work), name=f"tool {found.name}")
        try:
            await asyncio.wait({task}, timeout=found.limit_s)
        finally:
            task.cancel()
        if not task.done() or task.cancelled():
            logger.warning("tool %s took longer than %.1f s", found.name, found.limit_s)
            return False, "Sorry, that took too long.", None
        error = task.exception()
        if isinstance(error, ToolError):
            return False, str(error), None
        if error is not None:
            # The traceback may quote what the owner said.
            logger.error("tool %s failed: %s", found.name, type(error).__name__)
            logger.debug("tool %s failed", found.name, exc_info=error)
            return False, "Sorry, that did not work.", None
        result = task.result()
        text, sound = result if isinstance(result, tuple) else (result, None)
        return True, str(text), sound

    async def aclose(self) -> None:
        """End what is still running."""
        await self._tasks.aclose()


async def _as_coroutine(work: Awaitable[T]) -> T:
    return await work


def _cleaned(call: ToolCall) -> ToolCall:
    arguments = {
        name: printable(value) if isinstance(value, str) else value
        for name, value in call.arguments.items()
    }
    return replace(call, arguments=arguments)


def _bounded(content: str) -> str:
    content = printable(content)
    if len(content) <= RESULT_LIMIT_CHARS:
        return content
    return content[:RESULT_LIMIT_CHARS].rsplit(" ", 1)[0] + " and so on."
