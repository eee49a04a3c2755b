"""Whether marks and capitals may be put into a recogniser's text. Pure.

Networks that punctuate lose words now and then, above all of long texts. What was said counts more
than how it is written.
"""

from __future__ import annotations

import re

from xtalk_edge.turn.phrases import spoken_words

_MARK = re.compile(r"[.,;:?!。，；：？！、]")


def lacks_marks(text: str) -> bool:
    """Tell whether there are words in the text and nothing that parts or ends a sentence."""
    return not _MARK.search(text) and bool(spoken_words(text))


def same_words(text: str, marked: str) -> str:
    """Return the marked text if it says the same in the same order, else the text."""
    return marked.strip() if spoken_words(marked) == spoken_words(text) else text
