"""The generations of the X-Talk protocol, and which of them a server may be. Pure.

No server says which one it speaks, so each thing it does narrows down what it can be.
"""

from __future__ import annotations

from enum import Enum


class Generation(Enum):
    """A state of the protocol; see docs/uplink.md."""

    G1 = "G1"
    """Says hello unasked, and announces every piece of sound by a number."""
    G1_5 = "G1.5"
    """The same, without the numbers."""
    G2 = "G2"
    """Is attached to, keeps the conversation, and sends sound only as fast as it is played."""
    G3 = "G3"
    """The same; replies have ids, and questions may be text."""


EARLY = frozenset({Generation.G1, Generation.G1_5})
"""Those whose text runs ahead of the sound."""
LATE = frozenset({Generation.G2, Generation.G3})
"""Those whose text follows what was acknowledged as played."""
ANY = EARLY | LATE


def narrowed(
    known: frozenset[Generation], evidence: frozenset[Generation]
) -> frozenset[Generation]:
    """Return what a server may still be; what was seen last counts where things contradict."""
    return known & evidence or evidence
