"""What the tests of the uplink share: an agent that takes its time and thinks ahead."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator, Iterable

from tests.scripted_cloud import ScriptedCloud
from xtalk_edge.engines.agent.conversation import Conversation
from xtalk_edge.engines.interfaces import (
    Agent,
    AgentContext,
    NoAnswer,
    Prepared,
    ToolCall,
    ToolResult,
)
from xtalk_edge.errors import EngineError
from xtalk_edge.net.backoff import Backoff
from xtalk_edge.uplink.breaker import BreakerPolicy
from xtalk_edge.uplink.hedged_agent import HedgedAgent, Piece
from xtalk_edge.uplink.policy import HedgePolicy
from xtalk_edge.uplink.way import Chosen, Way

SORRY = "Sorry, I can't help with that."
LOST_REST = "I lost the rest."
DEADLINE_S = 1.5

COMMAND = "set a timer"
"""What the device knows to be its own business."""
UNKNOWN = "who was Bach"
"""What it has no answer to."""


class DeviceAgent(Agent):
    """Knows one command, and one thing it does not know; to the rest it says "Device says this."

    Args:
        decides_s: until it knows what a text is.
        word_s: for each word it says.
        rest: what it adds to what another has said; None if it cannot.
        fails: whether it raises before its first word.
    """

    def __init__(
        self,
        decides_s: float = 0.1,
        word_s: float = 0.0,
        rest: str | None = None,
        fails: bool = False,
    ) -> None:
        self._decides_s = decides_s
        self._word_s = word_s
        self._rest = rest
        self._fails = fails
        self._conversation = Conversation(turns_shown=0)
        self._guess = ""
        self.effects: list[str] = []
        self.discarded = 0
        self.resumed: list[tuple[str, str]] = []

    def _reply(self, text: str) -> str:
        return {UNKNOWN: SORRY, COMMAND: ""}.get(text, "Device says this. And that.")

    async def foresee(self, text: str) -> AsyncGenerator[Prepared, None]:
        if self._guess != text:
            await asyncio.sleep(self._decides_s)
            self._guess = text
        said = ""
        for word in self._reply(text).split():
            await asyncio.sleep(self._word_s)
            said = f"{said} {word}".strip()
            yield Prepared(said, abstains=text == UNKNOWN)
        if text == COMMAND:
            yield Prepared(is_request=True, is_command=True)

    async def speculate(self, text: str) -> Prepared:
        return [prepared async for prepared in self.foresee(text)][-1]

    async def discard(self) -> None:
        self._guess = ""
        self.discarded += 1

    async def async_accept(
        self, context: AgentContext
    ) -> AsyncGenerator[str | ToolCall | ToolResult, None]:
        text = context.text
        if self._guess != text:
            await asyncio.sleep(self._decides_s)
        if self._fails:
            raise EngineError("the device's agent was told to fail")
        turn = self._conversation.begin(text)
        if text == COMMAND:
            yield ToolCall("set_timer", {"minutes": 5})
            self.effects.append("set_timer")
            yield ToolResult("set_timer", "Five minutes.")
            yield turn.say("Five minutes.")
        elif text == UNKNOWN:
            yield NoAnswer(turn.say(SORRY))
        else:
            for word in self._reply(text).split():
                if self._guess != text:
                    await asyncio.sleep(self._word_s)
                yield turn.say(f"{word} ")
        turn.settled = True
        self._guess = ""

    async def resume(self, text: str, said: str) -> AsyncGenerator[str, None]:
        self.resumed.append((text, said))
        if self._rest is None:
            raise EngineError("cannot")
        for word in self._rest.split(" "):
            yield f"{word} "

    def note(self, text: str, reply: str, call: ToolCall | None = None) -> None:
        self._conversation.note(text, reply, call)

    def heard(self, text: str) -> None:
        self._conversation.heard(text)

    def history(self) -> list[dict[str, str]]:
        return self._conversation.history()


class Talk:
    """A hedged agent, its device and the way to its server."""

    def __init__(self, device: DeviceAgent, way: Way) -> None:
        self.device, self.way = device, way
        self.chosen: list[Chosen] = []
        way.on_chosen = self.chosen.append
        self.agent = HedgedAgent(device, way, LOST_REST)

    def who(self) -> list[tuple[str, str]]:
        """Return who answered and why, in order."""
        return [(each.side, each.why.value) for each in self.chosen]

    async def said(self, text: str) -> str:
        """Return the reply to a text, heard to its end."""
        reply = "".join([piece async for piece in self.pieces(text) if isinstance(piece, str)])
        self.agent.heard(reply.strip())
        return reply.strip()

    async def pieces(self, text: str) -> AsyncGenerator[Piece, None]:
        """Yield the answer to a text."""
        items = self.agent.async_accept(AgentContext("asr_final", text))
        async with contextlib.aclosing(items) as pieces:  # type: ignore[type-var]
            async for piece in pieces:
                yield piece


class ScriptedTalk(Talk):
    """One whose server does as it is told."""

    def __init__(self, device: DeviceAgent, cloud: ScriptedCloud, policy: HedgePolicy) -> None:
        self.cloud = cloud
        breaker = BreakerPolicy(opens_after=2, backoff=Backoff(first_s=10.0))
        super().__init__(device, Way("agent", cloud, policy, breaker, chance=lambda: 1.0))


@contextlib.asynccontextmanager
async def talk(
    mode: str,
    *scripts: Iterable[object],
    device: DeviceAgent | None = None,
    head_start_s: float = 0.0,
    lull_s: float = 4.0,
) -> AsyncIterator[ScriptedTalk]:
    """Open one whose server goes through the scripts."""
    cloud = ScriptedCloud([list(script) for script in scripts] or [["Cloud says this."]])  # type: ignore[arg-type]
    cloud.start()
    policy = HedgePolicy(mode, DEADLINE_S, head_start_s=head_start_s, lull_s=lull_s)  # type: ignore[arg-type]
    made = ScriptedTalk(device or DeviceAgent(), cloud, policy)
    try:
        yield made
    finally:
        await made.way.tasks.aclose()
