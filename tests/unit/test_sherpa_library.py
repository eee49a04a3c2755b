"""The text of a recogniser is read, and nothing of it stays behind."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import pytest

from tests.contract.sound import noise, silence
from tests.tiny_ctc import write_ctc
from tests.tiny_transducer import write_transducer
from xtalk_edge.engines.asr.sherpa_offline import SherpaOfflineASR
from xtalk_edge.engines.asr.sherpa_streaming import SherpaStreamingASR
from xtalk_edge.engines.interfaces import ASR
from xtalk_edge.engines.sherpa_library import text_of

LOOKS = 300


@pytest.mark.parametrize(
    ("as_json", "text"),
    [
        ('{"text": " a  b "}', "a b"),
        ('{"text": ""}', ""),
        ('{"text": "a', "plain"),
        ("{}", "plain"),
        ("[]", "plain"),
    ],
)
def test_json_is_read_and_else_the_plain_text(as_json: str, text: str) -> None:
    assert text_of(lambda: as_json, lambda: " plain ") == text


def half_a_character() -> str:
    return b"\xe2".decode()


def test_half_a_character_is_asked_for_plainly() -> None:
    assert text_of(half_a_character, lambda: "x") == "x"


@pytest.mark.parametrize("kind", ["streaming", "offline"])
@pytest.mark.slow
def test_looking_again_and_again_keeps_nothing(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path / "state"))
    recogniser: ASR = (
        SherpaStreamingASR(str(write_transducer(tmp_path)))
        if kind == "streaming"
        else SherpaOfflineASR(str(write_ctc(tmp_path)))
    )
    sound = noise(0.4).tobytes() + silence(0.4)
    recogniser.recognize(sound)
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        for _ in range(LOOKS):
            recogniser.recognize(sound)
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    # The library's own text would keep 50 bytes a look.
    assert after - before < 10 * LOOKS
