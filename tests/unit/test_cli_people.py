"""`xtalk-edge people` keeps voices, greetings and notes."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from tests.tiny_speaker import write_speaker
from xtalk_edge.audio.format import RATE_HZ, Samples
from xtalk_edge.audio.sound_file import WavWriter
from xtalk_edge.cli import people
from xtalk_edge.cli.main import run
from xtalk_edge.engines.tts.espeak import EspeakTTS
from xtalk_edge.scenes.sounds import spoken

VOICES = {"ann": "en-us+f3", "bob": "en-us+croak"}
SENTENCES = ("what time is it in tokyo", "set a timer for five minutes please")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    write_speaker(tmp_path)
    for name, voice in VOICES.items():
        for number, text in enumerate(SENTENCES):
            write(tmp_path / f"{name}{number}.wav", spoken(text, EspeakTTS(voice=voice)))
    write(tmp_path / "nothing.wav", np.zeros(RATE_HZ, np.int16))
    return tmp_path


def write(path: Path, sound: Samples) -> None:
    with WavWriter(path, RATE_HZ) as wav:
        wav.write(sound)


class Asked:
    def __init__(self, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self._home, self._capsys = home, capsys
        self.settings = ["speaker.type=sherpa", f"speaker.model={home / 'speaker.onnx'}",
                         "speaker.likeness=0.93", f"store.state_dir={home / 'state'}"]  # fmt: skip

    def __call__(self, *arguments: str) -> tuple[int, str]:
        files = [str(self._home / each) if each.endswith(".wav") else each for each in arguments]
        chosen = [part for each in self.settings for part in ("--set", each)]
        code = run(["people", *files, *chosen])
        out, err = self._capsys.readouterr()
        return code, out + err


@pytest.fixture
def ask(home: Path, capsys: pytest.CaptureFixture[str]) -> Asked:
    return Asked(home, capsys)


@pytest.mark.slow
def test_people_are_enrolled_and_told_apart(ask: Asked) -> None:
    assert "Nobody is known yet" in ask("list")[1]
    assert ask("enrol", "Ann", "ann0.wav") == (0, "Ann is known now, from 1 of 1 takes.\n")
    assert ask("enrol", "  Bob ", "bob0.wav", "nothing.wav")[1].startswith(
        "Bob is known now, from 1 of 2 takes."
    )
    code, out = ask("whose", "ann1.wav", "bob1.wav", "nothing.wav")
    assert code == 0
    lines = [line.partition(": ")[2] for line in out.splitlines()]
    assert lines[0].startswith("Ann, nearest Ann ")
    assert lines[1].startswith("Bob, nearest Bob ")
    assert lines[2] == "(nobody)"


@pytest.mark.slow
def test_greeting_and_note_stay_when_a_voice_is_enrolled_again(ask: Asked) -> None:
    ask("enrol", "Ann", "ann0.wav")
    assert ask("greeting", "Ann", "Hello, Ann.")[0] == 0
    assert ask("note", "Ann", "Likes tea.")[0] == 0
    ask("enrol", "Ann", "ann1.wav")
    assert "greeted with: Hello, Ann." in ask("list")[1]
    record = json.loads(ask("list", "--json")[1])
    assert (record["note"], record["heard_at"]) == ("Likes tea.", None)
    assert ask("forget", "Ann")[0] == 0
    assert "Nobody" in ask("list")[1]


@pytest.mark.slow
def test_what_is_odd_is_said(ask: Asked) -> None:
    ask("enrol", "Ann", "ann0.wav")
    assert "much like Ann's" in ask("enrol", "Twin", "ann0.wav")[1]
    assert "unlike one another" in ask("enrol", "Both", "ann0.wav", "bob0.wav")[1]
    ask.settings[1] = f"speaker.model={ask._home / '..' / ask._home.name / 'speaker.onnx'}"
    assert "enrolled with another model" in ask("list")[1]
    assert "(nobody)" in ask("whose", "ann0.wav")[1]


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["enrol", "Ann", "nothing.wav"], 5, "no voice was heard"),
        (["enrol", "Ann", "missing.wav"], 5, "missing.wav"),
        (["enrol", " ", "ann0.wav"], 2, "a name has 1 to 40 letters"),
        (["enrol", "x" * 41, "ann0.wav"], 2, "a name has 1 to 40 letters"),
        (["forget", "Eve"], 2, "known are: nobody yet"),
        (["greeting", "Eve", "x"], 2, "nobody called 'Eve'"),
        (["note", "Eve", "x"], 2, "nobody called 'Eve'"),
    ],
)
@pytest.mark.slow
def test_what_cannot_be_done_is_a_sentence(
    ask: Asked, arguments: list[str], code: int, says: str
) -> None:
    found, out = ask(*arguments)
    assert found == code
    assert says in out


def test_without_a_model_it_says_where_to_look(ask: Asked) -> None:
    ask.settings = [ask.settings[3]]
    code, out = ask("enrol", "Ann", "ann0.wav")
    assert code == 2
    assert "no speaker model is chosen" in out


@pytest.mark.slow
def test_by_the_microphone_sentences_are_read_aloud(
    ask: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Card:
        rate_hz = RATE_HZ
        closed = False

        def start(self, now_s: float) -> None: ...

        def close(self) -> None:
            self.closed = True

    card = Card()
    takes = iter([np.zeros(8, np.int16)] + 3 * [spoken(SENTENCES[0], EspeakTTS(voice="en-us"))])
    monkeypatch.setattr(people, "open_card", lambda _config: card)
    monkeypatch.setattr(people, "listen", lambda _card, _seconds: (next(takes), None))
    code, out = ask("enrol", "Ann")
    assert code == 0
    assert out.count("Please say") == 3
    assert "from 3 of 3 takes" in out
    assert card.closed
