"""One pass of the model over a prompt: speakable text and tool calls, as they come.

Text is free until the model opens a tool call; from there the grammar of the tools holds until
the call is closed. Blocking; runs on the model's worker.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from xtalk_edge.engines.agent.abort import AbortFlag
from xtalk_edge.engines.agent.llama_model import LlamaModel
from xtalk_edge.engines.agent.repetition import Repetition
from xtalk_edge.engines.agent.sampling import Grammar, TokenChooser
from xtalk_edge.engines.agent.tool_grammar import CLOSE, OPEN, longest_call, tool_grammar
from xtalk_edge.engines.agent.tool_parse import SpeechFilter, TextDecoder, parse_call
from xtalk_edge.engines.interfaces import ToolCall


@dataclass(frozen=True, slots=True)
class Decision:
    """A tool call the model has written out."""

    call: ToolCall | None
    """None when what it wrote is no call."""
    confidence: float
    """Probability of the least likely token: a call is right only if every choice in it is."""


class Generation:
    """Runs a model over prompts."""

    def __init__(self, model: LlamaModel, chooser: TokenChooser, *, max_reply_tokens: int) -> None:
        self._model = model
        self._chooser = chooser
        self._max_reply_tokens = max_reply_tokens
        self._grammar = ""
        self._max_call_tokens = 0
        self.text_confidence = 1.0
        """Geometric mean of the probabilities of the last text's tokens."""

    def use_tools(self, schemas: list[dict[str, Any]]) -> None:
        """Let calls of these tools, and no others, be written."""
        self._grammar = tool_grammar(schemas) if schemas else ""
        self._max_call_tokens = longest_call(schemas)

    def run(
        self, prompt: list[int], flag: AbortFlag, max_tokens: int | None = None
    ) -> Iterator[str | Decision]:
        """Yield text and calls until the model ends its turn, goes round in circles, or must stop.

        It must stop at the flag, and when `max_tokens` or the budget of a reply is spent.
        """
        model = self._model
        if not model.evaluate(prompt, flag):
            return
        before = prompt
        decoder, speech, repetition = TextDecoder(), SpeechFilter(), Repetition()
        surprise: list[float] = []
        spoken = 0
        for _ in range(max_tokens or self._max_reply_tokens):
            token, probability = self._chooser.choose(model.logits())
            surprise.append(-math.log(max(probability, 1e-9)))
            if model.is_end(token):
                break
            piece = model.piece(token)
            # A tag may be a mark of its own in the vocabulary; other marks are never spoken.
            hidden = model.is_mark(token) and piece != OPEN.encode()
            if text := speech.feed("" if hidden else decoder.feed(piece)):
                yield text
                spoken = len(surprise)
            if speech.found:
                decided = max(surprise[spoken:], default=0.0)
                decision = self._call(before, speech.before, decided, flag)
                if flag.is_set():
                    return
                yield decision
                if decision.call is None:
                    return
                before = list(model.tokens)
                decoder, speech, surprise, spoken = TextDecoder(), SpeechFilter(), [], 0
            elif repetition.add(text) or not (model.has_room() and model.append(token, flag)):
                break
        self.text_confidence = math.exp(-sum(surprise) / max(1, len(surprise)))
        if not flag.is_set() and (text := speech.flush()):
            yield text

    def _call(self, before: list[int], said: str, surprise: float, flag: AbortFlag) -> Decision:
        """Write one call under the grammar, from the opening tag in its canonical tokens."""
        nothing = Decision(None, 0.0)
        opened = before + self._model.tokenize(said + OPEN)
        if not self._grammar or len(opened) > self._model.context_tokens:
            return nothing
        if not self._model.evaluate(opened, flag):
            return nothing
        decoder, text = TextDecoder(), ""
        with Grammar(self._model, self._grammar) as grammar:
            for _ in range(self._max_call_tokens):
                token, probability = self._chooser.choose(self._model.logits(), grammar, flag)
                surprise = max(surprise, -math.log(max(probability, 1e-9)))
                text += decoder.feed(self._model.piece(token))
                if not (self._model.has_room() and self._model.append(token, flag)):
                    return nothing
                if text.endswith(CLOSE):
                    return Decision(parse_call(text), math.exp(-surprise))
        return nothing
