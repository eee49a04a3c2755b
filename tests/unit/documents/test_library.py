"""Documents are taken in from files, given vectors, and found."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.tiny_embedding import write_embedding
from xtalk_edge.config.places import StoreConfig
from xtalk_edge.config.schema import Config, EmbeddingsConfig
from xtalk_edge.documents.intake import (
    Outcome,
    Taken,
    is_complete,
    listing,
    readable_files,
    take_in,
)
from xtalk_edge.documents.library import TITLE_CHARS, Library, model_of, open_library, shortened
from xtalk_edge.engines.embeddings.none import NoEmbeddings
from xtalk_edge.engines.interfaces import Embeddings
from xtalk_edge.errors import EngineError
from xtalk_edge.store.passages import PassageTable


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with open_library(Config(store=StoreConfig(str(tmp_path / "state")))) as opened:
        yield opened


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "papers"
    (place / "deep").mkdir(parents=True)
    (place / "machine.md").write_text("# Washing machine\n\n## Care\nThe filter sits low.\n")
    (place / "deep" / "house.txt").write_text("The door code is 1234.")
    (place / "photo.jpg").write_bytes(b"\xff\xd8")
    (place / ".hidden.txt").write_text("Not for reading.")
    return place


def outcomes(taken: list[Taken]) -> dict[str, Outcome]:
    return {Path(each.path).name: each.outcome for each in taken}


def test_a_folder_is_read_once_and_followed(library: Library, folder: Path) -> None:
    begun: list[tuple[int, int]] = []
    taken = list(take_in(library, [folder], lambda _path, *numbers: begun.append(numbers)))
    assert outcomes(taken) == {"house.txt": Outcome.ADDED, "machine.md": Outcome.ADDED}
    assert begun == [(1, 2), (2, 2)]
    (found,) = library.search("where is the filter", 3)
    assert (found.title, found.heading) == ("Washing machine", "Washing machine > Care")
    assert {*outcomes(list(take_in(library, [folder]))).values()} == {Outcome.UNCHANGED}
    assert is_complete(library, folder, listing(folder))

    (folder / "machine.md").write_text("The filter sits high.")
    (folder / "deep" / "house.txt").unlink()
    assert not is_complete(library, folder, listing(folder))
    assert outcomes(list(take_in(library, [folder]))) == {
        "house.txt": Outcome.REMOVED, "machine.md": Outcome.CHANGED,
    }  # fmt: skip
    assert library.search("door code", 3) == []
    assert library.search("filter", 3)[0].title == "machine"


def test_a_file_with_a_new_date_and_the_same_content_is_not_read(
    library: Library, folder: Path
) -> None:
    file = folder / "machine.md"
    list(take_in(library, [file]))
    os.utime(file, (1, 1))
    for _ in range(2):
        assert outcomes(list(take_in(library, [file]))) == {"machine.md": Outcome.UNCHANGED}


def test_one_bad_file_does_not_keep_the_others_out(library: Library, folder: Path) -> None:
    list(take_in(library, [folder]))
    (folder / "machine.md").write_bytes(b"\x00\x01")
    (folder / "new.pdf").write_bytes(b"no pdf")
    missing = folder / "missing.txt"
    taken = list(take_in(library, [missing, folder]))
    assert outcomes(taken) == {
        "missing.txt": Outcome.REFUSED, "house.txt": Outcome.UNCHANGED,
        "machine.md": Outcome.REFUSED, "new.pdf": Outcome.REFUSED,
    }  # fmt: skip
    for each in taken:
        assert bool(each.problem) == (each.outcome is Outcome.REFUSED)
        assert each.problem == "" or each.problem.startswith(f"{each.path}: ")
    assert library.search("filter", 3) == []


def test_a_folder_that_is_not_plugged_in_is_not_forgotten(library: Library, folder: Path) -> None:
    list(take_in(library, [folder]))
    folder.rename(folder.with_name("away"))
    (taken,) = take_in(library, [folder])
    assert taken.outcome is Outcome.REFUSED
    assert library.search("door", 3) != []
    with pytest.raises(FileNotFoundError):
        listing(folder)


def test_what_is_in_a_folder_that_cannot_be_read_is_not_forgotten(
    library: Library, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    list(take_in(library, [folder]))
    scandir = os.scandir

    def locked(place: str) -> Iterator[os.DirEntry[str]]:
        if str(place).endswith("deep"):
            raise PermissionError(13, "Permission denied", place)
        return scandir(place)

    monkeypatch.setattr(os, "scandir", locked)
    (taken,) = take_in(library, [folder])
    assert taken.problem == f"{folder}: it cannot be read (Permission denied)"
    assert library.search("door", 3) != []


def test_links_are_not_followed(folder: Path) -> None:
    (folder / "deep" / "up").symlink_to(folder)
    (folder / "link.txt").symlink_to(folder / "machine.md")
    assert [path.name for path in readable_files(folder)] == ["house.txt", "machine.md"]


def test_a_text_without_a_file_is_a_document(library: Library) -> None:
    text = "The plumber is called Anna.\n\nHer number is twelve."
    assert library.put_text(text) == "The plumber is called Anna."
    library.put_text(text)
    assert [each.title for each in library.table.documents()] == ["The plumber is called Anna."]
    assert library.search("plumber's number", 1)[0].path.startswith("text:")


def test_names_and_texts_that_are_no_text_are_told_and_taken(
    library: Library, folder: Path
) -> None:
    (folder / os.fsdecode(b"\xff.txt")).write_text("Hidden.")
    refused = [each for each in take_in(library, [folder]) if each.problem]
    assert [each.path for each in refused] == [f"{folder}/\ufffd.txt"]
    assert "its name is of an unknown encoding" in refused[0].problem
    library.put_text("half \ud800 a character")
    assert len(library.search("half \ud800", 1)) == 1


def test_a_file_is_known_wherever_it_is_named_from(
    library: Library, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    list(take_in(library, [folder]))
    monkeypatch.chdir(folder / "deep")
    (taken,) = take_in(library, [Path("../deep/house.txt")])
    assert taken.outcome is Outcome.UNCHANGED


def test_titles_are_cut_behind_a_word() -> None:
    assert shortened("a  b\nc", 9) == "a b c"
    assert len(shortened("word " * 40, TITLE_CHARS)) <= TITLE_CHARS
    assert shortened("abc def", 5) == "abc"


# -- with vectors --------------------------------------------------------------------------------


def with_model(tmp_path: Path, model: Path) -> contextlib.AbstractContextManager[Library]:
    embeddings = EmbeddingsConfig("llama", params={"model": str(model), "threads": 1})
    return open_library(Config(store=StoreConfig(str(tmp_path / "state")), embeddings=embeddings))


def test_passages_are_found_by_what_they_mean(tmp_path: Path, folder: Path) -> None:
    (folder / "car.txt").write_text("vehicle")
    (folder / "cat.txt").write_text("kitten")
    with with_model(tmp_path, write_embedding(tmp_path)) as library:
        list(take_in(library, [folder]))
        assert library.lacks_vectors
        assert [*library.complete()] == [(0, 4), (4, 4)]
        assert not library.lacks_vectors
        assert library.search("automobile", 1)[0].text == "vehicle"
        assert library.search("cat", 1)[0].text == "kitten"
        # Words and meaning together.
        assert library.search("wash the filter", 1)[0].title == "Washing machine"


@pytest.mark.slow
def test_another_model_makes_its_own_vectors(tmp_path: Path, folder: Path) -> None:
    (folder / "car.txt").write_text("vehicle")
    with with_model(tmp_path, write_embedding(tmp_path)) as library:
        list(take_in(library, [folder]))
        list(library.complete())
    other = tmp_path / "other"
    other.mkdir()
    with with_model(tmp_path, write_embedding(other, seed=8)) as library:
        # Those of the first are not compared.
        assert library.search("automobile", 1) == []
        assert len(library.table.without_vector(library._model)) == 3
        list(library.complete())
        assert library.search("automobile", 1)[0].text == "vehicle"


def test_an_engine_of_ones_own_is_known_by_its_settings() -> None:
    own = EmbeddingsConfig("own.py:Own", params={"size": 3})
    assert model_of(NoEmbeddings(), EmbeddingsConfig()) == ""
    assert model_of(NoEmbeddings(), own) != model_of(
        NoEmbeddings(), EmbeddingsConfig("own.py:Own", params={"size": 4})
    )


@pytest.mark.parametrize("vectors", [[], [[1.0], [float("nan")]], [[1.0]], [[], [1.0]]])
def test_an_engine_that_gives_no_vectors_is_told_apart(
    tmp_path: Path, vectors: list[list[float]]
) -> None:
    class Broken(Embeddings):
        def embed_documents(self, texts: list[str]) -> list[list[float]]:
            return vectors

        def embed_query(self, text: str) -> list[float]:
            return [1.0]

    library = Library(PassageTable(tmp_path), Broken(), "broken")
    library.put_text("One.")
    library.put_text("Two.")
    with pytest.raises(EngineError, match="no vectors of numbers"):
        list(library.complete())
