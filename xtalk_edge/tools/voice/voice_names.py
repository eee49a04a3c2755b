"""Which voice is meant: by its accent, by man or woman, or just another one (pure, English)."""

from __future__ import annotations

from collections.abc import Sequence

from xtalk_edge.tools.names import name_key

MEANINGS = {
    "female": "woman", "lady": "woman", "girl": "woman", "womans": "woman", "women": "woman",
    "male": "man", "guy": "man", "boy": "man", "mans": "man", "men": "man", "gentleman": "man",
    "us": "american", "america": "american", "usa": "american", "states": "american",
    "uk": "british", "britain": "british", "english": "british", "england": "british",
    "scotland": "scottish", "scots": "scottish",
}  # fmt: skip
"""What people say, and what the voices are called."""

SILENT = frozenset(
    {
        "voice",
        "voices",
        "your",
        "accent",
        "accents",
        "speaker",
        "with",
        "in",
        "a",
        "an",
        "from",
        "one",
        "1",
    }
)
ANOTHER = frozenset({"another", "different", "next", "other", "new"})
USUAL = frozenset({"usual", "normal", "default", "original", "old", "first", "regular"})


def voice_meant(said: str, names: Sequence[str], current: str) -> str | None:
    """Return the voice that is meant, one of `names`; None when there is no such voice.

    Of several that fit, the one most like the current one: asked for a woman, a British man
    becomes a British woman.
    """
    words = {MEANINGS.get(word, word) for word in name_key(said).split() if word not in SILENT}
    if not words or words <= ANOTHER:
        following = names.index(current) + 1 if current in names else 0
        return names[following % len(names)]
    if words <= USUAL:
        return names[0]
    fitting = [name for name in names if words <= _words(name)]
    return max(fitting, key=lambda name: len(_words(name) & _words(current)), default=None)


def _words(name: str) -> set[str]:
    return set(name_key(name).split())
