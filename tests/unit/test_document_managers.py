"""Texts become documents, what was found is told, and the folder is read while nobody speaks."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.unit.manager_parts import Log
from xtalk_edge.bus import EventBus
from xtalk_edge.clock import run_virtual
from xtalk_edge.config.places import StoreConfig
from xtalk_edge.config.schema import Config
from xtalk_edge.documents.desk import LibraryDesk, open_desk
from xtalk_edge.documents.folder_reader import FolderReader, Summary
from xtalk_edge.errors import EdgeError
from xtalk_edge.events import (
    ErrorOccurred,
    Event,
    RetrievalUpdated,
    TextEmbedded,
    TextForEmbeddingReady,
    ToolResultOccurred,
    TurnStateChanged,
)
from xtalk_edge.managers.document_folder import LOOK_EVERY_S, DocumentFolderManager
from xtalk_edge.managers.embeddings import EmbeddingsManager
from xtalk_edge.managers.retrieval import RetrievalManager


@dataclass
class Reader(FolderReader):
    """Counts how often the folder is read."""

    summary: Summary | EdgeError = field(default_factory=Summary)
    seen: list[str] = field(default_factory=list)

    async def read(self) -> Summary:
        self.seen.append("read")
        if isinstance(self.summary, EdgeError):
            raise self.summary
        return self.summary

    def hold(self) -> None:
        self.seen.append("hold")

    def go_on(self) -> None:
        self.seen.append("go on")


def config(tmp_path: Path) -> Config:
    return Config(store=StoreConfig(str(tmp_path / "state")))


def heard(tmp_path: Path, *events: Event) -> tuple[Log, list[str]]:
    """Publish events to the managers; return all events, and the titles kept."""

    async def go() -> tuple[Log, list[str]]:
        bus = EventBus()
        log = Log(bus)
        async with open_desk(config(tmp_path)) as desk:
            managers = [
                EmbeddingsManager(event_bus=bus, config=config(tmp_path), documents=desk),
                RetrievalManager(event_bus=bus, config=config(tmp_path)),
            ]
            for manager in managers:
                bus.register(manager)
            for event in events:
                bus.publish(event)
            await asyncio.sleep(1.0)
            found = [each.title for each in await desk.search("plumber", 5)]
            for manager in managers:
                await manager.shutdown()
            await bus.aclose()
        return log, found

    return run_virtual(go())


def test_a_text_that_is_ready_becomes_a_document(tmp_path: Path) -> None:
    log, found = heard(
        tmp_path,
        TextForEmbeddingReady(text="The plumber.\n\nCall Anna."),
        TextForEmbeddingReady(text="  "),
    )
    assert [event.title for event in log.all_of(TextEmbedded)] == ["The plumber."]
    assert found == ["The plumber."]


def test_a_store_that_fails_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def keep(_desk: LibraryDesk, _text: str) -> str:
        raise EdgeError("the disk is full")

    monkeypatch.setattr(LibraryDesk, "keep", keep)
    log, _ = heard(tmp_path, TextForEmbeddingReady(text="The plumber."))
    (error,) = log.all_of(ErrorOccurred)
    assert (error.component, error.error_message) == ("embeddings", "the disk is full")


def test_what_was_found_is_told(tmp_path: Path) -> None:
    log, _ = heard(
        tmp_path,
        ToolResultOccurred(turn_id=3, name="local_search", content="Manual: Turn it."),
        ToolResultOccurred(turn_id=4, name="local_search", content="Nothing.", ok=False),
        ToolResultOccurred(turn_id=5, name="get_time", content="Four."),
    )
    updates = log.all_of(RetrievalUpdated)
    assert [(each.turn_id, each.text, each.is_final) for each in updates] == [
        (3, "Manual: Turn it.", True)
    ]


Play = Callable[[EventBus], Awaitable[None]]


def watched(tmp_path: Path, reader: Reader, play: Play) -> None:
    async def go() -> None:
        bus = EventBus()
        async with open_desk(config(tmp_path)) as desk:
            manager = DocumentFolderManager(
                event_bus=bus, config=config(tmp_path), documents=desk,
                folder=tmp_path / "papers", reader=reader,
            )  # fmt: skip
            bus.register(manager)
            await manager.start()
            await asyncio.sleep(1.0)
            await play(bus)
            await manager.shutdown()
            await bus.aclose()

    run_virtual(go())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "papers"
    place.mkdir()
    (place / "one.txt").write_text("one")
    return place


def test_the_folder_is_read_at_the_start_and_when_it_changed(tmp_path: Path, folder: Path) -> None:
    reader = Reader()

    async def play(_bus: EventBus) -> None:
        assert reader.seen == ["read"]
        await asyncio.sleep(2 * LOOK_EVERY_S)
        assert reader.seen == ["read"]
        (folder / "two.txt").write_text("two")
        await asyncio.sleep(LOOK_EVERY_S)
        assert reader.seen == ["read", "read"]

    watched(tmp_path, reader, play)


def test_an_empty_folder_and_one_that_is_known_are_not_read(tmp_path: Path) -> None:
    (tmp_path / "papers").mkdir()
    reader = Reader()

    async def play(_bus: EventBus) -> None:
        assert reader.seen == []

    watched(tmp_path, reader, play)


def test_it_waits_while_somebody_has_the_floor(tmp_path: Path, folder: Path) -> None:
    reader = Reader()

    async def play(bus: EventBus) -> None:
        bus.publish(TurnStateChanged(state="listening"))
        (folder / "two.txt").write_text("two")
        await asyncio.sleep(2 * LOOK_EVERY_S)
        bus.publish(TurnStateChanged(state="speaking"))
        await asyncio.sleep(1.0)
        assert reader.seen == ["read", "hold", "hold"]
        bus.publish(TurnStateChanged(state="attending"))
        await asyncio.sleep(LOOK_EVERY_S)
        assert reader.seen == ["read", "hold", "hold", "go on", "read"]

    watched(tmp_path, reader, play)


@pytest.mark.parametrize(
    ("summary", "says"),
    [
        (Summary(problems=("x.pdf: it is damaged",)), "cannot be read (1)"),
        (EdgeError("its process ended"), "its process ended"),
    ],
)
def test_what_is_wrong_is_logged_once(
    tmp_path: Path, folder: Path, caplog: pytest.LogCaptureFixture,
    summary: Summary | EdgeError, says: str,
) -> None:  # fmt: skip
    reader = Reader(summary)

    async def play(_bus: EventBus) -> None:
        (folder / "two.txt").write_text("two")
        await asyncio.sleep(2 * LOOK_EVERY_S)
        assert reader.seen == ["read", "read"]

    with caplog.at_level(logging.WARNING):
        watched(tmp_path, reader, play)
    (record,) = caplog.records
    assert says in record.message


def test_a_folder_that_is_not_there_is_waited_for(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    reader = Reader()

    async def play(_bus: EventBus) -> None:
        await asyncio.sleep(2 * LOOK_EVERY_S)
        (tmp_path / "papers").mkdir()
        (tmp_path / "papers" / "one.txt").write_text("one")
        await asyncio.sleep(LOOK_EVERY_S)
        assert reader.seen == ["read"]

    with caplog.at_level(logging.WARNING):
        watched(tmp_path, reader, play)
    assert len(caplog.records) == 1
