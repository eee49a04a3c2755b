"""Engines that do as they are told, for conversations on the virtual clock."""

from __future__ import annotations

from collections.abc import AsyncIterator

import numpy as np

from xtalk_edge.audio.format import pcm_to_samples
from xtalk_edge.engines.interfaces import ASR, Agent, AgentContext, ToolCall, ToolResult

LOUD = 300
"""Mean amplitude above which a piece of audio counts as heard."""


class ScriptedASR(ASR):
    """Understands the given texts, one an utterance, whatever was said; "" once they run out."""

    def __init__(self, texts: list[str]) -> None:
        self._texts = list(texts)
        self._utterance = -1
        self._heard = False

    def recognize(self, audio: bytes) -> str:
        self.reset()
        return self.recognize_stream(audio, is_final=True)

    def recognize_stream(
        self, audio: bytes, *, is_final: bool = False, chat_history: str | None = None
    ) -> str:
        if audio and np.abs(pcm_to_samples(audio).astype(np.int32)).mean() > LOUD:
            if not self._heard:
                self._utterance += 1
            self._heard = True
        if not self._heard or self._utterance >= len(self._texts):
            return ""
        return self._texts[self._utterance]

    def reset(self) -> None:
        self._heard = False

    def clone(self) -> ScriptedASR:
        return ScriptedASR(self._texts)


class ScriptedAgent(Agent):
    """Answers with the given replies in order, then with "Okay."; keeps an honest history."""

    def __init__(self, replies: list[str]) -> None:
        self._replies = list(replies)
        self._history: list[dict[str, str]] = []

    async def async_accept(
        self, context: AgentContext
    ) -> AsyncIterator[str | ToolCall | ToolResult]:
        reply = self._replies.pop(0) if self._replies else "Okay."
        self._history += [
            {"role": "user", "content": context.text},
            {"role": "assistant", "content": reply},
        ]
        for word in reply.split(" "):
            yield word + " "

    def heard(self, text: str) -> None:
        if self._history:
            self._history[-1] = {"role": "assistant", "content": text}

    def history(self) -> list[dict[str, str]]:
        return list(self._history)
