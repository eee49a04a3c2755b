"""How a server is asked for an answer."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncGenerator
from typing import Protocol

from xtalk_edge.audio.live_speech import LiveSpeech
from xtalk_edge.uplink.clauses import WholeClauses
from xtalk_edge.uplink.cloud import Cloud

LONGEST_REPLY_CHARS = 20_000
"""Twenty minutes of speech. Nobody listens longer to a server that does not end."""


class Asker(Protocol):
    """Asks a server."""

    def answer(self, text: str) -> AsyncGenerator[str | LiveSpeech, None]:
        """Yield what becomes speakable of the answer, and "" for other signs of life.

        Live speech is yielded again whenever there is more of it.

        Raises:
            UplinkError: the server refused, was lost, or fell silent.
        """

    def understood(self, text: str) -> str:
        """Return what the server answers where the device understood `text`."""

    def rest(self) -> tuple[str, bool]:
        """Return what is known of an answer that was lost in the middle, and not yielded; and
        whether it is whole with that.
        """

    def leave(self) -> None:
        """Want no answer to what was said last, whether or not one was asked for."""


class TextAsker:
    """Shows it the text.

    Args:
        cloud: the server.
    """

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud

    async def answer(self, text: str) -> AsyncGenerator[str, None]:
        """Yield the answer in whole clauses, and "" for other signs of life."""
        clauses, n_chars = WholeClauses(), 0
        async with contextlib.aclosing(self._cloud.answer(text)) as pieces:
            async for piece in pieces:
                n_chars += len(piece)
                if n_chars > LONGEST_REPLY_CHARS:
                    return
                yield clauses.push(piece)
        yield clauses.rest()

    def understood(self, text: str) -> str:
        """Return the text."""
        return text

    def rest(self) -> tuple[str, bool]:
        """Return nothing: what became known was yielded."""
        return "", False

    def leave(self) -> None:
        """Nothing to do: who does not read the answer has left."""
