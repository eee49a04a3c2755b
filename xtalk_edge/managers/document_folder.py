"""Looks now and then whether the owner has put documents into the folder."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path

from xtalk_edge.bus import EventBus, handles
from xtalk_edge.config.schema import Config
from xtalk_edge.documents.desk import LibraryDesk
from xtalk_edge.documents.folder_reader import FolderReader
from xtalk_edge.documents.intake import listing
from xtalk_edge.errors import EdgeError
from xtalk_edge.events import TurnStateChanged
from xtalk_edge.managers.base import Manager
from xtalk_edge.tools.off_loop import OffLoop
from xtalk_edge.turn.actions import RESTING

log = logging.getLogger(__name__)

LOOK_EVERY_S = 60.0
"""Whoever has copied a file over does not ask about it in the same minute."""


class DocumentFolderManager(Manager):
    """Has the folder read at the start and whenever it has changed, never during a turn.

    Args:
        event_bus: where it listens.
        config: the settings.
        documents: knows what was read already.
        folder: where the owner puts documents.
        reader: reads it; None for a process of its own.
    """

    def __init__(
        self,
        *,
        event_bus: EventBus,
        config: Config,
        documents: LibraryDesk,
        folder: Path,
        reader: FolderReader | None = None,
    ) -> None:
        super().__init__(event_bus=event_bus, config=config)
        self._documents = documents
        self._folder = folder
        self._reader = reader or FolderReader(config, folder)
        self._quiet = asyncio.Event()
        self._quiet.set()
        self._off_loop = OffLoop("the folder of documents")
        self._seen: dict[str, str] | None = None
        """What was there when it was read last; None before that."""
        self._complaint = ""

    async def start(self) -> None:
        """Begin to look."""
        self.tasks.start(self._watch(), "folder of documents")

    @handles(TurnStateChanged)
    def on_turn(self, event: TurnStateChanged) -> None:
        """Read only while nobody has the floor."""
        if event.state in RESTING:
            self._quiet.set()
            self._reader.go_on()
        else:
            self._quiet.clear()
            self._reader.hold()

    async def _watch(self) -> None:
        while True:
            await self._quiet.wait()
            try:
                await self._look()
            except (OSError, EdgeError) as error:
                self._complain(f"docs.folder: {self._folder} cannot be read: {error}")
            await asyncio.sleep(LOOK_EVERY_S)

    async def _look(self) -> None:
        listed = await self._off_loop.run(lambda: listing(self._folder))
        if listed == self._seen:
            return
        if self._seen is None and await self._documents.is_complete(self._folder, listed):
            self._seen = listed
            return
        # What comes while it is read is seen by the next look.
        self._seen = listed
        summary = await self._reader.read()
        if summary.problems:
            self._complain(
                f"docs.folder: some files in {self._folder} cannot be read "
                f"({len(summary.problems)}); xtalk-edge docs add {self._folder} says why"
            )

    def _complain(self, sentence: str) -> None:
        """Log what is wrong, once."""
        if sentence != self._complaint:
            self._complaint = sentence
            log.warning("%s", sentence)
