"""Makes one ranking of several that know nothing of one another's figures (pure)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

RANK_OFFSET = 60
"""How little the first places differ (Cormack and others, 2009): a passage that two rankings have
in their midst is better than one that only one of them has on top."""


def fused(rankings: Iterable[Sequence[int]]) -> list[tuple[int, float]]:
    """Return what the rankings hold, the best first, with its reciprocal ranks added up."""
    scores: dict[int, float] = defaultdict(float)
    for ranking in rankings:
        for rank, each in enumerate(ranking, start=1):
            scores[each] += 1 / (RANK_OFFSET + rank)
    return sorted(scores.items(), key=lambda item: (-item[1], item[0]))
