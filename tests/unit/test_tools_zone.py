"""Where the device finds its time zone."""

import datetime
import zoneinfo
from pathlib import Path

import pytest

from xtalk_edge.tools.timekeeping import zone
from xtalk_edge.tools.timekeeping.zone import local_zone

JULY = datetime.datetime(2026, 7, 1, tzinfo=datetime.UTC)


def test_the_variable_comes_first(monkeypatch):
    monkeypatch.setenv("TZ", ":America/New_York")
    assert local_zone().utcoffset(JULY) == datetime.timedelta(hours=-4)


def test_the_file_of_the_system_comes_next(monkeypatch, tmp_path):
    found = [path for each in zoneinfo.TZPATH if (path := Path(each, "Europe/Berlin")).exists()]
    if not found:
        pytest.skip("this system keeps no time zones")
    (tmp_path / "localtime").write_bytes(found[0].read_bytes())
    monkeypatch.delenv("TZ", raising=False)
    monkeypatch.setattr(zone, "LOCALTIME", tmp_path / "localtime")
    assert local_zone().utcoffset(JULY) == datetime.timedelta(hours=2)


def test_without_either_there_is_still_the_distance_from_utc(monkeypatch, tmp_path):
    monkeypatch.setattr(zone, "LOCALTIME", tmp_path / "missing")
    monkeypatch.setenv("TZ", "Nowhere/At_All")
    assert isinstance(local_zone(), datetime.timezone)
    monkeypatch.delenv("TZ")
    (tmp_path / "missing").write_bytes(b"no zone at all")
    assert isinstance(local_zone(), datetime.timezone)
