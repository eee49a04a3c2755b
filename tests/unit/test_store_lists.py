import datetime

import pytest

from xtalk_edge.errors import EdgeError
from xtalk_edge.store.database import Database
from xtalk_edge.store.lists import ListTable

NOON = datetime.datetime(2026, 5, 4, 12, 0, tzinfo=datetime.UTC)


@pytest.fixture
def store(tmp_path):
    opened = Database(tmp_path)
    yield opened
    opened.close()


def texts(lists, name):
    return [item.item for item in lists.items(name)]


def test_items_are_there_after_reopening_in_their_order(tmp_path):
    first = Database(tmp_path)
    ListTable(first).add("shopping", ["milk", "eggs"], NOON)
    ListTable(first).add("shopping", ["bread"], NOON)
    first.close()
    second = Database(tmp_path)
    assert texts(ListTable(second), "shopping") == ["milk", "eggs", "bread"]
    second.close()


def test_a_list_exists_while_something_is_on_it(store):
    lists = ListTable(store)
    lists.add("packing", ["socks"], NOON)
    lists.add("shopping", ["milk"], NOON)
    lists.add("packing", ["hat"], NOON)
    assert lists.names() == ["packing", "shopping"]
    lists.remove(lists.items("packing"))
    lists.remove(lists.items("packing"))
    assert lists.names() == ["shopping"]
    lists.clear("shopping")
    assert lists.names() == []


def test_several_items_are_added_together_or_not_at_all(store):
    lists = ListTable(store)

    def items():
        yield "milk"
        store.change("DROP TABLE list_items")
        yield "eggs"

    with pytest.raises(EdgeError):
        lists.add("shopping", items(), NOON)
    assert texts(lists, "shopping") == []
