"""An engine in a child process."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import pytest

from xtalk_edge.engines.child_process import DEATHS_BORNE
from xtalk_edge.engines.interfaces import WordMark
from xtalk_edge.engines.isolated import IsolatedEngine
from xtalk_edge.engines.isolated_child import serve
from xtalk_edge.errors import ConfigError, EngineError, EngineLostError

DETECTOR = """
import os
from pathlib import Path
from xtalk_edge.engines.interfaces import VAD

class Detector(VAD):
    def __init__(self, once): self._once = Path(once)
    def probability(self, frame):
        if not self._once.exists():
            self._once.touch()
            os._exit(1)
        return 0.5
    def reset(self): pass
    def clone(self): return self
"""

ENGINE = """
import os, signal, sys, time
from xtalk_edge.engines.interfaces import TTS
from xtalk_edge.errors import DeviceError
from xtalk_edge.net.border import BORDER

class OwnError(Exception): pass

class Voice(TTS):
    sample_rate = 8000
    def __init__(self, log=""):
        self._log = log
        self.secret = 1
    def note(self, what):
        with open(self._log, "a") as file: file.write(what + "\\n")
    def synthesize(self, text):
        if text == "crash": os.kill(os.getpid(), signal.SIGSEGV)
        if text == "exit": os._exit(7)
        if text == "hang": time.sleep(60)
        if text == "value": raise ValueError("bad text")
        if text == "device": raise DeviceError("no horn")
        if text == "own": raise OwnError("odd")
        if text == "unicode": b"\\xff".decode()
        if text == "voice": return self._voice.encode()
        if text == "send": BORDER.send("a.example", "text", 1)
        if text == "pid": return str(os.getpid()).encode()
        if text == "modules": return " ".join(sys.modules).encode()
        return text.encode()
    def synthesize_stream(self, text, **kwargs):
        try:
            for i in range(len(text)):
                if text[i] == "!": raise ValueError("bang")
                if text[i] == "#": os._exit(7)
                yield text[i].encode()
        finally:
            if self._log: self.note("stream ended")
    def set_voice(self, voice_names): self._voice = voice_names[0]
    def clone(self): return self
    def close(self):
        if self._log: self.note("closed")
    def extra(self): return 1
"""


@pytest.fixture
def spec(tmp_path: Path) -> str:
    path = tmp_path / "voice.py"
    path.write_text(ENGINE, encoding="utf-8")
    return f"{path}:Voice"


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "log"


@pytest.fixture
def voice(spec: str, log: Path) -> Iterator[IsolatedEngine]:
    engine = IsolatedEngine("tts", spec, {"log": str(log)}, call_timeout_s=5.0)
    yield engine
    engine.close()


def is_gone(pid: int) -> bool:
    """Tell whether no process, not even a zombie, has this id."""
    return not Path(f"/proc/{pid}").exists()


@pytest.mark.slow
def test_calls_and_constants_come_from_the_child(voice: IsolatedEngine) -> None:
    assert voice.synthesize("hello") == b"hello"
    assert int(voice.synthesize("pid")) == voice.pid != os.getpid()
    assert voice.sample_rate == 8000
    assert voice.is_alive


@pytest.mark.slow
def test_only_the_interface_is_reachable(voice: IsolatedEngine) -> None:
    for name in ("extra", "secret", "note", "_log"):
        with pytest.raises(AttributeError, match=name):
            getattr(voice, name)


@pytest.mark.slow
def test_the_child_imports_little(voice: IsolatedEngine) -> None:
    modules = set(voice.synthesize("modules").decode().split())
    assert modules.isdisjoint({"asyncio", "numpy", "pytest", "onnxruntime", "livekit", "logging"})


@pytest.mark.slow
def test_errors_keep_their_kind(voice: IsolatedEngine) -> None:
    with pytest.raises(ValueError, match="bad text"):
        voice.synthesize("value")
    with pytest.raises(EngineError, match="OwnError: odd"):
        voice.synthesize("own")
    with pytest.raises(EngineError, match="UnicodeDecodeError"):
        voice.synthesize("unicode")
    with pytest.raises(Exception, match="no horn") as caught:
        voice.synthesize("device")
    assert type(caught.value).__name__ == "DeviceError"
    assert voice.synthesize("still here") == b"still here"


@pytest.mark.slow
def test_nothing_leaves_a_process_where_nobody_would_count_it(voice: IsolatedEngine) -> None:
    with pytest.raises(Exception, match=r'may send nothing.*set isolation = "thread"'):
        voice.synthesize("send")


@pytest.mark.slow
def test_iterators_come_item_by_item(voice: IsolatedEngine, log: Path) -> None:
    assert list(voice.synthesize_stream("abc")) == [b"a", b"b", b"c"]
    stream = voice.synthesize_stream("ab!")
    assert next(stream) + next(stream) == b"ab"
    with pytest.raises(ValueError, match="bang"):
        next(stream)
    assert log.read_text().splitlines() == ["stream ended"] * 2
    assert voice.synthesize("x") == b"x"


@pytest.mark.slow
def test_closing_an_iterator_ends_it_in_the_child(voice: IsolatedEngine, log: Path) -> None:
    stream = voice.synthesize_stream("abc" * 1000)
    assert next(stream) == b"a"
    assert not log.exists()
    stream.close()
    assert log.read_text() == "stream ended\n"


@pytest.mark.slow
def test_another_call_ends_the_iterator(voice: IsolatedEngine, log: Path) -> None:
    stream = voice.synthesize_stream("abc")
    assert next(stream) == b"a"
    assert voice.synthesize("other") == b"other"
    assert log.read_text() == "stream ended\n"
    assert list(stream) == []
    second = voice.synthesize_stream("de")
    assert next(second) == b"d"
    stream.close()
    assert list(second) == [b"e"]


@pytest.mark.slow
def test_a_real_voice_streams_marks() -> None:
    voice = IsolatedEngine("tts", "espeak", {})
    chunks = list(voice.synthesize_marked("hello world"))
    assert chunks[0].marks == (WordMark(0, 5, 0),)
    assert voice.sample_rate == 22050
    voice.close()


@pytest.mark.parametrize(("text", "how"), [("crash", "signal 11, SIGSEGV"), ("exit", "code 7")])
@pytest.mark.slow
def test_death_is_seen_at_once_and_leaves_nothing(
    voice: IsolatedEngine, text: str, how: str
) -> None:
    pid = voice.pid
    began = time.monotonic()
    with pytest.raises(EngineError, match=how):
        voice.synthesize(text)
    assert time.monotonic() - began < 1.0
    assert not voice.is_alive
    assert is_gone(pid)
    # The next call starts another one.
    assert voice.synthesize("hello") == b"hello"
    assert voice.pid != pid


@pytest.mark.slow
def test_what_was_set_holds_for_the_successor(voice: IsolatedEngine) -> None:
    voice.set_voice(["low"])
    with pytest.raises(EngineLostError):
        voice.synthesize("crash")
    assert voice.synthesize("voice") == b"low"


@pytest.mark.slow
def test_an_engine_that_only_dies_is_given_up_for_a_while(
    voice: IsolatedEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(DEATHS_BORNE):
        with pytest.raises(EngineLostError):
            voice.synthesize("crash")
    with pytest.raises(EngineError, match=f"died {DEATHS_BORNE} times without doing anything"):
        voice.synthesize("hello")
    assert not voice.is_alive
    monkeypatch.setattr("xtalk_edge.engines.child_process.GIVEN_UP_S", 0.0)
    assert voice.synthesize("hello") == b"hello"


@pytest.mark.slow
def test_one_that_works_in_between_is_started_again_and_again(voice: IsolatedEngine) -> None:
    for _ in range(DEATHS_BORNE + 1):
        with pytest.raises(EngineLostError):
            voice.synthesize("crash")
        assert voice.synthesize("hello") == b"hello"


@pytest.mark.slow
def test_a_closed_engine_stays_closed(voice: IsolatedEngine) -> None:
    voice.close()
    with pytest.raises(EngineError, match="is closed"):
        voice.synthesize("hello")


@pytest.mark.slow
def test_a_detector_that_dies_is_asked_again_at_once(tmp_path: Path) -> None:
    path = tmp_path / "ears.py"
    path.write_text(DETECTOR)
    detector = IsolatedEngine("vad", f"{path}:Detector", {"once": str(tmp_path / "died")})
    assert detector.probability(bytes(1024)) == 0.5
    detector.close()


@pytest.mark.slow
def test_a_recogniser_that_died_between_pieces_says_so(tmp_path: Path) -> None:
    recogniser = IsolatedEngine("asr", "tests.scripted:ScriptedASR", {"texts": ["hello"]})
    recogniser.recognize_stream(bytes(3200))
    os.kill(recogniser.pid, signal.SIGKILL)
    recogniser._child.wait_for_end()
    with pytest.raises(EngineLostError, match="what it knew is lost"):
        recogniser.recognize_stream(bytes(3200))
    recogniser.reset()
    assert recogniser.recognize_stream(bytes(3200)) is not None
    recogniser.close()


@pytest.mark.slow
def test_death_in_the_middle_of_an_iterator(voice: IsolatedEngine) -> None:
    stream = voice.synthesize_stream("a#")
    assert next(stream) == b"a"
    with pytest.raises(EngineError, match="code 7"):
        next(stream)
    assert list(stream) == []


@pytest.mark.slow
def test_an_iterator_of_a_dead_child_can_be_closed(voice: IsolatedEngine) -> None:
    stream = voice.synthesize_stream("abc")
    next(stream)
    os.kill(voice.pid, signal.SIGKILL)
    voice._child.wait_for_end()
    stream.close()


@pytest.mark.slow
def test_a_hanging_child_is_ended(spec: str) -> None:
    voice = IsolatedEngine("tts", spec, {}, call_timeout_s=0.2)
    with pytest.raises(EngineError, match="did not answer"):
        voice.synthesize("hang")
    voice.close()
    assert is_gone(voice.pid)


@pytest.mark.slow
def test_closing_from_another_thread_ends_a_hanging_call(
    spec: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("xtalk_edge.engines.child_process.EXIT_GRACE_S", 0.1)
    voice = IsolatedEngine("tts", spec, {})
    failures: list[str] = []

    def hang() -> None:
        try:
            voice.synthesize("hang")
        except EngineError as exc:
            failures.append(str(exc))

    thread = threading.Thread(target=hang)
    thread.start()
    while not voice._lock.locked():
        pass
    voice.close()
    thread.join(5)
    assert failures
    assert is_gone(voice.pid)


@pytest.mark.slow
def test_closing_lets_the_engine_release_what_it_holds(voice: IsolatedEngine, log: Path) -> None:
    voice.close()
    assert log.read_text() == "closed\n"
    assert is_gone(voice.pid)
    voice.close()


@pytest.mark.slow
def test_a_clone_has_its_own_child(voice: IsolatedEngine) -> None:
    other = voice.clone()
    assert other.pid != voice.pid
    voice.close()
    assert other.synthesize("x") == b"x"
    other.close()


@pytest.mark.slow
def test_an_engine_that_cannot_start_leaves_no_child(spec: str) -> None:
    with pytest.raises(ConfigError, match="colour"):
        IsolatedEngine("tts", spec, {"colour": 1})
    with pytest.raises(ConfigError, match="unknown type"):
        IsolatedEngine("tts", "nothing", {})


@pytest.mark.slow
def test_ctrl_c_does_not_reach_the_child(voice: IsolatedEngine) -> None:
    os.kill(voice.pid, signal.SIGINT)
    assert voice.synthesize("calm") == b"calm"
    assert os.getpgid(voice.pid) == voice.pid


@pytest.mark.slow
def test_the_child_ends_with_its_parent(spec: str) -> None:
    code = (
        "import os, sys; from xtalk_edge.engines.child_process import DEATHS_BORNE; "
        "from xtalk_edge.engines.isolated import IsolatedEngine; "
        f"e = IsolatedEngine('tts', {spec!r}, {{}}); print(e.pid, flush=True); "
        "os.kill(os.getpid(), 9)"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    parent = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=False
    )
    pid = int(parent.stdout)
    deadline = time.monotonic() + 5.0
    # Whoever adopts the orphan may be slow to collect it: a zombie has ended, too.
    while not (is_gone(pid) or " Z " in Path(f"/proc/{pid}/stat").read_text()):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def answers(*requests: tuple[Any, ...], read: bool = True) -> list[Any]:
    """Serve the requests in this process and return every answer."""
    ours, theirs = socket.socketpair()
    before = signal.getsignal(signal.SIGINT)
    with Connection(ours.detach()) as pipe:
        for request in requests:
            pipe.send(request)
        if not read:
            pipe.close()
        try:
            serve(theirs.detach())
        finally:
            signal.signal(signal.SIGINT, before)
        got = []
        while read and pipe.poll():
            try:
                got.append(pipe.recv())
            except EOFError:
                break
        return got


@pytest.mark.slow
def test_the_child_answers_each_request(spec: str, log: Path) -> None:
    got = answers(
        ("create", "tts", spec, {"log": str(log)}),
        ("call", "synthesize", ("hi",), {}),
        ("call", "synthesize_stream", ("ab",), {}),
        ("next",),
        ("abort",),
        ("next",),
        ("call", "synthesize", ("value",), {}),
        ("nonsense",),
        ("end",),
    )
    assert got == [
        (True, {"sample_rate": 8000, "thread_only": "", "computes_by": ""}),
        (True, ("value", b"hi")),
        (True, ("iterator", None)),
        (True, (True, b"a")),
        (True, None),
        (True, (False, None)),
        (False, ("ValueError", "bad text")),
        (False, ("AttributeError", "'_Host' object has no attribute 'nonsense'")),
    ]
    assert log.read_text().splitlines() == ["stream ended", "closed"]


@pytest.mark.slow
def test_the_child_ends_when_nobody_reads_its_answer(spec: str, log: Path) -> None:
    request = ("create", "tts", spec, {"log": str(log)})
    assert answers(request, read=False) == []
    assert log.read_text() == "closed\n"


def test_the_child_ends_when_its_parent_is_gone() -> None:
    assert answers(read=False) == []
