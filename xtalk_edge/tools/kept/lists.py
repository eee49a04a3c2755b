"""The shopping list, and any other list the owner names."""

from __future__ import annotations

from typing import Any

from xtalk_edge.store.lists import ListItem
from xtalk_edge.tools.context import ToolContext
from xtalk_edge.tools.kept.kept_text import kept_text
from xtalk_edge.tools.kept.list_items import split_items
from xtalk_edge.tools.names import bare_name, name_key, singular
from xtalk_edge.tools.registry import ToolError, tool
from xtalk_edge.tools.spoken import join_words, number_words

SHOPPING = "shopping"
"""The list that is meant when none is named."""

OTHER_NAMES = {"grocery": SHOPPING, "todo": "to do", "task": "to do"}

WHOLE_SENTENCES = frozenset({"to do"})
"""Lists of what is to be done: "call mom and dad" is one item there."""

MOST_LISTS = 20
"""More than anybody keeps apart by voice."""

MOST_ITEMS = 100
"""A list longer than this is no list to be read aloud."""

LONGEST_CHARACTERS = 60
"""An item is a thing or a short task; what is longer is a note."""

READ_ALOUD = 20
"""Half a minute of speech; the latest items are the ones not yet known by heart."""

ITEM: dict[str, Any] = {"type": "string", "maxLength": 200}
LIST: dict[str, Any] = {
    "type": "string",
    "maxLength": 40,
    "description": "Which list, when it is not the shopping list.",
}


def _adding(item: str = "", list: str = "") -> str:
    return f"put {item or 'something'} on the {_list_name(list)} list"


def _removing(item: str = "", list: str = "") -> str:
    return f"take {item or 'something'} off the {_list_name(list)} list"


@tool(
    "Put something on a list.",
    {"item": {**ITEM, "description": "One thing, or several with and."}, "list": LIST},
    has_effects=True,
    doing=_adding,
    help="put something on your shopping list",
)
async def add_item(context: ToolContext, item: str = "", list: str = "") -> str:
    """Return "I put milk and eggs on the shopping list."."""
    name = _list_name(list)
    named = _items(item, name)
    if not named:
        raise ToolError(f"What should I put on the {name} list?")
    there = context.lists.items(name)
    known = {_item_key(each.item) for each in there}
    # A dictionary keeps one of what was said twice.
    new = {_item_key(each): each for each in named if _item_key(each) not in known}
    if not new:
        return f"You already have {join_words(named)} on the {name} list."
    if not there and len(context.lists.names()) >= MOST_LISTS:
        raise ToolError(f"Sorry, I keep {MOST_LISTS} lists at most. Clear one first.")
    if len(there) + len(new) > MOST_ITEMS:
        raise ToolError(f"Sorry, a list holds {MOST_ITEMS} items at most.")
    added = [*new.values()]
    context.lists.add(name, added, context.wall_now())
    return f"I put {join_words(added)} on the {name} list."


@tool("Take something off a list.", {"item": ITEM, "list": LIST}, has_effects=True, doing=_removing)
async def remove_item(context: ToolContext, item: str = "", list: str = "") -> str:
    """Return "I took milk off the shopping list."."""
    name = _list_name(list)
    named = _items(item, name)
    if not named:
        raise ToolError(f"What should I take off the {name} list?")
    found = _found(context, named, name)
    if not found and not list:
        # Not on the list that is meant as a rule: then the one it is on was meant.
        for other in context.lists.names():
            if found := _found(context, named, other):
                name = other
                break
    if not found:
        raise ToolError(f"I can't find {join_words(named, last='or')} on the {name} list.")
    context.lists.remove(found)
    return f"I took {join_words([each.item for each in found])} off the {name} list."


@tool("Read a list.", {"list": LIST})
async def read_list(context: ToolContext, list: str = "") -> str:
    """Return "Your shopping list has two items: milk and eggs."."""
    name = _list_name(list)
    items = [each.item for each in context.lists.items(name)]
    if not items:
        return f"{_nothing_on(name)}{_others(context)}"
    if len(items) == 1:
        return f"Your {name} list has one item: {items[0]}."
    count = number_words(len(items))
    if len(items) <= READ_ALOUD:
        return f"Your {name} list has {count} items: {join_words(items)}."
    latest = join_words(items[-READ_ALOUD:])
    return f"Your {name} list has {count} items. The latest are {latest}."


def _list_name(said: str) -> str:
    """Return the name alone: "my packing list" is called "packing"."""
    words = name_key(said).split()
    if words and words[-1] == "list":
        del words[-1]
    name = " ".join(words)
    return OTHER_NAMES.get(singular(name), name) or SHOPPING


def _items(said: str, list_name: str) -> list[str]:
    parts = [said] if list_name in WHOLE_SENTENCES else split_items(said)
    items = [bare_name(kept_text(part, LONGEST_CHARACTERS)) for part in parts]
    return [item for item in items if item]


def _item_key(item: str) -> str:
    """Return what "an egg" and "eggs" have in common."""
    return " ".join(singular(word) for word in name_key(item).split()) or item


def _found(context: ToolContext, named: list[str], list_name: str) -> list[ListItem]:
    """Return what is meant on one list.

    Raises:
        ToolError: a question, when one word fits several items.
    """
    there = context.lists.items(list_name)
    found: dict[int, ListItem] = {}
    for wanted in named:
        same = [each for each in there if _item_key(each.item) == _item_key(wanted)]
        words = set(_item_key(wanted).split())
        same = same or [each for each in there if words <= set(_item_key(each.item).split())]
        if len(same) > 1:
            choice = join_words([each.item for each in same], last="or")
            raise ToolError(f"Which one should I take off: {choice}?")
        found.update((each.id, each) for each in same)
    return [*found.values()]


def _nothing_on(name: str) -> str:
    return f"Your {name} list is empty." if name == SHOPPING else f"You have no {name} list."


def _others(context: ToolContext) -> str:
    others = [f"a {name} list" for name in context.lists.names()]
    return f" There is {join_words(others)}." if others else ""
