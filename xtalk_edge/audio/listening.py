"""Listens through a sound card for some seconds, outside of any conversation."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

from xtalk_edge.audio.card import Card
from xtalk_edge.audio.format import RATE_HZ, Samples
from xtalk_edge.audio.resample import convert
from xtalk_edge.clock import now_s

SETTLE_S = 0.5
"""Microphones begin with a click, and some with a fade."""

_READ_EVERY_S = 0.02


def listen(
    card: Card, seconds: float, pause: Callable[[float], None] = time.sleep
) -> tuple[Samples, Samples]:
    """Return what a card hears and what it plays for so long, at 16 kHz; it must be started."""
    heard, played = [], []
    missing = round(seconds * card.rate_hz)
    give_up_s = now_s() + 2 * seconds + 2.0
    while missing > 0 and now_s() < give_up_s:
        card.pump(now_s())
        piece = card.core.read(missing)
        heard.append(piece.mic)
        played.append(piece.far)
        missing -= len(piece.mic)
        pause(_READ_EVERY_S)
    near, far = np.concatenate(heard), np.concatenate(played)
    return convert(near, card.rate_hz, RATE_HZ), convert(far, card.rate_hz, RATE_HZ)
