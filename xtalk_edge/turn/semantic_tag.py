"""What X-Talk's recognisers write into a text about whether its speaker has finished. Pure."""

from __future__ import annotations

import re

COMPLETE = "<complete>"

_TAG = re.compile("<(?:complete|incomplete|backchannel|wait)>")


def without_tags(text: str) -> tuple[str, str]:
    """Return a text without its tags, and the last of them; "" where it has none."""
    tags = _TAG.findall(text)
    return " ".join(_TAG.sub(" ", text).split()) if tags else text, tags[-1] if tags else ""


def more_is_to_come(tag: str) -> bool:
    """Tell whether the speaker wants to go on, or wants the device to wait."""
    return tag in ("<incomplete>", "<wait>")
