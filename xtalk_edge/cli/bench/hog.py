"""A thread that holds the interpreter, as a large call into C does."""

from __future__ import annotations

import threading
import time


class GilHog:
    """Holds the interpreter in calls of a given length, one after the other, while open."""

    def __init__(self, hold_ms: float) -> None:
        self._hold_ms = hold_ms
        self._power = 100_000  # some 10 ms on a laptop; finds its length within a few calls
        self.held_ms: list[float] = []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="bench-hog")

    def __enter__(self) -> GilHog:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.is_set():
            took_ms = _time_power_ms(self._power)
            self.held_ms.append(took_ms)
            # Processor clocks and neighbours change: keep near the length asked for.
            self._power = round(self._power * min(1.1, max(0.9, self._hold_ms / took_ms)))


def _time_power_ms(power: int) -> float:
    began_s = time.perf_counter()
    pow(3, power)  # one C call that never lets go of the interpreter
    return (time.perf_counter() - began_s) * 1000
