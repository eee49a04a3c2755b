"""An agent on any chat model in GGUF form, through llama.cpp.

The model runs on a worker of its own and is aborted, never queued behind: a new question stops
the answer to the last one, and a partial text never disturbs an answer. A tool call is yielded
before the tool runs; a caller that only guesses stops pulling there, and nothing has happened.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncGenerator
from pathlib import Path

from xtalk_edge.config.files import data_path, default_state_dir
from xtalk_edge.engines.agent.abstention import FIGURES, fitted
from xtalk_edge.engines.agent.answering import Answerer
from xtalk_edge.engines.agent.clock_line import ClockLine
from xtalk_edge.engines.agent.conversation import Conversation
from xtalk_edge.engines.agent.fit import LEAST, OTHER, STARTER
from xtalk_edge.engines.agent.generation import Generation
from xtalk_edge.engines.agent.hands import Hands, Hold, Piece
from xtalk_edge.engines.agent.llama_model import LlamaModel
from xtalk_edge.engines.agent.persona import PERSONA
from xtalk_edge.engines.agent.prefix_cache import PrefixCache
from xtalk_edge.engines.agent.priority import Desk, Priority
from xtalk_edge.engines.agent.prompting import Prompts
from xtalk_edge.engines.agent.resuming import Resumer
from xtalk_edge.engines.agent.sampling import TokenChooser
from xtalk_edge.engines.agent.speculation import Speculation
from xtalk_edge.engines.agent.stamp import Stamp
from xtalk_edge.engines.agent.stopping import Stop
from xtalk_edge.engines.agent.summary import Summariser
from xtalk_edge.engines.agent.thrift import Thrift
from xtalk_edge.engines.interfaces import Agent, AgentContext, Prepared, ToolCall, ToolRunner
from xtalk_edge.engines.parameters import check_least
from xtalk_edge.engines.preflight import preflight
from xtalk_edge.engines.worker import Worker
from xtalk_edge.errors import EdgeError
from xtalk_edge.models.shelf import named_file
from xtalk_edge.tasks import TaskOwner

STARTER_MODEL = "models/starter/brain.gguf"

STARTER_NAME = "xtalk-edge starter brain"
"""`general.name` of the built-in model and of every one that is trained like it."""


class LlamaAgent(Agent):
    """Answers with a local language model and its tools.

    Args:
        model: path of a GGUF file; "" for the built-in model.
        context_tokens: size of the context; never more than the model was trained for.
        batch_tokens: how many are read at a time; 0 for what stops quickly on this processor.
        threads: cores to use; 0 for all but one.
        gpu_layers: layers to put on the graphics processor; -1 for all, where there is one.
        temperature: 0 for the most likely answer every time.
        max_reply_tokens: where a reply ends at the latest.
        history_turns: how many past turns the model is shown; None for what fits the model: 1
            for the built-in one, 12 for any other.
        forget_after_s: turns older than this are not shown; 0 for never, None for what fits the
            model: 180 for the built-in one, 0 for any other.
        max_tool_rounds: how often per turn the model may call tools.
        persona: what the model is told first.
        speak_tool_results: a tool's sentence is the reply; else the model words it.
        act_above: a tool call with effects that is less sure is asked about, not run; None for
            what fits the model.
        ask_above: a tool call less sure than this is not understood; None for what fits.
        seed: of the choices when the temperature is above 0.
        cache_dir: where the computed prefix is kept; "" for the state folder.

    Raises:
        ConfigError: a setting is out of its range.
        ModelError: the model is missing, damaged, of the wrong kind, or has too small a context.
    """

    computes_by = "llama.cpp"

    def __init__(
        self,
        model: str = "",
        context_tokens: int = 8192,
        batch_tokens: int = 0,
        threads: int = 0,
        gpu_layers: int = -1,
        temperature: float = 0.0,
        max_reply_tokens: int = 160,
        history_turns: int | None = None,
        forget_after_s: float | None = None,
        max_tool_rounds: int = 3,
        persona: str = PERSONA,
        speak_tool_results: bool = True,
        act_above: float | None = None,
        ask_above: float | None = None,
        seed: int = 0,
        cache_dir: str = "",
    ) -> None:
        check_least("agent", LEAST, {
            "context_tokens": context_tokens, "batch_tokens": batch_tokens, "threads": threads,
            "gpu_layers": gpu_layers, "temperature": temperature,
            "max_reply_tokens": max_reply_tokens, "history_turns": history_turns,
            "forget_after_s": forget_after_s, "max_tool_rounds": max_tool_rounds,
        })  # fmt: skip
        path = named_file(model, ".gguf") if model else data_path(STARTER_MODEL)
        preflight(path, "gguf")
        self._model = LlamaModel(
            path,
            context_tokens=context_tokens,
            batch_tokens=batch_tokens,
            threads=threads,
            gpu_layers=gpu_layers,
        )
        self._worker = Worker("llama")
        self._tasks = TaskOwner()
        self._desk = Desk()
        self._guess: Speculation[Stop] | None = None
        self._stamp = Stamp(ClockLine())
        try:
            fit = STARTER if self._model.figure("general.name") == STARTER_NAME else OTHER
            abstention = fitted(
                {name: self._model.figure(f"xtalk_edge.{name}") for name in FIGURES},
                fit.abstention,
                act_above=act_above,
                ask_above=ask_above,
            )
            self._conversation = Conversation(
                fit.history_turns if history_turns is None else history_turns,
                fit.forget_after_s if forget_after_s is None else forget_after_s,
                answers_joined=fit.is_starter,
            )
            self._prompts = Prompts(
                self._model,
                persona,
                self._conversation,
                None if fit.is_starter else self._stamp,
                reply_tokens=min(max_reply_tokens, self._model.context_tokens // 4),
            )
            self._prompts.use_tools([])
        except EdgeError:
            self.close()
            raise
        self._generation = Generation(
            self._model, TokenChooser(temperature, seed), max_reply_tokens=max_reply_tokens
        )
        self._hands = Hands(self._conversation, abstention, speak_tool_results=speak_tool_results)
        self._answerer = Answerer(
            self._worker,
            self._generation,
            self._prompts,
            self._hands,
            max_tool_rounds=max_tool_rounds,
            refusals=fit.refusals,
        )
        self._thrift = Thrift(self._desk, self._worker, self._model, self._prompts)
        parts = self._desk, self._worker, self._generation, self._prompts
        self._summariser = None if fit.is_starter else Summariser(*parts, self._conversation)
        self._resumer = None if fit.is_starter else Resumer(*parts)
        folder = Path(cache_dir).expanduser() if cache_dir else default_state_dir()
        self._prefix_cache = PrefixCache(folder, path)

    def use_tools(self, runner: ToolRunner) -> None:
        """Let the model call these tools; to be called before the first turn.

        Raises:
            ModelError: their descriptions leave no room in the context.
        """
        schemas = runner.schemas()
        self._prompts.use_tools(schemas)
        self._generation.use_tools(schemas)
        self._hands.use_tools(runner)

    def use_speaker(self, name: str, about: str = "") -> None:
        """Take who is speaking; the built-in model was not taught to be told."""
        self._stamp.use_speaker(name, about)

    def use_caption(self, text: str) -> None:
        """Take what is heard around the device; of it, too, the built-in model is not told."""
        self._stamp.use_caption(text)

    def use_thought(self, text: str) -> None:
        """Take a note about the conversation; of it, too, the built-in model is not told."""
        self._stamp.use_thought(text)

    def economies(self) -> tuple[str, ...]:
        """Return what the model can do with less of."""
        return self._thrift.possible

    def economise(self, *what: str) -> None:
        """Do with half of these, and with all of the others, as soon as the model is free."""
        self._thrift.want(what)
        self._tasks.start(self._tidy(), "agent tidying")

    @property
    def evaluated_tokens(self) -> int:
        """Tokens computed since the start; what the KV cache saved does not count."""
        return self._model.evaluated_tokens

    async def async_accept(self, context: AgentContext) -> AsyncGenerator[Piece, None]:
        """Answer a final text; read ahead on a partial one, and on `loop` at the start."""
        if context.type == "asr_final":
            async with contextlib.aclosing(self.commit(context.text)) as pieces:
                async for piece in pieces:
                    yield piece
        elif context.type == "asr_partial":
            await self.prefill(context.text)
        else:
            await self._read_prefix()

    # -- before the question is certain ----------------------------------------------------

    async def _read_prefix(self) -> None:
        """Have the model read persona and tools, or load what it read before."""
        stop = await self._desk.take(Priority.PREFILL)
        if stop is None:
            return
        prefix = self._prompts.prefix
        try:
            if prefix:
                await self._worker.run(self._prefix_cache.read, self._model, prefix, stop.renew())
        finally:
            self._desk.leave(stop)

    async def prefill(self, text: str) -> None:
        """Have the model read what is certain of the next prompt; in vain while it is busy."""
        stop = await self._desk.take(Priority.PREFILL)
        if stop is None:
            return
        try:
            flag = stop.renew()
            tokens = self._prompts.certain(text)
            if 0 < len(tokens) <= self._model.context_tokens:
                await self._worker.run(self._model.evaluate, tokens, flag)
            # What closes the question takes longer to read than some tokens to write; if the
            # text goes on, only that is read again, unless the model cannot step back.
            if text.strip() and self._model.steps_back and not flag.is_set():
                whole = self._prompts.fitted(self._prompts.turn(text))
                if whole:
                    await self._worker.run(self._model.evaluate, whole, flag)
        finally:
            self._desk.leave(stop)

    async def speculate(self, text: str) -> Prepared:
        """Begin the answer to a text that may still change; return what came of it so far.

        Returns when it is as far as it may go: at the end, or before a tool with effects, or as
        soon as it was committed or discarded. Cancelling the caller does not end it.
        """
        guess = await self._guessed(text)
        if guess is None:
            return Prepared()
        await guess.resting()
        return guess.prepared

    async def foresee(self, text: str) -> AsyncGenerator[Prepared, None]:
        """Begin the answer as `speculate` does; yield what came of it each time there is more."""
        guess = await self._guessed(text)
        if guess is None:
            yield Prepared()
            return
        async for prepared in guess.progress():
            yield prepared

    async def _guessed(self, text: str) -> Speculation[Stop] | None:
        """Return the answer that was begun to this text; None while the model is busy."""
        guess = self._guess
        if guess is not None and guess.fits(text, self._conversation.version):
            return guess
        await self.discard()
        stop = await self._desk.take(Priority.SPECULATION)
        if stop is None:
            return None
        turn, version = self._prompts.turn(text), self._conversation.version
        items = self._answerer.answer(turn, stop)
        self._guess = Speculation(turn, stop, items, version, self._tasks)
        return self._guess

    async def discard(self) -> None:
        """Throw the speculation away; nothing of it remains."""
        guess, self._guess = self._guess, None
        if guess is not None:
            await guess.close()
            self._desk.leave(guess.stop)

    # -- answering -------------------------------------------------------------------------

    async def commit(self, text: str) -> AsyncGenerator[Piece, None]:
        """Answer `text`; what was speculated on the same text is ready at once.

        An answer under way ends. Closing the iterator stops the model at once.
        """
        guess = self._guess
        if guess is not None and guess.fits(text, self._conversation.version):
            self._guess = None
            turn, stop, items = guess.turn, guess.stop, guess.release()
            self._desk.promote(stop, Priority.COMMIT)
        else:
            await self.discard()
            taken = await self._desk.take(Priority.COMMIT)
            if taken is None:
                return
            turn, stop = self._prompts.turn(text), taken
            items = self._answerer.answer(turn, stop)
        self._prompts.begun()
        self._conversation.add(turn)
        try:
            async with contextlib.aclosing(items):
                async for item in items:
                    if not isinstance(item, Hold):
                        yield item
        finally:
            self._desk.leave(stop)
        self._tasks.start(self._tidy(), "agent tidying")

    def resume(self, text: str, said: str) -> AsyncGenerator[str, None]:
        """Yield the rest of an answer that another began; the built-in model knows no talk."""
        return self._resumer.rest(text, said) if self._resumer else super().resume(text, said)

    async def _tidy(self) -> None:
        """Do between turns what is less urgent than any of them."""
        if await self._thrift.apply() or not self._prefix_cache.keeps(self._prompts.prefix):
            # Or the first question came before the start was over.
            await self._read_prefix()
        if self._summariser is not None and await self._summariser.sum_up():
            # The prompt begins differently from here on: better read now than in the next turn.
            await self.prefill("")

    def note(self, text: str, reply: str, call: ToolCall | None = None) -> None:
        """Take an exchange into the history that was settled without the model."""
        self._conversation.note(text, reply, call)

    def confidence(self) -> float:
        """Return the chance that the last call is right, or the average token's probability."""
        return self._hands.confidence

    def heard(self, text: str) -> None:
        """Replace the last reply in the history by what the owner really heard."""
        self._conversation.heard(text)

    def history(self) -> list[dict[str, str]]:
        """Return the conversation as chat messages, oldest first."""
        return self._conversation.history()

    def close(self) -> None:
        """Stop the model and free it."""
        self._desk.clear()
        self._worker.close()
        self._model.close()
