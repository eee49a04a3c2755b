"""From the conversation to the tokens of a prompt: persona and tools, past, clock, question."""

from __future__ import annotations

import itertools
from typing import Any

from xtalk_edge.engines.agent.conversation import Conversation, Turn
from xtalk_edge.engines.agent.llama_model import LlamaModel
from xtalk_edge.engines.agent.prompt import ChatTemplate, Message, harmless
from xtalk_edge.engines.agent.stamp import Stamp
from xtalk_edge.errors import ModelError

MIN_TURN_TOKENS = 64
"""Context that must be left for a question and its answer after persona and tools."""

NEARLY_FULL = 0.6
"""Part of the room after persona and tools, and of the turns that are shown, from which the older
half is to be summed up: what is left lasts until there is time to write the summary."""

SUMMARISE = (
    "Sum up our conversation so far in at most three short sentences. Keep names, numbers, "
    "and what I wanted. Answer with the summary only."
)


class Prompts:
    """Writes the prompts of one agent.

    Args:
        model: whose tokens they are.
        persona: what the model is told first; "" for nothing.
        conversation: the past.
        stamp: tells date, time and the like; None for a model that was not trained to be told.
        reply_tokens: room to leave for a reply.
    """

    def __init__(
        self,
        model: LlamaModel,
        persona: str,
        conversation: Conversation,
        stamp: Stamp | None,
        *,
        reply_tokens: int,
    ) -> None:
        self._model = model
        self._template = ChatTemplate(
            model.chat_template(), bos=model.mark("bos"), eos=model.mark("eos")
        )
        self._system = [Message("system", persona)] if persona else []
        self._conversation = conversation
        self._stamp = stamp
        self._reply_tokens = reply_tokens
        self._schemas: list[dict[str, Any]] = []
        self.prefix: list[int] = []
        """What every prompt begins with; never changes after `use_tools`."""
        self._last_tokens = 0

    @property
    def _room(self) -> int:
        """Tokens of a prompt."""
        return self._model.context_tokens - self._reply_tokens

    def needs(self) -> int:
        """Return the least tokens of context in which a question can be answered."""
        return len(self.prefix) + 1 + MIN_TURN_TOKENS + self._reply_tokens

    def use_tools(self, schemas: list[dict[str, Any]]) -> None:
        """Describe these tools to the model.

        Raises:
            ModelError: persona and tools leave no room in the context.
        """
        self._schemas = schemas
        self.prefix = self._tokens_of_start([Turn("a")], [Turn("b")])
        needed = len(self.prefix) + 1 + MIN_TURN_TOKENS
        if needed > self._model.context_tokens:
            raise ModelError(
                f"persona and tools need {needed} tokens, and the context has "
                f"{self._model.context_tokens}; raise agent.context_tokens, shorten the persona, "
                "or disable some tools"
            )

    def turn(self, text: str) -> Turn:
        """Return a turn to be answered, which knows what time it is and the like."""
        return Turn(text, self._stamp.text() if self._stamp else "")

    def begun(self) -> None:
        """Let the next question have a time of its own."""
        if self._stamp:
            self._stamp.renew()

    def certain(self, text: str) -> list[int]:
        """Return what the next prompt will begin with, however `text` goes on."""
        past = self._conversation.past()
        one, other = (text, f"{text} a") if text.strip() else ("a", "b")
        return self._tokens_of_start([*past, self.turn(one)], [*past, self.turn(other)])

    def begun_by_another(self, text: str, said: str) -> list[int]:
        """Return the prompt of an answer to `text` that begins with `said`; empty if too long."""
        return self.fitted(self.turn(text), said=harmless(said))

    def fitted(self, turn: Turn, *, said: str = "") -> list[int]:
        """Return the turn's prompt with as much of the past as fits; empty if nothing fits.

        `said` is what the answer begins with.
        """
        while True:
            past = self._conversation.past(turn)
            tokens = self._model.tokenize(self._render([*past, turn]) + said)
            if len(tokens) <= self._room:
                self._last_tokens = len(tokens)
                return tokens
            if not past:
                return []
            self._conversation.hide(past[: (len(past) + 1) // 2])

    def to_sum_up(self) -> tuple[list[Turn], list[int]]:
        """Return the older half of the past and the prompt that asks for its summary.

        Both are empty while there is room, or when they do not fit.
        """
        past = self._conversation.past()
        used = self._last_tokens - len(self.prefix)
        full = used > NEARLY_FULL * (self._room - len(self.prefix))
        many = len(past) >= NEARLY_FULL * self._conversation.turns_shown
        if len(past) < 2 or not (full or many):
            return [], []
        older = past[: (len(past) + 1) // 2]
        tokens = self._model.tokenize(self._render([*older, Turn(SUMMARISE)]))
        return (older, tokens) if len(tokens) <= self._room else ([], [])

    def _tokens_of_start(self, one: list[Turn], other: list[Turn]) -> list[int]:
        """Return the tokens that two prompts begin with, whatever the template does."""
        prompts = (self._render(one), self._render(other))
        pairs = itertools.takewhile(lambda pair: pair[0] == pair[1], zip(*prompts, strict=False))
        # The last token may become another one when the text goes on.
        return self._model.tokenize("".join(character for character, _ in pairs))[:-1]

    def _render(self, turns: list[Turn]) -> str:
        messages = [message for turn in turns for message in turn.messages()]
        summary = harmless(self._conversation.summary)
        if summary:
            messages.insert(0, Message("user", f"[Before this: {summary}]"))
        return self._template.render([*self._system, *messages], self._schemas)
