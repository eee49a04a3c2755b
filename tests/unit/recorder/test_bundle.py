"""A bundle comes back as it was written, and a damaged or hostile one is refused in a sentence."""

from __future__ import annotations

import json
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.recorder.parts import WALL, bundle_of, event
from xtalk_edge.errors import DeviceError
from xtalk_edge.recorder.bundle import usual_name, write_bundle
from xtalk_edge.recorder.bundle_reading import read_bundle

EVENTS = (
    event("TurnStateChanged", 0.01, state="listening"),
    event("ASRResultFinal", 0.02, text='Grüße, "Nabu"\n你好'),
)


@pytest.fixture
def good(tmp_path: Path) -> Path:
    path = tmp_path / "good.zip"
    write_bundle(path, bundle_of(800, *EVENTS, settings="[turn]\nsilence_ms = 700\n"))
    return path


def rewritten(good: Path, change: Callable[[dict[str, bytes]], None]) -> Path:
    """Return a bundle with its members changed."""
    with zipfile.ZipFile(good) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    change(members)
    path = good.with_name("changed.zip")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def refused(path: Path) -> str:
    with pytest.raises(DeviceError) as caught:
        read_bundle(path)
    message = str(caught.value)
    assert "\n" not in message
    assert str(path) in message
    return message


def test_a_bundle_comes_back_as_it_was_written(good: Path) -> None:
    written = bundle_of(800, *EVENTS)
    read = read_bundle(good)
    for name in ("raw", "clean", "far"):
        assert np.array_equal(getattr(read.recording, name), getattr(written.recording, name))
    assert read.recording.records == EVENTS
    assert read.recording.card == written.recording.card
    assert (read.recording.wall, read.recording.virtual) == (WALL, True)
    assert read.settings == "[turn]\nsilence_ms = 700\n"
    assert (read.machine, list(read.models)) == (written.machine, list(written.models))
    assert not read.redacted


def test_the_same_content_is_the_same_file_and_its_owners_alone(good: Path) -> None:
    again = good.with_name("again.zip")
    write_bundle(again, bundle_of(800, *EVENTS, settings="[turn]\nsilence_ms = 700\n"))
    assert again.read_bytes() == good.read_bytes()
    assert again.stat().st_mode & 0o777 == 0o600


def test_nothing_that_is_there_is_written_over(good: Path) -> None:
    before = good.read_bytes()
    with pytest.raises(DeviceError, match="such a file already"):
        write_bundle(good, bundle_of(10))
    assert good.read_bytes() == before
    with pytest.raises(DeviceError, match="cannot be written"):
        write_bundle(good / "b.zip", bundle_of(10))


def test_redacted_it_has_no_word_and_no_sound(tmp_path: Path) -> None:
    path = tmp_path / "redacted.zip"
    settings = '[agent]\ntype = "llama"\npersona = "You are Nabu."\n'
    write_bundle(path, bundle_of(3_200, *EVENTS, settings=settings), redact=True)
    with zipfile.ZipFile(path) as archive:
        content = b"".join(archive.read(name) for name in archive.namelist())
        assert not [name for name in archive.namelist() if name.endswith(".wav")]
    for word in ("Nabu", "Grüße", "room"):
        assert word.encode() not in content
    read = read_bundle(path)
    assert read.redacted
    assert len(read.recording.raw) == 0
    assert [each["event"] for each in read.recording.records] == [
        "TurnStateChanged",
        "ASRResultFinal",
    ]


def test_a_usual_name_tells_when() -> None:
    assert usual_name(WALL) == "xtalk-edge-20260501-120000.zip"


# -- damaged and hostile --------------------------------------------------------------------


def test_what_is_no_bundle(tmp_path: Path) -> None:
    assert "check the name" in refused(tmp_path / "none.zip")
    assert "not a file" in refused(tmp_path)
    empty = tmp_path / "empty.zip"
    empty.touch()
    assert "not a bundle" in refused(empty)
    with zipfile.ZipFile(empty, "w"):
        pass
    assert "bundle.json is missing" in refused(empty)


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "/etc/passwd", "raw.wav/../x", "C:\\x", "folder/", "\x1b[2Jx"]
)
def test_members_that_lead_elsewhere(good: Path, name: str) -> None:
    message = refused(rewritten(good, lambda members: members.update({name: b"x"})))
    assert "has no place in a bundle" in message
    assert message.isprintable()


def test_a_link(good: Path) -> None:
    path = good.with_name("link.zip")
    with zipfile.ZipFile(path, "w") as archive:
        link = zipfile.ZipInfo("raw.wav")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
    assert "is a link" in refused(path)


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_member_twice(good: Path) -> None:
    with zipfile.ZipFile(good, "a") as archive:
        archive.writestr("bundle.json", "{}")
    assert "twice" in refused(good)


def test_a_bomb(good: Path) -> None:
    bomb = rewritten(good, lambda members: members.update({"raw.wav": bytes(25_000_000)}))
    assert bomb.stat().st_size < 1_000_000
    assert "holds more than" in refused(bomb)


def test_a_bomb_that_lies_about_its_size(good: Path) -> None:
    bomb = rewritten(good, lambda members: members.update({"settings.toml": bytes(5_000_000)}))
    content = bytearray(bomb.read_bytes())
    size = struct.pack("<I", 5_000_000)
    while (at := content.find(size)) >= 0:
        content[at : at + 4] = struct.pack("<I", 10)
    bomb.write_bytes(content)
    refused(bomb)


def test_a_list_of_members_without_end(good: Path) -> None:
    path = good.with_name("many.zip")
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(100):
            archive.writestr(f"{number}", b"")
    assert "more than a bundle does" in refused(path)


def test_a_packing_that_bundles_do_not_have(good: Path) -> None:
    path = good.with_name("bz2.zip")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_BZIP2) as archive:
        archive.writestr("bundle.json", b"{}")
    assert "packed as no bundle is" in refused(path)


def with_about(**changes: Any) -> Callable[[dict[str, bytes]], None]:
    def change(members: dict[str, bytes]) -> None:
        about = {**json.loads(members["bundle.json"]), **changes}
        members["bundle.json"] = json.dumps(about).encode()

    return change


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"format": 2}, "another version"),
        ({"samples": 801}, "not as long"),
        ({"samples": 10**9}, "samples is no whole number"),
        ({"samples": True}, "samples is no whole number"),
        ({"at_s": float("nan")}, "at_s is not between"),
        ({"at_s": "1"}, "at_s is no number"),
        ({"wall": "yesterday"}, "wall is no date"),
        ({"wall": "2026-05-01T12:00:00"}, "with a zone"),
        ({"wall": "9999-05-01T12:00:00+00:00"}, "of this age"),
        ({"virtual": 1}, "virtual is missing"),
        ({"card": []}, "card is missing"),
        ({"card": {"name": "x", "rate_hz": 16000, "block_frames": 1, "latency_s": 0}},
         "block_frames"),
        ({"card": {"name": "x", "rate_hz": 16000, "block_frames": 160, "latency_s": 1e9}},
         "latency_s"),
        ({"lost_samples": -1}, "lost_samples"),
    ],
)  # fmt: skip
def test_facts_that_cannot_be(good: Path, changes: dict[str, Any], problem: str) -> None:
    assert problem in refused(rewritten(good, with_about(**changes)))


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("bundle.json", b"[]", "something else"),
        ("bundle.json", b"{", "no JSON"),
        ("bundle.json", b"\xff", "no text"),
        ("events.jsonl", b"[1]\n", "no event"),
        ("events.jsonl", b'{"event": 1}\n', "no event"),
        ("events.jsonl", b'{"event": "X", "at_s": 1}\n', "turn_id"),
        ("events.jsonl", b'{"event": "X", "at_s": 1, "turn_id": 0, "at_sample": 1.5}', "at_sample"),
        ("events.jsonl", b"[" * 100_000, "no JSON"),
        ("events.jsonl", b'{"event": "X", "x": ' + b"[" * 90 + b"]" * 90 + b"}", "nested"),
        ("events.jsonl", b"\n" * 200_000, "lines"),
        ("events.jsonl", b"x" * 300_000, "too long"),
        ("machine.json", b"3", "something else"),
        ("models.json", b"{}", "something else"),
        ("raw.wav", b"RIFF", "no WAV"),
        ("raw.wav", b"", "no WAV"),
    ],
)
def test_members_that_are_something_else(
    good: Path, name: str, content: bytes, problem: str
) -> None:
    assert problem in refused(rewritten(good, lambda members: members.update({name: content})))


@settings(max_examples=150)
@given(st.data())
def test_any_damage_gives_a_bundle_or_a_sentence(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("fuzz")
    path = folder / "x.zip"
    write_bundle(path, bundle_of(40, *EVENTS))
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(0, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(content[: data.draw(st.integers(0, len(content)))] or b"")
    try:
        read_bundle(path)
    except DeviceError as error:
        assert "\n" not in str(error)


@settings(max_examples=100)
@given(
    name=st.sampled_from(["bundle.json", "events.jsonl", "machine.json", "raw.wav"]),
    content=st.binary(max_size=60)
    | st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["event", "at_s", "turn_id", "samples", "card", "format"]), inner
            )
        ),
        max_leaves=10,
    ).map(lambda value: json.dumps(value).encode()),
)
def test_any_content_gives_a_bundle_or_a_sentence(
    tmp_path_factory: pytest.TempPathFactory, name: str, content: bytes
) -> None:
    good = tmp_path_factory.mktemp("fuzz") / "x.zip"
    write_bundle(good, bundle_of(10, *EVENTS))
    path = rewritten(good, lambda members: members.update({name: content}))
    try:
        read_bundle(path)
    except DeviceError as error:
        assert "\n" not in str(error)
