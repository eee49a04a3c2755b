"""What one engine costs, measured in a process that holds nothing else."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

from xtalk_edge.audio.format import RATE_HZ
from xtalk_edge.engines import registry
from xtalk_edge.errors import EngineError
from xtalk_edge.net.border import BORDER

from .process_tree import cost

_CHILD = (
    "import sys; sys.path[:] = sys.argv[4:]; "
    "from xtalk_edge.cli.bench.engine_cost import main; main(*sys.argv[1:4])"
)

PIECE_BYTES = RATE_HZ // 100 * 2
"""10 ms, as the ear hands sound over."""

ASR_PIECE_BYTES = 10 * PIECE_BYTES

SPOKEN_BYTES = 6 * PIECE_BYTES
"""As voices hand speech over."""

TYPICAL_SPEED = 1.4
"""Two steps faster, as people ask for it."""

PASSAGE = 12 * "The filter sits behind the small flap. Turn it to the left. "
"""As long as those that documents are cut into."""

SENTENCE = "Your pasta timer has nine minutes and fifty seconds left."

CAPTIONS = "Music can be heard.\nA woman speaking and dishes can be heard."

TIMEOUT_S = 300.0
"""Loading two gigabytes from a slow card, and hearing some seconds."""


@dataclass(frozen=True, slots=True)
class EngineCost:
    """Of one engine in a process of its own."""

    load_s: float
    """From asking for it until it can be used; the second time, when its files have been tried."""
    memory_mb: float
    """By how much it makes a process larger that has Python, numpy and this package, libraries
    included."""
    real_time_factor: float | None
    """Its work as a share of the time of the sound; None of those that are asked now and then."""
    first_ms: float | None
    """Of voices, until the first sound; of those that are asked, until they have answered."""


def measure(slot: str, type: str, params: Mapping[str, Any], sound: Path) -> EngineCost:
    """Return what an engine costs; `sound` is a file of PCM s16le mono 16 kHz to hear.

    Raises:
        EngineError: it cannot be loaded or fails, with the reason.
    """
    # What may leave this process may leave the child, and nothing else.
    engine = json.dumps([type, dict(params), sorted(BORDER.allowed)])
    command = [sys.executable, "-c", _CHILD, slot, engine, str(sound)]
    try:
        child = subprocess.run([*command, *sys.path], stdin=subprocess.DEVNULL, text=True,
                               capture_output=True, timeout=TIMEOUT_S, check=False)  # fmt: skip
    except subprocess.TimeoutExpired as exc:
        raise EngineError(f"{slot} {type} did not end within {TIMEOUT_S:.0f} s") from exc
    if child.returncode:
        last = (child.stderr.strip().splitlines() or ["it ended without a word"])[-1]
        raise EngineError(f"{slot} {type}: {last}")
    return EngineCost(**json.loads(child.stdout.splitlines()[-1]))


def main(slot: str, engine: str, sound: str) -> None:
    """Measure in this process, and print the result as JSON."""
    type, params, allowed = json.loads(engine)
    BORDER.allow(allowed)
    audio = Path(sound).read_bytes()
    before_mb = cost().memory_mb
    # Whether a file will do is found out once in its life, not at each start; and it is the first
    # engine that brings its libraries along.
    first = registry.create(slot, type, params)
    memory_mb = cost().memory_mb - before_mb
    first.close()
    began_s = perf_counter()
    running = registry.create(slot, type, params)
    load_s = perf_counter() - began_s
    factor, first_ms = _WORK[slot](running, audio)
    found = EngineCost(
        round(load_s, 3),
        round(memory_mb, 1),
        None if factor is None else round(factor, 4),
        None if first_ms is None else round(first_ms, 1),
    )
    running.close()
    sys.stdout.write(f"{json.dumps(asdict(found))}\n")


Work = tuple[float | None, float | None]


def _share(calls: Callable[[], object], audio: bytes) -> Work:
    began_s = perf_counter()
    calls()
    return (perf_counter() - began_s) / (len(audio) / 2 / RATE_HZ), None


def _pieces(audio: bytes, size: int) -> list[bytes]:
    return [audio[at : at + size] for at in range(0, len(audio) - size + 1, size)]


def _recognise(engine: Any, audio: bytes) -> Work:
    def hear() -> None:
        for piece in _pieces(audio, ASR_PIECE_BYTES):
            engine.recognize_stream(piece)
        engine.recognize_stream(b"", is_final=True)

    return _share(hear, audio)


def _speak(engine: Any, audio: bytes) -> Work:
    began_s = perf_counter()
    chunks = iter(engine.synthesize_marked(SENTENCE))
    pcm = next(chunks).pcm
    first_s = perf_counter() - began_s
    pcm += b"".join(chunk.pcm for chunk in chunks)
    took_s = perf_counter() - began_s
    return took_s / (len(pcm) / 2 / engine.sample_rate), 1000 * first_s


def _by_frame(call: str) -> Callable[[Any, bytes], Work]:
    def work(engine: Any, audio: bytes) -> Work:
        size = 2 * getattr(engine, "frame_samples", PIECE_BYTES // 2)
        method = getattr(engine, call)
        return _share(lambda: [method(piece) for piece in _pieces(audio, size)], audio)

    return work


def _cancel(engine: Any, audio: bytes) -> Work:
    pieces = _pieces(audio, 2 * engine.frame_samples)
    # What is played is heard 10 ms later.
    pairs = list(zip(pieces[1:], pieces, strict=False))
    return _share(lambda: [engine.cancel(near, far) for near, far in pairs], audio)


def _asked_once(ask: Callable[[Any, bytes], object]) -> Callable[[Any, bytes], Work]:
    def work(engine: Any, audio: bytes) -> Work:
        began_s = perf_counter()
        ask(engine, audio)
        return None, 1000 * (perf_counter() - began_s)

    return work


def _rewrite(engine: Any, _audio: bytes) -> object:
    return engine.rewrite(CAPTIONS)


def _hurry(engine: Any, audio: bytes) -> Work:
    low, high = engine.speeds

    def hurry() -> None:
        engine.begin(RATE_HZ)
        for piece in _pieces(audio, SPOKEN_BYTES):
            engine.process(piece, min(high, max(low, TYPICAL_SPEED)))
        engine.flush()

    return _share(hurry, audio)


_WORK: dict[str, Callable[[Any, bytes], Work]] = {
    "asr": _recognise,
    "tts": _speak,
    "vad": _by_frame("probability"),
    "enhancer": _by_frame("enhance"),
    "wake": _by_frame("detect"),
    "stop_word": _by_frame("detect"),
    "echo": _cancel,
    "turn_detector": _asked_once(
        lambda engine, audio: engine.finished("set a timer for ten minutes", audio)
    ),
    "punctuation": _asked_once(
        lambda engine, _: engine.restore("turn on the kitchen light then set a timer")
    ),
    "speaker": _asked_once(lambda engine, audio: engine.extract(audio)),
    "captioner": _asked_once(lambda engine, audio: engine.caption(audio)),
    "caption_rewriter": _asked_once(_rewrite),
    "thought_rewriter": _asked_once(_rewrite),
    "speed": _hurry,
    "embeddings": _asked_once(lambda engine, _: engine.embed_documents([PASSAGE])),
}

MEASURED_SLOTS = tuple(_WORK)
