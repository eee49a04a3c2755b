"""Engines that do as they are told, for conversations on the virtual clock."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterator, Sequence

import numpy as np

from xtalk_edge.audio.format import RATE_HZ, pcm_to_samples
from xtalk_edge.engines.agent.conversation import Conversation
from xtalk_edge.engines.interfaces import (
    ASR,
    TTS,
    VAD,
    Agent,
    AgentContext,
    Captioner,
    Rewriter,
    SpeechChunk,
    ToolCall,
    ToolResult,
)

LOUD = 300
"""Mean amplitude above which a piece of audio counts as heard; a talker has some 1,500."""

FAILURE = "!"
"""Where a script has this, the engine raises."""


class ScriptedError(RuntimeError):
    """What a scripted engine raises when it is told to fail."""


def loudness(pcm: bytes) -> float:
    """Return the mean amplitude; 0 for no sound."""
    return float(np.abs(pcm_to_samples(pcm).astype(np.int32)).mean()) if pcm else 0.0


class LoudnessVAD(VAD):
    """Takes everything loud for speech: quick, and the same on every machine."""

    def probability(self, frame: bytes) -> float:
        return 0.95 if loudness(frame) > LOUD else 0.05

    def reset(self) -> None:
        pass


class ScriptedCaptioner(Captioner):
    """Gives one caption after another, then the last one again; `FAILURE` fails."""

    def __init__(self, captions: Sequence[str] = ("A noise can be heard.",)) -> None:
        self._left = list(captions)
        self.lengths: list[int] = []
        """Of what it was given, in samples."""

    def caption(self, audio: bytes) -> str:
        self.lengths.append(len(audio) // 2)
        caption = self._left.pop(0) if len(self._left) > 1 else self._left[0]
        if caption == FAILURE:
            raise ScriptedError("no caption")
        return caption


class ScriptedRewriter(Rewriter):
    """Gives one text after another, then the last one again; `FAILURE` fails."""

    def __init__(self, texts: Sequence[str] = ("A short text.",)) -> None:
        self._left = list(texts)
        self.asked: list[str] = []
        self.aborts = 0

    def rewrite(self, input: str) -> str:
        self.asked.append(input)
        text = self._left.pop(0) if len(self._left) > 1 else self._left[0]
        if text == FAILURE:
            raise ScriptedError("no text")
        return text

    def abort(self) -> None:
        self.aborts += 1


class ScriptedASR(ASR):
    """Understands the given texts, one an utterance, whatever was said; "" once they run out.

    The text `FAILURE` fails at the end of the utterance, twice `FAILURE` at once.
    """

    def __init__(self, texts: Sequence[str]) -> None:
        self._texts = list(texts)
        self._utterance = -1
        self._heard = False
        self._begins = b""
        """By which an utterance is known again that is heard a second time."""

    def recognize(self, audio: bytes) -> str:
        self.reset()
        return self.recognize_stream(audio, is_final=True)

    def recognize_stream(
        self, audio: bytes, *, is_final: bool = False, chat_history: str | None = None
    ) -> str:
        if loudness(audio) > LOUD:
            both = min(len(audio), len(self._begins))
            # Heard a second time, it may come in other pieces.
            if not self._heard and not (both and audio[:both] == self._begins[:both]):
                self._utterance += 1
                self._begins = audio
            self._heard = True
        if not self._heard or self._utterance >= len(self._texts):
            return ""
        text = self._texts[self._utterance]
        if text == FAILURE * 2 or (text == FAILURE and is_final):
            raise ScriptedError("the recogniser was told to fail")
        return text

    def reset(self) -> None:
        self._heard = False

    def clone(self) -> ScriptedASR:
        return ScriptedASR(self._texts)


class ScriptedAgent(Agent):
    """Answers with the given replies in order, then with "Okay."; keeps an honest history.

    A word `FAILURE` in a reply is where it fails; `tool` and `result` words are a call and its
    answer.
    """

    def __init__(self, replies: Sequence[str], word_s: float = 0.0) -> None:
        self._replies = list(replies)
        self._word_s = word_s
        self._conversation = Conversation(turns_shown=0)
        self.closed = False

    async def async_accept(
        self, context: AgentContext
    ) -> AsyncGenerator[str | ToolCall | ToolResult, None]:
        if context.type != "asr_final":
            return
        turn = self._conversation.begin(context.text)
        reply = self._replies.pop(0) if self._replies else "Okay."
        turn.settled = True
        for word in reply.split():
            if self._word_s:
                await asyncio.sleep(self._word_s)
            if word == FAILURE:
                raise ScriptedError("the agent was told to fail")
            if word == "tool":
                yield ToolCall("get_time", {"place": "here"})
            elif word == "result":
                yield ToolResult("get_time", "noon")
            else:
                yield turn.say(word + " ")

    def note(self, text: str, reply: str, call: ToolCall | None = None) -> None:
        self._conversation.note(text, reply, call)

    def heard(self, text: str) -> None:
        self._conversation.heard(text)

    def history(self) -> list[dict[str, str]]:
        return self._conversation.history()

    def close(self) -> None:
        self.closed = True


class SteadyTTS(TTS):
    """Speaks each letter as 50 ms of a steady value: quick, and easy to find in a recording.

    The text `FAILURE` fails before, and "half-failure" after its first sound.
    """

    sample_rate = 16000
    level = 8000

    def synthesize(self, text: str) -> bytes:
        return b"".join(chunk.pcm for chunk in self.synthesize_marked(text))

    def synthesize_marked(self, text: str) -> Iterator[SpeechChunk]:
        if FAILURE in text:
            raise ScriptedError("the voice was told to fail")
        letters = sum(character.isalnum() for character in text)
        for _ in range(letters):
            yield SpeechChunk(np.full(800, self.level, "<i2").tobytes())
            if "half-failure" in text:
                raise ScriptedError("the voice was told to fail")

    def clone(self) -> SteadyTTS:
        return SteadyTTS()


class DictatedASR(ASR):
    """Writes one word more for each piece of speech of `word_s`, whatever is said.

    The newest word is wrong at first, and so is the one before it every third time: recognisers
    change their minds. At the end of an utterance all its words are right; there it fails if one is
    twice `FAILURE`.
    """

    def __init__(self, text: str, word_s: float = 0.3) -> None:
        self._words = text.split()
        self._word_bytes = round(word_s * RATE_HZ) * 2
        self._first = 0
        """Where the utterance begins among the words."""
        self._bytes = 0

    def recognize(self, audio: bytes) -> str:
        self.reset()
        return self.recognize_stream(audio, is_final=True)

    def recognize_stream(
        self, audio: bytes, *, is_final: bool = False, chat_history: str | None = None
    ) -> str:
        if loudness(audio) > LOUD:
            self._bytes += len(audio)
        count = self._bytes // self._word_bytes
        words = self._words[self._first : self._first + count]
        if is_final:
            self._first += count
            if FAILURE * 2 in words:
                raise ScriptedError("the recogniser was told to fail")
            return " ".join(words)
        wrong = min(count, 2 if count % 3 == 0 else 1)
        return " ".join([*words[: len(words) - wrong], *("mm" for _ in words[-wrong:])])

    def reset(self) -> None:
        self._bytes = 0

    def clone(self) -> DictatedASR:
        return DictatedASR(" ".join(self._words))


class RepeatingAgent(Agent):
    """Says every text again; fails at those with `FAILURE` in them, and may take its time."""

    def __init__(self, answer_s: float = 0.0) -> None:
        self._answer_s = answer_s
        self._conversation = Conversation(turns_shown=0)

    async def async_accept(self, context: AgentContext) -> AsyncGenerator[str, None]:
        if context.type != "asr_final":
            return
        turn = self._conversation.begin(context.text)
        if self._answer_s:
            await asyncio.sleep(self._answer_s)
        if FAILURE in context.text:
            raise ScriptedError("the agent was told to fail")
        turn.settled = True
        yield turn.say(context.text)

    def heard(self, text: str) -> None:
        self._conversation.heard(text)

    def history(self) -> list[dict[str, str]]:
        return self._conversation.history()
