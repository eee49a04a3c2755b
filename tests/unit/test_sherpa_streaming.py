"""The real streaming recogniser on espeak-ng's speech: text grows, ends well, and never crashes."""

from __future__ import annotations

import itertools
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.contract.sound import noise, silence
from tests.tiny_onnx import metadata, tiny_onnx
from tests.tiny_paraformer import write_paraformer
from tests.tiny_transducer import write_transducer
from xtalk_edge.audio.format import RATE_HZ, pcm_to_samples
from xtalk_edge.audio.resample import convert
from xtalk_edge.config.files import data_path
from xtalk_edge.engines import registry
from xtalk_edge.engines.asr import sherpa_streaming
from xtalk_edge.engines.asr.sherpa_streaming import STARTER, SherpaStreamingASR, check_model
from xtalk_edge.engines.isolated import IsolatedEngine
from xtalk_edge.engines.tts.espeak import EspeakTTS
from xtalk_edge.errors import ConfigError, EngineError, ModelError
from xtalk_edge.models.bring import bring
from xtalk_edge.models.manifest import Manifest
from xtalk_edge.models.shelf import FOLDER_VARIABLE, Shelf

PIECE_BYTES = RATE_HZ // 10 * 2
SENTENCES = ("set a timer for five minutes", "what time is it", "turn on the lights")


@pytest.fixture(autouse=True, scope="module")
def own_state(tmp_path_factory: pytest.TempPathFactory) -> Any:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("STATE_DIRECTORY", str(tmp_path_factory.mktemp("state")))
        yield


@pytest.fixture(scope="module")
def recogniser(own_state: None) -> SherpaStreamingASR:
    return SherpaStreamingASR()


def spoken(text: str, voice: str = "en-us") -> bytes:
    engine = EspeakTTS(voice, volume=60)
    speech = pcm_to_samples(engine.synthesize(text))
    return convert(speech, engine.sample_rate, RATE_HZ).tobytes()


def pieces(audio: bytes) -> list[bytes]:
    return [audio[i : i + PIECE_BYTES] for i in range(0, len(audio), PIECE_BYTES)]


def stream(recogniser: SherpaStreamingASR, audio: bytes) -> list[str]:
    recogniser.reset()
    partials = [recogniser.recognize_stream(piece) for piece in pieces(audio)]
    return [*partials, recogniser.recognize_stream(b"", is_final=True)]


@pytest.mark.parametrize("sentence", SENTENCES)
@pytest.mark.slow
def test_text_grows_while_it_is_spoken_and_is_right_in_the_end(
    recogniser: SherpaStreamingASR, sentence: str
) -> None:
    texts = stream(recogniser, silence(0.2) + spoken(sentence))
    assert texts[-1] == sentence
    assert all(after.startswith(before) for before, after in itertools.pairwise(texts))
    assert len(set(texts)) > 3
    assert recogniser.confidence() == 1.0


@pytest.mark.slow
def test_the_last_word_is_spelled_although_the_sound_ends_with_it(
    recogniser: SherpaStreamingASR,
) -> None:
    audio = silence(0.2) + spoken(SENTENCES[0])
    end = 2 * int(np.flatnonzero(np.abs(pcm_to_samples(audio)) > 100)[-1])
    *_, before, final = stream(recogniser, audio[:end])
    assert final == SENTENCES[0]
    assert before != final


def test_two_streams_of_one_model_do_not_hear_one_another(recogniser: SherpaStreamingASR) -> None:
    other = recogniser.clone()
    recogniser.reset()
    first, second = (pieces(silence(0.2) + spoken(text)) for text in SENTENCES[:2])
    for one, two in itertools.zip_longest(first, second, fillvalue=b""):
        recogniser.recognize_stream(one)
        other.recognize_stream(two)
    assert other.recognize_stream(b"", is_final=True) == SENTENCES[1]
    assert recogniser.recognize_stream(b"", is_final=True) == SENTENCES[0]


@pytest.mark.slow
def test_clones_may_run_at_the_same_time(recogniser: SherpaStreamingASR) -> None:
    audio = [silence(0.2) + spoken(text) for text in SENTENCES] * 2
    with ThreadPoolExecutor(4) as threads:
        heard = threads.map(lambda sound: recogniser.clone().recognize(sound), audio)
        assert list(heard) == [*SENTENCES, *SENTENCES]


def test_how_the_sound_is_cut_makes_no_difference(recogniser: SherpaStreamingASR) -> None:
    audio = silence(0.2) + spoken(SENTENCES[2])
    recogniser.reset()
    for start in range(0, len(audio), 333):
        recogniser.recognize_stream(audio[start : start + 333])
    assert recogniser.recognize_stream(b"", is_final=True) == SENTENCES[2]
    assert recogniser.recognize(audio) == SENTENCES[2]
    assert recogniser.recognize(audio + b"\x01") == SENTENCES[2]


def test_sound_after_the_end_begins_a_new_text(recogniser: SherpaStreamingASR) -> None:
    recogniser.recognize(silence(0.2) + spoken(SENTENCES[0]))
    assert recogniser.recognize_stream(b"") == SENTENCES[0]
    recogniser.recognize_stream(silence(0.2) + spoken(SENTENCES[1]))
    assert recogniser.recognize_stream(b"", is_final=True) == SENTENCES[1]


def test_reset_leaves_nothing_of_the_sound_before(recogniser: SherpaStreamingASR) -> None:
    audio = silence(0.2) + spoken(SENTENCES[1])
    recogniser.reset()
    recogniser.recognize_stream(spoken(SENTENCES[0])[: 3 * PIECE_BYTES + 1])
    recogniser.reset()
    assert stream(recogniser, audio) == stream(recogniser.clone(), audio)


@pytest.mark.slow
def test_a_long_recording_at_once_is_heard_like_a_short_one(
    recogniser: SherpaStreamingASR,
) -> None:
    text = recogniser.recognize(silence(15.0) + spoken(SENTENCES[1]))
    assert text == SENTENCES[1]


def test_the_size_hint_is_what_the_network_takes(recogniser: SherpaStreamingASR) -> None:
    assert recogniser.stream_chunk_bytes_hint() == 120 * 32


def test_confidence_is_how_likely_the_tokens_were_where_a_model_says(
    recogniser: SherpaStreamingASR, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Transducer:
        def ys_probs(self, stream: object) -> list[float]:
            return [-0.1, -0.3]

    other = recogniser.clone()
    monkeypatch.setattr(other, "_recognizer", Transducer())
    assert other.confidence() == pytest.approx(np.exp(-0.2))


@pytest.mark.slow
def test_a_transducer_hears_through_its_three_networks(tmp_path: Path) -> None:
    recogniser = SherpaStreamingASR(str(write_transducer(tmp_path)))
    assert recogniser.stream_chunk_bytes_hint() == 320 * 32
    bursts = silence(0.5) + noise(0.6).tobytes() + silence(0.6)
    texts = stream(recogniser, bursts * 2)
    assert texts[-1] == "loud quiet loud quiet"
    assert all(after.startswith(before) for before, after in itertools.pairwise(texts))
    assert 0.5 < recogniser.confidence() < 1.0
    other = recogniser.clone()
    assert other.recognize(bursts) == "loud quiet"
    assert stream(recogniser, silence(1.0))[-1] == ""


@pytest.mark.slow
def test_a_paraformer_hears_through_its_two_networks(tmp_path: Path) -> None:
    recogniser = SherpaStreamingASR(str(write_paraformer(tmp_path)))
    assert recogniser.stream_chunk_bytes_hint() == 600 * 32
    bursts = silence(0.5) + noise(0.6).tobytes()
    texts = stream(recogniser, bursts * 2 + silence(0.1))
    assert texts[-1] == "loud quiet loud quiet"
    assert all(after.startswith(before) for before, after in itertools.pairwise(texts))
    assert recogniser.clone().recognize(bursts + silence(0.1)) == "loud quiet"


@pytest.mark.parametrize("part", ["encoder", "decoder", "joiner"])
@pytest.mark.parametrize("content", [b"", b"<html>404</html>", tiny_onnx({"vocab_size": 4})])
@pytest.mark.slow
def test_a_transducer_with_one_bad_network_is_refused(
    tmp_path: Path, part: str, content: bytes
) -> None:
    write_transducer(tmp_path)
    (tmp_path / f"{part}-epoch-1.onnx").write_bytes(content)
    with pytest.raises(ModelError):
        SherpaStreamingASR(str(tmp_path))


@pytest.mark.slow
def test_a_fetched_model_is_found_by_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stick = tmp_path / "stick"
    stick.mkdir()
    shelf = Shelf(tmp_path / "models")
    bring(shelf, Manifest(), write_transducer(stick), "bursts")
    monkeypatch.setenv(FOLDER_VARIABLE, str(shelf.folder))
    assert SherpaStreamingASR("bursts").recognize(noise(0.6).tobytes() + silence(1)) == "loud quiet"


@pytest.mark.slow
def test_in_a_process_of_its_own_it_hears_the_same() -> None:
    engine = IsolatedEngine("asr", "sherpa-streaming", {})
    assert engine.recognize(silence(0.2) + spoken(SENTENCES[0])) == SENTENCES[0]
    engine.close()


@pytest.mark.parametrize("first", ["sherpa_onnx", "onnxruntime", "espeak"])
@pytest.mark.slow
def test_it_shares_a_process_with_espeak_and_onnxruntime(first: str) -> None:
    code = f"""
import importlib, numpy as np
from xtalk_edge.engines import registry
if {first!r} == "espeak":
    registry.create("tts", "espeak", {{}}).synthesize("hello")
else:
    importlib.import_module({first!r})
asr = registry.create("asr", "sherpa-streaming", {{}})
tts = registry.create("tts", "espeak", {{}})
vad = registry.create("vad", "silero", {{}})
assert len(tts.synthesize("what time is it")) > 20000
for _ in range(3):
    asr.recognize_stream(bytes(3200))
    vad.probability(bytes(1024))
vad.close()
print("done")
"""
    child = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
    assert child.stdout == "done\n", child.stderr


def copied(folder: Path) -> Path:
    for name in ("letters.onnx", "tokens.txt"):
        shutil.copy(data_path(f"{STARTER}/{name}"), folder / name)
    return folder / "letters.onnx"


def test_a_model_of_your_own_brings_its_tokens_along(tmp_path: Path) -> None:
    model = copied(tmp_path)
    tokens = model.with_name("tokens.txt").rename(tmp_path / "letters.txt")
    with pytest.raises(ModelError, match=r"tokens\.txt: the tokens cannot be read"):
        SherpaStreamingASR(str(model))
    assert SherpaStreamingASR(str(model), str(tokens)).recognize(b"") == ""


@pytest.mark.slow
def test_files_that_would_end_the_process_are_refused(tmp_path: Path) -> None:
    model = copied(tmp_path)
    whole = model.read_bytes()
    bad = {
        "empty": b"",
        "page": b"<html>404</html>",
        "cut short": whole[: len(whole) // 2],
        "another kind": tiny_onnx({}),
        "pretends": tiny_onnx(
            {"window_size": 12, "chunk_shift": 12, "cache_last_channel_dim1": 1, "vocab_size": 28}
        ),
        "other states": whole + metadata({"cache_last_time_dim2": 175}),
        "other window": whole + metadata({"window_size": 13}),
    }
    for name, content in bad.items():
        model.write_bytes(content)
        with pytest.raises(ModelError) as caught:
            SherpaStreamingASR(str(model))
        assert str(model) in str(caught.value), name
        assert "\n" not in str(caught.value), name


def test_what_sherpa_onnx_refuses_itself_is_a_sentence_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = copied(tmp_path)
    monkeypatch.setattr(sherpa_streaming, "preflight", lambda *_, **__: model.write_bytes(b"worse"))
    with pytest.raises(ModelError, match="fetch it again"):
        SherpaStreamingASR(str(model))


@pytest.mark.usefixtures("without_sherpa_onnx")
def test_without_the_library_it_says_what_to_install() -> None:
    with pytest.raises(EngineError, match="pip install sherpa-onnx"):
        SherpaStreamingASR()


def test_threads_are_counted() -> None:
    for threads in (0, -1, 65):
        with pytest.raises(ConfigError, match=r"asr\.threads: must be from 1 to 64"):
            registry.create("asr", "sherpa-streaming", {"threads": threads})


def test_the_check_lets_the_starter_model_pass() -> None:
    check_model(str(data_path(f"{STARTER}/letters.onnx")))
