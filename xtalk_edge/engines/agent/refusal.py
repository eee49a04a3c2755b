"""Tells a model's own words for "I cannot" from an answer."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection
from typing import Any

from xtalk_edge.engines.interfaces import NoAnswer


async def marked(items: AsyncIterator[Any], refusals: Collection[str]) -> AsyncIterator[Any]:
    """Yield the items of an answer; one that is a refusal as a whole is one `NoAnswer`.

    Nothing is held back but what may still become a refusal.
    """
    held, undecided = "", bool(refusals)
    async for item in items:
        if undecided and isinstance(item, str):
            held += item
            if any(refusal.startswith(held) for refusal in refusals):
                continue
            item, held = held, ""
        elif held:
            yield held
            held = ""
        undecided = False
        yield item
    if held:
        yield NoAnswer(held) if held in refusals else held
