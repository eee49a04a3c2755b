"""Searching the owner's documents and notes."""

from __future__ import annotations

from xtalk_edge.tools.context import ToolContext
from xtalk_edge.tools.kept.excerpt import excerpt
from xtalk_edge.tools.kept.word_search import best_matches, word_stems
from xtalk_edge.tools.registry import ToolError, tool

PASSAGE_CHARS = (260, 140, 120)
"""What is said of the best passage, and of those behind it: forty seconds in all. Who hears a
fourth has forgotten the first."""

NOTE_SHARE = 0.5
"""A note that has fewer of the question's words is about something else."""


@tool(
    "Search the user's own documents and notes. Use it for anything that may be written there.",
    {
        "query": {
            "type": "string",
            "maxLength": 200,
            "description": "What to look for, in the words that may stand there.",
        }
    },
    required=("query",),
    limit_s=8.0,
    help="look something up in your documents",
)
async def local_search(context: ToolContext, query: str) -> str:
    """Return "Washing machine: The filter is behind the flap. ..."."""
    found = [] if context.documents is None else await context.documents.search(
        query, len(PASSAGE_CHARS)
    )  # fmt: skip
    note = _best_note(context, query)
    said = [f"Your note: {note}."] if note else []
    for passage, most_chars in zip(found, PASSAGE_CHARS, strict=False):
        answer = excerpt(passage.text, query, most_chars)
        # A text that came without a file is called by its own beginning.
        is_said = passage.text.startswith(passage.title)
        said.append(answer if is_said else f"{passage.title}: {answer}")
    if not said:
        raise ToolError("I found nothing about that in your documents.")
    return " ".join(said[: len(PASSAGE_CHARS)])


def _best_note(context: ToolContext, query: str) -> str:
    notes = [note.text for note in context.notes.all()]
    wanted = word_stems(query)
    best = next(iter(best_matches(query, notes)), None)
    if best is None or len(wanted & word_stems(notes[best])) < NOTE_SHARE * len(wanted):
        return ""
    return notes[best].rstrip(".")
