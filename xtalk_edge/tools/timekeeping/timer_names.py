"""What timers are called, and whether two names mean the same timer (pure)."""

from __future__ import annotations

from xtalk_edge.tools.names import bare_name, name_key, singular

UNITS = ("hour", "minute", "second")


def plain_name(name: str) -> str:
    """Return the name alone: "the pasta timer" is called "pasta"."""
    words = bare_name(name).split()
    while words and words[-1].lower() in ("timer", "timers"):
        del words[-1]
    return " ".join(words)


def timer_key(name: str) -> str:
    """Return what two names have in common when they mean the same timer.

    "10 minutes", "the ten-minute timer" and "ten minute" do; so do "half hour" and "30 minute".
    """
    words = [singular(word) if singular(word) in UNITS else word for word in _words(name)]
    if words[:2] == ["half", "hour"] or words[:3] == ["half", "an", "hour"]:
        words[: words.index("hour") + 1] = ["30", "minute"]
    if words and words[0] in UNITS:
        words.insert(0, "1")
    return " ".join(words)


def _words(name: str) -> list[str]:
    words = name_key(plain_name(name)).split()
    # "One hour and thirty minute" is how a title says it, "one hour thirty minute" how people do.
    return [word for word in words if word != "and"] if set(words) & set(UNITS) else words
