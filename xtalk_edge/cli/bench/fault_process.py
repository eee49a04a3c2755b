"""The whole program ended at random moments of a conversation, by a signal, and started again."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import random
import signal
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from xtalk_edge.audio.format import RATE_HZ, Samples
from xtalk_edge.audio.sound_file import WavWriter
from xtalk_edge.cli.progress import Tell
from xtalk_edge.clock import now_s
from xtalk_edge.config.schema import Config
from xtalk_edge.config.toml_text import dump
from xtalk_edge.scenes.script import Line
from xtalk_edge.scenes.sounds import sound_of

from .fault_ledger import Ledger, Outcome

PROOF, PROVEN = "What is twelve times seven?", "84"
"""What every life hears first, and what its answer must contain."""

TALK = (
    "Set a timer for ten minutes.",
    "What can you do?",
    "Set a timer for twenty minutes.",
    "Set a timer for half an hour.",
)
"""What it hears then, until it is ended."""

PAUSE_S = 4.0
"""Between two sentences, for the answer."""

WITHIN_S = 6.0
"""From the answer to the first question until the signal, at most; the talk goes on for so long."""

START_LIMIT_S, END_LIMIT_S = 120.0, 60.0
"""A program that takes longer has hung, even on a busy machine."""

GLANCE_S = 0.01


def hold(
    config: Config,
    faults: int,
    chance: random.Random,
    show: Tell,
    *,
    numbers: Sequence[signal.Signals],
) -> list[Outcome]:
    """End the program so often, by one signal after the other; return what came of each."""
    with tempfile.TemporaryDirectory(prefix="xtalk-edge-bench-") as folder:
        lives = _Lives(config, Path(folder))
        ends = itertools.islice(itertools.cycle(numbers), faults)
        return asyncio.run(lives.live(list(ends), chance, show))


class _Lives:
    """One program after the other, on the same state folder."""

    def __init__(self, config: Config, folder: Path) -> None:
        self._folder = folder
        self._state_dir = folder / "state"
        self._ledger = Ledger()
        self._count = 0
        (folder / "settings.toml").write_text(dump(config), encoding="utf-8")
        _write_talk(folder / "talk.wav")

    async def live(
        self, ends: Sequence[signal.Signals], chance: random.Random, show: Tell
    ) -> list[Outcome]:
        """Go through these ends; the life after the last one proves itself too."""
        came: list[Outcome] = []
        ended_s: float | None = None
        in_order = True
        while True:
            async with self._life() as (process, events):
                opened = await events.come("CardOpened", START_LIMIT_S)
                listening_s = now_s() - ended_s if opened and ended_s is not None else None
                proven = opened and await events.answered(PROVEN)
                if ended_s is not None:
                    lost = self._ledger.losses(self._state_dir)
                    came.append(Outcome(proven and in_order, listening_s, lost))
                    show(f"{len(came)} of {len(ends)}")
                if len(came) == len(ends):
                    return came
                await asyncio.sleep(chance.uniform(0.0, WITHIN_S))
                ended_s, number = now_s(), ends[len(came)]
                process.send_signal(number)
                async with asyncio.timeout(END_LIMIT_S):
                    code = await process.wait()
                in_order = code == (0 if number == signal.SIGTERM else -number)
                events.read()

    @contextlib.asynccontextmanager
    async def _life(self) -> AsyncIterator[tuple[asyncio.subprocess.Process, _Events]]:
        self._count += 1
        path = self._folder / f"events-{self._count}.jsonl"
        process = await asyncio.create_subprocess_exec(
            # As fast as it can: what is being measured must not depend on who else computes here.
            *(sys.executable, "-m", "xtalk_edge", "run", "--card", "wav", "--fast"),
            *("--config", str(self._folder / "settings.toml")),
            *("--input", str(self._folder / "talk.wav")),
            *("--events", str(path), "--state-dir", str(self._state_dir)),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
        )
        try:
            yield process, _Events(path, self._ledger)
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()


class _Events:
    """What a program has written down of its events."""

    def __init__(self, path: Path, ledger: Ledger) -> None:
        self._path = path
        self._ledger = ledger
        self._read = 0
        self._events: list[dict[str, Any]] = []

    def read(self) -> None:
        """Take what is new; the last line may have been cut off."""
        with contextlib.suppress(FileNotFoundError), self._path.open("rb") as file:
            file.seek(self._read)
            for line in file:
                if line.endswith(b"\n"):
                    self._read += len(line)
                    self._take(json.loads(line))

    def _take(self, event: dict[str, Any]) -> None:
        self._events.append(event)
        if event["event"] == "ToolCallOccurred":
            self._ledger.call(event["name"], event["args"])
        elif event["event"] == "ToolResultOccurred":
            self._ledger.result(event["name"], ok=event["ok"])

    async def come(self, kind: str, limit_s: float) -> bool:
        """Wait for an event; tell whether it came."""
        return await self._until(limit_s, lambda event: event["event"] == kind)

    async def answered(self, words: str) -> bool:
        """Wait for an answer with these words; tell whether it came."""
        return await self._until(
            END_LIMIT_S,
            lambda event: event["event"] == "TTSPlaybackFinished" and words in event["text"],
        )

    async def _until(self, limit_s: float, fits: Callable[[dict[str, Any]], bool]) -> bool:
        until_s = now_s() + limit_s
        while not any(map(fits, self._events)):
            if now_s() > until_s:
                return False
            await asyncio.sleep(GLANCE_S)
            self.read()
        return True


def _write_talk(path: Path) -> None:
    pause = np.zeros(round(PAUSE_S * RATE_HZ), np.int16)
    sounds: list[Samples] = [np.zeros(RATE_HZ // 2, np.int16)]
    for says in (PROOF, *TALK * 6):
        sounds += [sound_of(Line(says=says), Path()).samples, pause]
    writer = WavWriter(path, RATE_HZ)
    writer.write(np.concatenate(sounds))
    writer.close()
