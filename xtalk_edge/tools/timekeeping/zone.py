"""The time zone of the device, with its daylight saving."""

from __future__ import annotations

import datetime
import os
import zoneinfo
from pathlib import Path

from xtalk_edge.clock import wall_now

LOCALTIME = Path("/etc/localtime")
"""Where Linux keeps the zone that its owner chose."""


def local_zone() -> datetime.tzinfo:
    """Return the zone of TZ or of the system; without either, today's distance from UTC."""
    try:
        if name := os.environ.get("TZ", "").removeprefix(":"):
            return zoneinfo.ZoneInfo(name)
        with LOCALTIME.open("rb") as file:
            return zoneinfo.ZoneInfo.from_file(file, key="localtime")
    except (OSError, ValueError, zoneinfo.ZoneInfoNotFoundError):
        zone = wall_now().tzinfo
        assert zone is not None  # wall_now says where it is
        return zone
