"""What mouths, recognisers and keyboards do to a phrase: fillers, slips, typing; no I/O."""

from __future__ import annotations

from random import Random

from models.starter.chat import normalise

ASKING = (
    "please", "please", "can you", "can you", "could you", "could you", "would you", "will you",
    "can you please", "could you please", "please can you", "i want you to", "i'd like you to",
    "i need you to", "go ahead and", "just", "would you please", "now", "you can",
    "would you kindly",
    "i would like you to", "try to", "let's", "why don't you", "can we", "quickly",
)  # fmt: skip
STARTS = (
    "um", "uh", "hey", "okay", "ok", "so", "well", "hi", "er", "ah", "hmm", "oh", "um um", "uh um",
    "hello", "listen", "computer", "right", "yeah", "alright", "and", "yes", "hey there", "um so",
    "okay so", "like", "now", "oh hey", "hey um", "no",
)  # fmt: skip
ENDS = (
    "please", "please", "please", "please", "now", "thanks", "for me", "for me please", "thank you",
    "okay", "right now", "if you can", "will you", "would you", "um", "uh", "again", "buddy",
    "then",
)  # fmt: skip
SMALL = frozenset({
    "a", "an", "the", "to", "of", "for", "on", "my", "is", "it", "me", "that", "in", "and", "i",
    "you", "do", "at", "have", "are", "with", "s", "please", "some",
})  # fmt: skip
INSERTED = ("a", "the", "um", "uh", "to", "of", "and", "is", "it", "in", "i", "er", "like", "oh")
CONFUSED = {
    "a": ("the", "uh", "of"), "the": ("a", "uh", "to"), "for": ("four", "of", "from"),
    "to": ("two", "too", "the"), "is": ("his", "as", "it's"), "an": ("and", "in", "a"),
    "what's": ("what", "whats", "what is"), "my": ("the", "by"), "on": ("in", "and", "un"),
    "in": ("and", "on"), "and": ("an", "in", "n"), "it": ("that", "at"), "me": ("be", "we"),
    "set": ("sit", "said", "set up"), "at": ("that", "it"), "of": ("a", "off"),
    "turn": ("term", "turned"), "timer": ("time are", "timer's", "timers"), "i": ("a", "eye"),
    "your": ("you're", "ya"), "you": ("u", "ya"), "please": ("pleas", "plz", "pls"),
    "volume": ("volumes", "the volume"), "tell": ("till", "tells"), "are": ("our", "or"),
}  # fmt: skip
SHORTENED = (
    ("what is", "what's"), ("what's", "whats"), ("i'm", "im"), ("don't", "dont"), ("i'd", "id"),
    ("can't", "cant"), ("that's", "thats"), ("it's", "its"), ("you're", "youre"),
    ("didn't", "didnt"),
    ("how is", "how's"), ("i am", "i'm"), ("going to", "gonna"), ("want to", "wanna"),
    ("couldn't", "couldnt"), ("o'clock", "oclock"), ("let's", "lets"),
)  # fmt: skip

COPIED = frozenset({"set_timer", "set_volume", "calculate", "cancel_timer", "timer_left"})
"""Kinds whose answer copies from the text: letters stay as they are, whatever the typing."""


def disturb(text: str, order: bool, kind: str, rng: Random) -> str:
    """Return text as somebody said or typed it, in a form with the same meaning."""
    text = _manners(text, order, kind, rng)
    if rng.random() < 0.15:
        text = _shorten(text, rng)
    if rng.random() < 0.14:
        text = _mishear(text, kind, rng)
    if kind not in COPIED and rng.random() < 0.05:
        text = _mistype(text, rng)
    if rng.random() < 0.10:
        return _as_typed(text, rng)
    return normalise(text)


def _manners(text: str, order: bool, kind: str, rng: Random) -> str:
    if order and rng.random() < 0.35:
        text = f"{rng.choice(ASKING)} {text}"
    if rng.random() < 0.11:
        text = f"{rng.choice(STARTS)} {text}"
    # "Thank you" after nothing else *is* the message, so small talk keeps its own endings.
    if kind not in ("chat", "unknown", "ask", "stop") and rng.random() < 0.11:
        text = f"{text} {rng.choice(ENDS)}"
    return text


def _shorten(text: str, rng: Random) -> str:
    old, new = rng.choice([pair for pair in SHORTENED if pair[0] in text] or [("", "")])
    return text.replace(old, new, 1) if old else text


def _mishear(text: str, kind: str, rng: Random) -> str:
    """Drop, double, insert or confuse one small word, as recognisers do."""
    words = text.split()
    small = [i for i, word in enumerate(words) if word in SMALL]
    slip = rng.random()
    # A doubled or lost word inside a sum changes the sum.
    if kind == "calculate":
        small = [i for i in small if i < 2 and words[i] not in ("a", "an")]
        if not small:
            return text
        del words[rng.choice(small)]
    elif slip < 0.35 and small and len(words) > 2:
        del words[rng.choice(small)]
    elif slip < 0.5 and small:
        at = rng.choice(small)
        words.insert(at, words[at])
    elif slip < 0.65 and len(words) > 2:
        words.insert(rng.randint(0, min(2, len(words))), rng.choice(INSERTED))
    else:
        known = [i for i, word in enumerate(words) if word in CONFUSED]
        if known:
            at = rng.choice(known)
            words[at] = rng.choice(CONFUSED[words[at]])
    return " ".join(words)


def _mistype(text: str, rng: Random) -> str:
    """Swap, drop or double one letter."""
    if len(text) < 6:
        return text
    at = rng.randint(1, len(text) - 3)
    slip = rng.random()
    if slip < 0.4:
        return text[:at] + text[at + 1] + text[at] + text[at + 2 :]
    return text[:at] + text[at + 1 :] if slip < 0.7 else text[:at] + text[at] + text[at:]


def _as_typed(text: str, rng: Random) -> str:
    """Return text with capitals and punctuation, for callers that render without our template."""
    text = text[:1].upper() + text[1:]
    text = text.replace(" i ", " I ").replace(" i'", " I'")
    question = text.split(" ", 1)[0].lower() in QUESTION_WORDS
    return text + rng.choice(("?", "?", "") if question else (".", "!", "", "."))


QUESTION_WORDS = frozenset({
    "what", "what's", "whats", "how", "who", "where", "when", "why", "which", "is", "are", "do",
    "does", "can", "could", "will", "would", "did",
})  # fmt: skip
