"""What the owner may ask the built-in tools for, as the built-in model was taught it."""

from __future__ import annotations

import json
from functools import cache

from xtalk_edge.config.files import data_path

EXAMPLES = "models/starter/help.json"


@cache
def help_examples() -> dict[str, str]:
    """Return each tool's end of "You can ask me to".

    Raises:
        ModelError: the file is missing from this installation.
    """
    examples: dict[str, str] = json.loads(data_path(EXAMPLES).read_text(encoding="utf-8"))
    return examples
