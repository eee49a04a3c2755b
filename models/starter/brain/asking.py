"""Asks a brain as the appliance does: its template, its grammar, its confidence; no tool is run."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

from models.starter.language import chat
from xtalk_edge.engines.agent.abort import AbortFlag
from xtalk_edge.engines.agent.abstention import FIGURES, Abstention, Verdict, fitted
from xtalk_edge.engines.agent.generation import Generation
from xtalk_edge.engines.agent.llama_model import LlamaModel
from xtalk_edge.engines.agent.prompt import ChatTemplate, Message, harmless
from xtalk_edge.engines.agent.sampling import TokenChooser
from xtalk_edge.engines.interfaces import ToolCall
from xtalk_edge.tools.builtin import BUILTIN_TOOLS

MAX_TOKENS = 96
EFFECTS = frozenset(tool.name for tool in BUILTIN_TOOLS if tool.has_effects)
SEED = 0


@dataclass(frozen=True, slots=True)
class Answer:
    """What a brain made of a sentence."""

    call: ToolCall | None
    said: str
    raw_confidence: float
    """Of a call: probability of its least likely token; 0 for what is no call."""
    confidence: float
    """The same, as the chance of being right (`Abstention.calibrated`)."""
    took_s: float


class Brain:
    """A model file with the tools every device has."""

    def __init__(self, path: Path, threads: int = 1) -> None:
        self._model = LlamaModel(path, threads=threads)
        self._template = ChatTemplate(self._model.chat_template())
        self._generation = Generation(
            self._model, TokenChooser(0.0, SEED), max_reply_tokens=MAX_TOKENS
        )
        self._schemas = [tool.schema() for tool in BUILTIN_TOOLS]
        self._generation.use_tools(self._schemas)
        figures = {name: self._model.figure(f"xtalk_edge.{name}") for name in FIGURES}
        self.abstention = fitted(figures, Abstention())

    def answer(self, text: str, before: chat.Exchange | None = None) -> Answer:
        """Return what it answers to a sentence, perhaps after another."""
        earlier = [
            Message("user", harmless(before.text)), Message("assistant", before.answer),
            Message("tool", "Done."), Message("assistant", "Done."),
        ] if before else []  # fmt: skip
        asked = [*earlier, Message("user", harmless(text))]
        prompt = self._model.tokenize(self._template.render(asked, self._schemas))
        began_at_s = time.monotonic()
        said, call, raw = "", None, 0.0
        for piece in self._generation.run(prompt, AbortFlag()):
            if not isinstance(piece, str):
                call, raw = piece.call, piece.confidence
                break
            said += piece
        took_s = time.monotonic() - began_at_s
        return Answer(call, said, raw, self.abstention.calibrated(raw) if call else 0.0, took_s)

    def verdict(self, answer: Answer) -> Verdict:
        """Return what the appliance would do about an answer's call; without one, refuse."""
        if answer.call is None:
            return Verdict.REFUSE
        has_effects = answer.call.name in EFFECTS
        return self.abstention.verdict(answer.confidence, has_effects=has_effects)

    def close(self) -> None:
        """Free the model."""
        self._model.close()
