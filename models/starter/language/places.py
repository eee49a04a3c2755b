"""Places whose time may be asked for: known ones, and names nobody has heard of; no I/O."""

from __future__ import annotations

from random import Random

from models.starter.language.figures import Said
from models.starter.language.open_words import any_words

CITIES = """
    new_york london paris tokyo berlin madrid rome moscow sydney melbourne beijing shanghai
    hong_kong singapore bangkok dubai mumbai delhi new_delhi cairo lagos nairobi cape_town
    johannesburg istanbul athens vienna zurich geneva amsterdam brussels copenhagen stockholm oslo
    helsinki warsaw prague budapest lisbon dublin edinburgh manchester barcelona milan munich
    hamburg frankfurt toronto vancouver montreal mexico_city buenos_aires rio_de_janeiro sao_paulo
    santiago lima bogota caracas havana los_angeles san_francisco seattle chicago boston
    washington washington_d_c miami dallas houston denver phoenix atlanta las_vegas honolulu
    anchorage philadelphia detroit portland san_diego new_orleans salt_lake_city minneapolis seoul
    taipei manila jakarta kuala_lumpur hanoi ho_chi_minh_city tehran baghdad jerusalem tel_aviv
    riyadh doha karachi islamabad kabul kathmandu dhaka colombo auckland wellington perth brisbane
    adelaide fiji hawaii alaska california texas florida arizona colorado ohio japan china india
    russia germany france spain italy portugal greece turkey egypt kenya nigeria south_africa
    morocco brazil argentina chile peru colombia canada mexico australia new_zealand south_korea
    thailand vietnam indonesia the_philippines pakistan iran iraq israel saudi_arabia ukraine
    poland sweden norway finland denmark iceland reykjavik ireland scotland england wales
    switzerland austria belgium the_netherlands hungary romania bulgaria croatia serbia cuba
    jamaica bermuda the_bahamas the_united_states the_uk the_us america great_britain tasmania
    sri_lanka nepal mongolia kazakhstan casablanca accra addis_ababa kyoto osaka lyon marseille
    naples venice florence seville porto krakow st_petersburg kiev tallinn riga vilnius belgrade
    zagreb sarajevo sofia bucharest malta cyprus greenland siberia bali goa newfoundland nova_scotia
    """
KNOWN = tuple(name.replace("_", " ") for name in CITIES.split())
ENDINGS = ("", "", "", " city", " beach", " springs", " island", " falls", " valley", " bay")
STARTS = ("", "", "", "", "san ", "santa ", "new ", "saint ", "port ", "fort ", "lake ", "north ",
          "south ", "west ", "east ", "el ", "mount ")  # fmt: skip


def place(rng: Random) -> Said:
    """Return a place; its argument is as said, without a leading the."""
    if rng.random() < 0.7:
        text = rng.choice(KNOWN)
        name = text.removeprefix("the ")
        return text, {"place": name}
    name = rng.choice(STARTS) + any_words(rng, 1) + rng.choice(ENDINGS)
    if rng.random() < 0.15:
        name = f"{name} {rng.choice(('california', 'texas', 'france', 'england', 'ohio'))}"
    return name, {"place": name}
