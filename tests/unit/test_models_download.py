"""What is fetched is whole and right, or refused in a sentence, whatever the server does."""

from __future__ import annotations

import errno
import hashlib
import io
import random
import shutil
import ssl
import urllib.error
import urllib.request
from collections import namedtuple
from dataclasses import replace
from http.client import HTTPMessage
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.file_server import FileServer, Served, file_server
from xtalk_edge.errors import ModelError
from xtalk_edge.models import connection
from xtalk_edge.models.digests import Published, from_list, git_sha1
from xtalk_edge.models.download import Download, fetch_list
from xtalk_edge.models.patience import Patience

QUICK = Patience(silent_s=0.3, fruitless_tries=3, first_pause_s=0.0, longest_pause_s=0.0)
PATIENT = replace(QUICK, silent_s=30.0)
"""Where a busy machine must not pass for a server that says nothing."""
UNKNOWN = Published()
CONTENT = random.Random(1).randbytes(300_000)
SHA256 = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def server():
    with file_server() as state:
        state.files["/model.onnx"] = Served(CONTENT)
        yield state


def fetch(
    server: FileServer,
    folder: Path,
    *,
    path: str = "/model.onnx",
    published: Published = UNKNOWN,
    most_bytes: int = 1_000_000,
    patience: Patience = QUICK,
    mirrors: tuple[str, ...] = (),
) -> Path:
    to = folder / "model.onnx"
    urls = [*mirrors, server.url + path]
    Download(urls, to, published, most_bytes, patience=patience, pause=lambda s: None).run()
    return to


def left(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_file_comes_whole_and_leaves_nothing_else(server, tmp_path):
    assert fetch(server, tmp_path).read_bytes() == CONTENT
    assert left(tmp_path) == ["model.onnx"]
    assert all(agent.startswith("xtalk-edge/") for agent in server.agents)


def test_twenty_drops_are_borne(server, tmp_path):
    server.files["/model.onnx"].drop_after = [10_000] * 20
    assert fetch(server, tmp_path, patience=PATIENT).read_bytes() == CONTENT
    assert len(server.asked) == 21
    assert server.asked[20] == ("/model.onnx", "bytes=200000-")


def test_twenty_drops_are_borne_without_ranges_as_long_as_each_brings_more(server, tmp_path):
    file = server.files["/model.onnx"]
    file.ranges, file.drop_after = False, [5_000 * n for n in range(1, 21)]
    assert fetch(server, tmp_path).read_bytes() == CONTENT


def test_what_was_fetched_is_gone_on_with_another_day(server, tmp_path):
    file = server.files["/model.onnx"]
    file.drop_after = [100_000, 0, 0, 0, 0]
    with pytest.raises(ModelError, match=r"connection ended early.*0\.1 MB are there already"):
        fetch(server, tmp_path)
    assert left(tmp_path) == ["model.onnx.part", "model.onnx.tag"]
    file.drop_after = []
    server.asked.clear()
    assert fetch(server, tmp_path).read_bytes() == CONTENT
    assert server.asked == [("/model.onnx", "bytes=100000-")]


def test_another_version_in_between_begins_anew(server, tmp_path):
    file = server.files["/model.onnx"]
    file.drop_after = [100_000, 0, 0, 0]
    with pytest.raises(ModelError):
        fetch(server, tmp_path)
    file.content, file.tag, file.drop_after = bytes(200_000), '"two"', []
    assert fetch(server, tmp_path).read_bytes() == bytes(200_000)


def test_a_server_that_names_no_version_is_not_gone_on_with_unless_a_digest_will_tell(
    server, tmp_path
):
    file = server.files["/model.onnx"]
    file.tag, file.drop_after = "", [100_000]
    assert fetch(server, tmp_path).read_bytes() == CONTENT
    assert [asked for _, asked in server.asked] == [None, None]
    (tmp_path / "model.onnx").unlink()
    server.asked.clear()
    file.drop_after = [100_000]
    assert fetch(server, tmp_path, published=Published(SHA256)).read_bytes() == CONTENT
    assert [asked for _, asked in server.asked] == [None, "bytes=100000-"]


def test_a_wrong_file_is_refused_and_not_kept(server, tmp_path):
    server.files["/model.onnx"].content = bytes(300_000)
    with pytest.raises(ModelError, match="is not the file that was published: its SHA-256"):
        fetch(server, tmp_path, published=Published(SHA256))
    assert left(tmp_path) == []


def test_a_mirror_that_has_another_file_is_passed_over(server, tmp_path):
    server.files["/mirror"] = Served(bytes(10))
    mirrors = (f"{server.url}/mirror", f"{server.url}/nothing-here")
    fetched = fetch(server, tmp_path, published=Published(SHA256), mirrors=mirrors)
    assert fetched.read_bytes() == CONTENT


def test_a_server_that_promises_more_than_it_has_is_given_up(server, tmp_path):
    server.files["/model.onnx"].told_length = 400_000
    with pytest.raises(ModelError, match="cannot be fetched"):
        fetch(server, tmp_path)
    assert "model.onnx" not in left(tmp_path)


def test_a_server_that_promises_less_than_it_has_is_found_out_by_size_and_digest(server, tmp_path):
    server.files["/model.onnx"].told_length = 1_000
    with pytest.raises(ModelError, match="SHA-256"):
        fetch(server, tmp_path, published=Published(SHA256))
    with pytest.raises(ModelError, match="1,000 bytes instead of 300,000"):
        fetch(server, tmp_path, published=Published(size=300_000))
    assert left(tmp_path) == []


def test_an_endless_body_ends(server, tmp_path):
    file = server.files["/model.onnx"]
    file.endless, file.tells_length = True, False
    with pytest.raises(ModelError, match="does not end where it should"):
        fetch(server, tmp_path)
    assert left(tmp_path) == []


def test_a_body_of_unknown_length_is_trusted_only_where_its_size_is_published(server, tmp_path):
    file = server.files["/model.onnx"]
    file.tells_length = False
    with pytest.raises(ModelError, match="does not say how long it is"):
        fetch(server, tmp_path)
    assert fetch(server, tmp_path, published=Published(size=300_000)).read_bytes() == CONTENT


def test_what_is_longer_than_known_is_not_fetched(server, tmp_path):
    with pytest.raises(ModelError, match="300,000 bytes, more than the 200,000 known"):
        fetch(server, tmp_path, most_bytes=200_000)
    assert left(tmp_path) == []


@pytest.mark.slow
def test_a_slow_drip_is_given_up(server, tmp_path):
    server.files["/model.onnx"].drip = 0.02
    with pytest.raises(ModelError, match="too slowly"):
        fetch(server, tmp_path)


@pytest.mark.slow
def test_a_silent_server_is_given_up(server, tmp_path):
    server.files["/model.onnx"].drip = 3.0
    with pytest.raises(ModelError, match="does not answer"):
        fetch(server, tmp_path)


def test_a_busy_server_is_asked_again_and_a_firm_no_is_taken(server, tmp_path):
    server.files["/model.onnx"].answers = [503, 429]
    assert fetch(server, tmp_path).read_bytes() == CONTENT
    with pytest.raises(ModelError, match="answered 404"):
        fetch(server, tmp_path, path="/nothing")
    server.files["/secret"] = Served(answers=[403])
    with pytest.raises(ModelError, match="answered 403"):
        fetch(server, tmp_path, path="/secret")
    assert [path for path, _ in server.asked] == ["/model.onnx"] * 3 + ["/nothing", "/secret"]


def test_no_network_is_told(tmp_path):
    with file_server() as gone:
        pass
    with pytest.raises(ModelError, match=r"Connection refused.*check the network"):
        fetch(gone, tmp_path)


def test_a_proxy_is_asked_and_one_that_is_gone_is_named(server, tmp_path, monkeypatch):
    monkeypatch.setenv("no_proxy", "")
    monkeypatch.setenv("http_proxy", server.url)
    elsewhere = "http://models.invalid/model.onnx"
    server.files[elsewhere] = server.files["/model.onnx"]
    assert fetch(server, tmp_path, mirrors=(elsewhere,)).read_bytes() == CONTENT
    assert [path for path, _ in server.asked] == [elsewhere]
    monkeypatch.setenv("http_proxy", "http://owner:word@127.0.0.1:9/")
    (tmp_path / "model.onnx").unlink()
    with pytest.raises(ModelError, match=r"refused.*by way of the proxy 127.0.0.1:9") as raised:
        fetch(server, tmp_path)
    assert "word" not in str(raised.value)


def test_redirects_are_followed_to_web_addresses_only(server, tmp_path):
    server.files["/old"] = Served(redirect=f"{server.url}/model.onnx")
    assert fetch(server, tmp_path, path="/old").read_bytes() == CONTENT
    server.files["/file"] = Served(redirect="ftp://127.0.0.1/model.onnx")
    with pytest.raises(ModelError, match="no web address"):
        fetch(server, tmp_path, path="/file")


def test_an_encrypted_address_does_not_lead_to_a_plain_one():
    redirects = connection._Redirects()
    request = urllib.request.Request("https://there/model")
    headers = HTTPMessage()
    with pytest.raises(ModelError, match="not encrypted"):
        redirects.redirect_request(request, io.BytesIO(), 302, "", headers, "http://there/model")


def test_an_expired_certificate_is_told():
    reason = ssl.SSLCertVerificationError("verify failed")
    reason.verify_message = "certificate has expired"
    told = connection._told("https://there/model", urllib.error.URLError(reason))
    assert isinstance(told, ModelError)
    assert "certificate has expired" in str(told)
    assert "date" in str(told)


def test_what_hugging_face_tells_counts(server, tmp_path):
    server.files["/large"] = Served(
        redirect=f"{server.url}/model.onnx",
        headers={
            "X-Repo-Commit": "1", "X-Linked-Etag": f'"{SHA256}"', "X-Linked-Size": "300000",
        },
    )  # fmt: skip
    assert fetch(server, tmp_path, path="/large").read_bytes() == CONTENT
    server.files["/model.onnx"].content = bytes(300_000)
    with pytest.raises(ModelError, match="SHA-256"):
        fetch(server, tmp_path, path="/large")


def test_a_small_file_of_hugging_face_is_checked_by_its_git_name(server, tmp_path):
    right = tmp_path / "right"
    right.write_bytes(b"tokens")
    tag = f'"{git_sha1(right)}"'
    server.files["/small"] = Served(b"tokens", tag=tag, headers={"X-Repo-Commit": "1"})
    assert fetch(server, tmp_path, path="/small").read_bytes() == b"tokens"
    server.files["/small"].content = b"others"
    with pytest.raises(ModelError, match="git digest"):
        fetch(server, tmp_path, path="/small")


def test_a_full_disk_is_told_before_and_while_writing(server, tmp_path, monkeypatch):
    usage = namedtuple("usage", "total used free")
    with monkeypatch.context() as patch:
        patch.setattr(shutil, "disk_usage", lambda path: usage(0, 0, 1_000))
        with pytest.raises(ModelError, match="disk is too full"):
            fetch(server, tmp_path)

    def full(*args, **kwargs):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "open", full)
    with pytest.raises(ModelError, match="disk is full"):
        fetch(server, tmp_path)


def test_a_list_of_digests_is_read_in_both_orders(server):
    lists = f"model.tar.bz2\t{SHA256}\n{'0' * 64} *other.onnx\n"
    server.files["/checksum.txt"] = Served(lists.encode())
    text = fetch_list(f"{server.url}/checksum.txt", QUICK)
    assert from_list(text, "model.tar.bz2") == SHA256
    assert from_list(text, "other.onnx") == "0" * 64
    assert from_list(text, "unknown.onnx") == ""
    assert fetch_list(f"{server.url}/nothing", QUICK) == ""


@given(st.lists(st.tuples(st.integers(0, 10**9), st.floats(0, 1e6))), st.floats(0, 1))
@pytest.mark.slow
def test_patience_ends_and_pauses_stay_within_limits(tries, chance):
    patience = Patience()
    fruitless = 0
    for gained, took_s in tries:
        fruitless = 0 if patience.is_progress(gained, took_s) else fruitless + 1
        pause_s = patience.pause_s(fruitless, chance)
        assert 0 <= pause_s <= patience.longest_pause_s
        assert (pause_s == 0) == (fruitless == 0)


@given(st.text(), st.text())
def test_any_text_is_a_list_of_digests(text, name):
    found = from_list(text, name)
    assert found == "" or len(found) == 64
