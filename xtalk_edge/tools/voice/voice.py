"""Another voice, faster and slower."""

from __future__ import annotations

from xtalk_edge.tools.context import ToolContext, VoiceControl
from xtalk_edge.tools.registry import ToolError, tool
from xtalk_edge.tools.spoken import join_words
from xtalk_edge.tools.voice.voice_names import voice_meant

SPEEDS = (0.6, 0.7, 0.85, 1.0, 1.2, 1.4, 1.7)
"""Times the usual speed: steps one hears at once, ending where words blur or break apart."""

AS_ASKED = {
    "faster": "as fast as I can",
    "slower": "as slowly as I can",
    "normal": "at my normal speed",
}


def _changing_voice(voice: str = "") -> str:
    return f"change my voice to {voice}" if voice else "change my voice"


def _changing_speed(direction: str) -> str:
    return "speak at my normal speed" if direction == "normal" else f"speak {direction}"


@tool(
    "Change the voice that speaks.",
    {
        "voice": {
            "type": "string",
            "maxLength": 40,
            "description": "Such as female or british; the next one when it is left out.",
        }
    },
    has_effects=True,
    doing=_changing_voice,
)
async def change_voice(context: ToolContext, voice: str = "") -> str:
    """Return "Now I sound like a British woman."."""
    control = _control(context)
    names = control.names()
    if len(names) < 2:
        raise ToolError("I have only this one voice.")
    chosen = voice_meant(voice, names, control.current)
    if chosen is None:
        raise ToolError(f"I have no such voice. I can sound {_choice(names)}.")
    if chosen == control.current:
        return f"I sound {_like(chosen)} already."
    await control.choose(chosen)
    return f"Now I sound {_like(chosen)}."


@tool(
    "Make the voice speak faster, slower or at its normal speed.",
    {"direction": {"type": "string", "enum": ["faster", "slower", "normal"]}},
    required=("direction",),
    has_effects=True,
    doing=_changing_speed,
)
async def change_speed(context: ToolContext, direction: str) -> str:
    """Return "I'll speak faster."."""
    control = _control(context)
    if direction == "normal":
        after = 1.0
    elif direction == "faster":
        after = min((each for each in SPEEDS if each > control.speed), default=control.speed)
    else:
        after = max((each for each in SPEEDS if each < control.speed), default=control.speed)
    if after == control.speed:
        return f"I'm already speaking {AS_ASKED[direction]}."
    if not await control.set_speed(after):
        raise ToolError("This voice has only one speed.")
    return "I'll speak at my normal speed." if after == 1.0 else f"I'll speak {direction}."


def _control(context: ToolContext) -> VoiceControl:
    if context.voice is None:
        raise ToolError("There is no voice to change here.")
    return context.voice


def _choice(names: list[str]) -> str:
    return join_words([_like(name) for name in names], last="or")


def _like(name: str) -> str:
    if name == "usual":
        return "as usual"
    return f"like {'an' if name[:1] in 'AEIOaeio' else 'a'} {name}"
