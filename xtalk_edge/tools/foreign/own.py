"""The owner's own tools: functions and tool objects in Python files named in the settings."""

from __future__ import annotations

import inspect
import logging
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from xtalk_edge.audio.format import Sound
from xtalk_edge.config.tools import OwnToolConfig
from xtalk_edge.engines import registry
from xtalk_edge.errors import ConfigError
from xtalk_edge.tools.arguments import check_schema
from xtalk_edge.tools.context import ToolContext
from xtalk_edge.tools.foreign.answers import answered
from xtalk_edge.tools.foreign.schemas import (
    Described,
    UnusableSchemaError,
    described,
    short_description,
    tool_name,
)
from xtalk_edge.tools.foreign.signatures import signature_of
from xtalk_edge.tools.off_loop import OffLoop, StillReadingError
from xtalk_edge.tools.registry import Handler, Tool, ToolError

logger = logging.getLogger(__name__)

Answer = tuple[str, Sound | None]


def own_tools(entries: Iterable[OwnToolConfig]) -> list[Tool]:
    """Return the tools of the settings' `[[tools.own]]`.

    Raises:
        ConfigError: a file, module or name does not exist, or is no tool.
        EngineError: a file needs a package that is missing, or fails while being imported.
    """
    return [tool for entry in entries for tool in _of_entry(entry)]


def tools_of(found: Iterable[Any]) -> list[Tool]:
    """Return functions and tool objects as tools, with the usual limits; raises ConfigError."""
    entry = OwnToolConfig(spec="add_agent_tools")
    return [_surely_made(each, entry) for each in found]


def _of_entry(entry: OwnToolConfig) -> Iterator[Tool]:
    found = registry.load_named(entry.spec)
    several = isinstance(found, list | tuple)
    for each in found if several else [found]:
        yield _surely_made(each, entry)


def _surely_made(found: Any, entry: OwnToolConfig) -> Tool:
    tool = _made(found, entry)
    if tool is None:
        raise ConfigError(
            f"tools.own: {entry.spec}: {type(found).__name__} is no tool; name a function, "
            "a tool object with name, description and invoke, or a list of these"
        )
    return tool


def _made(found: Any, entry: OwnToolConfig) -> Tool | None:
    if isinstance(found, Tool):
        return found
    if inspect.isroutine(found) and not inspect.isasyncgenfunction(found):
        return _of_function(found, entry)
    if inspect.isclass(found) or not isinstance(getattr(found, "name", None), str):
        return None
    if callable(getattr(found, "invoke", None)) or callable(getattr(found, "ainvoke", None)):
        return _of_object(found, entry)
    return None


def _of_function(function: Callable[..., Any], entry: OwnToolConfig) -> Tool:
    name = function.__name__
    description = short_description(inspect.getdoc(function))
    if not description:
        raise ConfigError(
            f"tool {name}: give it a docstring; by that the model knows when to call it"
        )
    signature = signature_of(function, name)
    check_schema(name, signature.properties, signature.required)
    caller = _Caller(name)

    async def handle(context: ToolContext, /, **given: Any) -> Answer:
        bound = signature.bound(context, given)
        if inspect.iscoroutinefunction(function):
            return answered(await function(**bound))
        return await caller.call(lambda: function(**bound))

    arguments = Described(signature.properties, signature.required)
    return _tool(name, description, handle, arguments, entry)


def _of_object(found: Any, entry: OwnToolConfig) -> Tool:
    """Take a tool object as LangChain has them, whichever package it comes from."""
    name = tool_name(found.name)
    if not name:
        raise ConfigError(f"tools.own: {entry.spec}: a tool object needs a name")
    description = short_description(getattr(found, "description", ""))
    try:
        arguments_of = described(_object_schema(found))
    except UnusableSchemaError as error:
        raise ConfigError(f"tool {name}: cannot be offered, because {error}") from error
    if arguments_of.left_out:
        logger.info("tool %s: not offered are %s", name, ", ".join(arguments_of.left_out))
    caller = _Caller(name)

    async def handle(_context: ToolContext, /, **arguments: Any) -> Answer:
        # LangChain's own `ainvoke` of a plain tool would run on threads that are joined at exit.
        if _is_async(found):
            return answered(await found.ainvoke(arguments))
        try:
            return await caller.call(lambda: found.invoke(arguments))
        except NotImplementedError:
            return answered(await found.ainvoke(arguments))

    return _tool(name, description or name, handle, arguments_of, entry)


def _tool(
    name: str, description: str, handle: Handler, arguments: Described, entry: OwnToolConfig
) -> Tool:
    return Tool(
        name,
        description,
        handle,
        arguments.properties,
        arguments.required,
        limit_s=entry.limit_s,
        has_effects=entry.has_effects,
    )


def _is_async(found: Any) -> bool:
    has_invoke = callable(getattr(found, "invoke", None))
    return getattr(found, "coroutine", None) is not None or not has_invoke


def _object_schema(found: Any) -> dict[str, Any]:
    """Return the JSON schema: from a pydantic class of either version, or as it is."""
    schema = getattr(found, "args_schema", None)
    for make in ("model_json_schema", "schema"):
        if callable(getattr(schema, make, None)):
            made: dict[str, Any] = getattr(schema, make)()
            return made
    if isinstance(schema, dict):
        return schema
    members = getattr(found, "args", None)
    # Of these it is not known which are needed: the tool says so itself when one is missing.
    return {"properties": members} if isinstance(members, dict) else {}


class _Caller:
    """Calls plain functions on a thread that nobody waits for."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._off_loop = OffLoop(f"tool {name}")

    async def call(self, function: Callable[[], Any]) -> Answer:
        def outcome() -> tuple[Any, Exception | None]:
            try:
                return function(), None
            except Exception as error:  # noqa: BLE001 - a function may raise anything
                return None, error

        try:
            value, problem = await self._off_loop.run(outcome)
        except StillReadingError as error:
            name = self._name.replace("_", " ")
            raise ToolError(f"Sorry, {name} is still busy with the last time.") from error
        if problem is not None:
            raise problem
        if inspect.isawaitable(value):
            # A function may hand on what an async one returned.
            value = await value
        return answered(value)
