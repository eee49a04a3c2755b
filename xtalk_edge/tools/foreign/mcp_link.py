"""The way to the MCP servers: a child process that speaks to them, started again when it dies."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import logging
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from xtalk_edge.clock import now_s
from xtalk_edge.tasks import TaskOwner

logger = logging.getLogger(__name__)

_CHILD = (
    "import sys; fd, verbose = map(int, sys.argv[1:3]); sys.path[:] = sys.argv[3:]; "
    "from xtalk_edge.tools.foreign.mcp_child import serve; serve(fd, bool(verbose))"
)

LOAD_LIMIT_S = 60.0
"""The package takes a second of a laptop's processor to import, a busy Pi 4 some twenty."""

CLOSE_LIMIT_S = 8.0
"""A server that will not end is asked twice, 2 s each, before it is killed."""

FIRST_PAUSE_S = 1.0
LONGEST_PAUSE_S = 60.0
"""Pauses before a child that died is started again double from the first to the longest."""

LONGEST_LINE_BYTES = 4_000_000
"""A hundred tools of the longest descriptions."""

_POLL_S = 0.02

Records = list[dict[str, Any]]


@dataclass(slots=True)
class _State:
    heard: asyncio.Event = field(default_factory=asyncio.Event)
    """Set once it is known whether the server is there."""
    there: bool = True
    """Whether it was when last heard of; a server is taken to be there until then."""


class McpLink:
    """Calls the tools of servers through a child process.

    Args:
        servers: the settings of each, as the child takes them.
        on_tools: told a server's name and its tools whenever it was connected.
    """

    def __init__(
        self, servers: Iterable[dict[str, Any]], on_tools: Callable[[str, Records], None]
    ) -> None:
        self._servers = list(servers)
        self._held = False
        self._states = {each["name"]: _State() for each in self._servers}
        self._on_tools = on_tools
        self._numbers = itertools.count(1)
        self._answers: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._process: subprocess.Popen[bytes] | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._loaded = asyncio.Event()
        self._tasks = TaskOwner()

    def start(self) -> None:
        """Start the child; returns at once."""
        self._tasks.start(self._keep(), "mcp servers")

    def hold(self, held: bool) -> None:
        """Keep away from the servers that run elsewhere, or go back to them."""
        self._held = held
        self._send(hold=held)

    async def heard_of(self, server: str, within_s: float) -> None:
        """Wait until it is known whether a server is there, or for some time after loading."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LOAD_LIMIT_S):
                await self._loaded.wait()
            async with asyncio.timeout(within_s):
                await self._states[server].heard.wait()

    async def call(self, server: str, tool: str, arguments: dict[str, Any]) -> dict[str, Any]:
        """Return `{"text", "ok"}`, or `{"lost"}`: "before" the call was made, or "meanwhile"."""
        state = self._states[server]
        await state.heard.wait()
        if self._writer is None or not state.there:
            return {"lost": "before"}
        number = next(self._numbers)
        answer: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._answers[number] = answer
        try:
            self._send(call=number, server=server, tool=tool, arguments=arguments)
            await answer
            return answer.result()
        finally:
            del self._answers[number]
            if answer.cancelled():
                self._send(cancel=number)

    async def aclose(self) -> None:
        """End the child and with it the servers it started."""
        await self._tasks.aclose()
        await self._end()

    # -- the child -------------------------------------------------------------------------

    async def _keep(self) -> None:
        pause_s = FIRST_PAUSE_S
        while True:
            started_s = now_s()
            try:
                await self._live()
            except (OSError, ValueError) as error:
                logger.warning("mcp servers: the child failed: %s", type(error).__name__)
            await self._end()
            if now_s() - started_s > LONGEST_PAUSE_S:
                pause_s = FIRST_PAUSE_S
            logger.warning("mcp servers: the child ended; it is started again in %.0f s", pause_s)
            await asyncio.sleep(pause_s)
            pause_s = min(2 * pause_s, LONGEST_PAUSE_S)

    async def _live(self) -> None:
        """Start a child and hear it to its end."""
        ours, theirs = socket.socketpair()
        self._loaded.clear()
        with theirs:
            self._process = _spawn(theirs.fileno())
        reader, self._writer = await asyncio.open_connection(sock=ours, limit=LONGEST_LINE_BYTES)
        for server in self._servers:
            self._send(serve={**server, "held": self._held and bool(server["url"])})
        with contextlib.suppress(ConnectionError):
            while line := await reader.readline():
                self._take(json.loads(line))

    def _send(self, **message: Any) -> None:
        if self._writer is not None:
            self._writer.write(json.dumps(message).encode() + b"\n")

    def _take(self, message: dict[str, Any]) -> None:
        match message:
            case {"ready": _}:
                self._loaded.set()
            case {"answer": number, **answer}:
                waiting = self._answers.get(number)
                if waiting is not None and not waiting.done():
                    waiting.set_result(answer)
            case {"server": name, "tools": tools}:
                self._heard(name, there=True)
                self._on_tools(name, tools)
            case {"server": name, "held": _}:
                logger.info("mcp server %s is left alone: nothing may leave the device", name)
                self._heard(name, there=False)
            case {"server": name, "lost": problem}:
                if self._states[name].there:
                    logger.warning(
                        "mcp server %s is not available (%s); trying again, ever more seldom",
                        name,
                        problem or "it ended",
                    )
                self._heard(name, there=False)

    def _heard(self, name: str, *, there: bool) -> None:
        self._states[name].there = there
        self._states[name].heard.set()

    async def _end(self) -> None:
        process, writer = self._process, self._writer
        self._process = self._writer = None
        for name in self._states:
            self._heard(name, there=False)
        for answer in self._answers.values():
            if not answer.done():
                answer.set_result({"lost": "meanwhile"})
        if writer is not None:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()
        if process is not None:
            if not self._loaded.is_set():
                # It has started no server yet, and would load for seconds more.
                process.kill()
            await _ended(process)


async def _ended(process: subprocess.Popen[bytes]) -> None:
    """Wait until a child without its socket is gone; kill one that stays."""
    until_s = now_s() + CLOSE_LIMIT_S
    try:
        # asyncio offers no event for the end of a process it did not start.
        while process.poll() is None and now_s() < until_s:  # noqa: ASYNC110
            await asyncio.sleep(_POLL_S)
    finally:
        # Cancelled: it ends by itself, but nobody may be left who would see to it.
        if process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _spawn(fd: int) -> subprocess.Popen[bytes]:
    verbose = logger.isEnabledFor(logging.DEBUG)
    return subprocess.Popen(
        [sys.executable, "-c", _CHILD, str(fd), str(int(verbose)), *sys.path],
        pass_fds=(fd,),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=None if verbose else subprocess.DEVNULL,
        # Ctrl-C goes to the terminal's foreground group, even before the child can ignore it.
        process_group=0,
    )
