"""What tells how near texts are in meaning."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from typing import TypeVar

from xtalk_edge.engines.interfaces.engine import Engine

A = TypeVar("A")
T = TypeVar("T")


class Embeddings(Engine):
    """Turns texts into vectors that point the same way where the texts mean the same.

    The methods are those of LangChain's class of this name, as X-Talk uses it.
    """

    identity: str = ""
    """Changes with all that changes the vectors of passages; "" leaves it to the settings."""

    @abstractmethod
    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """Return a vector for each passage, all of one size; [] for each where there are none."""

    @abstractmethod
    def embed_query(self, text: str) -> list[float]:
        """Return the vector of what passages are sought for, as long as theirs."""

    async def aembed_documents(self, texts: list[str]) -> list[list[float]]:
        """Do the same off the loop."""
        return await _off_loop(self.embed_documents, texts)

    async def aembed_query(self, text: str) -> list[float]:
        """Do the same off the loop."""
        return await _off_loop(self.embed_query, text)


async def _off_loop(call: Callable[[A], T], argument: A) -> T:
    # Not at the top: an engine's child process is to be small.
    import asyncio

    return await asyncio.to_thread(call, argument)
