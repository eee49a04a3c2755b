"""`xtalk-edge engines` tells an author what is wrong, and an owner what there is."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from xtalk_edge.cli.main import run
from xtalk_edge.engines import registry

BAD = """
class Deaf:
    def recognize(self, audio): return None
    def reset(self): pass
    def clone(self): return self

class Chatty:
    def recognize(self, audio): return "hello"
    def reset(self): pass
    def clone(self): return self

class Silent:
    sample_rate = 16000
    def synthesize(self, text): return b""
    def clone(self): return self

class Fragile:
    def is_speech(self, frame): return frame[5] > 1

class Late:
    latency_samples = 0
    def enhance(self, audio):
        before, self.held = getattr(self, "held", bytes(320)), audio[-320:].rjust(320, bytes(1))
        return (before + audio)[: len(audio)]
    def flush(self): return b""
    def reset(self): self.held = bytes(320)
    def clone(self): return type(self)()

class Certain:
    def finished(self, text, audio): return 2

class Awake:
    phrase = ""
    def detect(self, audio): return 1.0
    def reset(self): pass

class Mute:
    async def async_accept(self, context):
        return
        yield

class Leaky:
    frame_samples = 160
    def cancel(self, near, far): return near[:-2]
    def reset(self): pass
"""


@pytest.fixture
def bad(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    path = tmp_path / "bad.py"
    path.write_text(BAD, encoding="utf-8")
    return str(path)


def checked(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    code = run(["engines", "check", *arguments])
    return code, capsys.readouterr().out


@pytest.mark.parametrize(
    ("slot", "name", "says"),
    [
        ("asr", "Deaf", 'recognize() made None of 0 s of silence; return ""'),
        ("asr", "Chatty", "recognize() made 'hello'"),
        ("tts", "Silent", "lasted 0.0 s at 16000 Hz"),
        ("vad", "Fragile", "it raised IndexError: index out of range"),
        ("enhancer", "Late", "the output is 160 samples late; declare it as latency_samples"),
        ("turn_detector", "Certain", "was 2; return a number from 0 to 1"),
        ("wake", "Awake", "phrase must be the phrase in words"),
        ("stop_word", "Awake", "silence was taken for the phrase"),
        ("agent", "Mute", "async_accept() yielded nothing"),
        ("echo", "Leaky", "frames of 320 bytes became [318]"),
    ],
)
def test_an_author_is_told_what_is_wrong(
    bad: str, capsys: pytest.CaptureFixture[str], slot: str, name: str, says: str
) -> None:
    code, out = checked(capsys, slot, f"{bad}:{name}")
    assert code == 1
    assert says in out
    assert "promises kept" in out


def test_a_good_engine_keeps_all(bad: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, out = checked(capsys, "turn_detector", "endings")
    assert code == 0
    assert "2 of 2 promises kept." in out


def test_the_engines_of_the_settings_are_checked(
    bad: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = tmp_path / "edge.toml"
    settings.write_text('[turn_detector]\ntype = "bad.py:Certain"\n', encoding="utf-8")
    code, out = checked(capsys, "turn_detector", "--config", str(settings), "--json")
    assert code == 1
    found = json.loads(out)
    assert found["broken"] == 2
    assert [each["slot"] for each in found["promises"]] == ["turn_detector"] * 2


@pytest.mark.parametrize(
    ("arguments", "code"),
    [(["vad", "nose"], 2), (["nose"], 2), (["asr", "sherpa"], 2), (["vad", "bad.py:None"], 2)],
)
def test_what_cannot_be_checked_is_said(bad: str, arguments: list[str], code: int) -> None:
    assert run(["engines", "check", *arguments]) == code


def test_the_list_is_whole(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["engines", "list", "--json"]) == 0
    assert list(json.loads(capsys.readouterr().out)) == registry.slots()
    assert run(["engines", "list"]) == 0
    assert "smart-turn" in capsys.readouterr().out
