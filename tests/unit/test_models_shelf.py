"""Models come onto the shelf whole, are checked there, and go from it."""

from __future__ import annotations

import fcntl
import hashlib
import io
import os
import random
import tarfile
from pathlib import Path

import pytest

from tests.unit.file_server import FileServer, Served, file_server
from xtalk_edge.errors import ConfigError, ModelError
from xtalk_edge.models.archive import unpack
from xtalk_edge.models.bring import bring
from xtalk_edge.models.manifest import Manifest, Model, ModelFile, read_manifest
from xtalk_edge.models.patience import Patience
from xtalk_edge.models.pull import Puller
from xtalk_edge.models.shelf import FOLDER_VARIABLE, Shelf, clear, named_path

QUICK = Patience(silent_s=0.3, fruitless_tries=2, first_pause_s=0.0, longest_pause_s=0.0)
WEIGHTS = random.Random(2).randbytes(50_000)
TOKENS = b"a 1\nb 2\n"


@pytest.fixture
def server():
    with file_server() as state:
        state.files["/model.onnx"] = Served(WEIGHTS)
        state.files["/tokens.txt"] = Served(TOKENS)
        yield state


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path / "models")


def plain(server: FileServer, **changes: object) -> Model:
    files = (
        ModelFile(url=f"{server.url}/model.onnx", **changes),  # type: ignore[arg-type]
        ModelFile(url=f"{server.url}/tokens.txt"),
    )
    return Model(name="plain", slot="asr", type="sherpa", licence="MIT", file=files)


def pull(shelf: Shelf, model: Model, *, accept_change: bool = False) -> Path:
    puller = Puller(shelf, patience=QUICK, pause=lambda seconds: None)
    return puller.pull(model, accept_change=accept_change)


def archive(members: dict[str, bytes], ending: str = "bz2") -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode=f"w:{ending}") as tar:  # type: ignore[call-overload]
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return packed.getvalue()


def files(folder: Path) -> list[str]:
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())


# -- fetching ----------------------------------------------------------------------------------


def test_a_model_is_there_whole_or_not_at_all(server, shelf):
    server.files["/tokens.txt"].answers = [404]
    with pytest.raises(ModelError, match="404"):
        pull(shelf, plain(server))
    assert shelf.names() == []
    with pytest.raises(ModelError, match="models pull plain"):
        shelf.path("plain")
    server.asked.clear()
    folder = pull(shelf, plain(server))
    assert files(folder) == ["model.json", "model.onnx", "tokens.txt"]
    assert shelf.names() == ["plain"]
    # The first file came the first time.
    assert [path for path, _ in server.asked] == ["/tokens.txt"]
    assert pull(shelf, plain(server)) == folder
    assert len(server.asked) == 1


def test_an_engine_finds_a_model_by_its_name(server, shelf, monkeypatch):
    pull(shelf, plain(server))
    monkeypatch.setenv(FOLDER_VARIABLE, str(shelf.folder))
    assert (named_path("plain") / "model.onnx").read_bytes() == WEIGHTS
    with pytest.raises(ModelError, match=r"there is no model 'other' .*models pull other"):
        named_path("other")
    for path in ("model.onnx", "/srv/model", "~/voices/one.onnx"):
        assert named_path(path) == Path(path).expanduser()


def test_what_a_publisher_lists_is_what_must_come(server, shelf):
    right = hashlib.sha256(WEIGHTS).hexdigest()
    server.files["/checksum.txt"] = Served(f"model.onnx\t{'0' * 64}\n".encode())
    model = plain(server, checksums=f"{server.url}/checksum.txt")
    with pytest.raises(ModelError, match="SHA-256"):
        pull(shelf, model)
    server.files["/checksum.txt"] = Served(f"model.onnx\t{right}\n".encode())
    assert pull(shelf, model).name == "plain"


def test_another_file_under_an_address_that_was_fetched_before_is_noticed(server, shelf):
    pull(shelf, plain(server))
    shelf.remove("plain")
    server.files["/model.onnx"] = Served(bytes(50_000), tag='"two"')
    with pytest.raises(ModelError, match=r"another file than when it was fetched first"):
        pull(shelf, plain(server))
    assert shelf.names() == []
    folder = pull(shelf, plain(server), accept_change=True)
    assert (folder / "model.onnx").read_bytes() == bytes(50_000)


def test_mirrors_are_asked_first(server, shelf):
    server.files["/mirror/model.onnx"] = Served(WEIGHTS)
    there = "http://127.0.0.1:1"
    model = Model(name="far", slot="asr", type="sherpa", licence="MIT",
                  file=(ModelFile(url=f"{there}/model.onnx"),))  # fmt: skip
    puller = Puller(shelf, [f"{there}={server.url}/mirror"], QUICK, lambda seconds: None)
    assert (puller.pull(model) / "model.onnx").read_bytes() == WEIGHTS


def test_two_programs_do_not_fetch_one_model_at_once(server, shelf):
    with shelf.making("plain"), pytest.raises(ModelError, match="another program"):
        pull(shelf, plain(server))


def test_a_folder_that_cannot_be_written_is_told(server, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ModelError, match="cannot be written"):
        pull(Shelf(tmp_path / "file" / "models"), plain(server))


# -- archives ----------------------------------------------------------------------------------


@pytest.mark.parametrize("ending", ["bz2", "gz", "xz"])
def test_an_archive_gives_what_is_kept_of_it(server, shelf, ending):
    members = {
        "top/model.int8.onnx": WEIGHTS, "top/model.onnx": bytes(10), "top/tokens.txt": TOKENS,
        "top/data/de/dict": b"d", "top/._tokens.txt": b"mac",
    }  # fmt: skip
    server.files[f"/packed.tar.{ending}"] = Served(archive(members, ending))
    file = ModelFile(
        url=f"{server.url}/packed.tar.{ending}", keep=("*.int8.onnx", "tokens.txt", "data/*")
    )
    model = Model(name="packed", slot="asr", type="sherpa", licence="MIT", file=(file,))
    folder = pull(shelf, model)
    assert files(folder) == ["data/de/dict", "model.int8.onnx", "model.json", "tokens.txt"]
    assert (folder / "model.int8.onnx").read_bytes() == WEIGHTS


def test_an_archive_whose_unpacking_was_stopped_is_gone_on_with(server, shelf):
    server.files["/packed.tar.bz2"] = Served(archive({"t/a.onnx": WEIGHTS, "t/b.onnx": TOKENS}))
    file = ModelFile(url=f"{server.url}/packed.tar.bz2", keep=("*.onnx",))
    model = Model(name="packed", slot="asr", type="sherpa", licence="MIT", file=(file,))

    def stop_at_unpacking(name: str, have: int, total: int | None) -> None:
        if name.startswith("unpacking"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Puller(shelf).pull(model, stop_at_unpacking)
    assert shelf.names() == []
    server.asked.clear()
    assert files(pull(shelf, model)) == ["a.onnx", "b.onnx", "model.json"]
    assert server.asked == []
    assert shelf.problems("packed") == []


def test_a_model_from_the_shelf_of_another_device_is_brought_with_its_own_record(
    server, shelf, tmp_path
):
    folder = pull(shelf, plain(server))
    other = Shelf(tmp_path / "other")
    assert files(bring(other, Manifest(), folder, "mine")) == files(folder)
    assert other.problems("mine") == []
    assert other.record("mine").name == "mine"


def packed(tmp_path: Path, *members: tarfile.TarInfo) -> Path:
    path = tmp_path / "evil.tar.bz2"
    with tarfile.open(path, "w:bz2") as tar:
        for member in members:
            tar.addfile(member, io.BytesIO(bytes(member.size)))
    return path


def member(name: str, **changes: object) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    for what, value in changes.items():
        setattr(info, what, value)
    return info


@pytest.mark.parametrize("name", ["/etc/model", "../model", "top/../../model", "top\\..\\model"])
def test_an_archive_that_wants_to_write_elsewhere_is_refused(tmp_path, name):
    path = packed(tmp_path, member("top/model"), member(name))
    with pytest.raises(ModelError, match="outside its folder"):
        unpack(path, tmp_path / "into", ["*"])
    assert not (tmp_path / "model").exists()


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE,
                                  tarfile.FIFOTYPE])  # fmt: skip
def test_links_and_devices_are_never_made(tmp_path, kind):
    link = member("top/link", type=kind, linkname="/etc/passwd")
    into = tmp_path / "into"
    assert unpack(packed(tmp_path, link, member("top/model")), into, ["*"]) == [into / "model"]
    assert files(into) == ["model"]


@pytest.mark.slow
def test_an_archive_that_fills_the_disk_is_refused(tmp_path):
    path = packed(tmp_path, member("top/zeros", size=20_000_000))
    assert path.stat().st_size < 100_000
    with pytest.raises(ModelError, match="holds more than"):
        unpack(path, tmp_path / "into", ["*"])
    assert files(tmp_path) == ["evil.tar.bz2"]


def test_an_archive_with_one_file_twice_is_refused(tmp_path):
    path = packed(tmp_path, member("top/model"), member("top/model"))
    with pytest.raises(ModelError, match="has model twice"):
        unpack(path, tmp_path / "into", ["*"])


@pytest.mark.parametrize("content", [b"", b"garbage", archive({"top/m": WEIGHTS})[:-3000]])
def test_a_damaged_archive_is_told(tmp_path, content):
    path = tmp_path / "half.tar.bz2"
    path.write_bytes(content)
    with pytest.raises(ModelError, match=r"half\.tar\.bz2"):
        unpack(path, tmp_path / "into", ["*"])


def test_an_archive_without_what_was_expected_is_told(tmp_path):
    with pytest.raises(ModelError, match=r"has none of \*\.gguf"):
        unpack(packed(tmp_path, member("top/model.onnx")), tmp_path / "into", ["*.gguf"])


# -- brought by hand ---------------------------------------------------------------------------


def test_a_folder_of_ones_own_is_brought_under_a_new_name(shelf, tmp_path):
    stick = tmp_path / "stick"
    (stick / "data").mkdir(parents=True)
    (stick / "model.onnx").write_bytes(WEIGHTS)
    (stick / "data" / "dict").write_bytes(b"d")
    (stick / "secret").symlink_to("/etc/passwd")
    folder = bring(shelf, Manifest(), stick, "mine")
    assert files(folder) == ["data/dict", "model.json", "model.onnx"]
    assert shelf.problems("mine") == []
    with pytest.raises(ModelError, match="already"):
        bring(shelf, Manifest(), stick, "mine")


def test_a_published_model_that_is_brought_is_checked(server, shelf, tmp_path):
    model = plain(server, sha256=hashlib.sha256(WEIGHTS).hexdigest())
    manifest = Manifest(model=(model,))
    stick = tmp_path / "stick"
    stick.mkdir()
    (stick / "model.onnx").write_bytes(bytes(50_000))
    with pytest.raises(ModelError, match="not the file that was published"):
        bring(shelf, manifest, stick, "plain")
    (stick / "model.onnx").write_bytes(WEIGHTS)
    with pytest.raises(ModelError, match=r"tokens\.txt is missing"):
        bring(shelf, manifest, stick, "plain")
    (stick / "sub").mkdir()
    (stick / "sub" / "tokens.txt").write_bytes(TOKENS)
    assert files(bring(shelf, manifest, stick, "plain")) == [
        "model.json", "model.onnx", "tokens.txt",
    ]  # fmt: skip


def test_an_archive_is_brought_packed_or_unpacked(shelf, tmp_path):
    file = ModelFile(url="https://x/packed.tar.bz2", keep=("*.onnx",))
    models = tuple(
        Model(name=name, slot="asr", type="sherpa", licence="MIT", file=(file,))
        for name in ("whole", "loose")
    )
    (tmp_path / "packed.tar.bz2").write_bytes(archive({"t/m.onnx": WEIGHTS, "t/README": b"r"}))
    loose = tmp_path / "t"
    loose.mkdir()
    (loose / "m.onnx").write_bytes(WEIGHTS)
    (loose / "README").write_bytes(b"r")
    for name, source in (("whole", tmp_path / "packed.tar.bz2"), ("loose", loose)):
        folder = bring(shelf, Manifest(model=models), source, name)
        assert files(folder) == ["m.onnx", "model.json"]


@pytest.mark.parametrize("name", ["", "../up", "a/b", ".hidden", "c:", "x\0"])
def test_a_name_stays_on_the_shelf(shelf, tmp_path, name):
    with pytest.raises(ModelError, match="is no name for a model"):
        bring(shelf, Manifest(), tmp_path, name)


def test_what_is_not_there_or_empty_cannot_be_brought(shelf, tmp_path):
    with pytest.raises(ModelError, match="is not there"):
        bring(shelf, Manifest(), tmp_path / "nothing", "mine")
    (tmp_path / "empty").mkdir()
    with pytest.raises(ModelError, match="none of a model's files"):
        bring(shelf, Manifest(), tmp_path / "empty", "mine")


# -- checking and clearing ---------------------------------------------------------------------


def test_every_byte_is_checked(server, shelf):
    folder = pull(shelf, plain(server))
    assert shelf.problems("plain") == []
    content = bytearray(WEIGHTS)
    content[-1] ^= 1
    (folder / "model.onnx").write_bytes(content)
    (folder / "tokens.txt").unlink()
    assert shelf.problems("plain") == ["model.onnx has changed", "tokens.txt is missing"]
    (folder / "model.json").write_text("[]")
    with pytest.raises(ModelError, match="is damaged"):
        shelf.problems("plain")


def test_what_was_left_over_is_cleared_and_what_is_in_use_is_not(server, shelf):
    server.files["/tokens.txt"].answers = [404]
    with pytest.raises(ModelError):
        pull(shelf, plain(server))
    broken = shelf.folder / "broken"
    broken.mkdir()
    (broken / "model.onnx").write_bytes(WEIGHTS)
    begun = shelf.folder / ".unfinished" / "plain"
    assert shelf.leftovers() == [begun, broken]
    guard = os.open(begun.with_name("plain.lock"), os.O_RDWR)
    fcntl.flock(guard, fcntl.LOCK_EX)
    assert shelf.leftovers() == [broken]
    os.close(guard)
    # What marks the file that is whole has its digest.
    assert clear(shelf.leftovers()) == 2 * len(WEIGHTS) + 64
    assert shelf.leftovers() == []
    folder = pull(shelf, plain(server))
    assert shelf.leftovers() == []
    shelf.remove("plain")
    assert not folder.exists()
    assert shelf.names() == []


# -- the manifest ------------------------------------------------------------------------------


def test_a_manifest_tells_all_that_is_wrong_with_it(tmp_path):
    path = tmp_path / "models.toml"
    path.write_text(
        '[[model]]\nname = "../up"\nslot = "asr"\ntype = "sherpa"\n'
        '[[model]]\nname = "good"\nslot = "asr"\ntype = "sherpa"\nlicence = "MIT"\n'
        '[[model.file]]\nurl = "file:///etc/passwd"\n'
        '[[model.file]]\nurl = "https://x/a.tar.bz2"\n'
        '[[model.file]]\nurl = "https://x/b"\nname = "../b"\n'
        '[[model.file]]\nurl = "https://x/c"\nsha256 = "12"\n'
        '[[model]]\nname = "good"\nslot = "asr"\ntype = "sherpa"\nlicence = "MIT"\n'
        '[[model.file]]\nurl = "https://x/d"\n[[model.file]]\nurl = "https://y/d"\n'
        '[[profile]]\nname = "pi5"\nmodels = ["missing"]\n'
    )
    with pytest.raises(ConfigError) as problem:
        read_manifest(path)
    for said in (
        "needs a name of letters", "needs licence", "needs a [[model.file]]", 'needs url = "https',
        "needs keep", "stays in the model's folder", "sha256 must be", "two files of one name",
        "another model is called 'good'", "names a model 'missing'",
    ):  # fmt: skip
        assert said in str(problem.value), said


def test_the_manifest_of_this_program_is_sound():
    manifest = read_manifest()
    boards = {profile.name for profile in manifest.profile}
    assert boards == {"pi4", "pi5", "jetson", "laptop"}
    for model in manifest.model:
        assert all(file.url.startswith("https://") for file in model.file)
        assert model.about
        assert model.page


@pytest.mark.slow
def test_a_name_that_is_unknown_gets_the_nearest():
    with pytest.raises(ModelError, match="did you mean"):
        read_manifest().find(read_manifest().model[0].name + "x")
    with pytest.raises(ModelError, match="there is no profile 'pi55'; did you mean 'pi5'"):
        read_manifest().of_profile("pi55", "en")
    with pytest.raises(ModelError, match="no models for 'tlh'; it has"):
        read_manifest().of_profile("pi5", "tlh")
