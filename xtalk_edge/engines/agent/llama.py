"""An agent on any chat model in GGUF form, through llama.cpp.

The model runs on a worker of its own and is aborted, never queued behind: a new question stops
the answer to the last one, and a partial text never disturbs an answer. A tool call is yielded
before the tool runs; a caller that only guesses stops pulling there, and nothing has happened.
"""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import AsyncGenerator, Awaitable, Callable
from pathlib import Path
from typing import Any

from xtalk_edge.config.files import data_path
from xtalk_edge.engines.agent.conversation import Conversation, Turn
from xtalk_edge.engines.agent.generation import Decision, Generation
from xtalk_edge.engines.agent.llama_model import AbortFlag, LlamaModel
from xtalk_edge.engines.agent.prefix_cache import PrefixCache
from xtalk_edge.engines.agent.prompt import ChatTemplate, Message
from xtalk_edge.engines.agent.sampling import TokenChooser
from xtalk_edge.engines.agent.stopping import Stop
from xtalk_edge.engines.interfaces import Agent, AgentContext, ToolCall, ToolResult, ToolRunner
from xtalk_edge.engines.preflight import default_state_dir, preflight
from xtalk_edge.engines.worker import Worker
from xtalk_edge.errors import ModelError

STARTER_MODEL = "models/starter/brain.gguf"

STARTER_MIN_CONFIDENCE = 0.5
"""Its wrong calls were at most this sure, its right ones more (models/starter/evaluate.py)."""

PERSONA = (
    "You are a friendly voice assistant. Your answers are spoken aloud: "
    "answer in one or two short sentences, without lists, markup or emoji."
)

NOT_UNDERSTOOD = "Sorry, I didn't understand that."
TOO_LONG = "Sorry, that was too long for me."

MIN_TURN_TOKENS = 64
"""Context that must be left for a question and its answer after persona and tools."""

Piece = str | ToolCall | ToolResult


class LlamaAgent(Agent):
    """Answers with a local language model and its tools.

    Args:
        model: path of a GGUF file; "" for the built-in model.
        context_tokens: size of the context; never more than the model was trained for.
        threads: cores to use; 0 for all but one.
        gpu_layers: layers to put on the graphics processor; -1 for all.
        temperature: 0 for the most likely answer every time.
        max_reply_tokens: where a reply ends at the latest.
        history_turns: how many past turns the model is shown; the built-in model wants 0.
        max_tool_rounds: how often per turn the model may call tools.
        persona: what the model is told first.
        speak_tool_results: a tool's sentence is the reply; else the model words it.
        min_confidence: a tool call less sure than this is not run; None for what fits the
            model: `STARTER_MIN_CONFIDENCE` for the built-in one, 0 for any other.
        seed: of the choices when the temperature is above 0.
        cache_dir: where the computed prefix is kept; "" for the state folder.

    Raises:
        ModelError: the model is missing, damaged, of the wrong kind, or has too small a context.
    """

    def __init__(
        self,
        model: str = "",
        context_tokens: int = 2048,
        threads: int = 0,
        gpu_layers: int = 0,
        temperature: float = 0.0,
        max_reply_tokens: int = 160,
        history_turns: int = 0,
        max_tool_rounds: int = 3,
        persona: str = PERSONA,
        speak_tool_results: bool = True,
        min_confidence: float | None = None,
        seed: int = 0,
        cache_dir: str = "",
    ) -> None:
        path = Path(model).expanduser() if model else data_path(STARTER_MODEL)
        preflight(path, "gguf")
        self._path = path
        self._model = LlamaModel(
            path, context_tokens=context_tokens, threads=threads, gpu_layers=gpu_layers
        )
        self._template = ChatTemplate(
            self._model.chat_template(), bos=self._model.mark("bos"), eos=self._model.mark("eos")
        )
        self._generation = Generation(
            self._model, TokenChooser(temperature, seed), max_reply_tokens=max_reply_tokens
        )
        self._reply_tokens = min(max_reply_tokens, self._model.context_tokens // 4)
        self._max_tool_rounds = max_tool_rounds
        self._system = [Message("system", persona)] if persona else []
        self._speak_tool_results = speak_tool_results
        if min_confidence is None:
            min_confidence = 0.0 if model else STARTER_MIN_CONFIDENCE
        self._min_confidence = min_confidence
        self._conversation = Conversation(history_turns)
        self._worker = Worker("llama")
        folder = Path(cache_dir).expanduser() if cache_dir else default_state_dir()
        self._prefix_cache = PrefixCache(folder, path)
        self._run_tool: Callable[[ToolCall], Awaitable[ToolResult]] = _no_tool
        self._schemas: list[dict[str, Any]] = []
        self._prefix = ""
        self._answering: Stop | None = None
        self._prefilling: AbortFlag | None = None
        self._confidence = 1.0
        try:
            self._settle_prefix()
        except ModelError:
            self.close()
            raise

    def use_tools(self, runner: ToolRunner) -> None:
        """Let the model call these tools; to be called before the first turn.

        Raises:
            ModelError: their descriptions leave no room in the context.
        """
        self._schemas = runner.schemas()
        self._run_tool = runner.run
        self._generation.use_tools(self._schemas)
        self._settle_prefix()

    def _settle_prefix(self) -> None:
        self._prefix = self._common_start("a", "b")
        needed = len(self._model.tokenize(self._prefix)) + MIN_TURN_TOKENS
        if needed > self._model.context_tokens:
            raise ModelError(
                f"{self._path}: persona and tools need {needed} tokens, and the context has "
                f"{self._model.context_tokens}; raise agent.context_tokens or shorten the persona"
            )

    def _render(self, messages: list[Message]) -> str:
        return self._template.render([*self._system, *messages], self._schemas)

    @property
    def evaluated_tokens(self) -> int:
        """Tokens computed since the start; what the KV cache saved does not count."""
        return self._model.evaluated_tokens

    async def async_accept(self, context: AgentContext) -> AsyncGenerator[Piece, None]:
        """Answer a final text; read ahead on a partial one, and on `loop` at the start."""
        if context.type != "asr_final":
            await self._read_ahead(context.text)
            return
        async with contextlib.aclosing(self._answer(context.text)) as pieces:
            async for piece in pieces:
                yield piece

    # -- reading ahead ---------------------------------------------------------------------

    async def _read_ahead(self, text: str) -> None:
        """Have the model read what is certain of the next prompt."""
        if self._answering is not None:
            return
        if self._prefilling is not None:
            self._prefilling.set()
        flag = self._prefilling = AbortFlag()
        tokens = self._certain_tokens(text)
        if not 0 < len(tokens) <= self._model.context_tokens:
            return
        try:
            if text:
                await self._worker.run(self._model.evaluate, tokens, flag)
            else:
                await self._worker.run(self._prefix_cache.read, self._model, tokens, flag)
        finally:
            flag.set()
            if self._prefilling is flag:
                self._prefilling = None

    def _certain_tokens(self, text: str) -> list[int]:
        """Return the tokens that the prompt will begin with, however `text` goes on."""
        certain = self._common_start(text, f"{text} a") if text else self._prefix
        # The last token may become another one when the text goes on.
        return self._model.tokenize(certain)[:-1]

    def _common_start(self, one: str, other: str) -> str:
        """Return what the prompts of two questions have in common, whatever the template does."""
        prompts = [self._render(self._messages(Turn(text))) for text in (one, other)]
        pairs = itertools.takewhile(lambda pair: pair[0] == pair[1], zip(*prompts, strict=False))
        return "".join(character for character, _ in pairs)

    def _messages(self, turn: Turn) -> list[Message]:
        turns = (*self._conversation.past(turn), turn)
        return [message for each in turns for message in each.messages()]

    # -- answering -------------------------------------------------------------------------

    async def _answer(self, text: str) -> AsyncGenerator[Piece, None]:
        earlier, stop = self._answering, Stop()
        self._answering = stop
        if earlier is not None:
            await earlier.make_way()
        if self._prefilling is not None:
            self._prefilling.set()
        turn = self._conversation.begin(text)
        try:
            for calls_left in range(self._max_tool_rounds, 0, -1):
                calls_before = len(turn.made)
                prompt = self._prompt(turn)
                if not prompt:
                    yield turn.say_sentence(TOO_LONG)
                    break
                pieces = self._round(turn, prompt, calls_left, stop)
                async with contextlib.aclosing(pieces):
                    async for piece in pieces:
                        yield piece
                if stop.stopped:
                    return
                if self._speak_tool_results or len(turn.made) == calls_before:
                    break
            left_to_say = turn.last_result if turn.made else NOT_UNDERSTOOD
            if left_to_say and not turn.reply:
                yield turn.say_sentence(left_to_say)
            turn.settled = True
        finally:
            stop.stop()
            if self._answering is stop:
                self._answering = None

    async def _round(
        self, turn: Turn, prompt: list[int], calls_left: int, stop: Stop
    ) -> AsyncGenerator[Piece, None]:
        """Let the model speak once; it may call tools on the way."""
        calls_before = len(turn.made)
        flag = stop.renew()
        items = stop.stream = self._worker.stream(lambda: self._generation.run(prompt, flag))
        try:
            async for item in items:
                if isinstance(item, str):
                    if len(turn.made) > calls_before:
                        # What a model adds to a call is a guess at a result it has not seen.
                        break
                    if text := turn.say(item):
                        yield text
                    continue
                self._confidence = item.confidence
                call = self._trusted(item)
                if call is None:
                    yield turn.say_sentence(NOT_UNDERSTOOD)
                    break
                if call in turn.made:
                    # A model that repeats itself means it once.
                    break
                yield call
                result = await self._run_tool(call)
                turn.add_call(call, result)
                yield result
                if self._speak_tool_results and result.content:
                    yield turn.say_sentence(result.content)
                if len(turn.made) == calls_before + calls_left:
                    break
            else:
                if not turn.made:
                    self._confidence = self._generation.text_confidence
        finally:
            flag.set()

    def _trusted(self, decision: Decision) -> ToolCall | None:
        return decision.call if decision.confidence >= self._min_confidence else None

    def _prompt(self, turn: Turn) -> list[int]:
        """Return the turn's prompt with as much of the past as fits; empty if nothing fits."""
        while True:
            tokens = self._model.tokenize(self._render(self._messages(turn)))
            if len(tokens) + self._reply_tokens <= self._model.context_tokens:
                return tokens
            past = len(self._conversation.past(turn))
            if not past:
                return []
            self._conversation.hide((past + 1) // 2)

    # -- history ---------------------------------------------------------------------------

    def confidence(self) -> float:
        """Return the probability of the last call's least likely token, or the text's average."""
        return self._confidence

    def heard(self, text: str) -> None:
        """Replace the last reply in the history by what the owner really heard."""
        self._conversation.heard(text)

    def history(self) -> list[dict[str, str]]:
        """Return the conversation as chat messages, oldest first."""
        return self._conversation.history()

    def close(self) -> None:
        """Stop the model and free it."""
        if self._answering is not None:
            self._answering.stop()
        if self._prefilling is not None:
            self._prefilling.set()
        self._worker.close()
        self._model.close()


async def _no_tool(call: ToolCall) -> ToolResult:
    return ToolResult(call.name, NOT_UNDERSTOOD, ok=False)
