"""Says in short what the context has no room for any more; the least urgent of all work."""

from __future__ import annotations

from xtalk_edge.engines.agent.conversation import Conversation
from xtalk_edge.engines.agent.generation import Generation
from xtalk_edge.engines.agent.priority import Desk, Priority
from xtalk_edge.engines.agent.prompting import Prompts
from xtalk_edge.engines.worker import Worker

SUMMARY_TOKENS = 96
"""Three sentences; written in some ten seconds by a 1B model on a Pi 5."""


class Summariser:
    """Replaces the older half of a long conversation by the model's own summary of it."""

    def __init__(
        self,
        desk: Desk,
        worker: Worker,
        generation: Generation,
        prompts: Prompts,
        conversation: Conversation,
    ) -> None:
        self._desk = desk
        self._worker = worker
        self._generation = generation
        self._prompts = prompts
        self._conversation = conversation

    async def sum_up(self) -> bool:
        """Write a summary if one is due; tell whether it was, and nothing else came up."""
        stop = await self._desk.take(Priority.SUMMARY)
        if stop is None:
            return False
        try:
            older, prompt = self._prompts.to_sum_up()
            if not older:
                return False
            flag = stop.renew()
            stream = self._worker.stream(lambda: self._generation.run(prompt, flag, SUMMARY_TOKENS))
            stop.stream = stream
            text = ""
            async for item in stream:
                if not isinstance(item, str):
                    # A call is no summary; it is not run.
                    break
                text += item
            if stop.stopped or not text.strip():
                return False
            self._conversation.summarise(older, text.strip())
            return True
        finally:
            await stop.free_worker()
            self._desk.leave(stop)
