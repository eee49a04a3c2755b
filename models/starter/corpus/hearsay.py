"""Turns an order into talk about it: "she forgot to ...", "don't ...", "he added ..."; no I/O."""

from __future__ import annotations

from random import Random

WHO = (
    "she", "he", "my mom", "my dad", "my brother", "my sister", "anna", "john", "the boss",
    "my wife", "my husband", "the teacher", "grandma", "my neighbor", "peter", "everybody",
    "somebody", "nobody", "the nurse", "my son", "our daughter",
)  # fmt: skip
WHO_DOES = (
    "wants to", "asked me to", "told me to", "forgot to", "tried to", "likes to", "will",
    "would never", "should", "can't", "used to", "had to", "promised to", "refused to",
    "didn't", "doesn't", "couldn't", "might", "always wanted to", "is going to", "was about to",
    "told him to", "said to", "learned to", "is too lazy to", "hates to", "made us", "let me",
    "helped me", "reminded her to", "decided to", "never has to",
)  # fmt: skip
SELF = (
    "i forgot to", "i used to", "i always", "i never", "i tried to", "i had to", "i didn't",
    "i wouldn't", "i would never", "i don't usually", "i could have", "i refuse to", "we used to",
    "we always", "we never", "we tried to", "we didn't", "they always", "they never", "they had to",
    "they told us to", "you never", "you always", "you forgot to", "you used to", "people always",
    "i was too tired to", "i hate to", "i already told him to", "i was told to",
)  # fmt: skip
NOT = (
    "don't", "do not", "please don't", "never", "you don't have to", "no need to", "you shouldn't",
    "i don't want you to", "there's no need to", "let's not", "you needn't", "i told you not to",
    "please do not", "i didn't ask you to", "i never asked you to", "better not", "don't you dare",
    "nobody said to", "it's not necessary to", "i'd rather not", "whatever you do don't",
)  # fmt: skip
ASKED = (
    "did you ever", "why do people", "why would anybody", "who would", "is it rude to",
    "is it hard to", "do people still", "does anyone", "what happens if i", "what happens when you",
    "should people", "can your phone", "can other speakers", "why did you not", "why does he",
    "does it cost money to", "is it weird to", "when did she", "how often do you", "did anybody",
    "remember when we had to", "did they", "would you ever", "why did she", "who forgot to",
    "isn't it nice to", "wasn't he supposed to", "whose turn is it to",
)  # fmt: skip
PAST = {
    "set": "set", "put": "put", "start": "started", "make": "made", "create": "created",
    "cancel": "cancelled", "delete": "deleted", "remove": "removed", "clear": "cleared",
    "add": "added", "write": "wrote", "take": "took", "turn": "turned", "switch": "switched",
    "change": "changed", "move": "moved", "tell": "told", "read": "read", "give": "gave",
    "wake": "woke", "remember": "remembered", "keep": "kept", "save": "saved", "note": "noted",
    "convert": "converted", "calculate": "calculated", "roll": "rolled", "throw": "threw",
    "flip": "flipped", "toss": "tossed", "restart": "restarted", "reboot": "rebooted",
    "speak": "spoke", "talk": "talked", "use": "used", "check": "checked", "show": "showed",
    "list": "listed", "begin": "began", "get": "got", "erase": "erased", "extend": "extended",
    "lower": "lowered", "raise": "raised", "increase": "increased", "snooze": "snoozed",
}  # fmt: skip
"""First words of orders, and how one tells of them."""

TELLERS = ("i", "we", "they", "you", *WHO)
ALREADY = ("already", "just", "never", "finally", "also", "accidentally", "once", "quickly")
TAILS = (
    "yesterday", "last night", "this morning", "last week", "again", "every day", "at work",
    "when we left", "before dinner", "all by himself", "in the movie", "for once", "as usual",
    "and went to bed", "and then left", "on sunday", "an hour ago", "without asking", "too late",
)  # fmt: skip


def hearsay(order: str, rng: Random) -> str:
    """Return talk about an order; nothing in it asks anybody to do anything."""
    kind = rng.random()
    first, _, rest = order.partition(" ")
    if kind < 0.35 and first in PAST:
        between = f" {rng.choice(ALREADY)}" if rng.random() < 0.2 else ""
        told = f"{rng.choice(TELLERS)}{between} {PAST[first]} {rest}"
        return f"{told} {rng.choice(TAILS)}" if rng.random() < 0.5 else told
    if kind < 0.55:
        return f"{rng.choice(NOT)} {order}"
    if kind < 0.7:
        return f"{rng.choice(ASKED)} {order}"
    before = f"{rng.choice(WHO)} {rng.choice(WHO_DOES)}" if kind < 0.87 else rng.choice(SELF)
    told = f"{before} {order}"
    return f"{told} {rng.choice(TAILS)}" if rng.random() < 0.2 else told
