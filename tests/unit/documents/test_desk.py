"""The appliance asks its documents off the loop, and has them read by a process of its own."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path
from typing import Any

import pytest

from tests.tiny_embedding import write_embedding
from xtalk_edge.clock import run_virtual
from xtalk_edge.config.places import StoreConfig
from xtalk_edge.config.schema import Config, EmbeddingsConfig
from xtalk_edge.documents.desk import open_desk
from xtalk_edge.documents.folder_reader import FolderReader, Summary
from xtalk_edge.documents.intake import listing
from xtalk_edge.errors import EdgeError
from xtalk_edge.store.passages import FILE_NAME


def config(tmp_path: Path, embeddings: EmbeddingsConfig | None = None) -> Config:
    return Config(
        store=StoreConfig(str(tmp_path / "state")), embeddings=embeddings or EmbeddingsConfig()
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "papers"
    place.mkdir()
    (place / "car.txt").write_text("vehicle")
    (place / "broken.pdf").write_bytes(b"no pdf")
    return place


@pytest.fixture(
    params=[pytest.param(asyncio.run, id="real time", marks=pytest.mark.slow),
            pytest.param(run_virtual, id="virtual time")]
)  # fmt: skip
def run(request: pytest.FixtureRequest) -> Any:
    return request.param


def test_a_device_without_documents_has_no_file_of_them(tmp_path: Path, run: Any) -> None:
    async def go() -> None:
        async with open_desk(config(tmp_path)):
            pass
        assert not (tmp_path / "state" / FILE_NAME).exists()

    run(go())


@pytest.mark.slow
def test_texts_are_kept_and_found(tmp_path: Path, run: Any) -> None:
    model = {"model": str(write_embedding(tmp_path)), "threads": 1}
    settings = config(tmp_path, EmbeddingsConfig("llama", params=model))

    async def go() -> None:
        async with open_desk(settings) as desk:
            assert await desk.keep("vehicle") == "vehicle"
            (found,) = await desk.search("automobile", 3)
            assert found.text == "vehicle"

    run(go())


def test_a_folder_is_read_and_what_is_wrong_with_it_told(
    tmp_path: Path, folder: Path, run: Any
) -> None:
    settings = config(tmp_path)

    async def go() -> None:
        async with open_desk(settings) as desk:
            assert not await desk.is_complete(folder, listing(folder))
            summary = await FolderReader(settings, folder).read()
            assert (summary.taken, summary.removed, len(summary.problems)) == (1, 0, 1)
            assert "broken.pdf" in summary.problems[0]
            assert len(await desk.search("vehicle", 3)) == 1
            (folder / "broken.pdf").unlink()
            assert await desk.is_complete(folder, listing(folder))
            assert await FolderReader(settings, folder).read() == Summary()

    run(go())


async def begun(reader: FolderReader) -> int:
    """Return the number of its process, once there is one."""
    while reader._process is None:  # noqa: ASYNC110 - it has nothing else to wait for
        await asyncio.sleep(0)
    return reader._process.pid


def state_of(pid: int) -> str:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


@pytest.mark.slow
def test_it_stands_still_while_it_is_held(tmp_path: Path, folder: Path) -> None:
    async def go() -> None:
        reader = FolderReader(config(tmp_path), folder)
        reader.hold()
        reading = asyncio.ensure_future(reader.read())
        pid = await begun(reader)
        while state_of(pid) != "T":  # noqa: ASYNC110 - another process tells nobody
            await asyncio.sleep(0.001)
        assert not reading.done()
        reader.go_on()
        assert (await reading).taken == 1
        # Nobody is there any more.
        reader.hold()
        reader.go_on()

    asyncio.run(go())


def test_one_that_is_given_up_is_ended(tmp_path: Path, folder: Path) -> None:
    async def go() -> int:
        reader = FolderReader(config(tmp_path), folder)
        reader.hold()
        reading = asyncio.ensure_future(reader.read())
        pid = await begun(reader)
        reading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reading
        return pid

    pid = asyncio.run(go())
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


@pytest.mark.slow
def test_a_model_that_it_cannot_load_is_a_sentence(tmp_path: Path) -> None:
    wrong = EmbeddingsConfig("llama", params={"model": str(tmp_path / "none.gguf")})
    with pytest.raises(EdgeError, match=r"none\.gguf is missing"):
        asyncio.run(FolderReader(config(tmp_path, wrong), tmp_path).read())


def test_one_that_dies_is_a_sentence(tmp_path: Path, folder: Path) -> None:
    async def go() -> None:
        reader = FolderReader(config(tmp_path), folder)
        reading = asyncio.ensure_future(reader.read())
        os.kill(await begun(reader), signal.SIGKILL)
        await reading

    with pytest.raises(EdgeError, match="was not read"):
        asyncio.run(go())
