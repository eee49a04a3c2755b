"""What a model does with less of while the machine is under strain: threads, context."""

from __future__ import annotations

import logging
from collections.abc import Collection

from xtalk_edge.engines.agent.llama_model import LlamaModel
from xtalk_edge.engines.agent.priority import Desk, Priority
from xtalk_edge.engines.agent.prompting import Prompts
from xtalk_edge.engines.worker import Worker

log = logging.getLogger(__name__)

WORTH_BYTES = 16 * 2**20
"""Less memory than this is not worth reading the prompt anew for."""


class Thrift:
    """Halves threads and context on demand, between two pieces of the model's work.

    Args:
        desk: lends the model.
        worker: where it computes.
        model: as it was loaded.
        prompts: what has to fit its context.
    """

    def __init__(self, desk: Desk, worker: Worker, model: LlamaModel, prompts: Prompts) -> None:
        self._desk = desk
        self._worker = worker
        self._model = model
        self._prompts = prompts
        self._threads, self._context_tokens = model.threads, model.context_tokens
        self._wanted: frozenset[str] = frozenset()

    @property
    def possible(self) -> tuple[str, ...]:
        """What can be halved so that it helps."""
        half = self._context_tokens // 2
        worth = half * self._model.token_bytes >= WORTH_BYTES and half >= self._prompts.needs()
        found = {"threads": self._threads > 1, "context": worth}
        return tuple(name for name, can in found.items() if can)

    def want(self, what: Collection[str]) -> None:
        """Take what is to be halved; `apply` does it."""
        self._wanted = frozenset(what) & set(self.possible)

    async def apply(self) -> bool:
        """Halve it, or take that back, if the model is free; whether its context is empty now.

        Raises:
            EngineError: there is no memory left for any context.
        """
        if (self._threads_wanted, self._context_wanted) == (
            self._model.threads,
            self._model.context_tokens,
        ):
            return False
        stop = await self._desk.take(Priority.PREFILL)
        if stop is None:
            return False
        try:
            return await self._worker.run(self._change)
        finally:
            self._desk.leave(stop)

    @property
    def _threads_wanted(self) -> int:
        return self._threads // 2 if "threads" in self._wanted else self._threads

    @property
    def _context_wanted(self) -> int:
        return self._context_tokens // 2 if "context" in self._wanted else self._context_tokens

    def _change(self) -> bool:
        threads, tokens = self._threads_wanted, self._context_wanted
        self._model.use_threads(threads)
        if tokens == self._model.context_tokens:
            return False
        self._model.resize(tokens)
        log.info("the model computes on %d threads, with %d tokens of context", threads, tokens)
        return True
