"""Settings for interpreting while somebody speaks."""

from __future__ import annotations

from dataclasses import dataclass

from xtalk_edge.config.fields import number


@dataclass(frozen=True, slots=True)
class InterpretConfig:
    """Whether and how what is said is handed to the agent while it is being said."""

    on: bool = False
    """Whether the device interprets rather than talks."""
    held_words: int = number(1, 0, 20)
    """The last words are held back: recognisers change these most, and the last may go on."""
    stable_updates: int = number(1, 0, 20)
    """How often in a row the recogniser must have written a word again for it to be certain."""
    stable_ms: int = number(600, 0, 10_000)
    """Time after which a word that stays as it is counts as certain too."""
    segment_words: int = number(8, 1, 100)
    """Certain words that make a piece although no sentence ends: more is better, and later."""
    clause_words: int = number(4, 1, 100)
    """Certain words that make a piece where a comma stands behind them."""
    pause_ms: int = number(400, 100, 5_000)
    """Silence after which all that was said is handed on."""
    most_pieces: int = number(6, 1, 100)
    """Pieces that may wait for their answer; with one more, the oldest is left out."""
