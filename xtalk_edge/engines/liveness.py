"""Which engines of this event loop work without giving anything, and whose processes have died.

For the loop's thread. What another loop left behind, another appliance of this process answers for.
"""

from __future__ import annotations

import asyncio

from xtalk_edge.engines.hosting import Hosted
from xtalk_edge.engines.worker import Worker

NEEDED = frozenset({"asr", "punctuation", "turn_detector", "tts", "speed", "agent", "llama"})
"""What a turn waits for. Whatever describes sounds or reads documents may take its time."""


def slowest() -> tuple[str, float]:
    """Return which of them has given nothing for longest, and for how long; "" for none."""
    times = [(worker.name, worker.busy_s()) for worker in Worker.all() if _is_watched(worker)]
    times += [(home.worker.name, home.silent_s()) for home in _homes()]
    name, silent_s = max(times, key=lambda each: each[1], default=("", 0.0))
    return (name, silent_s) if silent_s else ("", 0.0)


def died() -> list[Hosted]:
    """Return those whose processes have died while nobody asked them."""
    return [home for home in _homes() if home.has_died]


def end_hanging(limit_s: float) -> None:
    """End the processes that have given nothing for so long; the next call starts others."""
    for home in _homes():
        if home.silent_s() > limit_s:
            home.stop_hanging()


def _homes() -> list[Hosted]:
    return [home for home in list(Hosted.running) if _is_watched(home.worker)]


def _is_watched(worker: Worker) -> bool:
    return worker.name in NEEDED and worker.loop is asyncio.get_running_loop()
