"""Reads tokens.txt: what a network's numbers stand for."""

from __future__ import annotations

import re
from pathlib import Path

from xtalk_edge.errors import ModelError

# Other blanks, as of Chinese, may be tokens.
_FIELD = re.compile(r"[^ \t\r]+")


def read_tokens(path: Path, cure: str) -> list[tuple[str, int]]:
    """Return the tokens and their numbers, in the order in which they are written.

    The blank between words is written as a number only, and read as "".

    Args:
        path: the file.
        cure: what to do, for errors.

    Raises:
        ModelError: it cannot be read, or a line is no token and its number: over that
            sherpa-onnx ends the process.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as exc:
        raise ModelError(f"{path}: the tokens cannot be read ({exc}); {cure}") from exc
    tokens = []
    for count, line in enumerate(text.removesuffix("\n").split("\n") if text else (), 1):
        *token, number = _FIELD.findall(line) or [""]
        if len(token) > 1 or not (number.isascii() and number.isdecimal()):
            raise ModelError(f"{path}:{count}: must be a token and its number; {cure}")
        tokens.append(("".join(token), int(number)))
    return tokens
