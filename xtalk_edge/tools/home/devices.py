"""Switching what is connected on and off."""

from __future__ import annotations

from typing import Any

from xtalk_edge.tools.context import ToolContext
from xtalk_edge.tools.home.device_names import Meant, devices_meant, kind_of
from xtalk_edge.tools.names import bare_name
from xtalk_edge.tools.registry import ToolError, tool
from xtalk_edge.tools.spoken import join_words, number_words

NAMED_ALOUD = 4
"""More names than this are told as a number."""

DEVICE: dict[str, Any] = {
    "type": "string",
    "maxLength": 100,
    "description": "What the user calls it; a plural or everything means several.",
}


def _switching(state: str, device: str = "") -> str:
    return f"turn {state} {_the(bare_name(device)) if device else 'something'}"


@tool(
    "Turn a connected device on or off.",
    {"device": DEVICE, "state": {"type": "string", "enum": ["on", "off"]}},
    required=("state",),
    has_effects=True,
    doing=_switching,
)
async def switch_device(context: ToolContext, state: str, device: str = "") -> str:
    """Return "The kitchen light is on."."""
    meant = _meant(context, device, f"What should I turn {state}?")
    on = state == "on"
    changed = [name for name in meant.names if context.devices.is_on(name) != on]
    if not changed:
        return f"{_subject(meant.names)} already {state}."
    await context.devices.switch(changed, on)
    return f"{_subject(meant.names)} {state}."


@tool("Tell whether a connected device is on.", {"device": DEVICE})
async def device_state(context: ToolContext, device: str = "") -> str:
    """Return "The lamp is on."; of several, which of them are."""
    meant = _meant(context, device or "everything", "Which device do you mean?")
    on = tuple(name for name in meant.names if context.devices.is_on(name))
    if not on or len(on) == len(meant.names):
        return f"{_subject(meant.names)} {'on' if on else 'off'}."
    rest = len(meant.names) - len(on)
    others = "the other one is" if rest == 1 else f"the other {number_words(rest)} are"
    return f"{_subject(on)} on, {others} off."


def _meant(context: ToolContext, device: str, question: str) -> Meant:
    """Return the devices that are meant; at least one.

    Raises:
        ToolError: there is none, or a question which one.
    """
    names = context.devices.names()
    if not names:
        raise ToolError("No device is connected.")
    if not bare_name(device):
        raise ToolError(question)
    meant = devices_meant(device, names)
    if not meant.names:
        raise ToolError(f"I know no {kind_of(device)}. {_there_is(names)}")
    if len(meant.names) > 1 and not meant.is_group:
        choice = join_words([_the(name) for name in meant.names], last="or")
        raise ToolError(f"Which one do you mean: {choice}?")
    return meant


def _subject(names: tuple[str, ...]) -> str:
    if len(names) == 1:
        return f"The {names[0]} is"
    if len(names) <= NAMED_ALOUD:
        listed = join_words([_the(name) for name in names])
        return f"{listed[0].upper()}{listed[1:]} are"
    return f"{number_words(len(names)).capitalize()} devices are"


def _there_is(names: list[str]) -> str:
    listed = [_the(name) for name in names[:NAMED_ALOUD]]
    if rest := len(names) - len(listed):
        listed.append(f"{number_words(rest)} more")
    return f"There is {join_words(listed)}."


def _the(name: str) -> str:
    return name if name in ("everything", "all") else f"the {name}"
