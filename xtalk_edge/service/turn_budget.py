"""Where the time of the last turns went, and whether it was too much (pure)."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass

from xtalk_edge.events import LatencyMetricsUpdated

STAGES = (
    *("endpoint_wait_ms", "asr_final_ms", "llm_first_token_ms", "llm_sentence_ms"),
    *("tts_first_chunk_ms", "audible_ms"),
)
"""Of a turn, in the order in which they follow each other."""

PARTS: Mapping[str, tuple[str, ...]] = {
    "recogniser": ("asr_final_ms",),
    "agent": ("llm_first_token_ms", "llm_sentence_ms"),
    "voice": ("tts_first_chunk_ms", "audible_ms"),
}
"""Who takes the time of which stages. How long a pause may last is decided, not computed."""

KEPT_TURNS = 20
"""A change shows after half of them; one slow answer does not."""

LEAST_TURNS = 5
"""Of fewer turns nothing is concluded."""

REMEMBERED_S = 900.0
"""An hour ago another program may have kept the machine busy."""


@dataclass(frozen=True, slots=True)
class Spread:
    """The middle and the tail of one figure."""

    p50: float
    p95: float
    count: int


class TurnBudget:
    """The last turns of one device."""

    def __init__(self) -> None:
        self._turns: deque[tuple[float, LatencyMetricsUpdated]] = deque(maxlen=KEPT_TURNS)

    def add(self, turn: LatencyMetricsUpdated) -> None:
        """Take where the time of a turn went."""
        self._turns.append((turn.at_s, turn))

    def clear(self) -> None:
        """Forget all turns: from now on the device works otherwise."""
        self._turns.clear()

    def stage(self, name: str, at_s: float) -> Spread | None:
        """Return the spread of one of `STAGES` or of `voice_to_voice_ms`; None without a figure."""
        return _spread([getattr(turn, name) for turn in self._recent(at_s)])

    def work(self, at_s: float) -> Spread | None:
        """Return how long the device took from the end of a turn until its answer was heard."""
        return _spread([_sum(turn, STAGES[1:]) for turn in self._recent(at_s)])

    def slowest(self, at_s: float) -> tuple[str, float]:
        """Return which of `PARTS` takes longest and its median in ms; ("", 0.0) if unknown."""
        turns = self._recent(at_s)
        medians = {
            part: spread.p50
            for part, stages in PARTS.items()
            if (spread := _spread([_sum(turn, stages) for turn in turns])) is not None
        }
        part = max(medians, key=lambda each: medians[each], default="")
        return part, medians.get(part, 0.0)

    def _recent(self, at_s: float) -> list[LatencyMetricsUpdated]:
        return [turn for took_s, turn in self._turns if at_s - took_s <= REMEMBERED_S]


def _sum(turn: LatencyMetricsUpdated, stages: tuple[str, ...]) -> float | None:
    known = [value for name in stages if (value := getattr(turn, name)) is not None]
    return sum(known) if known else None


def _spread(values: list[float | None]) -> Spread | None:
    known = sorted(value for value in values if value is not None)
    if not known:
        return None
    return Spread(_at(known, 0.5), _at(known, 0.95), len(known))


def _at(ordered: list[float], share: float) -> float:
    """Return the value that this share of the others does not exceed."""
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
