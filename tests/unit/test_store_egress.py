import datetime
import sqlite3
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xtalk_edge.errors import EdgeError
from xtalk_edge.net.border import KINDS, Sent
from xtalk_edge.store.database import Database
from xtalk_edge.store.egress import EgressTable, SentThatDay
from xtalk_edge.store.migrations import MIGRATIONS
from xtalk_edge.store.switches import SwitchTable

MONDAY = datetime.date(2026, 5, 4)
DAY = datetime.timedelta(days=1)


@pytest.fixture
def store(tmp_path):
    opened = Database(tmp_path)
    yield opened
    opened.close()


def test_what_is_sent_on_a_day_adds_up(store):
    table = EgressTable(store)
    assert table.is_empty()
    table.add(MONDAY, [Sent("b.example", "text", 1), Sent("a.example", "audio", 20)])
    table.add(MONDAY, [Sent("a.example", "audio", 300), Sent("a.example", "text", 0)])
    table.add(MONDAY + DAY, [Sent("a.example", "audio", 2**40)])
    assert table.since(MONDAY) == [
        SentThatDay(MONDAY + DAY, "a.example", "audio", 2**40),
        SentThatDay(MONDAY, "a.example", "audio", 320),
        SentThatDay(MONDAY, "a.example", "text", 0),
        SentThatDay(MONDAY, "b.example", "text", 1),
    ]
    assert table.since(MONDAY + DAY)[1:] == []
    assert not table.is_empty()


def test_the_oldest_days_are_forgotten_by_their_number(store):
    table = EgressTable(store)
    # A clock that was ten years ahead for a moment takes one day away, not all.
    days = [MONDAY, MONDAY + DAY, MONDAY + 2 * DAY, MONDAY.replace(year=2036)]
    for day in days:
        table.add(day, [Sent("a.example", "text", 1), Sent("b.example", "text", 1)])
    table.forget_all_but(4)
    assert len(table.since(datetime.date.min)) == 8
    table.forget_all_but(3)
    assert {each.day for each in table.since(datetime.date.min)} == set(days[1:])


def test_a_damaged_day_is_explained(store):
    EgressTable(store).add(MONDAY, [Sent("a.example", "text", 1)])
    with sqlite3.connect(store.path) as other:
        other.execute("UPDATE egress SET day = 'soon'")
    with pytest.raises(EdgeError, match="damaged"):
        EgressTable(store).since(datetime.date.min)


def test_a_file_from_before_the_ledger_is_taken_along(tmp_path):
    Database(tmp_path, migrations=MIGRATIONS[:4]).close()
    opened = Database(tmp_path)
    assert EgressTable(opened).is_empty()
    assert not SwitchTable(opened).is_on("offline")
    opened.close()


def test_a_switch_holds_until_it_is_turned(store, tmp_path):
    table = SwitchTable(store)
    assert not table.is_on("offline")
    table.set("offline", True)
    table.set("offline", True)
    assert table.is_on("offline")
    assert not table.is_on("other")
    again = Database(tmp_path)
    assert SwitchTable(again).is_on("offline")
    SwitchTable(again).set("offline", False)
    again.close()
    assert not table.is_on("offline")


@settings(max_examples=25)
@given(
    st.lists(
        st.lists(
            st.builds(
                Sent,
                st.sampled_from(["a.example", "b.example"]),
                st.sampled_from(KINDS),
                st.integers(0, 2**50),
            ),
            max_size=5,
        ),
        max_size=5,
    )
)
def test_nothing_is_lost_on_the_way_to_the_disk(tmp_path_factory, batches):
    opened = Database(tmp_path_factory.mktemp("egress"))
    table = EgressTable(opened)
    total: Counter[tuple[str, str]] = Counter()
    for number, batch in enumerate(batches):
        table.add(MONDAY + number // 2 * DAY, batch)
        for sent in batch:
            total[sent.host, sent.kind] += sent.n_bytes
    found: Counter[tuple[str, str]] = Counter()
    for each in table.since(MONDAY):
        found[each.host, each.kind] += each.n_bytes
    opened.close()
    assert +found == +total
