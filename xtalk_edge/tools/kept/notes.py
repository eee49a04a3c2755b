"""Taking, reading and deleting notes."""

from __future__ import annotations

from typing import Any

from xtalk_edge.store.texts import StoredText
from xtalk_edge.tools.context import ToolContext
from xtalk_edge.tools.kept.kept_text import kept_text
from xtalk_edge.tools.kept.word_search import best_matches
from xtalk_edge.tools.names import name_key
from xtalk_edge.tools.registry import ToolError, tool
from xtalk_edge.tools.spoken import number_words

MOST_NOTES = 100
"""More than anybody finds again by voice."""

LONGEST_CHARACTERS = 300
"""What is said in the longest turn of twenty seconds, and one answer can read back."""

REPEATED_CHARACTERS = 80
"""A note this short is said back, so that a misheard word is noticed; a longer one bores."""

READ_ALOUD = 3
"""Who hears four texts has forgotten the first."""

TEXT: dict[str, Any] = {"type": "string", "maxLength": LONGEST_CHARACTERS}

LATEST = frozenset(
    {"last", "latest", "newest", "most", "recent", "note", "1", "it", "that", "this"}
)
"""Words that alone mean the latest note; "one" is "1" here."""


def _adding(text: str = "") -> str:
    return f"take a note: {text}" if text else "take a note"


def _deleting(text: str = "") -> str:
    return "delete your latest note" if _means_latest(text) else f"delete your note about {text}"


@tool(
    "Write down a note.",
    {"text": {**TEXT, "description": "The note, word for word."}},
    has_effects=True,
    doing=_adding,
    help="take a note",
)
async def add_note(context: ToolContext, text: str = "") -> str:
    """Return "I noted: call the plumber."."""
    text = kept_text(text, LONGEST_CHARACTERS)
    if not text:
        raise ToolError("What should the note say?")
    if context.notes.count() >= MOST_NOTES:
        raise ToolError(f"Sorry, I keep {MOST_NOTES} notes at most. Delete one first.")
    context.notes.add(text, context.wall_now())
    return f"I noted: {text}." if len(text) <= REPEATED_CHARACTERS else "I wrote that down."


@tool("Read the notes.")
async def read_notes(context: ToolContext) -> str:
    """Return "You have two notes. The latest says: buy stamps. Before that: call mom."."""
    notes = context.notes.all()
    if not notes:
        return "You have no notes."
    if len(notes) == 1:
        return f"Your note says: {notes[0].text}."
    said = ". Before that: ".join(note.text for note in notes[:READ_ALOUD])
    return f"You have {number_words(len(notes))} notes. The latest says: {said}."


def _confirm_deleting(context: ToolContext, text: str = "") -> str:
    found = _matching(context, text)
    if len(found) > 1:
        count = number_words(len(found))
        return (
            f"There are {count} notes about {_said(text)}. "
            f"The latest says: {found[0].text}. Should I delete that one?"
        )
    which = "latest note" if _means_latest(text) and context.notes.count() > 1 else "note"
    return f"Your {which} says: {found[0].text}. Should I delete it?"


@tool(
    "Delete a note; the latest one unless the user says which.",
    {"text": {**TEXT, "description": "What the note is about."}},
    has_effects=True,
    doing=_deleting,
    confirm=_confirm_deleting,
)
async def delete_note(context: ToolContext, text: str = "") -> str:
    """Return "The note is deleted."."""
    context.notes.remove(_matching(context, text)[0].id)
    return "The note is deleted."


def _means_latest(text: str) -> bool:
    return LATEST.issuperset(name_key(text).split())


def _said(text: str) -> str:
    return kept_text(text, REPEATED_CHARACTERS) or "that"


def _matching(context: ToolContext, text: str) -> list[StoredText]:
    """Return the notes that are meant, the latest first; at least one."""
    notes = context.notes.all()
    if not notes:
        raise ToolError("You have no notes.")
    if _means_latest(text):
        return notes[:1]
    found = [notes[index] for index in best_matches(text, [note.text for note in notes])]
    if not found:
        raise ToolError(f"You have no note about {_said(text)}.")
    return found
