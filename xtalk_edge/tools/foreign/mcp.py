"""The tools of MCP servers, as the agent is offered them.

A server's tools are remembered: the next start offers them at once, whether or not the server is
there by then. The agent takes its tools once, so a list that came later counts from the next start.
"""

from __future__ import annotations

import contextlib
import importlib.util
import json
import logging
import os
import re
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from typing import Any
from urllib.parse import urlsplit

from xtalk_edge.clock import is_virtual
from xtalk_edge.config.schema import Config
from xtalk_edge.config.tools import McpServerConfig
from xtalk_edge.errors import ConfigError, EngineError, UplinkError
from xtalk_edge.net.border import BORDER, Border
from xtalk_edge.tools.context import ToolContext
from xtalk_edge.tools.foreign.answers import DONE, in_words
from xtalk_edge.tools.foreign.mcp_link import McpLink, Records
from xtalk_edge.tools.foreign.mcp_memory import McpMemory
from xtalk_edge.tools.foreign.schemas import (
    UnusableSchemaError,
    described,
    short_description,
    tool_name,
)
from xtalk_edge.tools.registry import Tool, ToolError

logger = logging.getLogger(__name__)

LONGEST_EXCUSE_CHARS = 120
"""A server's error that is a short sentence is spoken; a longer one was made for programmers."""


@contextlib.asynccontextmanager
async def mcp_servers(config: Config) -> AsyncIterator[McpServers]:
    """Start connecting the settings' servers; end them, and those started here, at the end.

    Raises:
        ConfigError: a header needs an environment variable that is not set.
        EngineError: the `mcp` package is not installed.
    """
    servers = McpServers(config)
    try:
        servers.start()
        yield servers
    finally:
        await servers.aclose()


class McpServers:
    """The servers of one appliance."""

    def __init__(self, config: Config, border: Border = BORDER) -> None:
        self._border = border
        self._unwatch: Callable[[], None] = lambda: None
        self._servers = config.tools.mcp
        self._disabled = config.tools.disabled
        self._memory = McpMemory(config.store.folder())
        folder = str(config.path.parent) if config.path is not None else ""
        self._link = McpLink([_for_child(each, folder) for each in self._servers], self._on_tools)
        self._records: dict[str, Records] = {}
        self._offered = False

    def start(self) -> None:
        """Start connecting, unless there is nothing to connect; returns at once."""
        if not self._servers:
            return
        if importlib.util.find_spec("mcp") is None:
            raise EngineError(
                'tools.mcp needs a package that is not installed: pip install "xtalk-edge[mcp]"'
            )
        if is_virtual():
            # No server keeps up with time that jumps.
            logger.warning("mcp servers are left out of a run that is faster than time")
            self._servers = ()
            return
        self._unwatch = self._border.watch(self._obey)
        self._obey()
        self._link.start()

    def _obey(self) -> None:
        self._link.hold(not self._border.is_open("tools"))

    async def tools(self, taken: Iterable[str]) -> list[Tool]:
        """Return what the servers offer, under names that are not taken.

        A server whose tools are not known from an earlier start is waited for.
        """
        for server in self._servers:
            remembered = self._memory.tools(server)
            if server.name not in self._records and remembered is None:
                await self._link.heard_of(server.name, server.wait_s)
            if server.name not in self._records and remembered is None:
                logger.warning(
                    "mcp server %s did not come in time; its tools are offered from the next "
                    "start after it was there",
                    server.name,
                )
            self._records.setdefault(server.name, remembered or [])
        self._offered = True
        return list(self._named(set(taken)))

    async def aclose(self) -> None:
        """End the connections and the servers that were started here."""
        self._unwatch()
        await self._link.aclose()

    def _on_tools(self, name: str, records: Records) -> None:
        logger.info("mcp server %s is connected and has %d tools", name, len(records))
        server = next(each for each in self._servers if each.name == name)
        self._memory.keep(server, records)
        if not self._offered:
            self._records[name] = records
        elif records != self._records.get(name):
            logger.warning(
                "mcp server %s has other tools than at the start; they are offered at the next",
                name,
            )

    def _named(self, taken: set[str]) -> Iterator[Tool]:
        wanted = [
            (server, record)
            for server in self._servers
            for record in _allowed(server, self._records[server.name])
        ]
        times = Counter(tool_name(record["name"]) for _, record in wanted)
        for server, record in wanted:
            name = tool_name(record["name"])
            if name in self._disabled:
                continue
            if name in taken or times[name] > 1:
                name = f"{server.name}_{name}"
            if name in self._disabled or not tool_name(record["name"]):
                continue
            if name in taken:
                logger.warning("mcp server %s: tool %s is there twice", server.name, name)
                continue
            tool = self._tool(server, record, name)
            if tool is not None:
                taken.add(name)
                yield tool

    def _tool(self, server: McpServerConfig, record: dict[str, Any], name: str) -> Tool | None:
        try:
            usable = described(record["schema"])
        except UnusableSchemaError as error:
            logger.warning(
                "mcp server %s: tool %s is left out, because %s", server.name, name, error
            )
            return None
        if usable.left_out:
            logger.info("tool %s: not offered are %s", name, ", ".join(usable.left_out))
        has_effects = not record["reads_only"]

        async def handle(_context: ToolContext, /, **values: Any) -> str:
            if server.url:
                self._send_out(server, {"name": record["name"], "arguments": values})
            answer = await self._link.call(server.name, record["name"], values)
            return _spoken(server.name.replace("_", " "), answer, has_effects=has_effects)

        return Tool(
            name,
            short_description(record["description"]) or name.replace("_", " "),
            handle,
            usable.properties,
            usable.required,
            limit_s=server.limit_s,
            has_effects=has_effects,
        )

    def _send_out(self, server: McpServerConfig, call: dict[str, Any]) -> None:
        """Let a call pass the border, or say in a sentence why it may not."""
        host = urlsplit(server.url).hostname or server.url
        try:
            self._border.send(host, "tools", len(json.dumps(call).encode()))
        except UplinkError:
            why = "I'm offline" if self._border.offline else "my settings don't let me"
            name = server.name.replace("_", " ")
            raise ToolError(f"Sorry, I can't ask {name}: {why}.") from None


def _allowed(server: McpServerConfig, records: Records) -> Records:
    known = [record["name"] for record in records]
    for name in server.allow:
        if records and name not in known:
            logger.warning("mcp server %s has no tool %s; it has %s", server.name, name, known)
    return [record for record in records if not server.allow or record["name"] in server.allow]


def _spoken(server: str, answer: dict[str, Any], *, has_effects: bool) -> str:
    """Return the sentence of an answer.

    Raises:
        ToolError: there is none.
    """
    match answer:
        case {"lost": "before"}:
            raise ToolError(f"Sorry, {server} is not available right now.")
        case {"lost": _} if has_effects:
            raise ToolError(
                f"Sorry, {server} stopped answering, and I don't know whether it has done it."
            )
        case {"lost": _}:
            raise ToolError(f"Sorry, {server} stopped answering.")
        case {"text": str(text), "ok": True}:
            return in_words(_parsed(text)) or DONE
    excuse = re.sub(r"^Error executing tool \S+(: |$)", "", str(answer.get("text", "")).strip())
    if not excuse or "\n" in excuse or len(excuse) > LONGEST_EXCUSE_CHARS:
        raise ToolError(f"Sorry, {server} could not do that.")
    raise ToolError(f"Sorry, {server} says: {in_words(excuse)}")


def _parsed(text: str) -> Any:
    """Return what a text says that is JSON; others as they are."""
    if text.lstrip()[:1] in ("{", "["):
        with contextlib.suppress(ValueError, RecursionError):
            return json.loads(text)
    return text


def _for_child(server: McpServerConfig, folder: str) -> dict[str, Any]:
    return {
        "name": server.name,
        "command": list(server.command),
        "cwd": folder,
        "url": server.url,
        "env": {name: os.environ[name] for name in server.env if name in os.environ},
        "headers": dict(_header(server.name, header) for header in server.headers),
    }


def _header(server: str, header: str) -> tuple[str, str]:
    def value(match: re.Match[str]) -> str:
        found = os.environ.get(match[1])
        if not found:
            raise ConfigError(
                f"tools.mcp: {server}: the environment variable {match[1]} is not set; "
                "set it where the appliance is started"
            )
        return found

    name, _, text = header.partition(":")
    return name, re.sub(r"\$([A-Za-z_]\w*)", value, text.strip())
