"""A backup holds what the owner would miss, and only a whole one is put back."""

import contextlib
import datetime
import json
import zipfile

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from xtalk_edge.cli.main import run
from xtalk_edge.errors import EdgeError
from xtalk_edge.store import backup
from xtalk_edge.store.backup import read_backup, restore, write_backup
from xtalk_edge.store.database import FILE_NAME, Database
from xtalk_edge.store.lock import in_use
from xtalk_edge.store.passages import FILE_NAME as DOCUMENTS
from xtalk_edge.store.passages import PassageTable
from xtalk_edge.store.timers import TimerTable

NOON = datetime.datetime(2026, 5, 4, 12, tzinfo=datetime.UTC)


def remember(folder, name):
    with contextlib.closing(Database(folder)) as database:
        TimerTable(database).add(name, 600.0, NOON)


def names(folder):
    with contextlib.closing(Database(folder)) as database:
        return [timer.name for timer in TimerTable(database).all()]


@pytest.fixture
def kept(tmp_path):
    """Return a backup of a device with a timer, documents and settings."""
    remember(tmp_path / "old", "pasta")
    PassageTable(tmp_path / "old").close()
    toml = tmp_path / "my.toml"
    toml.write_text("[turn]\nsilence_ms = 400\n")
    write_backup(tmp_path / "kept", tmp_path / "old", toml)
    return tmp_path / "kept"


def test_what_was_kept_comes_back_elsewhere(tmp_path, kept):
    held, aside = restore(kept, tmp_path / "new", tmp_path / "new.toml")
    assert sorted(held.sizes) == ["settings.toml", f"state/{DOCUMENTS}", f"state/{FILE_NAME}"]
    assert aside == []
    assert names(tmp_path / "new") == ["pasta"]
    assert (tmp_path / "new.toml").read_text() == "[turn]\nsilence_ms = 400\n"
    PassageTable(tmp_path / "new").close()


def test_only_its_owner_may_read_it(tmp_path, kept):
    assert kept.stat().st_mode & 0o777 == 0o600
    restore(kept, tmp_path / "new")
    assert (tmp_path / "new" / FILE_NAME).stat().st_mode & 0o077 == 0


def test_a_device_that_runs_is_kept_too(tmp_path):
    with in_use(tmp_path), contextlib.closing(Database(tmp_path)) as database:
        TimerTable(database).add("tea", 60.0, NOON)
        # Its last write lies in the log beside the file.
        write_backup(tmp_path / "kept", tmp_path, None)
    restore(tmp_path / "kept", tmp_path / "new")
    assert names(tmp_path / "new") == ["tea"]


def test_what_was_there_is_kept_beside_it(tmp_path, kept):
    remember(tmp_path / "new", "eggs")
    (tmp_path / "new.toml").write_text("# mine")
    _, aside = restore(kept, tmp_path / "new", tmp_path / "new.toml")
    assert names(tmp_path / "new") == ["pasta"]
    before, toml = aside
    assert toml.read_text() == "# mine"
    before.rename(tmp_path / "again.sqlite3")
    assert b"eggs" in (tmp_path / "again.sqlite3").read_bytes()


def test_a_device_that_runs_is_not_restored(tmp_path, kept):
    remember(tmp_path / "new", "eggs")
    with in_use(tmp_path / "new"), pytest.raises(EdgeError, match="end the device first"):
        restore(kept, tmp_path / "new")
    assert names(tmp_path / "new") == ["eggs"]


def test_nothing_is_no_backup(tmp_path):
    with pytest.raises(EdgeError, match="holds nothing yet"):
        write_backup(tmp_path / "kept", tmp_path / "nowhere", None)


def test_where_nothing_can_be_written_it_says_so(tmp_path):
    remember(tmp_path, "pasta")
    with pytest.raises(EdgeError, match="cannot be written"):
        write_backup(tmp_path / "no" / "such" / "folder", tmp_path, None)


def test_a_damaged_file_is_not_kept(tmp_path):
    (tmp_path / FILE_NAME).write_bytes(b"garbage" * 1000)
    with pytest.raises(EdgeError, match="cannot be copied"):
        write_backup(tmp_path / "kept", tmp_path, None)
    assert not (tmp_path / "kept").exists()


def test_settings_that_are_not_there_are_asked_for_in_vain(tmp_path):
    remember(tmp_path, "pasta")
    write_backup(tmp_path / "kept", tmp_path, None)
    with pytest.raises(EdgeError, match="holds no settings"):
        restore(tmp_path / "kept", tmp_path / "new", tmp_path / "new.toml")


def rebuilt(kept, **files):
    """Write an archive anew, with other files in it; None leaves one out."""
    with zipfile.ZipFile(kept) as old:
        content = {name: old.read(name) for name in old.namelist()}
    content.update({name.replace("__", "/"): text for name, text in files.items()})
    with zipfile.ZipFile(kept, "w") as new:
        for name, text in content.items():
            if text is not None:
                new.writestr(name, text)


def about(kept, **changes):
    with zipfile.ZipFile(kept) as archive:
        return json.dumps({**json.loads(archive.read("about.json")), **changes})


def test_another_file_in_its_place_is_found_out(tmp_path, kept):
    rebuilt(kept, **{f"state__{FILE_NAME}": b"something else"})
    with pytest.raises(EdgeError, match="is not what was put into it"):
        restore(kept, tmp_path / "new")
    assert not (tmp_path / "new" / FILE_NAME).exists()


def test_a_path_that_leads_out_is_refused(tmp_path, kept):
    digest = {"../../escaped": "0" * 64}
    rebuilt(kept, **{"about.json": about(kept, sha256=digest), "../../escaped": b"x"})
    with pytest.raises(EdgeError, match="which no backup has"):
        restore(kept, tmp_path / "new")
    assert not list(tmp_path.parent.rglob("escaped"))


@pytest.mark.parametrize(
    "changes", [{"format": 2}, {"format": None}, {"sha256": None}, {"sha256": {FILE_NAME: 5}}]
)
def test_another_kind_of_archive_is_refused(tmp_path, kept, changes):
    rebuilt(kept, **{"about.json": about(kept, **changes)})
    with pytest.raises(EdgeError):
        read_backup(kept)


@pytest.mark.parametrize("text", [None, b"", b"[]", b"{", b"\xff"])
def test_one_that_does_not_say_what_it_is_is_refused(kept, text):
    rebuilt(kept, **{"about.json": text})
    with pytest.raises(EdgeError):
        read_backup(kept)


def test_a_bomb_does_not_go_off(kept, monkeypatch):
    monkeypatch.setattr(backup, "MOST_BYTES", 1000)
    with pytest.raises(EdgeError, match="larger than any"):
        read_backup(kept)


def test_one_of_a_newer_program_is_refused(kept, monkeypatch):
    monkeypatch.setitem(backup.NEWEST, FILE_NAME, 1)
    with pytest.raises(EdgeError, match="newer version"):
        read_backup(kept)


@settings(deadline=None, max_examples=60,
          suppress_health_check=[HealthCheck.function_scoped_fixture])  # fmt: skip
@given(data=st.data())
def test_a_damaged_archive_is_one_sentence(kept, data):
    whole = kept.read_bytes()
    content = bytearray(whole)
    start = data.draw(st.integers(0, len(content) - 1))
    if data.draw(st.booleans()):
        del content[start:]
    else:
        content[start : start + 8] = data.draw(st.binary(min_size=8, max_size=8))
    spoilt = kept.with_name("spoilt")
    spoilt.write_bytes(content)
    try:
        held = read_backup(spoilt)
    except EdgeError as error:
        assert str(error).isprintable()
    else:
        # What was hit does not matter to anybody, such as a time in the archive's list.
        assert held == read_backup(kept)


# -- the commands --------------------------------------------------------------------------


def test_the_commands_speak_plainly(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    remember(tmp_path / "old", "pasta")
    assert run(["backup", "--state-dir", "old"]) == 0
    (path,) = tmp_path.glob("xtalk-edge-*.backup")
    assert path.name in capsys.readouterr().out
    assert run(["restore", "--check", path.name]) == 0
    assert "It is whole." in capsys.readouterr().out
    assert run(["restore", "--yes", path.name, "--state-dir", "new"]) == 0
    assert "Start the device again" in capsys.readouterr().out
    assert names(tmp_path / "new") == ["pasta"]


def test_a_file_that_is_not_there_is_said(tmp_path, capsys):
    assert run(["restore", "--check", str(tmp_path / "gone")]) == 1
    assert "cannot be read: No such file" in capsys.readouterr().err
