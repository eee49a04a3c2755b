"""The cut-down English is made once and found again, or made again where it was damaged."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pocketsphinx
import pytest

from xtalk_edge.engines.asr import pocketsphinx_kept
from xtalk_edge.engines.asr.pocketsphinx_kept import KEPT_FILES, cut_in_child, english_of_words
from xtalk_edge.errors import ModelError

ENGLISH = Path(str(pocketsphinx.get_model_path())) / "en-us" / "en-us.lm.bin"
WORDS = ["what", "time", "is", "it"]


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path / "state"))
    return tmp_path / "state"


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    folder = tmp_path / "scratch"
    folder.mkdir()
    return folder


def kept(state: Path) -> list[Path]:
    return sorted(path for path in state.iterdir() if path.name.startswith("english-"))


@pytest.mark.slow
def test_it_is_cut_once(state: Path, scratch: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = english_of_words(ENGLISH, WORDS, scratch)
    assert pocketsphinx.NGramModel.readfile(str(first)).prob(["time"]) < 0
    monkeypatch.setattr(pocketsphinx_kept, "_cut", lambda *_: pytest.fail("cut again"))
    again = english_of_words(ENGLISH, [*reversed(WORDS)], scratch)
    assert [again] == kept(state)
    assert again.read_bytes() == first.read_bytes()


@pytest.mark.slow
def test_what_the_card_has_worn_out_is_cut_again(state: Path, scratch: Path) -> None:
    english_of_words(ENGLISH, WORDS, scratch)
    (path,) = kept(state)
    good = path.read_bytes()
    path.write_bytes(good[:-1] + bytes([good[-1] ^ 1]))
    assert english_of_words(ENGLISH, WORDS, scratch).read_bytes() == good
    assert [each.read_bytes() for each in kept(state)] == [good]


@pytest.mark.slow
def test_other_words_are_another_file_and_few_are_kept(state: Path, scratch: Path) -> None:
    for number in range(KEPT_FILES + 2):
        english_of_words(ENGLISH, [*WORDS, "red", "blue", "green", "light", "on"][number:], scratch)
        for age, path in enumerate(kept(state)):
            os.utime(path, (1e9 - age, 1e9 - age))
    assert len(kept(state)) == KEPT_FILES


@pytest.mark.slow
def test_where_nothing_can_be_kept_it_is_cut_each_time(
    scratch: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path / "file" / "state"))
    assert english_of_words(ENGLISH, WORDS, scratch).is_file()
    monkeypatch.setattr(pocketsphinx_kept, "default_state_dir", lambda: None)
    assert english_of_words(ENGLISH, WORDS, scratch).parent == scratch


@pytest.mark.slow
def test_a_bad_model_is_a_sentence(state: Path, scratch: Path, tmp_path: Path) -> None:
    bad = tmp_path / "bad.lm.bin"
    with pytest.raises(ModelError, match=r"bad\.lm\.bin: cannot be read"):
        english_of_words(bad, WORDS, scratch)
    bad.write_bytes(ENGLISH.read_bytes()[:900])
    with pytest.raises(ModelError, match=r"bad\.lm\.bin: is no language model as expected"):
        english_of_words(bad, WORDS, scratch)


@pytest.mark.parametrize(
    ("ending", "says"),
    [
        (subprocess.TimeoutExpired("x", 1), "took too long"),
        (subprocess.CompletedProcess([], -9, "", ""), "the process died"),
    ],
)
def test_a_child_that_does_not_end_well_is_a_sentence(
    scratch: Path, state: Path, monkeypatch: pytest.MonkeyPatch, ending: object, says: str
) -> None:
    def run(*_: object, **__: object) -> object:
        if isinstance(ending, Exception):
            raise ending
        return ending

    monkeypatch.setattr(subprocess, "run", run)
    with pytest.raises(ModelError, match=says):
        english_of_words(ENGLISH, WORDS, scratch)


@pytest.mark.slow
def test_the_child_itself(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cut_in_child(str(ENGLISH), str(tmp_path / "x.lm.bin"), WORDS) == 0
    assert (tmp_path / "x.lm.bin").stat().st_size > 700_000
    assert cut_in_child(str(tmp_path / "none"), str(tmp_path / "y"), WORDS) == 3
    assert "cannot be read" in capsys.readouterr().err


@pytest.mark.slow
def test_the_recognisers_process_does_without_numpy(state: Path) -> None:
    code = (
        "import sys; from xtalk_edge.engines.isolated_child import _Host; "
        "_Host().create('asr', 'pocketsphinx', {}); "
        "print(sorted({'numpy', 'importlib.metadata'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
