"""What goes into sherpa-onnx's recognisers and what comes out, without their traps.

Integers are taken too, and heard as noise. Results keep every string that their `text` was ever
asked for (2.0.1: 60 bytes a look, ten looks a second while somebody speaks); written as JSON they
keep nothing.
"""

from __future__ import annotations

import json
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from xtalk_edge.audio.format import FULL_SCALE


def floats_of(audio: bytes) -> NDArray[np.float32]:
    """Return PCM s16le as the floats from -1 to 1 that recognisers must be given."""
    return (np.frombuffer(audio, "<i2") / FULL_SCALE).astype(np.float32)


def text_of(as_json: Callable[[], str], plain: Callable[[], str]) -> str:
    """Return the text, its words parted by single blanks.

    Args:
        as_json: gives the result as JSON.
        plain: gives the text itself; asked only where the JSON cannot be read, as of tokens that
            are halves of characters.
    """
    try:
        text = str(json.loads(as_json())["text"])
    except (ValueError, KeyError, TypeError):
        text = plain()
    return " ".join(text.split())
