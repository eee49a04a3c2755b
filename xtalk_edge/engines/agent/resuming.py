"""Goes on with an answer of which somebody else has said the beginning."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncGenerator

from xtalk_edge.engines.agent.generation import Generation
from xtalk_edge.engines.agent.priority import Desk, Priority
from xtalk_edge.engines.agent.prompting import Prompts
from xtalk_edge.engines.worker import Worker
from xtalk_edge.errors import EngineError


class Resumer:
    """Lets a model believe that the beginning was its own.

    Args:
        desk: who may have the model.
        worker: where it runs.
        generation: runs it.
        prompts: writes its prompts.
    """

    def __init__(
        self, desk: Desk, worker: Worker, generation: Generation, prompts: Prompts
    ) -> None:
        self._desk = desk
        self._worker = worker
        self._generation = generation
        self._prompts = prompts

    async def rest(self, text: str, said: str) -> AsyncGenerator[str, None]:
        """Yield what is missing from an answer to `text` that begins with `said`.

        It ends where the model would call a tool: what the beginning has done already is not known.

        Raises:
            EngineError: the beginning is longer than the model can look back.
        """
        stop = await self._desk.take(Priority.COMMIT)
        if stop is None:
            return
        try:
            prompt = self._prompts.begun_by_another(text, said)
            if not prompt:
                raise EngineError("what was said already is too long for the model to go on with")
            flag = stop.renew()
            stop.stream = self._worker.stream(lambda: self._generation.run(prompt, flag))
            async with contextlib.aclosing(stop.stream) as items:  # type: ignore[type-var]
                async for item in items:
                    if not isinstance(item, str):
                        return
                    yield item
        finally:
            await stop.free_worker()
            self._desk.leave(stop)
