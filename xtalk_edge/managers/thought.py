"""Keeps a short note about the conversation."""

from __future__ import annotations

import asyncio

from xtalk_edge.bus import EventBus, handles
from xtalk_edge.config.schema import Config
from xtalk_edge.engines.agent.prompt import harmless
from xtalk_edge.engines.hosting import Hosted
from xtalk_edge.engines.interfaces import Agent
from xtalk_edge.events import ThoughtUpdated, TurnStateChanged
from xtalk_edge.managers.base import Manager
from xtalk_edge.managers.rewriting import Rewriting
from xtalk_edge.turn.actions import RESTING, State

TIDIES_UP_S = 2.0
"""After a turn the agent first has work of its own to do; so has the owner, who may go on."""

MESSAGES = 8
"""What is older is in the last note."""

LONGEST_MESSAGE_CHARS = 200
"""Twelve seconds of speech; all of them fit the rewriter's context, with the last note."""


class ThoughtManager(Manager):
    """Has the conversation rewritten into a note after each turn, and never during one.

    Args:
        event_bus: where it listens and publishes.
        config: the settings.
        rewriter: what writes the note, with its worker.
        agent: whose conversation it is; is told the note.
    """

    def __init__(
        self, *, event_bus: EventBus, config: Config, rewriter: Hosted, agent: Agent
    ) -> None:
        super().__init__(event_bus=event_bus, config=config)
        self._agent = agent
        self._rewriting = Rewriting(self, rewriter.engine, rewriter.worker, self._written)
        self._resting: asyncio.Task[None] | None = None
        self._thought = ""
        self._asked_of: list[dict[str, str]] = []
        """The conversation a note is being written of."""
        self._known: list[dict[str, str]] = []
        """The one the last note was written of."""

    @handles(TurnStateChanged)
    def on_state(self, event: TurnStateChanged) -> None:
        """Write when a turn is over; make way at once when one begins."""
        if State(event.state) in RESTING:
            if self._resting is None:
                self._resting = self.tasks.start(self._rest(), "thought")
            return
        if self._resting is not None:
            self._resting.cancel()
            self._resting = None
        self._rewriting.stop()

    async def shutdown(self) -> None:
        """End, without waiting for a note."""
        self._rewriting.stop()
        await super().shutdown()

    async def _rest(self) -> None:
        await asyncio.sleep(TIDIES_UP_S)
        history = self._agent.history()[-MESSAGES:]
        if history and history != self._known:
            self._asked_of = history
            self._rewriting.start(_request(self._thought, history))

    def _written(self, text: str) -> None:
        self._known = self._asked_of
        if text != self._thought:
            self._thought = text
            self._agent.use_thought(text)
            self.bus.publish(ThoughtUpdated(text=text, is_final=True))


def _request(thought: str, history: list[dict[str, str]]) -> str:
    """Return the last note and the conversation, as X-Talk's rewriters read them."""
    lines = [
        f"{each['role']}: {harmless(each['content'])[:LONGEST_MESSAGE_CHARS]}" for each in history
    ]
    chat = "\n".join(lines)
    return f"<thought>{harmless(thought)}</thought><chat>{chat}</chat>"
