"""The documents as the appliance asks for them: off the loop, beside the engine they need."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

from xtalk_edge.config.schema import Config
from xtalk_edge.documents.intake import is_complete
from xtalk_edge.documents.library import Found, Library, library_of
from xtalk_edge.engines import hosting


class LibraryDesk:
    """Searches and keeps texts, on the embeddings engine's own thread.

    The store is opened by the first question: a device without documents has no file of them.
    """

    def __init__(self, config: Config, hosted: hosting.Hosted) -> None:
        self._config = config
        self._hosted = hosted
        self._library: Library | None = None

    async def search(self, query: str, most: int) -> list[Found]:
        """Return the passages that are nearest to a question, the best first; raises EdgeError."""
        return await self._hosted.worker.run(lambda: self._opened().search(query, most))

    async def keep(self, text: str) -> str:
        """Keep a text that came without a file; return its title. Raises EdgeError."""
        run = self._hosted.worker.run
        title = await run(lambda: self._opened().put_text(text))
        # One by one: a question may come between.
        steps = await run(lambda: self._opened().complete())
        while await run(next, steps, None) is not None:
            pass
        return title

    async def is_complete(self, folder: Path, listed: dict[str, str]) -> bool:
        """Tell whether a folder's files are all known as they are listed; raises EdgeError."""
        return await self._hosted.worker.run(lambda: is_complete(self._opened(), folder, listed))

    def _opened(self) -> Library:
        if self._library is None:
            self._library = library_of(
                self._config.store.folder(), self._hosted.engine, self._config.embeddings
            )
        return self._library

    async def aclose(self) -> None:
        """Close the store."""
        library, self._library = self._library, None
        if library is not None:
            await self._hosted.worker.run(library.close)


@contextlib.asynccontextmanager
async def open_desk(config: Config) -> AsyncIterator[LibraryDesk]:
    """Load the engine of the settings, and give what asks it."""
    async with (
        hosting.hosted("embeddings", config.embeddings) as hosted,
        contextlib.aclosing(LibraryDesk(config, hosted)) as desk,
    ):
        yield desk
