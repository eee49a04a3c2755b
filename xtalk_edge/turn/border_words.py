"""Words by which the owner rules what leaves the device (pure).

They are understood before any agent is asked: an agent may be elsewhere, may not know the tools for
it, and may make up what it sent.
"""

from __future__ import annotations

from typing import Literal

from xtalk_edge.turn.phrases import Phrases

BorderOrder = Literal["go_offline", "go_online", "what_left"]

_FILLERS = ("um", "uh", "er", "oh", "please", "hey", "okay", "ok", "so", "now", "thanks", "today")

_ORDERS: dict[BorderOrder, Phrases] = {
    "go_offline": Phrases(
        (
            "go offline", "stay offline", "be offline", "remain offline", "offline mode",
            "disconnect from the internet", "disconnect from the cloud", "disconnect yourself",
            "don't send anything", "do not send anything", "don't send anything anywhere",
            "stop sending anything", "send nothing", "keep everything on this device",
            "turn off the cloud", "switch off the cloud", "turn the cloud off", "cloud off",
        ),
        (*_FILLERS, "again", "and"),
    ),
    "go_online": Phrases(
        (
            "go online", "go back online", "be online", "come back online", "online mode",
            "you may go online", "you can go online", "connect to the internet",
            "connect to the cloud", "turn on the cloud", "switch on the cloud",
            "turn the cloud on", "cloud on", "leave offline mode", "end offline mode",
        ),
        (*_FILLERS, "again"),
    ),
    "what_left": Phrases(
        (
            "what have you sent", "what have you sent away", "what have you sent out",
            "what have you sent to the cloud", "what did you send", "what did you send away",
            "what did you send out", "what did you send to the cloud",
            "have you sent anything", "did you send anything", "did you send anything to the cloud",
            "what leaves this device", "does anything leave this device",
            "does anything leave the device", "does anything leave this house",
            "does anything leave the house", "has anything left this device",
            "has anything left the device", "has anything left the house",
            "do you send anything", "do you send anything out", "do you send anything anywhere",
            "do you send anything to the cloud", "are you sending anything",
            "are you sending anything out", "privacy report",
        ),
        _FILLERS,
    ),
}  # fmt: skip


def border_order(text: str) -> BorderOrder | None:
    """Return what a text wants if it is nothing but one such order, else None."""
    meant = [order for order, phrases in _ORDERS.items() if phrases.are_all_of(text)]
    return meant[0] if len(meant) == 1 else None
