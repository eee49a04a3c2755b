"""`bench agent` on models small enough to write in a moment, and the parts that judge."""

import dataclasses
import json
import os
import signal
import subprocess
import sys
import time

import gguf
import pytest
from click.testing import CliRunner

from tests import tiny_gguf
from xtalk_edge.cli.bench import agent, agent_abort, agent_speech
from xtalk_edge.cli.bench.agent_abort import AbortResult
from xtalk_edge.cli.bench.agent_pace import PaceResult, Trials, pace
from xtalk_edge.cli.bench.agent_report import Condition, checks, condition_text
from xtalk_edge.cli.bench.agent_subject import QUESTION, Subject, made_model, schemas
from xtalk_edge.cli.bench.made_gguf import Figure, Tensor, Weights, write_gguf
from xtalk_edge.cli.bench.made_model import QWEN3_0_6B, write_model
from xtalk_edge.cli.bench.percentiles import Percentiles
from xtalk_edge.errors import ModelError

SMALL = dataclasses.replace(
    QWEN3_0_6B, layers=2, width=64, heads=4, kv_heads=2, head_size=32, hidden=96, vocabulary=4000
)
FEW = Trials(cold=1, warm=2, steps=3, aborts=2)


def unheard(text):
    """Nobody looks."""


@pytest.fixture
def small(tmp_path):
    path = tmp_path / "small.gguf"
    parts = list(write_model(path, SMALL, f"{QUESTION} {json.dumps(schemas(2))}"))
    assert parts == sorted(parts)
    assert parts[-1] == 1.0
    return path


@pytest.fixture
def quick(monkeypatch):
    """Everything once or twice, and no ear or voice."""

    class Silence:
        def __enter__(self):
            return self

        def __exit__(self, *error):
            pass

        def lateness_ms(self):
            return Percentiles(1.0, 2.0, 3.0, 4)

    monkeypatch.setattr(agent, "QUICK", FEW)
    monkeypatch.setattr(agent, "SpeechLoad", Silence)
    monkeypatch.setattr(agent, "QWEN3_0_6B", SMALL)
    monkeypatch.setattr(agent_abort, "LONGEST_WAIT_S", 0.02)


# -- files ---------------------------------------------------------------------------------


def test_the_file_is_what_other_readers_expect(tmp_path):
    path = tmp_path / "a.gguf"
    figures: dict[str, Figure] = {"a.text": "é", "a.yes": True, "a.count": 3, "a.part": 0.5,
                                  "a.kinds": [1, -2], "a.words": ["x", "yz"]}  # fmt: skip
    odd = Tensor("odd", (3, 2), Weights.F32, lambda: [b"\x00\x00\x80?" * 5, b"\x00\x00\x00@"])
    last = Tensor("last", (1, 32), Weights.Q8_0, lambda: [bytes(34)])
    write_gguf(path, figures, [odd, last])
    reader = gguf.GGUFReader(path)
    assert {name: reader.fields[name].contents() for name in figures} == figures
    first, second = reader.tensors
    assert (first.name, first.data.tolist()) == ("odd", [[1.0, 1.0], [1.0, 1.0], [1.0, 2.0]])
    assert (second.name, second.tensor_type.name) == ("last", "Q8_0")


def test_a_tensor_of_the_wrong_length_is_refused(tmp_path):
    short = Tensor("short", (2,), Weights.F32, lambda: [bytes(4)])
    with pytest.raises(ValueError, match="short has 4 bytes, not 8"):
        write_gguf(tmp_path / "a.gguf", {}, [short])


def test_the_made_model_has_the_shape_of_the_real_one():
    numbers = [
        QWEN3_0_6B.vocabulary * QWEN3_0_6B.width,
        QWEN3_0_6B.layers * QWEN3_0_6B.width
        * (2 * (QWEN3_0_6B.heads + QWEN3_0_6B.kv_heads) * QWEN3_0_6B.head_size
           + 3 * QWEN3_0_6B.hidden),
    ]  # fmt: skip
    assert round(sum(numbers) / 1e6) == 596


@pytest.mark.parametrize("weights", [Weights.Q4_0, Weights.Q8_0])
@pytest.mark.slow
def test_the_made_model_reads_and_writes(tmp_path, weights):
    path = tmp_path / "made.gguf"
    for _ in write_model(path, dataclasses.replace(SMALL, weights=weights), QUESTION):
        pass
    reader = gguf.GGUFReader(path)
    values = gguf.quants.dequantize(reader.tensors[0].data, reader.tensors[0].tensor_type)
    assert values.shape == (SMALL.vocabulary, SMALL.width)
    assert values.std() == pytest.approx(0.02, rel=0.02)
    subject = Subject(path, 1, 2048, 1)
    try:
        words = [subject.model.piece(token) for token in subject.model.tokenize(QUESTION)]
        assert words == [b"how", *(b" " + word.encode() for word in QUESTION.split()[1:])]
        assert subject.model.vocab_size == SMALL.vocabulary
        assert "<tools>" in subject.prompts._render([subject.prompts.turn("a")])
        subject.read(subject.prompt())
        assert 0 <= subject.choose() < SMALL.vocabulary
    finally:
        subject.close()


def test_a_made_model_is_deleted_even_when_something_goes_wrong(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with pytest.raises(KeyboardInterrupt), made_model(SMALL, 1, unheard) as path:
        assert path.parent.parent == tmp_path
        raise KeyboardInterrupt
    assert list(tmp_path.iterdir()) == []


def test_no_room_is_said_in_a_sentence(tmp_path, monkeypatch):
    def full(*_arguments):
        raise OSError(28, "No space left on device")
        yield 0.0

    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr("xtalk_edge.cli.bench.agent_subject.write_model", full)
    no_room = pytest.raises(ModelError, match="No space left on device; set TMPDIR")
    with no_room, made_model(SMALL, 1, unheard):
        pass
    assert list(tmp_path.iterdir()) == []


# -- the command ---------------------------------------------------------------------------


@pytest.mark.slow
def test_the_whole_as_json(quick):
    result = CliRunner().invoke(agent.command, ["--quick", "--json"])
    told = json.loads(result.output)
    assert result.exit_code == (0 if told["passed"] else 1)
    assert [model["model"] for model in told["models"]] == ["built-in model", "Qwen3-0.6B's shape"]
    for model in told["models"]:
        assert model["loading"]["after"]["whole_mb"] >= model["loading"]["before"]["whole_mb"]
        for name in ("alone", "with_speech"):
            condition = model["conditions"][name]
            measured = condition["pace"]
            assert measured["prefix_read_again_tokens"] == 0
            assert measured["prompt_tokens"] > measured["prefix_tokens"]
            assert measured["cold_ms"]["count"] == FEW.cold
            assert condition["aborts"]["calling_ms"]["count"] == FEW.aborts
            assert condition["tokens_per_s"] > 0
            assert len(condition["checks"]) == 5


@pytest.mark.slow
def test_an_owners_model_as_a_table(quick, small):
    result = CliRunner().invoke(agent.command, ["--quick", "--model", str(small)])
    assert "small.gguf\n" in result.output
    assert "alone, ms" in result.output
    assert "the ear was behind      p50 1.0" in result.output
    assert "a prefix that was read is not read again: 0 of" in result.output
    assert result.output.splitlines()[-1] in ("PASS", "FAIL")


@pytest.mark.slow
def test_a_short_context_is_filled_and_gone_on_with(quick, tmp_path):
    path = tiny_gguf.random_weights(tmp_path / "a.gguf", template="{{ messages[-1].content }}")
    subject = Subject(path, 1, 512, 1)
    try:
        found = pace(subject, dataclasses.replace(FEW, steps=600), unheard)
        assert found.step_ms.count == 600
        assert (found.prefix_tokens, found.prefix_read_again_tokens) == (0, 0)
        assert agent_abort.aborts(subject, 2, unheard).writing_ms.count == 2
    finally:
        subject.close()


def test_a_missing_model_is_said_in_a_sentence(tmp_path):
    result = CliRunner().invoke(agent.command, ["--model", str(tmp_path / "no.gguf")])
    assert isinstance(result.exception, ModelError)


@pytest.mark.slow
@pytest.mark.alone
def test_interrupting_leaves_nothing_behind(tmp_path):
    environment = os.environ | {"TMPDIR": str(tmp_path)}
    command = [sys.executable, "-m", "xtalk_edge", "bench", "agent", "--quick"]
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL) as running:
        try:
            give_up_s = time.monotonic() + 60
            while not list(tmp_path.glob("xtalk-edge-bench-*/*.gguf")):
                assert running.poll() is None
                assert time.monotonic() < give_up_s
                time.sleep(0.01)
            running.send_signal(signal.SIGINT)
            assert running.wait(timeout=60) == 130
        finally:
            running.kill()
    assert list(tmp_path.iterdir()) == []


# -- the judgement -------------------------------------------------------------------------


def spread(ms):
    return Percentiles(ms, ms, ms, 1)


def condition(prefilled_ms=100.0, step_ms=80.0, again=0, reading_ms=50.0, calling_ms=50.0):
    found = PaceResult(spread(1000.0), spread(500.0), spread(prefilled_ms), spread(step_ms),
                      spread(1.0), 100, 80, again)  # fmt: skip
    return Condition(found, AbortResult(spread(reading_ms), spread(50.0), spread(calling_ms)), None)


@pytest.mark.parametrize(
    ("changed", "failing"),
    [
        ({}, []),
        ({"again": 1}, ["a prefix that was read is not read again"]),
        ({"prefilled_ms": 161.0}, ["first token of a question read ahead within 2 steps or 20 ms"]),
        ({"prefilled_ms": 19.0, "step_ms": 1.0}, []),
        ({"reading_ms": 101.0}, ["stops within 100 ms while it reads, p95"]),
        ({"calling_ms": 101.0}, ["stops within 100 ms while it writes a call, p95"]),
    ],
)
def test_what_is_too_slow_fails(changed, failing):
    found = condition(**changed)
    assert [check.name for check in checks(found) if not check.passed] == failing
    text = condition_text("alone", found)
    assert text.count("FAIL") == len(failing)
    assert "ear" not in text


def test_figures_are_worked_out_from_the_middle():
    found = condition(prefilled_ms=120.0).pace
    assert found.tokens_per_s == 12.5
    assert found.read_tokens_per_s == 100.0
    assert found.prefilled_steps == 1.5


# -- parts ---------------------------------------------------------------------------------


class Engine:
    sample_rate = 16000

    def __init__(self):
        self.closed = False
        self.heard = []

    def synthesize(self, text):
        return bytes(2 * 3200)

    def synthesize_stream(self, text):
        yield bytes(320)
        yield bytes(320)

    def reset(self):
        pass

    def recognize_stream(self, pcm, *, is_final):
        self.heard.append((len(pcm), is_final))

    def close(self):
        self.closed = True


@pytest.mark.slow
def test_ear_and_voice_work_until_they_are_stopped(monkeypatch):
    voice, ear = Engine(), Engine()
    monkeypatch.setattr(
        agent_speech, "create", lambda slot, _config: {"tts": voice, "asr": ear}[slot]
    )
    with agent_speech.SpeechLoad() as load:
        assert load.lateness_ms() is None or load.late_ms
        give_up_s = time.monotonic() + 20
        while len(ear.heard) < 3:
            assert time.monotonic() < give_up_s
            time.sleep(0.01)
    assert ear.heard[:3] == [(3200, False), (3200, True), (3200, False)]
    late_ms = load.lateness_ms()
    assert late_ms is not None
    assert late_ms.count >= 3
    assert voice.closed
    assert ear.closed


def test_a_voice_is_closed_when_there_is_no_ear(monkeypatch):
    voice = Engine()

    def create(slot, _config):
        if slot == "asr":
            raise ModelError("no ear")
        return voice

    monkeypatch.setattr(agent_speech, "create", create)
    with pytest.raises(ModelError), agent_speech.SpeechLoad():
        pass
    assert voice.closed
