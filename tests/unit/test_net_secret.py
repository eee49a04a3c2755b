import copy
import dataclasses
import os
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xtalk_edge.errors import ConfigError
from xtalk_edge.net.secret import LONGEST_BYTES, Secret, owners_path, secret_of

WORD = "sk-hunter2"


def refusal(place):
    with pytest.raises(ConfigError) as refused:
        secret_of("uplink.token", place)
    assert str(refused.value).startswith("uplink.token: ")
    assert WORD not in str(refused.value)
    assert str(refused.value).isprintable()
    # What caused it is shown by whoever shows a traceback.
    assert WORD not in repr(refused.value.__cause__)
    return str(refused.value)


@pytest.fixture
def kept(tmp_path):
    def keep(content, mode=0o600, name="token"):
        path = tmp_path / name
        path.write_bytes(content)
        path.chmod(mode)
        return path

    return keep


# -- that it shows nowhere -------------------------------------------------------------------


@dataclasses.dataclass
class Holder:
    token: Secret


@given(st.text(min_size=8, max_size=40))
def test_a_secret_shows_nowhere(word):
    secret = Secret(word)
    shown = [repr(secret), str(secret), f"{secret}", f"{secret!r:>20}", f"{secret!s}",
             repr([secret]), repr(Holder(secret)), repr(ConfigError(secret))]  # fmt: skip
    assert not [each for each in shown if word in each and word not in "Secret(...)"]
    assert secret.reveal() == word
    assert secret.bearer() == {"Authorization": f"Bearer {word}"}


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, pickle.dumps, dataclasses.asdict])
def test_a_secret_is_not_copied(copied):
    what = Holder(Secret(WORD)) if copied is dataclasses.asdict else Secret(WORD)
    with pytest.raises(TypeError, match="neither copied nor saved"):
        copied(what)


def test_no_secret_is_none():
    none = secret_of("uplink.token", "")
    assert not none
    assert (none.reveal(), none.bearer(), repr(none)) == ("", {}, "Secret(none)")
    assert Secret(WORD)


# -- the environment -------------------------------------------------------------------------


def test_it_may_be_in_the_environment(monkeypatch):
    monkeypatch.setenv("EDGE_TOKEN", f" {WORD} \n")
    assert secret_of("uplink.token", "env:EDGE_TOKEN").reveal() == WORD


@pytest.mark.parametrize("word", [None, "", "  "])
def test_a_variable_that_is_missing_is_named(monkeypatch, word):
    monkeypatch.delenv("EDGE_TOKEN", raising=False)
    if word is not None:
        monkeypatch.setenv("EDGE_TOKEN", word)
    assert "the environment variable EDGE_TOKEN is not set" in refusal("env:EDGE_TOKEN")


def test_a_secret_where_its_place_should_be_is_not_repeated():
    for place in (
        WORD,
        f"env:{WORD}",
        f"token:{WORD}",
        f"credential:{WORD}/",
        "env:",
        "file:",
        ":",
    ):
        refusal(place)


@pytest.mark.parametrize("word", ["a\nb", "zwei wörter", "a\x07b", "x" * 16_385])
def test_what_could_not_be_sent_is_refused(monkeypatch, word):
    monkeypatch.setenv("EDGE_TOKEN", word)
    assert "one line of letters and figures" in refusal("env:EDGE_TOKEN")


# -- a file ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content",
    [b"sk-hunter2", b"sk-hunter2\n", b"\xef\xbb\xbfsk-hunter2\r\n", b"\n sk-hunter2 \n\n"],
)
def test_it_may_be_in_a_file(kept, content):
    assert secret_of("uplink.token", f"file:{kept(content)}").reveal() == WORD


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o620, 0o602, 0o610, 0o777])
def test_a_file_that_others_may_touch_is_refused(kept, mode):
    path = kept(WORD.encode(), mode)
    assert f"run chmod 600 {path}" in refusal(f"file:{path}")


@pytest.mark.parametrize("mode", [0o400, 0o600, 0o700])
def test_a_file_of_its_owners_alone_is_read(kept, mode):
    assert secret_of("uplink.token", f"file:{kept(WORD.encode(), mode)}")


def test_of_a_link_the_file_counts(kept, tmp_path):
    link = tmp_path / "link"
    link.symlink_to(kept(WORD.encode()))
    assert secret_of("uplink.token", f"file:{link}").reveal() == WORD
    kept(WORD.encode(), 0o644)
    assert "others may read" in refusal(f"file:{link}")
    (tmp_path / "token").unlink()
    assert "No such file" in refusal(f"file:{link}")


def test_the_home_folder_may_be_meant(kept, tmp_path, monkeypatch):
    kept(WORD.encode())
    monkeypatch.setenv("HOME", str(tmp_path))
    assert secret_of("uplink.token", "file:~/token").reveal() == WORD


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "one line"),
        (b"\n\n", "one line"),
        (b"sk-hunter2\nsk-hunter3\n", "one line"),
        (b"sk-hunter2\xff", "is no text"),
        (b"sk-hunter2\x00", "one line"),
        ("sk-hunter2\u202e".encode(), "one line"),
        (b"s" * (LONGEST_BYTES + 1), "one line"),
        (b"s" * 3_000_000, "one line"),
    ],
)  # fmt: skip
def test_a_file_that_holds_something_else_is_refused(kept, content, why):
    assert why in refusal(f"file:{kept(content)}")


def test_what_is_no_file_is_refused_at_once(tmp_path):
    os.mkfifo(tmp_path / "pipe", 0o600)
    assert "is no file" in refusal(f"file:{tmp_path / 'pipe'}")
    assert "is no file" in refusal("file:/dev/zero")
    assert "is no file" in refusal(f"file:{tmp_path}")
    assert "No such file" in refusal(f"file:{tmp_path / 'nothing'}")
    assert "File name too long" in refusal(f"file:{tmp_path / ('x' * 5000)}")
    assert "is no path" in refusal("file:/etc/to\0ken")
    assert "is no path" in refusal("file:~nobody-of-that-name/token")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_told(kept):
    assert "Permission denied" in refusal(f"file:{kept(WORD.encode(), 0o000)}")


def test_a_path_is_one_that_the_system_can_have():
    with pytest.raises(ConfigError, match="is no path"):
        owners_path("uplink.ca_file", "a\udc00\udfffb\0")


# -- systemd ---------------------------------------------------------------------------------


def test_systemd_may_hand_it_over(kept, tmp_path, monkeypatch):
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    kept(WORD.encode(), 0o440, "edge.token-1")
    assert secret_of("uplink.token", "credential:edge.token-1").reveal() == WORD
    assert "No such file" in refusal("credential:other")


@pytest.mark.parametrize("name", ["..", ".", "a/b", "../token", "/etc/passwd", "a\0b", "a b", ""])
def test_a_credential_leads_nowhere_else(kept, tmp_path, monkeypatch, name):
    (tmp_path / "given").mkdir()
    kept(WORD.encode())
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path / "given"))
    assert "say where the secret is kept" in refusal(f"credential:{name}")


def test_without_systemd_the_cure_is_named(monkeypatch):
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    assert "LoadCredential=token:PATH" in refusal("credential:token")


@given(st.text(max_size=60))
def test_any_place_is_a_secret_or_a_sentence(place):
    try:
        found = secret_of("uplink.token", place)
    except ConfigError as refused:
        assert str(refused).startswith("uplink.token: ")
    else:
        assert isinstance(found, Secret)
