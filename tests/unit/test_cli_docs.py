"""`xtalk-edge docs` takes documents in, lists them, finds passages and forgets."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.tiny_embedding import write_embedding
from xtalk_edge.cli.main import run


class Asked:
    def __init__(self, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys
        self.settings = [f"store.state_dir={home / 'state'}"]

    def __call__(self, *arguments: str | Path) -> tuple[int, str]:
        chosen = [part for each in self.settings for part in ("--set", each)]
        code = run(["docs", *map(str, arguments), *chosen])
        out, err = self._capsys.readouterr()
        return code, out + err


@pytest.fixture
def ask(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Asked:
    return Asked(tmp_path, capsys)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "papers"
    place.mkdir()
    (place / "machine.md").write_text("# Machine\n\nThe filter sits low.\n\n## Long\n" + 99 * "x ")
    (place / "house.txt").write_text("The door code is 1234.")
    return place


@pytest.mark.slow
def test_documents_come_and_go(ask: Asked, folder: Path) -> None:
    assert "no documents yet" in ask("list")[1]
    assert ask("add", folder) == (0, "2 added; 3 passages in all.\n")
    (folder / "house.txt").unlink()
    assert ask("add", folder) == (0, "1 unchanged, 1 removed; 2 passages in all.\n")
    assert ask("list") == (0, f"Machine\n  {folder / 'machine.md'}, 2 passages\n")
    code, out = ask("search", "where", "is", "the", "filter")
    assert (code, out.splitlines()[:2]) == (0, ["Machine", "  The filter sits low."])
    assert ask("remove", "Machine") == (0, "Machine is forgotten.\n")
    assert ask("search", "filter") == (1, "Nothing was found.\n")


@pytest.mark.slow
def test_everything_can_be_read_by_a_program(ask: Asked, folder: Path) -> None:
    records = [json.loads(line) for line in ask("add", folder, "--json")[1].splitlines()]
    assert [(each["outcome"], each["passages"]) for each in records] == [("added", 1), ("added", 2)]
    (house, _) = [json.loads(line) for line in ask("list", "--json")[1].splitlines()]
    assert (house["title"], house["passages"]) == ("house", 1)
    (found,) = [json.loads(line) for line in ask("search", "door", "--json")[1].splitlines()]
    assert found["text"] == "The door code is 1234."


@pytest.mark.parametrize("name", ["house", "house.txt", "{folder}/house.txt", "{folder}"])
def test_what_is_to_be_forgotten_has_several_names(ask: Asked, folder: Path, name: str) -> None:
    ask("add", folder)
    code, out = ask("remove", name.format(folder=folder))
    assert code == 0
    assert "house is forgotten." in out


def test_what_cannot_be_done_is_a_sentence(ask: Asked, folder: Path) -> None:
    (folder / "broken.pdf").write_bytes(b"no pdf")
    code, out = ask("add", folder, folder / "missing.txt")
    assert code == 1
    assert f"{folder / 'broken.pdf'}: it is damaged, or no PDF" in out
    assert f"{folder / 'missing.txt'}: it cannot be read (No such file or directory)" in out
    assert "2 added, 2 refused; 3 passages in all." in out
    assert ask("remove", "nobody") == (
        2, "xtalk-edge: there is no document 'nobody'; xtalk-edge docs list shows them\n",
    )  # fmt: skip


@pytest.mark.slow
def test_another_model_is_learnt_with_the_next_search(ask: Asked, folder: Path) -> None:
    (folder / "car.txt").write_text("vehicle")
    ask("add", folder)
    assert ask("search", "automobile")[0] == 1
    model = write_embedding(folder)
    ask.settings += ["embeddings.type=llama", f"embeddings.model={model}", "embeddings.threads=1"]
    code, out = ask("search", "automobile", "--most", "1")
    assert code == 0
    assert out.splitlines()[0] == "car"


@pytest.mark.slow
def test_documents_are_listed_and_forgotten_without_their_model(ask: Asked, folder: Path) -> None:
    ask("add", folder)
    ask.settings += ["embeddings.type=llama", "embeddings.model=/gone.gguf"]
    assert ask("add", folder)[0] == 3
    assert ask("list")[0] == 0
    assert ask("remove", "house") == (0, "house is forgotten.\n")
