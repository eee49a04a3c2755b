"""Clearing everything of one kind at once, after a yes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from xtalk_edge.store.lists import ListTable
from xtalk_edge.tools.context import ToolContext
from xtalk_edge.tools.kept.lists import SHOPPING
from xtalk_edge.tools.registry import ToolError, tool
from xtalk_edge.tools.spoken import number_words
from xtalk_edge.tools.timekeeping.bell import AllAlarms, AllTimers


class Clearable(Protocol):
    """Things of one kind that can be counted, and be gone at once."""

    def count(self) -> int:
        """Return how many there are."""

    def clear(self) -> object:
        """Delete them all, or none when that fails."""


@dataclass(frozen=True, slots=True)
class _ShoppingList:
    lists: ListTable

    def count(self) -> int:
        return len(self.lists.items(SHOPPING))

    def clear(self) -> None:
        self.lists.clear(SHOPPING)


@dataclass(frozen=True, slots=True)
class _Words:
    one: str
    """What is asked before the only one goes."""
    many: str
    """What is asked before several go; {} stands for how many."""
    none: str
    done: str
    doing: str


WORDS = {
    "timers": _Words(
        one="Cancel your timer?",
        many="Cancel all {} timers?",
        none="There is no timer running.",
        done="All timers are cancelled.",
        doing="cancel all timers",
    ),
    "alarms": _Words(
        one="Cancel your alarm?",
        many="Cancel all {} alarms?",
        none="There is no alarm set.",
        done="All alarms are cancelled.",
        doing="cancel all alarms",
    ),
    "notes": _Words(
        one="Delete your note?",
        many="Delete all {} notes?",
        none="You have no notes.",
        done="All notes are deleted.",
        doing="delete all notes",
    ),
    "shopping list": _Words(
        one="Take the only item off your shopping list?",
        many="Take all {} items off your shopping list?",
        none="Your shopping list is empty.",
        done="Your shopping list is empty now.",
        doing="clear your shopping list",
    ),
    "memories": _Words(
        one="Forget the one thing you told me?",
        many="Forget all {} things you told me?",
        none="You haven't told me anything to remember.",
        done="I forgot everything you told me.",
        doing="forget everything you told me",
    ),
}


def _confirm(context: ToolContext, what: str) -> str:
    count = _found(context, what).count()
    if not count:
        raise ToolError(WORDS[what].none)
    many = WORDS[what].many.format("both" if count == 2 else number_words(count))
    return WORDS[what].one if count == 1 else many.replace("all both", "both")


def _found(context: ToolContext, what: str) -> Clearable:
    """Return what is to be cleared: one of `WORDS`."""
    kinds: dict[str, Clearable] = {
        "timers": AllTimers(context.bell),
        "alarms": AllAlarms(context.bell),
        "notes": context.notes,
        "shopping list": _ShoppingList(context.lists),
        "memories": context.memories,
    }
    return kinds[what]


@tool(
    "Delete or cancel everything of one kind.",
    {"what": {"type": "string", "enum": list(WORDS)}},
    required=("what",),
    has_effects=True,
    doing=lambda what: WORDS[what].doing,
    confirm=_confirm,
)
async def clear_all(context: ToolContext, what: str) -> str:
    """Return "All timers are cancelled."."""
    _found(context, what).clear()
    return WORDS[what].done
