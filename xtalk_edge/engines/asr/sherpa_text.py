"""Reads a recogniser's text without what sherpa-onnx leaks.

Its results keep every string that their `text` was ever asked for (2.0.1: 60 bytes a look, ten
looks a second while somebody speaks). Written as JSON they keep nothing.
"""

from __future__ import annotations

import json
from collections.abc import Callable


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
