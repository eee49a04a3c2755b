"""Tools as an owner writes them."""

import asyncio
import enum
import time
from typing import Annotated, Any, Literal, Optional

import numpy as np

from xtalk_edge.audio.format import Sound
from xtalk_edge.tools.context import ToolContext
from xtalk_edge.tools.registry import ToolError, tool


class Speed(enum.Enum):
    SLOW_AND_STEADY = 1
    FAST = 2


def water_the_plants(
    room: Annotated[str, "Which room"],
    litres: float = 0.5,
    speed: Speed = Speed.FAST,
    mode: Literal["drip", "spray"] = "drip",
    twice: bool = False,
    pots: list[int] | None = None,
    note: Optional[str] = None,  # noqa: UP045 - as people write it
) -> str:
    """Water the plants.

    What stands here is read by the model too.
    """
    return f"{room} {litres} {speed.name} {mode} {twice} {pots} {note}"


async def ask_the_sky(place):
    """Tell the weather."""
    await asyncio.sleep(0)
    return {"sky": "blue", "place": place}


def count(numbers: set[int], last: Optional[int]) -> int:  # noqa: UP045
    """Add up different numbers."""
    return sum(numbers) + (last or 0)


def how_loud(context: ToolContext) -> int:
    """Tell the volume."""
    return context.volume.get_percent()


class Colour(enum.Enum):
    DARK_RED = "crimson"


def paint(colour: Colour, *_more: str, **_other: str) -> str:
    """Paint the wall."""
    return colour.name


def either(value: int | str) -> None:
    """Take one of two kinds."""


def ask_back() -> str:
    """Want to know more."""
    raise ToolError("Which room?")


def hang() -> None:
    """Never come back."""
    time.sleep(1.0)


def fail() -> None:
    """Fail."""
    raise KeyError("a private word")


def hand_on(place: str):
    """Hand on what an async function gives."""
    return ask_the_sky(place)


def beep() -> tuple[str, Sound]:
    """Beep."""
    wave = 8000 * np.sin(2 * np.pi * 1000 * np.arange(32000) / 16000)
    return "Here it comes.", Sound(wave.astype(np.int16), 16000)


@tool("Ready made.")
async def ready_made(context):
    return "ready"


def undescribed() -> None:
    pass


def odd(value: dict[str, int]) -> None:
    """Take what nobody can say."""


def unknown(value: "Nothing") -> None:  # type: ignore[name-defined]  # noqa: F821
    """Have an annotation that is nowhere."""


def positional(value: str, /) -> None:
    """Take arguments by place."""


class _Schema:
    @staticmethod
    def model_json_schema():
        return {"properties": {"city": {"type": "string"}}, "required": ["city"]}


class ChainTool:
    """As LangChain's: a name, a description, a schema, and two ways to run it."""

    name = "city-info"
    description = "Tells about a city."
    args_schema: Any = _Schema
    coroutine: Any = None

    def invoke(self, arguments):
        return f"plain {arguments['city']}"

    async def ainvoke(self, arguments):
        return f"async {arguments['city']}"


class AsyncChainTool(ChainTool):
    name = "async_info"
    args_schema = {"properties": {"city": {"type": "string"}, "deep": {"type": "null"}}}  # noqa: RUF012
    coroutine = ChainTool.ainvoke


class HalfChainTool(ChainTool):
    name = "half_info"
    description = ""
    args_schema = None
    args = {"city": {"type": "string"}}  # noqa: RUF012

    def invoke(self, arguments):
        raise NotImplementedError


class BadChainTool(ChainTool):
    args_schema = {"properties": {"a": {"type": "null"}}, "required": ["a"]}  # noqa: RUF012


class NamelessChainTool(ChainTool):
    name = "!"


chain = ChainTool()
bad_chain = BadChainTool()
nameless_chain = NamelessChainTool()
number = 7
TOOLS = [water_the_plants, chain, AsyncChainTool(), HalfChainTool(), ready_made]
