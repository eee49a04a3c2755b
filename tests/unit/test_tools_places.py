import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.tool_parts import run_call
from xtalk_edge.engines.interfaces import ToolCall
from xtalk_edge.tools.dates.clock import _time_there
from xtalk_edge.tools.dates.places import Place, gazetteer, local_times, plain_name
from xtalk_edge.tools.registry import ToolError

NOW = datetime.datetime(2026, 5, 4, 16, 10, tzinfo=datetime.UTC)


@pytest.mark.parametrize(
    ("place", "sentence"),
    [
        ("", "It's 4:10 PM."),
        ("new york", "It's 12:10 PM in New York."),
        ("tokyo", "It's 1:10 AM tomorrow in Tokyo."),
        ("tokyo right now", "It's 1:10 AM tomorrow in Tokyo."),
        ("the uk", "It's 5:10 PM in the UK."),
        ("L.A.", "It's 9:10 AM in LA."),
        ("São Paulo", "It's 1:10 PM in Sao Paulo."),
        ("saint john's", "It's 1:40 PM in St Johns."),
        ("san francisco", "It's 9:10 AM in San Francisco."),
        ("new york city", "It's 12:10 PM in New York City."),
        ("paris france", "It's 6:10 PM in Paris France."),
        ("paris texas", "It's 11:10 AM in most of Texas."),
        ("springfield illinois", "It's 11:10 AM in Springfield Illinois."),
        ("birmingham alabama", "It's 11:10 AM in Birmingham Alabama."),
        ("tbilisi georgia", "It's 8:10 PM in Tbilisi Georgia."),
        ("germany", "It's 6:10 PM in Germany."),
        ("south korea", "It's 1:10 AM tomorrow in South Korea."),
        ("eastern time", "It's 12:10 PM Eastern time."),
        ("pacific standard time", "It's 9:10 AM Pacific Standard time."),
        ("chicago time", "It's 11:10 AM in Chicago."),
        ("utc", "It's 4:10 PM UTC."),
        ("greenwich mean time", "It's 4:10 PM Greenwich Mean time."),
        ("usa", "There are several times in the USA. Which city do you mean?"),
        ("georgia", "There are several times in Georgia. Which city do you mean?"),
        ("erie united states", "There are several times in the United States."
                               " Which city do you mean?"),
        ("smurf town", "I don't know what time it is in Smurf Town."),
        ("city", "I don't know what time it is in City."),
        ("time", "I don't know what time it is in that place."),
        ("?!", "I don't know what time it is in that place."),
    ],
)  # fmt: skip
def test_the_time_elsewhere(tmp_path, place, sentence):
    assert run_call(tmp_path, ToolCall("get_time", {"place": place})).content == sentence


def test_it_may_be_yesterday_there():
    early = NOW.replace(hour=3)
    assert _time_there("honolulu", early) == "It's 5:10 PM yesterday in Honolulu."


def test_every_listed_place_has_a_time():
    known = gazetteer()
    for place in [*known.places.values(), *known.times.values()]:
        assert local_times(place, NOW)
    assert set(known.said.values()) <= set(known.places)
    names = [*known.places, *known.times, *known.said]
    assert all(plain_name(name) == name for name in names)


def test_every_city_of_tzdata_is_known():
    known = gazetteer()
    for name, zone in {"reykjavik": "Atlantic/Reykjavik", "ushuaia": None}.items():
        place = known.places[name]
        assert zone is None or local_times(place, NOW)[0].tzinfo == ZoneInfo(zone)
    assert len(known.places) > 1000


def test_a_zone_that_is_missing_is_no_crash(monkeypatch):
    monkeypatch.setitem(gazetteer().places, "atlantis", Place(("Atlantic/Atlantis",)))
    with pytest.raises(ToolError, match="Atlantis"):
        _time_there("atlantis", NOW)


def test_the_end_of_time_is_no_crash():
    with pytest.raises(ToolError, match="Tokyo"):
        _time_there("tokyo", datetime.datetime.max.replace(tzinfo=datetime.UTC))


@given(text=st.text(max_size=40) | st.lists(st.sampled_from(
    ["the", "new", "york", "time", "city", "texas", "paris", "u", "s", "of", "now"]
), max_size=6).map(" ".join))  # fmt: skip
@pytest.mark.slow
def test_no_name_breaks_the_clock(text):
    try:
        assert _time_there(text, NOW).startswith("It's ")
    except ToolError as error:
        assert str(error)[-1] in ".?"
