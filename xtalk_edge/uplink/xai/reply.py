"""One reply of xAI's realtime model: several responses where tools were called. Pure."""

from __future__ import annotations

import json
from collections import deque
from typing import Any

from xtalk_edge.audio.whole_samples import WholeSamples
from xtalk_edge.errors import UplinkError
from xtalk_edge.uplink.xai.session import SPOKEN_RATE_HZ
from xtalk_edge.uplink.xtalk.facts import ReplySound, ReplyText

MOST_CHARS = 20_000
MOST_BYTES = 2 * SPOKEN_RATE_HZ * 1_200
"""Twenty minutes: longer than anybody listens."""

REMEMBERED = 64
"""Responses and calls that are over, of which something late may come."""


class Reply:
    """What came of a reply so far.

    Args:
        number: counts replies.
    """

    def __init__(self, number: int) -> None:
        self.number = number
        self.response_id = ""
        """Of the response that is being made, or was made last."""
        self.item_id = ""
        """Of what is being spoken."""
        self.text = ""
        self.is_making = False
        """Whether a response is being made."""
        self.tools_running: set[str] = set()
        """Calls whose output is still to come."""
        self.has_outputs = False
        """Whether the model was given outputs that it has not answered to."""
        self._samples = WholeSamples()
        self._left_bytes = MOST_BYTES

    def begin_response(self, response_id: str) -> None:
        """Let the next response begin."""
        self.response_id, self.is_making, self.has_outputs = response_id, True, False

    def sound(self, pcm: bytes) -> ReplySound:
        """Return more of its sound in whole samples, perhaps none.

        Raises:
            UplinkError: it does not end.
        """
        self._left_bytes -= len(pcm)
        if self._left_bytes < 0:
            raise UplinkError("xAI speaks without end")
        whole = self._samples.of(pcm)
        return ReplySound(whole, SPOKEN_RATE_HZ, self.number, None, self.response_id)

    def words(self, piece: str) -> ReplyText | None:
        """Return more of its words; None where there are none, or far too many."""
        if not piece or len(self.text) + len(piece) > MOST_CHARS:
            return None
        self.text += piece
        return ReplyText(piece, self.text)


class Bygones:
    """Remembers names of what is over, the last of them."""

    def __init__(self) -> None:
        self._names: deque[str] = deque(maxlen=REMEMBERED)

    def add(self, name: str) -> bool:
        """Remember a name; tell whether it is new. "" is nobody's."""
        if not name or name in self._names:
            return False
        self._names.append(name)
        return True

    def __contains__(self, name: str) -> bool:
        return bool(name) and name in self._names


def arguments_of(given: str) -> dict[str, Any] | None:
    """Return what a tool is called with; None where that is no JSON object."""
    try:
        arguments = json.loads(given)
    except (ValueError, RecursionError):
        return None
    return arguments if isinstance(arguments, dict) else None
