"""What has left the device, and the owner's word that nothing is to."""

from __future__ import annotations

from collections import Counter

from xtalk_edge.engines.interfaces import ToolCall
from xtalk_edge.errors import EdgeError
from xtalk_edge.tools.context import ToolContext
from xtalk_edge.tools.device.owners_border import OwnersBorder
from xtalk_edge.tools.registry import ToolError, tool
from xtalk_edge.tools.spoken import join_words, number_words, size_words
from xtalk_edge.turn.border_words import BorderOrder, border_order

OFFLINE = "I'm offline, because you asked for it. Say go online to end that."

UNKNOWN = "I can't tell: my disk doesn't answer."

KIND_WORDS = {"audio": "sound", "text": "words", "tools": "tool calls"}
"""What an owner calls what the settings call so."""

_CALLS: dict[BorderOrder, ToolCall] = {
    "go_offline": ToolCall("go_offline"),
    "go_online": ToolCall("go_online"),
    "what_left": ToolCall("system_status", {"what": "cloud"}),
}

MOST_HOSTS = 2
"""More names than these nobody keeps in mind; `xtalk-edge privacy` lists them."""


def on_border(text: str) -> ToolCall | None:
    """Return the tool that the owner's word on what leaves the device asks for, if it is one."""
    order = border_order(text)
    return None if order is None else _CALLS[order]


def sent_words(context: ToolContext) -> str:
    """Return "Today I sent 1.2 megabytes of sound to voice.example.org."."""
    border = context.border
    if border is None:
        return "Nothing. Everything stays on this device."
    try:
        told = "Nothing has ever left this device." if border.ledger.is_empty() else _today(border)
    except EdgeError:
        raise ToolError(UNKNOWN) from None
    if border.offline.is_on:
        return f"{told} {OFFLINE}"
    return told if border.border.allowed else f"{told} Your settings don't let anything out."


def _today(border: OwnersBorder) -> str:
    found = [each for each in border.ledger.today() if each.n_bytes]
    if not found:
        return "Nothing today."
    sizes: Counter[str] = Counter()
    for each in found:
        sizes[KIND_WORDS.get(each.kind, each.kind)] += each.n_bytes
    hosts = sorted({each.host for each in found})
    where = join_words(hosts)
    if len(hosts) > MOST_HOSTS:
        where = f"{number_words(len(hosts))} other machines"
    parts = [f"{size_words(size)} of {kind}" for kind, size in sizes.items()]
    return f"Today I sent {join_words(parts)} to {where}."


@tool(
    "Go offline: send nothing to any other machine, until the owner wants to go online again.",
    has_effects=True,
    help="go offline",
    doing=lambda: "go offline",
)
async def go_offline(context: ToolContext) -> str:
    """Return "I'm offline now."."""
    border = _border_of(context)
    try:
        border.offline.turn_on()
    except EdgeError:
        return "I'm offline now, but I could not write it down: a restart would end it."
    return "I'm offline now. Nothing leaves this device until you say: go online."


def _question(context: ToolContext) -> str:
    # Half-heard words must not open what the owner has closed: what has left cannot be called back.
    return "Should I go online again?" if _border_of(context).offline.is_on else ""


@tool(
    "Go online again, after go_offline.",
    has_effects=True,
    doing=lambda: "go online again",
    confirm=_question,
)
async def go_online(context: ToolContext) -> str:
    """Return "I'm online again."."""
    border = _border_of(context)
    if not border.offline.is_on:
        return "I'm not kept offline."
    try:
        border.offline.turn_off()
    except EdgeError:
        raise ToolError("I could not write that down, so I stay offline.") from None
    if not border.border.allowed:
        return "I'm online again, but your settings don't let anything out."
    return "I'm online again."


def _border_of(context: ToolContext) -> OwnersBorder:
    if context.border is None:
        raise ToolError("There is nothing here that could send anything.")
    return context.border
