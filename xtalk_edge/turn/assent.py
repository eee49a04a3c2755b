"""Whether an answer means yes or no (pure)."""

from __future__ import annotations

from xtalk_edge.turn.phrases import Phrases

_FILLERS = ("um", "uh", "er", "oh", "well", "please", "hey", "so", "thanks", "thank you")

_YES = Phrases(
    (
        "yes", "yeah", "yep", "yup", "sure", "of course", "correct", "that's right", "right",
        "exactly", "do it", "do that", "do so", "go ahead", "do", "okay", "ok", "i did", "i do",
        "i'm sure", "i am sure", "absolutely", "definitely", "certainly", "affirmative",
    ),
    _FILLERS,
)  # fmt: skip

_NO = Phrases(
    (
        "no", "nope", "nah", "don't", "do not", "don't do it", "don't do that", "never mind",
        "nevermind", "forget it", "not now", "i didn't", "i don't", "i did not", "i do not",
        "wrong", "that's wrong", "cancel", "stop", "of course not", "certainly not",
        "definitely not", "negative", "leave it", "not that", "absolutely not",
    ),
    _FILLERS,
)  # fmt: skip


def assent(text: str) -> bool | None:
    """Return True for a yes, False for a no, None for anything else.

    Only whole answers count: "yes, and what time is it" is a new question.
    """
    if _NO.are_all_of(text):
        return False
    return True if _YES.are_all_of(text) else None
