"""A conversation as what was asked and what was answered: how one agent tells another of it."""

from __future__ import annotations

from collections.abc import Sequence


def exchanges(history: Sequence[dict[str, str]]) -> list[tuple[str, str]]:
    """Return what was asked and what was heard in answer; "" where nothing was."""
    found: list[tuple[str, str]] = []
    for line in history:
        said = line.get("content", "")
        if line.get("role") == "user":
            found.append((said, ""))
        elif line.get("role") == "assistant" and found:
            text, reply = found[-1]
            found[-1] = (text, f"{reply} {said}".strip())
    return found
