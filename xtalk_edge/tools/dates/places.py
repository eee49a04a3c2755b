"""Which time is kept where: spoken names of cities, states, countries and zones.

Cities and countries come from tzdata's own lists, what those lack from places.toml beside this
file. Reading them takes some ten milliseconds, so it is done once and off the loop.
"""

from __future__ import annotations

import datetime
import functools
import importlib.resources
import re
import tomllib
import unicodedata
from collections import defaultdict
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

CITY_REGIONS = (
    "Africa", "America", "Antarctica", "Arctic", "Asia", "Atlantic", "Australia", "Europe",
    "Indian", "Pacific",
)  # fmt: skip
"""Regions of tzdata whose zones are named after cities; the others are old names of countries."""

NOISE = re.compile(r"^((the|in|at|city of) )+| (right now|now|today|at the moment)$")
"""What people say around a name."""

SMALL_WORDS = {"of", "and", "de", "da", "do", "del", "es"}
CAPITALS = {"us", "usa", "uk", "uae", "dc", "nyc", "la", "sf", "utc", "gmt"}


@dataclass(frozen=True, slots=True)
class Place:
    """A name and the times kept there."""

    zones: tuple[str, ...]
    """IANA names; more than one only where their clocks may differ."""
    mostly: bool = False
    """Whether a few people there keep another time."""
    is_time: bool = False
    """Whether this is the name of a time and not of a place: "Pacific"."""


@dataclass(slots=True)
class Gazetteer:
    """Every place whose time is known, by its plain name."""

    places: dict[str, Place] = field(default_factory=dict)
    times: dict[str, Place] = field(default_factory=dict)
    """Names that stand before the word "time": "eastern time"."""
    said: dict[str, str] = field(default_factory=dict)

    def find(self, text: str) -> tuple[Place | None, str]:
        """Return the place that was said, and its written name: "Rome Italy" is in Rome.

        Of a place that is not known only what it lies in: "Paris Texas" is in Texas.
        """
        words = NOISE.sub("", plain_name(text)).split()
        said = title(" ".join(words))
        if words and words[-1] == "time":
            name = re.sub(r" (standard|daylight)$", "", " ".join(words[:-1]))
            return (self.times.get(name), said) if name in self.times else self._named(words[:-1])
        found, name = self._named(words)
        return (found or self.times.get(" ".join(words)), name)

    def _named(self, words: list[str]) -> tuple[Place | None, str]:
        whole = self._known(words)
        if whole is None and words and words[-1] == "city":
            whole = self._known(words[:-1])
        if whole is not None:
            return whole, title(" ".join(words))
        for cut in range(1, len(words)):
            around = self._known(words[cut:])
            if around is not None:
                return self._within(words, cut, around)
        return None, title(" ".join(words))

    def _within(self, words: list[str], cut: int, around: Place) -> tuple[Place, str]:
        place = self._known(words[:cut])
        if place is not None and set(place.zones) & set(around.zones):
            return place, title(" ".join(words))
        vague = around.mostly or len(around.zones) > 1
        return around, title(" ".join(words[cut:] if vague else words))

    def _known(self, words: list[str]) -> Place | None:
        name = " ".join(words)
        return self.places.get(self.said.get(name, name))


def plain_name(text: str) -> str:
    """Return a name without accents, signs and dots: "St. John's" and "saint johns" are one."""
    letters = unicodedata.normalize("NFKD", text.lower().replace("&", " and "))
    letters = "".join(each for each in letters if not unicodedata.combining(each))
    letters = re.sub(r"['’]", "", letters)
    words = re.sub(r"[^a-z]+", " ", letters).replace("saint ", "st ").strip()
    # Letters read one by one are one word: "u s a".
    return re.sub(r"\b(?:[a-z] )+[a-z]\b", lambda found: found[0].replace(" ", ""), words)


def title(text: str) -> str:
    """Return a name as it is written: "New York"."""
    words = plain_name(text).split()
    written = [
        word.upper() if word in CAPITALS else word if word in SMALL_WORDS else word.capitalize()
        for word in words
    ]
    return " ".join(written)


@functools.cache
def gazetteer() -> Gazetteer:
    """Read every list; later ones overrule earlier ones of the same name."""
    tzdata = importlib.resources.files("tzdata")
    own = tomllib.loads(
        importlib.resources.files("xtalk_edge")
        .joinpath("tools/dates/places.toml")
        .read_text("utf-8")
    )
    zone_names = tzdata.joinpath("zones").read_text("utf-8").split()
    countries = _rows(tzdata.joinpath("zoneinfo/iso3166.tab").read_text("utf-8"))
    zones = _rows(tzdata.joinpath("zoneinfo/zone.tab").read_text("utf-8"))

    found = Gazetteer(said={plain_name(name): real for name, real in own["said"].items()})
    found.places |= _countries(countries, zones)
    found.places |= _cities(zone_names)
    for section, mostly in (("cities", False), ("mostly", True)):
        for zone, names in own[section].items():
            found.places |= {name: Place((zone,), mostly=mostly) for name in names}
    found.places |= {name: Place(tuple(zones)) for name, zones in own["several"].items()}
    for zone, names in own["spoken"].items():
        found.times |= {name: Place((zone,), is_time=True) for name in names}
    return found


def _rows(table: str) -> list[list[str]]:
    return [line.split("\t") for line in table.splitlines() if line and not line.startswith("#")]


def _countries(countries: list[list[str]], zones: list[list[str]]) -> dict[str, Place]:
    of_country: dict[str, list[str]] = defaultdict(list)
    for code, _coordinates, zone, *_comment in zones:
        of_country[code].append(zone)
    return {
        plain_name(name): Place(tuple(of_country[code]))
        for code, name in countries
        if of_country[code]
    }


def _cities(zones: list[str]) -> dict[str, Place]:
    cities: dict[str, Place] = {}
    for zone in zones:
        region, _, _rest = zone.partition("/")
        if region in CITY_REGIONS:
            city = plain_name(zone.rpartition("/")[2])
            # America/Louisville and America/Kentucky/Louisville are one.
            cities.setdefault(city, Place((zone,)))
    return cities


def local_times(place: Place, now: datetime.datetime) -> list[datetime.datetime]:
    """Return what the clocks of a place show; one time if all show the same.

    Raises:
        ZoneInfoNotFoundError: a zone is missing from both the system's and tzdata's files.
    """
    times = [now.astimezone(ZoneInfo(zone)) for zone in place.zones]
    return list({at.replace(tzinfo=None): at for at in times}.values())
