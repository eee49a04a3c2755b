"""How the device is doing, in a sentence.

Nothing is sent anywhere to answer: "are you online" looks at the device's own cable and routes.
"""

from __future__ import annotations

from collections.abc import Callable

from xtalk_edge.service.machine_state import HOT_C, temperature_c
from xtalk_edge.tools.context import ToolContext
from xtalk_edge.tools.device.device_facts import DeviceFacts
from xtalk_edge.tools.device.privacy import OFFLINE, sent_words
from xtalk_edge.tools.off_loop import StillReadingError
from xtalk_edge.tools.registry import ToolError, tool
from xtalk_edge.tools.spoken import join_words, number_words, size_words

SAME_START_S = 120.0
"""A program that starts with its device is this close behind it."""

GIB = 2**30


@tool(
    "Tell how the device is doing.",
    {
        "what": {
            "type": "string",
            "enum": ["address", "temperature", "disk", "memory", "uptime", "network", "cloud"],
        }
    },
    required=("what",),
    doing=lambda what: "tell you what I sent away" if what == "cloud" else f"tell you my {what}",
)
async def system_status(context: ToolContext, what: str) -> str:
    """Return "I'm at 52 degrees Celsius."."""
    if what == "cloud":
        return sent_words(context)
    if what == "network" and context.border is not None and context.border.offline.is_on:
        return OFFLINE
    try:
        return await context.off_loop.run(lambda: _ANSWERS[what](context.facts))
    except StillReadingError:
        raise ToolError("I can't tell: the disk doesn't answer.") from None
    except (OSError, ValueError, IndexError):
        raise ToolError("Sorry, this device doesn't tell me that.") from None


def _address(facts: DeviceFacts) -> str:
    spoken = [address.replace(".", " dot ") for address in facts.addresses()]
    if not spoken:
        return "I have no address, because I'm on no network."
    return f"My address{'' if len(spoken) == 1 else 'es'} {_are(spoken)} {join_words(spoken)}."


def _are(words: list[str]) -> str:
    return "is" if len(words) == 1 else "are"


def _temperature(facts: DeviceFacts) -> str:
    found = temperature_c(facts.root)
    if found is None:
        return "I can't tell, because this device has no thermometer."
    hot = "I'm hot" if found >= HOT_C else "I'm fine"
    return f"{hot}, at {round(found)} degrees Celsius."


def _disk(facts: DeviceFacts) -> str:
    free, total = facts.disk()
    return f"{size_words(free)} of {size_words(total)} are free on my disk."


def _memory(facts: DeviceFacts) -> str:
    free, total, own = facts.memory()
    # Memory is sold in powers of two, disks in powers of ten.
    free_words, total_words, own_words = (
        size_words(size * 10**9 // GIB) for size in (free, total, own)
    )
    return f"{free_words} of {total_words} of memory are free. I use {own_words} myself."


def _uptime(facts: DeviceFacts) -> str:
    own_s, device_s = facts.uptime_s()
    own = f"I've been running for {long_words(own_s)}"
    if device_s - own_s < SAME_START_S:
        return f"{own}."
    return f"{own}, and the device for {long_words(device_s)}."


def _network(facts: DeviceFacts) -> str:
    found = facts.connection()
    if found is not None:
        by = "Wi-Fi" if found.wireless else "cable"
        return f"Yes, I'm on your network by {by}. I didn't look further than the router."
    if facts.addresses():
        return "I'm on a network that leads nowhere else. I work without one."
    return "No, I'm offline, and I work all the same."


_ANSWERS: dict[str, Callable[[DeviceFacts], str]] = {
    "address": _address,
    "temperature": _temperature,
    "disk": _disk,
    "memory": _memory,
    "uptime": _uptime,
    "network": _network,
}


def long_words(seconds: float) -> str:
    """Return "three days and four hours", and minutes only of less than a day."""
    minutes = max(1, int(seconds // 60))
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    large = ((days, "day"), (hours, "hour")) if days else ((hours, "hour"), (minutes, "minute"))
    return join_words(
        [
            f"{number_words(count)} {unit}{'' if count == 1 else 's'}"
            for count, unit in large
            if count
        ]
    )
