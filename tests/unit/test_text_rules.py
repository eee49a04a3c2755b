"""What was recognised is written by an owner's rules, and rules that would crash are refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.contract.sound import noise, silence
from tests.tiny_ctc import write_ctc
from tests.tiny_fst import ANYTHING, write_fst, write_rules
from tests.tiny_transducer import write_transducer
from xtalk_edge.engines.asr.sherpa import SherpaASR
from xtalk_edge.engines.asr.sherpa_streaming import SherpaStreamingASR
from xtalk_edge.engines.asr.text_rules import check_rules, rule_arguments
from xtalk_edge.errors import ConfigError, ModelError

BURST = silence(0.5) + noise(0.5).tobytes() + silence(1.0)
WORDS = {"loud": "1", "quiet": "zwo"}


def test_a_streaming_text_is_written_by_the_rules(tmp_path: Path) -> None:
    rules = write_rules(tmp_path / "rules.fst", WORDS)
    recogniser = SherpaASR(str(write_transducer(tmp_path)), rules=[str(rules)])
    assert recogniser.recognize_stream(BURST, is_final=True) == "1 zwo"
    assert recogniser.clone().recognize(BURST) == "1 zwo"


@pytest.mark.slow
def test_rules_are_applied_one_after_another_and_beside_hot_words(tmp_path: Path) -> None:
    first = write_rules(tmp_path / "first.fst", {"lout": "loud"})
    second = write_rules(tmp_path / "second.fst", WORDS)
    recogniser = SherpaStreamingASR(
        str(write_transducer(tmp_path)), hot_words=["lout"], rules=[str(first), str(second)]
    )
    assert recogniser.recognize(BURST) == "1 zwo"


def test_the_text_of_a_whole_utterance_is_written_by_them(tmp_path: Path) -> None:
    rules = write_rules(tmp_path / "rules.fst", WORDS)
    assert SherpaASR(str(write_ctc(tmp_path)), rules=[str(rules)]).recognize(BURST) == "1"


def refused(path: Path) -> str:
    with pytest.raises(ModelError) as caught:
        rule_arguments([str(path)], "any")
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("content", [b"", b"<html>404</html>", bytes(range(256)) * 20])
@pytest.mark.slow
def test_what_are_no_rules_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "rules.fst"
    path.write_bytes(content)
    refused(path)
    path.unlink()
    assert "is missing" in refused(path)


@pytest.mark.slow
def test_rules_cut_short_are_refused(tmp_path: Path) -> None:
    path = write_rules(tmp_path / "rules.fst", WORDS)
    path.write_bytes(path.read_bytes()[:-100])
    refused(path)


@pytest.mark.parametrize("read", [ord("e"), 200])
@pytest.mark.slow
def test_rules_that_lead_nowhere_crash_a_child_only(tmp_path: Path, read: int) -> None:
    # Also where the text never goes.
    path = write_fst(tmp_path / "rules.fst", {0: [*ANYTHING, (read, read, 0.0, 77)]})
    assert "loading it crashes: SIGSEGV" in refused(path)


@pytest.mark.slow
def test_rules_that_let_no_text_through_are_refused(tmp_path: Path) -> None:
    path = write_fst(tmp_path / "rules.fst", {0: [(ord("x"), ord("y"), 0.0, 0)]})
    assert "no text comes out of these rules" in refused(path)


@pytest.mark.slow
def test_rules_may_read_only_what_others_write(tmp_path: Path) -> None:
    to_signs = write_fst(
        tmp_path / "signs.fst", {0: [(each, 36, 0.0, 0) for each in range(1, 256)]}
    )
    of_signs = write_fst(tmp_path / "words.fst", {0: [(36, ord("a"), 0.0, 0)]})
    assert "no text comes out" in refused(of_signs)
    recogniser = SherpaASR(str(write_ctc(tmp_path)), rules=[str(to_signs), str(of_signs)])
    assert recogniser.recognize(BURST) == "aaaa"


def test_good_rules_pass_the_check(tmp_path: Path) -> None:
    path = write_rules(tmp_path / "rules.fst", WORDS)
    check_rules(str(path))
    assert rule_arguments([str(path)], "any") == {"rule_fsts": str(path)}
    assert rule_arguments([], "any") == {}


@pytest.mark.parametrize("rules", ["rules.fst", [7], ["one,two.fst"]])
def test_what_is_no_list_of_paths_is_refused(rules: list[str]) -> None:
    with pytest.raises(ConfigError, match=r"asr\.rules"):
        rule_arguments(rules, "any")
