"""Runs the agent: one reply at a time, handed on clause by clause as it is thought of."""

from __future__ import annotations

import asyncio
import contextlib

from xtalk_edge.audio.live_speech import LiveSpeech
from xtalk_edge.audio.sounds import SoundShelf
from xtalk_edge.bus import EventBus, handles
from xtalk_edge.clock import now_s
from xtalk_edge.config.schema import Config
from xtalk_edge.engines.interfaces import (
    Agent,
    AgentContext,
    AnswerTaker,
    OrderTaker,
    ToolCall,
    ToolResult,
)
from xtalk_edge.errors import EngineError, EngineLostError
from xtalk_edge.events import (
    SpeechRequested,
    ToolCallOccurred,
    ToolResultOccurred,
    TTSPlaybackFinished,
    TTSStopped,
    TurnLLMAgentStartRequested,
    TurnLLMAgentStopRequested,
)
from xtalk_edge.managers.base import Manager
from xtalk_edge.managers.questions import OpenQuestion
from xtalk_edge.managers.speech import Speech
from xtalk_edge.turn.assent import assent

APOLOGY = "Sorry, something went wrong. Please try again."
"""Said when the agent fails: a device that goes silent seems broken."""

TOO_SLOW = "Sorry, that takes me too long."

CUT_LIMIT_S = 0.5
"""What was heard of a reply that was stopped is known a block and a fade later."""

SILENCE_LIMIT_S = 30.0
"""After half a minute without a sign the owner takes the device for dead. The slowest model worth
running, 1B on a Pi 4, says its first word in ten seconds; a tool may take some seconds more."""


class AgentManager(Manager):
    """Starts and stops the agent and splits what it says into clauses.

    Args:
        event_bus: where it listens and publishes.
        config: the settings.
        agent: what thinks.
        sounds: where what a tool wants played is kept until it is played.
        answers: takes the owner's yes or no before the agent is asked; None where no tool asks.
        orders: carries out words that are not for the agent; None where there are none.
        silence_limit_s: longest time without anything new from the agent in one turn.
    """

    def __init__(
        self,
        *,
        event_bus: EventBus,
        config: Config,
        agent: Agent,
        sounds: SoundShelf | None = None,
        answers: AnswerTaker | None = None,
        orders: OrderTaker | None = None,
        silence_limit_s: float = SILENCE_LIMIT_S,
    ) -> None:
        super().__init__(event_bus=event_bus, config=config)
        self._agent = agent
        self.sounds = sounds or SoundShelf()
        self._answers = answers
        self._orders = orders
        self._question = OpenQuestion(config.turn.ask_again)
        self._silence_limit_s = silence_limit_s
        self._reply: asyncio.Task[None] | None = None
        self._turn_id = 0
        self._asked_turn_id = self._heard_turn_id = 0
        """The last turn the agent knows of: a reply stopped at once may never have reached it."""
        self._all_heard = asyncio.Event()
        """Set unless a reply was stopped and it is not known yet what was heard of it."""
        self._all_heard.set()
        self.last_heard = ""
        """What the owner heard last of any reply; "" at first."""

    def awaits_answer(self) -> bool:
        """Tell whether what is said now may be the yes or no to a question of the tools."""
        asking = self._answers is not None and self._answers.asking
        return asking and self._question.may_be_answered(now_s())

    def heeds(self, text: str) -> bool:
        """Tell whether a text is not for the agent."""
        return self._orders is not None and self._orders.meant(text) is not None

    def adopt(self, config: Config) -> None:
        """Know the device's own words again in a changed wording."""
        super().adopt(config)
        self._question.pardon = config.turn.ask_again

    async def start(self) -> None:
        """Let the agent warm up, and say something of its own if it wants to."""
        self.tasks.start(self._open(), "agent warm-up")

    @handles(TurnLLMAgentStartRequested)
    def on_start(self, event: TurnLLMAgentStartRequested) -> None:
        """Answer; an answer under way is stopped."""
        self._stop()
        self._turn_id = event.turn_id
        work = self._answer(event.turn_id, event.text)
        self._reply = self.tasks.start(work, f"agent turn {event.turn_id}")

    @handles(TurnLLMAgentStopRequested)
    def on_stop(self, event: TurnLLMAgentStopRequested) -> None:
        """Stop answering that turn."""
        if event.turn_id == self._turn_id:
            self._stop()
            if self._heard_turn_id < event.turn_id == self._asked_turn_id:
                self._all_heard.clear()

    @handles(TTSPlaybackFinished)
    def on_finished(self, event: TTSPlaybackFinished) -> None:
        """Remember the reply as heard to its end."""
        self._remember(event.turn_id, event.text)

    @handles(TTSStopped)
    def on_stopped(self, event: TTSStopped) -> None:
        """Remember the reply up to the word last heard."""
        self._remember(event.turn_id, event.text)

    def _remember(self, turn_id: int, heard: str) -> None:
        if heard:
            self.last_heard = heard
        self._question.heard(turn_id, heard, now_s())
        if turn_id == self._asked_turn_id:
            self._heard_turn_id = turn_id
            self._all_heard.set()
            self._agent.heard(heard)

    def _stop(self) -> None:
        if self._reply is not None:
            self._reply.cancel()

    async def _open(self) -> None:
        try:
            context = AgentContext("loop")
            async with contextlib.aclosing(self._agent.async_accept(context)) as items:  # type: ignore[type-var]
                text = "".join([item async for item in items if isinstance(item, str)])
        except Exception as error:  # noqa: BLE001 - an agent may raise anything; the device goes on
            self.report(error, error_type="llm_stream_error", component="agent", turn_id=0)
        else:
            if text.strip():
                self.bus.publish(SpeechRequested(text=text.strip()))

    async def _answer(self, turn_id: int, text: str) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._all_heard.wait(), CUT_LIMIT_S)
        self._asked_turn_id = turn_id
        said = Speech(self.bus, self.sounds, turn_id)
        try:
            if not (
                await self._settle(turn_id, text, said) or await self._obey(turn_id, text, said)
            ):
                await self._ask_surely(turn_id, text, said)
        except TimeoutError:
            slow = EngineError(
                f"the agent gave no sign for {self._silence_limit_s:.0f} s; choose a smaller model"
            )
            self.report(slow, error_type="llm_timeout", component="agent", turn_id=turn_id)
            said.add(TOO_SLOW)
        except Exception as error:  # noqa: BLE001 - an agent may raise anything; the turn must end
            self.report(error, error_type="llm_stream_error", component="agent", turn_id=turn_id)
            said.add(APOLOGY)
        said.finish()

    async def _settle(self, turn_id: int, text: str, said: Speech) -> bool:
        """Take the text as the answer to an open question; tell whether it was one."""
        is_answer = self._question.may_be_answered(now_s())
        self._question.asked(turn_id)
        if self._answers is None:
            return False
        # A question that was not answered at once is dropped.
        async with asyncio.timeout(self._silence_limit_s):
            result = await self._answers.settle(text if is_answer else "")
        if result is None:
            return False
        await self._agent.discard()
        call = ToolCall(result.name, result.arguments) if assent(text) else None
        if call is not None:
            self._take(call, said, turn_id)
            self._take(result, said, turn_id)
        self._agent.note(text, result.content, call)
        said.first_chunk()
        said.add(result.content)
        return True

    async def _obey(self, turn_id: int, text: str, said: Speech) -> bool:
        """Carry out words that are not for the agent; tell whether they were such."""
        call = self._orders.meant(text) if self._orders is not None else None
        if self._orders is None or call is None:
            return False
        await self._agent.discard()
        self._take(call, said, turn_id)
        async with asyncio.timeout(self._silence_limit_s):
            result = await self._orders.obey(call)
        self._take(result, said, turn_id)
        # Not as its own call: the agent may not know that tool.
        self._agent.note(text, result.content)
        said.add(result.content)
        return True

    async def _ask_surely(self, turn_id: int, text: str, said: Speech) -> None:
        """Have the agent answer, also when its process dies over it once.

        What tools did is done: then their answer is the reply, and nothing is asked again.
        """
        try:
            await self._ask(turn_id, text, said)
        except EngineLostError as error:
            self.report(error, error_type="llm_stream_error", component="agent", turn_id=turn_id)
            if said.last_answer is not None:
                said.add(said.last_answer)
                return
            if said.begun_to_speak:
                said.add(f" {self.config.agent.lost_thread} ")
            await self._ask(turn_id, text, said)

    async def _ask(self, turn_id: int, text: str, said: Speech) -> None:
        context = AgentContext("asr_final", text)
        async with contextlib.aclosing(self._agent.async_accept(context)) as items:  # type: ignore[type-var]
            while True:
                try:
                    async with asyncio.timeout(self._silence_limit_s):
                        item = await anext(items)
                except StopAsyncIteration:
                    return
                self._take(item, said, turn_id)

    def _take(
        self, item: str | ToolCall | ToolResult | LiveSpeech, said: Speech, turn_id: int
    ) -> None:
        said.first_chunk()
        if isinstance(item, ToolCall):
            self.bus.publish(ToolCallOccurred(turn_id=turn_id, name=item.name, args=item.arguments))
        elif isinstance(item, ToolResult):
            self.bus.publish(
                ToolResultOccurred(
                    turn_id=turn_id, name=item.name, content=item.content, ok=item.ok
                )
            )
            said.hold(item.sound)
            said.last_answer = item.content
        elif isinstance(item, str):
            said.add(item)
        else:
            said.follow(item)
