"""What decides what to say and do, and the tools it is given."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol

from xtalk_edge.engines.interfaces.engine import Engine
from xtalk_edge.errors import EngineError

if TYPE_CHECKING:
    # An engine's child process is to be small.
    from xtalk_edge.audio.format import Sound
    from xtalk_edge.audio.live_speech import LiveSpeech


@dataclass(frozen=True, slots=True)
class ToolCall:
    """The agent asks for a tool."""

    name: str
    arguments: dict[str, Any] = field(default_factory=dict)
    id: str = ""


@dataclass(frozen=True, slots=True)
class ToolResult:
    """What a tool answered."""

    name: str
    content: str
    """Text for the model, and for the owner when the model does not phrase answers itself."""
    ok: bool = True
    arguments: dict[str, Any] = field(default_factory=dict)
    sound: Sound | None = field(default=None, compare=False)
    """What is to be played behind the text."""


class ToolRunner(Protocol):
    """Runs the tools an agent may call."""

    def schemas(self) -> list[dict[str, Any]]:
        """Return every tool as an OpenAI function schema."""

    async def run(self, call: ToolCall) -> ToolResult:
        """Run one call; errors and time-outs come back as `ok=False` with a sentence."""

    def has_effects(self, name: str) -> bool:
        """Tell whether a tool changes anything; whoever only guesses must not run it."""

    def propose(self, call: ToolCall) -> str:
        """Return a question whether that call was meant; "" for a call that cannot be run.

        The owner's yes to it then runs the call: see `AnswerTaker`.
        """


class AnswerTaker(Protocol):
    """Takes the owner's answer to a question that was asked before a tool is run."""

    @property
    def asking(self) -> bool:
        """Whether a question waits for its answer."""

    async def settle(self, text: str) -> ToolResult | None:
        """Run the call after a yes, drop it after a no; None for anything else, or no question."""


class OrderTaker(Protocol):
    """Carries out some words of the owner's by itself: they are not for the agent."""

    def meant(self, text: str) -> ToolCall | None:
        """Return what a text asks for; None for everything that is for the agent."""

    async def obey(self, call: ToolCall) -> ToolResult:
        """Do it; what comes back is told to the owner."""


@dataclass(frozen=True, slots=True)
class AgentContext:
    """Why the agent is called, in X-Talk's words."""

    type: Literal["asr_partial", "asr_final", "loop"]
    text: str = ""
    data: dict[str, Any] = field(default_factory=dict)


class NoAnswer(str):
    """A sentence of a reply that says there is no answer: whoever else knows one may give it."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Prepared:
    """What an agent made of a text that may still change."""

    said: str = ""
    """What it would say, as far as it may go."""
    is_request: bool = False
    """Whether it knows what to do, and misses nothing."""
    is_command: bool = False
    """Whether it is sure that one of its tools is meant, though something may be missing."""
    abstains: bool = False
    """Whether `said` is that it has no answer."""


class Agent(Engine):
    """Decides what to say and do."""

    @abstractmethod
    def async_accept(
        self, context: AgentContext
    ) -> AsyncIterator[str | ToolCall | ToolResult | LiveSpeech]:
        """Yield pieces of the reply, tool calls, and tool results as they come.

        A reply that is speech already is yielded each time there is more of it. Closing the
        iterator stops the model at once.
        """

    async def prefill(self, text: str) -> None:
        """Read ahead what was heard so far; the rest of it is still to come."""

    async def speculate(self, text: str) -> Prepared:
        """Begin the answer to a text that may still change; return what came of it so far.

        Nothing that has effects happens before `commit`. Returns when the answer is as far as it
        may go; cancelling the caller does not end it.
        """
        return Prepared()

    async def foresee(self, text: str) -> AsyncGenerator[Prepared, None]:
        """Begin the answer as `speculate` does; yield what came of it each time there is more."""
        yield await self.speculate(text)

    async def discard(self) -> None:
        """Throw away what `speculate` began; it leaves no trace."""

    def commit(self, text: str) -> AsyncIterator[str | ToolCall | ToolResult | LiveSpeech]:
        """Answer `text`; what was speculated on the same text is ready at once."""
        return self.async_accept(AgentContext("asr_final", text))

    async def resume(self, text: str, said: str) -> AsyncGenerator[str, None]:
        """Yield the rest of an answer to `text` of which somebody else has said the beginning.

        Nothing has effects, and nothing of the exchange is in the history yet.

        Raises:
            EngineError: this agent cannot go on with what another began.
        """
        raise EngineError("this agent cannot go on with what another began")
        yield ""

    def use_tools(self, tools: ToolRunner) -> None:
        """Take the tools that may be called; before the first `async_accept`."""

    def use_speaker(self, name: str, about: str = "") -> None:
        """Take who is speaking, and what the owner wants it to know about them.

        It may come while an answer is under way, and counts from the next one on; a `name` of ""
        is somebody unknown.
        """

    def use_caption(self, text: str) -> None:
        """Take what is heard around the device, from the next answer on; "" is nothing."""

    def use_thought(self, text: str) -> None:
        """Take a note about the conversation so far, from the next answer on; "" is none."""

    def economies(self) -> tuple[str, ...]:
        """Return what it can do with less of: "threads", "context"."""
        return ()

    def economise(self, *what: str) -> None:
        """Do with less of these, and with all of the others, as soon as it is free."""

    def confidence(self) -> float:
        """Return how sure the last decision was, 0.0 to 1.0."""
        return 1.0

    def note(self, text: str, reply: str, call: ToolCall | None = None) -> None:
        """Take into the history an exchange that was settled without the agent.

        `call` is the tool that ran, and `reply` what it answered; None when none ran.
        """

    def heard(self, text: str) -> None:
        """Replace the last reply in the history by what the owner really heard."""

    def history(self) -> list[dict[str, str]]:
        """Return the conversation as chat messages (`role`, `content`), oldest first."""
        return []
