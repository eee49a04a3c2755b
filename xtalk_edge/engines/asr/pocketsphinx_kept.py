"""Keeps PocketSphinx's cut-down English from one start to the next.

Cutting takes a second, and numpy, without which the recogniser's own process is 7 MB smaller: so a
child does it once, and what it wrote stays in the state folder.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import subprocess
import sys
import zlib
from collections.abc import Collection
from pathlib import Path

from xtalk_edge.config.files import default_state_dir
from xtalk_edge.errors import ModelError

CUTTING_TIMEOUT_S = 120.0
"""A second on a laptop, ten on a Raspberry Pi 4 whose card is busy."""

KEPT_FILES = 3
"""Other grammars have other words; whoever changes between two need not wait each time."""

_CHILD = (
    "import json, sys; path, model, written = sys.argv[1:4]; sys.path[:] = json.loads(path); "
    "from xtalk_edge.engines.asr.pocketsphinx_kept import cut_in_child; "
    "sys.exit(cut_in_child(model, written, json.load(sys.stdin)))"
)


def english_of_words(model: Path, words: Collection[str], scratch: Path) -> Path:
    """Return a language model with these words only, written now or at an earlier start.

    Args:
        model: PocketSphinx's English.
        words: all that may be heard.
        scratch: folder for it where nothing can be kept.

    Raises:
        ModelError: the model is unreadable, damaged, or of another form.
    """
    state_dir = default_state_dir()
    name = f"english-{_key(model, words)}"
    kept = _whole(state_dir, name) if state_dir else None
    if kept is not None:
        return kept
    written = scratch / "english.lm.bin"
    _cut(model, words, written)
    if state_dir is None:
        return written
    # A device that cannot write cuts again at each start.
    with contextlib.suppress(OSError):
        content = written.read_bytes()
        state_dir.mkdir(parents=True, exist_ok=True)
        making = state_dir / f".{name}.making"
        making.write_bytes(content)
        making.replace(state_dir / f"{name}-{zlib.crc32(content):08x}.lm.bin")
        _tidy(state_dir)
    return written


def _key(model: Path, words: Collection[str]) -> str:
    stamp: list[object] = [str(model)]
    with contextlib.suppress(OSError):
        stat = model.stat()
        stamp += [stat.st_size, stat.st_mtime_ns]
    return hashlib.sha256(json.dumps([stamp, sorted(words)]).encode()).hexdigest()[:16]


def _whole(state_dir: Path, name: str) -> Path | None:
    """Return what was kept, unless the card has worn it out."""
    for path in state_dir.glob(f"{name}-*.lm.bin"):
        with contextlib.suppress(OSError):
            if path.name == f"{name}-{zlib.crc32(path.read_bytes()):08x}.lm.bin":
                return path
            path.unlink()
    return None


def _tidy(state_dir: Path) -> None:
    kept = sorted(state_dir.glob("english-*.lm.bin"), key=lambda path: path.stat().st_mtime)
    for path in kept[:-KEPT_FILES]:
        path.unlink()


def _cut(model: Path, words: Collection[str], written: Path) -> None:
    command = [sys.executable, "-c", _CHILD, json.dumps(sys.path), str(model), str(written)]
    try:
        child = subprocess.run(
            command,
            input=json.dumps(sorted(words)),
            capture_output=True,
            text=True,
            errors="replace",
            timeout=CUTTING_TIMEOUT_S,
            check=False,
        )
    except subprocess.TimeoutExpired as exc:
        raise ModelError(f"{model}: cutting it down took too long; start again") from exc
    if child.returncode != 0:
        last = (child.stderr.strip().splitlines() or ["the process died"])[-1]
        raise ModelError(last)


def cut_in_child(model: str, written: str, words: list[str]) -> int:
    """Write the language model; return the exit code, the reason on standard error."""
    from xtalk_edge.engines.asr.pocketsphinx_language import language_of_words

    try:
        language_of_words(Path(model), words, Path(written))
    except ModelError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    return 0
