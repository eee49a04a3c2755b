"""What mouths, recognisers and keyboards do to a phrase: fillers, slips, typing; no I/O.

Only to the phrase around a value: what `protect` has hidden comes out as it went in.
"""

from __future__ import annotations

from random import Random

from models.starter.language.chat import normalise

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

HIDDEN = {code: 0xE000 + code for code in range(0x20, 0x17F)}
"""Characters of protected words, in a range that no text uses and that is no space or letter."""
SHOWN = {hidden: code for code, hidden in HIDDEN.items()}
PAUSES = ("um", "uh", "er")
"""What may be heard beside a protected word without being taken for a part of it."""


def protect(text: str) -> str:
    """Return text so that `disturb` takes it for one word that it must leave alone."""
    return text.translate(HIDDEN)


def is_protected(word: str) -> bool:
    """Tell whether a word went through `protect`."""
    return any(ord(character) in SHOWN for character in word)


def disturb(text: str, order: bool, kind: str, rng: Random) -> str:
    """Return text as somebody said or typed it, in a form with the same meaning."""
    text = _manners(text, order, kind, rng)
    if rng.random() < 0.15:
        text = _shorten(text, rng)
    if rng.random() < 0.14:
        text = _mishear(text, rng)
    if rng.random() < 0.05:
        text = _mistype(text, rng)
    if rng.random() < 0.10:
        return _as_typed(text, rng).translate(SHOWN)
    return normalise(text).translate(SHOWN)


QUIET_ENDS = frozenset({"chat", "unknown", "ask", "stop"})
DICTATION = frozenset({"add_note", "remember", "add_item"})
"""Tools that keep what is said to the letter."""


def _manners(text: str, order: bool, kind: str, rng: Random) -> str:
    if order and rng.random() < 0.35:
        text = f"{rng.choice(ASKING)} {text}"
    if rng.random() < 0.11:
        text = f"{rng.choice(STARTS)} {text}"
    # "Thank you" after nothing else *is* the message, so small talk keeps its own endings; and
    # what ends in dictated words could not tell "please" from one of them.
    dictated = kind in DICTATION and is_protected(text[-1:])
    if not dictated and kind not in QUIET_ENDS and rng.random() < 0.11:
        text = f"{text} {rng.choice(ENDS)}"
    return text


def _shorten(text: str, rng: Random) -> str:
    old, new = rng.choice([pair for pair in SHORTENED if pair[0] in text] or [("", "")])
    return text.replace(old, new, 1) if old else text


def _mishear(text: str, rng: Random) -> str:
    """Drop, double, insert or confuse one small word, as recognisers do."""
    words = text.split()
    hidden = [is_protected(word) for word in words]
    before_hidden = [*hidden[1:], False]
    small = [i for i, word in enumerate(words) if word in SMALL]
    slip = rng.random()
    if slip < 0.35 and small and len(words) > 2:
        del words[rng.choice(small)]
    elif slip < 0.5 and small:
        at = rng.choice(small)
        words.insert(at, words[at])
    elif slip < 0.65 and len(words) > 2:
        at = rng.randint(0, 2)
        beside = hidden[at] or (at > 0 and hidden[at - 1])
        words.insert(at, rng.choice(PAUSES if beside else INSERTED))
    else:
        # Just before a value a wrong word could be taken for the value's first.
        known = [i for i, word in enumerate(words) if word in CONFUSED and not before_hidden[i]]
        if known:
            at = rng.choice(known)
            words[at] = rng.choice(CONFUSED[words[at]])
    return " ".join(words)


def _mistype(text: str, rng: Random) -> str:
    """Swap, drop or double one letter."""
    places = [i for i in range(1, len(text) - 2) if text[i].isalpha() and text[i + 1].isalpha()]
    if len(text) < 6 or not places:
        return text
    at = rng.choice(places)
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
