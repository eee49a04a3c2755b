"""Remembering what the owner says, and finding it again."""

from __future__ import annotations

from typing import Any

from xtalk_edge.store.texts import StoredText
from xtalk_edge.tools.context import ToolContext
from xtalk_edge.tools.kept.kept_text import kept_text
from xtalk_edge.tools.kept.word_search import best_matches
from xtalk_edge.tools.names import bare_name, name_key
from xtalk_edge.tools.registry import ToolError, tool
from xtalk_edge.tools.spoken import number_words

MOST_MEMORIES = 200
"""A few a week for a year; search by shared words gets vague beyond that."""

LONGEST_CHARACTERS = 200
"""One sentence: what is longer is a note."""

READ_ALOUD = 3
"""Who hears four texts has forgotten the first."""

ABOUT: dict[str, Any] = {"type": "string", "maxLength": 64, "description": "What it is about."}


def _remembering(text: str = "") -> str:
    return f"remember: {text}" if text else "remember something"


def _forgetting(about: str = "") -> str:
    return f"forget what you told me about {about or 'something'}"


@tool(
    "Remember something the user says.",
    {
        "text": {
            "type": "string",
            "maxLength": LONGEST_CHARACTERS,
            "description": "What to remember, word for word.",
        }
    },
    has_effects=True,
    doing=_remembering,
    help="remember something",
)
async def remember(context: ToolContext, text: str = "") -> str:
    """Return "I'll remember: my keys are in the drawer."."""
    text = kept_text(text, LONGEST_CHARACTERS)
    if not text:
        raise ToolError("What should I remember?")
    known = context.memories.all()
    if any(name_key(memory.text) == name_key(text) for memory in known):
        return "I know that already."
    if len(known) >= MOST_MEMORIES:
        raise ToolError(f"Sorry, I can remember {MOST_MEMORIES} things at most.")
    context.memories.add(text, context.wall_now())
    return f"I'll remember: {text}."


@tool(
    "Tell what the user asked to remember.",
    {"about": ABOUT},
)
async def recall(context: ToolContext, about: str = "") -> str:
    """Return "You told me: my keys are in the drawer."."""
    found = _matching(context, about)
    said = ". Before that: ".join(memory.text for memory in found[:READ_ALOUD])
    if len(found) <= READ_ALOUD:
        return f"You told me: {said}."
    return f"You told me {number_words(len(found))} things. The latest: {said}."


def _confirm_forgetting(context: ToolContext, about: str = "") -> str:
    if not bare_name(about):
        raise ToolError("What should I forget?")
    found = _matching(context, about)
    if len(found) == 1:
        return f"You told me: {found[0].text}. Should I forget that?"
    return f"You told me {_count(found)} about {_said(about)}. Should I forget all of it?"


@tool(
    "Forget something the user asked to remember.",
    {"about": ABOUT},
    has_effects=True,
    doing=_forgetting,
    confirm=_confirm_forgetting,
)
async def forget(context: ToolContext, about: str = "") -> str:
    """Return "I forgot that."."""
    found = _matching(context, about)
    context.memories.remove(*(memory.id for memory in found))
    return "I forgot that." if len(found) == 1 else f"I forgot {_count(found)}."


def _said(about: str) -> str:
    return kept_text(about, LONGEST_CHARACTERS) or "that"


def _count(found: list[StoredText]) -> str:
    return f"{number_words(len(found))} things"


def _matching(context: ToolContext, about: str) -> list[StoredText]:
    """Return the memories that are meant, the latest first; at least one."""
    known = context.memories.all()
    if not known:
        raise ToolError("You have not told me anything to remember yet.")
    if not bare_name(about):
        return known
    found = [known[index] for index in best_matches(about, [memory.text for memory in known])]
    if not found:
        raise ToolError(f"You have told me nothing about {_said(about)}.")
    return found
