"""What the owner dictates, as it is kept (pure).

It comes back as an answer, and may stand in a chat before a model: it must be text and no more.
"""

from __future__ import annotations

from xtalk_edge.engines.agent.prompt import harmless
from xtalk_edge.net.printable import printable


def kept_text(text: str, most_characters: int) -> str:
    """Return a text without control characters, chat marks and closing stops, and not too long."""
    plain = " ".join(harmless(printable(text)).split())
    if len(plain) > most_characters:
        plain = plain[: most_characters + 1].rsplit(" ", 1)[0][:most_characters]
    # Whoever reads it back puts it into a sentence of its own.
    return plain.strip(" .,;:")
