"""A visit to a server, to find out what it is: connects once, tries what it can do, and leaves."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import WebSocketException

from xtalk_edge.clock import now_s
from xtalk_edge.config.uplink import UplinkConfig
from xtalk_edge.errors import EdgeError, UplinkError
from xtalk_edge.net.address import Address
from xtalk_edge.net.border import BORDER
from xtalk_edge.tasks import TaskOwner
from xtalk_edge.tools.spoken import printable
from xtalk_edge.uplink.checkup import Findings, Trial
from xtalk_edge.uplink.failures import MOST_REASON_CHARS, sentence
from xtalk_edge.uplink.xtalk_door import Door
from xtalk_edge.uplink.xtalk_facts import (
    Able,
    Action,
    Fact,
    Heard,
    Measured,
    Nonsense,
    Queued,
    Ready,
    ReplyOver,
    ReplySound,
    ReplyText,
    ReplyTextComplete,
    Send,
    Unanswered,
)
from xtalk_edge.uplink.xtalk_link import Link
from xtalk_edge.uplink.xtalk_messages import ServerError
from xtalk_edge.uplink.xtalk_protocol import XTalkProtocol

READY_S = 8.0
"""A server that restores a conversation takes a second, and one that wants no greeting five."""
QUEUED_S = 3.0
"""An owner who wants to know does not wait for others to finish; a place may be free at once."""
CAPABLE_S = 1.0
"""The plugin answers within a round trip."""
PINGS = 5
PING_S = 5.0
TRIAL_S = 20.0
"""Agents that look something up say nothing for fifteen."""

QUESTION = "Hello."
"""Every agent has an answer to it, and none does anything because of it."""
RECITAL = "One, two, three."

Tell = Callable[[str], None]


@dataclass
class _Notes:
    """What the server told so far, for whoever waits for more."""

    facts: list[tuple[float, Fact]] = field(default_factory=list)
    """With the time at which it came."""
    ended: bool = False
    """Whether nothing more comes."""
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    def add(self, fact: Fact) -> None:
        self.facts.append((now_s(), fact))
        self._changed.set()

    def end(self, _task: object) -> None:
        self.ended = True
        self._changed.set()

    async def until(self, is_there: Callable[[], bool], patience_s: float) -> bool:
        """Wait until something was told; tell whether it was."""
        try:
            async with asyncio.timeout(patience_s):
                while not (is_there() or self.ended):
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            return False
        return is_there()

    def has(self, *kinds: type) -> bool:
        return any(isinstance(fact, kinds) for _, fact in self.facts)

    def since(self, count: int) -> list[tuple[float, Fact]]:
        return self.facts[count:]


async def visit(config: UplinkConfig, tell: Tell, *, tries: bool = True) -> Findings:
    """Return what is found out about a server; nothing that is wrong with it is an error.

    Args:
        config: where it is, and whom to believe.
        tell: called with what is being done.
        tries: whether a text is answered and another spoken: words leave the device.

    Raises:
        ConfigError: a file or a token is not where it should be.
    """
    door = Door(config)
    address = door.address
    found = Findings(
        config.url,
        leaves_in_clear=not address.is_encrypted,
        is_elsewhere=not address.is_loopback,
        proxy=_proxy_to(address),
    )
    tell(f"connecting to {address.host}:{address.port}")
    try:
        BORDER.check()
        socket, has_token = await door.open()
    except (EdgeError, OSError, TimeoutError, WebSocketException) as error:
        return replace(found, trouble=sentence(error, address))
    return await _Visit(address, socket, has_token, tell).run(found, tries=tries)


class _Visit:
    """One connection, looked at from all sides."""

    def __init__(
        self, address: Address, socket: ClientConnection, has_token: bool, tell: Tell
    ) -> None:
        self._address = address
        self._socket = socket
        self._tell = tell
        self._notes = _Notes()
        self._protocol = XTalkProtocol(may_attach=has_token)
        self._link = Link(socket, address.host, self._protocol, self._notes.add)

    async def run(self, found: Findings, *, tries: bool) -> Findings:
        """Return what it adds to what was found."""
        tasks = TaskOwner()
        connection = tasks.start(self._link.run(), "uplink check")
        connection.add_done_callback(self._notes.end)
        try:
            found = await self._look(found, tries=tries)
        except UplinkError as error:
            found = replace(found, trouble=str(error))
        finally:
            ended = connection.done() and not connection.cancelled()
            error_of_link = connection.exception() if ended else None
            await tasks.aclose()
        if isinstance(error_of_link, Exception):
            found = replace(found, trouble=sentence(error_of_link, self._address))
        return replace(
            found,
            generations=self._protocol.generations,
            nonsense=tuple(f.reason for _, f in self._notes.facts if isinstance(f, Nonsense)),
        )

    async def _look(self, found: Findings, *, tries: bool) -> Findings:
        self._tell("waiting to be greeted")
        trouble = await self._greeted()
        if not self._notes.has(Ready):
            return replace(found, trouble=trouble)
        found = replace(found, is_ready=True, round_trips_s=await self._pings())
        self._tell("asking what it can do")
        await self._notes.until(lambda: self._notes.has(Able), CAPABLE_S)
        await self._notes.until(lambda: self._notes.has(Measured), CAPABLE_S)
        offsets = [
            fact.clock_offset_s for _, fact in self._notes.facts if isinstance(fact, Measured)
        ]
        knows = self._protocol.session_id != "" or self._notes.has(Able, Measured, Queued)
        found = replace(
            found, is_xtalk=knows, has_plugin=self._notes.has(Able),
            clock_offset_s=offsets[-1] if offsets else None,
        )  # fmt: skip
        if tries and knows:
            found = await self._try(found)
        return replace(
            found,
            can_answer_text=self._protocol.can_answer_text,
            can_speak_text=self._protocol.can_speak_text,
        )

    async def _greeted(self) -> str:
        """Wait for a session; return why there is none."""
        notes = self._notes
        await notes.until(lambda: notes.has(Ready, Queued), READY_S)
        if notes.has(Queued) and not notes.has(Ready):
            self._tell("waiting for a place")
            await notes.until(lambda: notes.has(Ready), QUEUED_S)
        if notes.has(Ready) or notes.ended:
            return ""
        queued = [fact for _, fact in notes.facts if isinstance(fact, Queued)]
        if queued:
            return (
                f"the server is busy: it serves {queued[-1].limit} at a time, and the device would "
                f"be number {queued[-1].position} of those who wait"
            )
        return "the server opens a WebSocket and says nothing; is it an X-Talk server?"

    async def _pings(self) -> tuple[float, ...]:
        self._tell("measuring the round trip")
        took_s: list[float] = []
        try:
            async with asyncio.timeout(PING_S):
                for _ in range(PINGS):
                    took_s.append(await (await self._socket.ping()))
        except (TimeoutError, WebSocketException):
            pass
        return tuple(took_s)

    # -- trying what it can do -----------------------------------------------------------------

    async def _try(self, found: Findings) -> Findings:
        if self._protocol.can_answer_text:
            self._tell("asking its agent something")
            question = await self._trial(self._protocol.submit_text, QUESTION, _is_answered)
            found = replace(found, question=question)
        if self._protocol.can_speak_text:
            self._tell("having it speak")
            recital = await self._trial(self._protocol.speak, RECITAL, _is_spoken)
            found = replace(found, recital=recital)
        return found

    async def _trial(
        self,
        ask: Callable[[str, float], list[Action]],
        text: str,
        is_done: Callable[[list[Fact]], bool],
    ) -> Trial:
        notes, before, began_s = self._notes, len(self._notes.facts), now_s()

        def counted(at_s: float) -> list[Action]:
            actions = ask(text, at_s)
            messages = [action.message for action in actions if isinstance(action, Send)]
            BORDER.send(self._address.host, "text", sum(len(str(m).encode()) for m in messages))
            return actions

        self._link.do(counted)
        await notes.until(lambda: is_done([f for _, f in notes.since(before)]), TRIAL_S)
        came = notes.since(before)
        self._link.do(self._protocol.stop)

        def after_s(kind: type) -> float | None:
            return next((at_s - began_s for at_s, fact in came if isinstance(fact, kind)), None)

        rates = [fact.rate_hz for _, fact in came if isinstance(fact, ReplySound) and fact.pcm]
        errors = [fact.text for _, fact in came if isinstance(fact, ServerError)]
        return Trial(
            accepted=any(isinstance(fact, Heard | ReplySound) for _, fact in came),
            text_after_s=after_s(ReplyText),
            sound_after_s=after_s(ReplySound) if rates else None,
            rate_hz=rates[0] if rates else None,
            errors=tuple(_short(error) for error in errors),
        )


def _is_answered(facts: list[Fact]) -> bool:
    """Tell whether words and sound have come, or no more will."""
    kinds = {type(fact) for fact in facts}
    if Unanswered in kinds or any(_is_failure(fact, of_voice=False) for fact in facts):
        return True
    has_words = ReplyText in kinds if _has_sound(facts) else ReplyTextComplete in kinds
    return has_words and _is_spoken(facts)


def _is_spoken(facts: list[Fact]) -> bool:
    """Tell whether sound has come, or none will."""
    over = any(
        isinstance(fact, ReplyOver | Unanswered) or _is_failure(fact, of_voice=True)
        for fact in facts
    )
    return over or _has_sound(facts)


def _has_sound(facts: list[Fact]) -> bool:
    return any(isinstance(fact, ReplySound) and fact.pcm for fact in facts)


def _is_failure(fact: Fact, *, of_voice: bool) -> bool:
    return isinstance(fact, ServerError) and fact.is_of_voice == of_voice


def _short(text: str) -> str:
    return " ".join(printable(text[:MOST_REASON_CHARS]).split())


def _proxy_to(address: Address) -> str:
    """Return the host of the proxy that the environment puts on the way; "" is none."""
    if proxy_bypass(f"{address.host}:{address.port}"):
        return ""
    proxies = getproxies()
    names = ("wss", "socks", "https") if address.is_encrypted else ("ws", "socks", "https", "http")
    chosen = next((proxies[name] for name in names if proxies.get(name)), "")
    return urlsplit(chosen).hostname or ""
