"""Synthetic firms with known identity, and everything that makes telling them apart hard.

Each firm is seen one to four times. Between sightings its name loses words, its legal form changes
spelling, it moves, it is renamed, it takes a second domain; fields are missing. Among different firms stand
look-alikes: a shared prefix and a city ("Shenzhen … Technology"), franchises of one brand on one domain, a
dozen tenants in one building, the same generic name in many towns, near-identical invented names.

    frame = make_firms(1_000_000, seed=7)

Columns: record_id, truth, name, website, email, phone, street, postcode, city, country (text or None).
"""

import numpy as np
import pandas as pd

_ONSETS = [
    "b",
    "br",
    "c",
    "cl",
    "d",
    "dr",
    "f",
    "fl",
    "g",
    "gr",
    "h",
    "k",
    "kl",
    "l",
    "m",
    "n",
    "p",
    "pr",
    "qu",
    "r",
    "s",
    "sk",
    "sl",
    "st",
    "t",
    "tr",
    "v",
    "w",
    "z",
]
_VOWELS = ["a", "e", "i", "o", "u", "ai", "ea", "io", "ou"]
_CODAS = ["l", "m", "n", "r", "s", "t", "x", "nd", "rk", "st", "nt", "sk"] + [""] * 8
_TRADES = [
    "consulting",
    "systems",
    "solutions",
    "software",
    "technology",
    "technologies",
    "digital",
    "services",
    "group",
    "partners",
    "labs",
    "media",
    "engineering",
    "logistics",
    "networks",
    "security",
    "cloud",
    "data",
    "analytics",
    "design",
    "studio",
    "works",
    "energy",
    "trading",
    "automation",
    "robotics",
    "marketing",
    "training",
    "health",
    "finance",
    "capital",
    "legal",
    "construction",
    "foods",
]
_SURNAMES = [
    "Smith",
    "Jones",
    "Miller",
    "Schmidt",
    "Weber",
    "Wagner",
    "Becker",
    "Hoffmann",
    "Martin",
    "Bernard",
    "Dubois",
    "Rossi",
    "Russo",
    "Ferrari",
    "Garcia",
    "Lopez",
    "Silva",
    "Santos",
    "Novak",
    "Kowalski",
    "Nielsen",
    "Hansen",
    "Andersson",
    "Virtanen",
    "Okafor",
    "Khan",
    "Singh",
    "Patel",
    "Tanaka",
    "Kim",
    "Chen",
    "Wang",
    "Nguyen",
    "Brown",
    "Taylor",
    "Wilson",
    "Clarke",
    "Walker",
    "Murphy",
    "Kelly",
    "Byrne",
    "Maes",
    "Janssens",
    "Bakker",
    "Visser",
]
# country -> legal forms, each with its spellings
_FORMS: dict[str, list[list[str]]] = {
    "US": [
        ["Inc", "Inc.", "Incorporated", ""],
        ["LLC", "L.L.C.", ""],
        ["Corp", "Corporation", "Corp."],
    ],
    "GB": [["Ltd", "Limited", "Ltd.", ""], ["LLP", ""]],
    "DE": [["GmbH", "Gesellschaft mbH", "GmbH & Co. KG", ""], ["AG", "Aktiengesellschaft", ""]],
    "FR": [["SAS", "S.A.S.", ""], ["SARL", "S.A.R.L.", ""]],
    "NL": [["BV", "B.V.", ""]],
    "IN": [["Pvt Ltd", "Pvt. Ltd.", "Private Limited", ""]],
    "CN": [["Co Ltd", "Co., Ltd.", "Company Limited", ""]],
    "PL": [["Sp. z o.o.", "Spolka z o.o.", ""]],
    "SE": [["AB", "Aktiebolag", ""]],
    "IT": [["Srl", "S.r.l.", ""], ["SpA", "S.p.A."]],
}
_CITIES: dict[str, list[str]] = {
    "US": ["New York", "Chicago", "Austin", "Denver", "Seattle", "Boston", "Atlanta", "Portland"],
    "GB": ["London", "Leeds", "Bristol", "Glasgow", "Manchester", "Cardiff"],
    "DE": ["Berlin", "Hamburg", "Munich", "Cologne", "Stuttgart", "Leipzig"],
    "FR": ["Paris", "Lyon", "Lille", "Nantes", "Toulouse"],
    "NL": ["Amsterdam", "Utrecht", "Rotterdam", "Eindhoven"],
    "IN": ["Mumbai", "Pune", "Bengaluru", "Chennai", "Hyderabad"],
    "CN": ["Shenzhen", "Shanghai", "Beijing", "Guangzhou", "Hangzhou"],
    "PL": ["Warsaw", "Krakow", "Gdansk", "Wroclaw"],
    "SE": ["Stockholm", "Gothenburg", "Malmo"],
    "IT": ["Milan", "Rome", "Turin", "Bologna"],
}
_TLD = {
    "US": "com",
    "GB": "co.uk",
    "DE": "de",
    "FR": "fr",
    "NL": "nl",
    "IN": "in",
    "CN": "cn",
    "PL": "pl",
    "SE": "se",
    "IT": "it",
}
_DIAL = {
    "US": "+1202",
    "GB": "+4420",
    "DE": "+4930",
    "FR": "+331",
    "NL": "+3120",
    "IN": "+9122",
    "CN": "+8610",
    "PL": "+4822",
    "SE": "+468",
    "IT": "+3902",
}
_STREETS = [
    "High",
    "Station",
    "Church",
    "Mill",
    "Park",
    "Market",
    "Harbour",
    "Garden",
    "School",
    "King",
    "Queen",
    "Lake",
    "Bridge",
    "Castle",
    "Forest",
]
_COUNTRIES = list(_FORMS)


def make_firms(records: int, seed: int) -> pd.DataFrame:
    """Return about `records` sightings (never fewer), shuffled; `truth` is the firm's number."""
    rng = np.random.default_rng(seed)
    rows: list[tuple[object, ...]] = []
    truth = 0
    brands = [_brand(rng) for _ in range(max(4, records // 20_000))]
    buildings = [
        (*_address(rng, country), country)
        for country in rng.choice(_COUNTRIES, max(4, records // 4_000))
    ]
    while len(rows) < records:
        truth += 1
        firm = _firm(rng, brands, buildings)
        for at in range(int(rng.choice([1, 2, 3, 4], p=[0.55, 0.28, 0.12, 0.05]))):
            rows.append((len(rows), truth, *_sighting(rng, firm, at)))
    frame = pd.DataFrame(
        rows,
        columns=[
            "record_id",
            "truth",
            "name",
            "website",
            "email",
            "phone",
            "street",
            "postcode",
            "city",
            "country",
        ],
    )
    frame = frame.sample(frac=1.0, random_state=seed).reset_index(drop=True)
    frame["record_id"] = np.arange(len(frame))
    return frame


def _word(rng: np.random.Generator, syllables: int) -> str:
    parts = [
        _ONSETS[rng.integers(len(_ONSETS))]
        + _VOWELS[rng.integers(len(_VOWELS))]
        + _CODAS[rng.integers(len(_CODAS))]
        for _ in range(syllables)
    ]
    return "".join(parts).capitalize()


def _brand(rng: np.random.Generator) -> tuple[str, str]:
    name = f"{_word(rng, 2)} {_TRADES[rng.integers(len(_TRADES))].capitalize()}"
    return name, name.replace(" ", "").lower() + ".com"


def _address(rng: np.random.Generator, country: str) -> tuple[str, str, str]:
    city = _CITIES[country][rng.integers(len(_CITIES[country]))]
    street = f"{rng.integers(1, 300)} {_STREETS[rng.integers(len(_STREETS))]} {('Street', 'Road', 'Lane')[rng.integers(3)]}"
    return street, f"{rng.integers(10_000, 99_999)}", city


def _firm(
    rng: np.random.Generator,
    brands: list[tuple[str, str]],
    buildings: list[tuple[str, str, str, str]],
) -> dict[str, object]:
    country = _COUNTRIES[rng.integers(len(_COUNTRIES))]
    street, postcode, city = _address(rng, country)
    if rng.random() < 0.05:
        street, postcode, city, country = buildings[rng.integers(len(buildings))]
    kind = rng.random()
    trade = _TRADES[rng.integers(len(_TRADES))].capitalize()
    domain: str | None = None
    if kind < 0.02:  # a franchise: the brand's name, often with the town, on the brand's domain
        name, domain = brands[rng.integers(len(brands))]
        name = f"{name} {city}"
    elif kind < 0.10:  # a shared prefix, a city, and a word of its own
        name = f"{city} {_word(rng, 2)} {trade}"
    elif kind < 0.22:  # a surname and a trade: many firms bear it
        name = f"{_SURNAMES[rng.integers(len(_SURNAMES))]} {trade}"
        domain = f"{name.replace(' ', '-').lower()}-{_word(rng, 1).lower()}.{_TLD[country]}"
    elif kind < 0.26:  # nothing of its own
        name = f"{('Global', 'First', 'United', 'Premier', 'Advanced', 'Modern')[rng.integers(6)]} {trade}"
        domain = f"{name.replace(' ', '').lower()}{rng.integers(10, 99)}{_word(rng, 1).lower()}.{_TLD[country]}"
    else:
        name = (
            f"{_word(rng, int(rng.integers(2, 4)))} {trade}"
            if rng.random() < 0.8
            else _word(rng, 3)
        )
    if domain is None:
        domain = (
            name.split()[-2 if len(name.split()) > 1 else 0].lower()
            + f"{_word(rng, 1).lower()}.{_TLD[country]}"
        )
    forms = _FORMS[country]
    return {
        "name": name,
        "forms": forms[rng.integers(len(forms))],
        "domain": domain,
        "phone": f"{_DIAL[country]}{rng.integers(1_000_000, 9_999_999)}",
        "address": (street, postcode, city),
        "country": country,
        "renamed": f"{_word(rng, 3)} {trade}" if rng.random() < 0.03 else None,
        "moved": _address(rng, country) if rng.random() < 0.08 else None,
        "second_domain": f"{_word(rng, 3).lower()}.com" if rng.random() < 0.04 else None,
    }


def _sighting(rng: np.random.Generator, firm: dict[str, object], at: int) -> tuple[object, ...]:
    name = str(firm["name"])
    renamed = firm["renamed"] is not None and at % 2 == 1
    if renamed:
        name = str(firm["renamed"])
    words = name.split()
    chance = rng.random()
    if at and chance < 0.10 and len(words) > 1 and not renamed:
        words = words[:-1] if len(words[0]) > 5 else words
    elif at and chance < 0.16:
        words[0] = _misspell(rng, words[0])
    elif at and chance < 0.20:
        words = [word.upper() for word in words]
    forms = firm["forms"]
    assert isinstance(forms, list)
    form = forms[rng.integers(len(forms))]
    full = " ".join([*words, form]).strip()
    domain = str(firm["domain"])
    if firm["second_domain"] is not None and at == 2:
        domain = str(firm["second_domain"])
    street, postcode, city = (
        firm["moved"] if firm["moved"] is not None and at >= 1 else firm["address"]
    )  # type: ignore[misc]
    phone = str(firm["phone"])
    has_domain = rng.random() < 0.75 or renamed
    has_phone = rng.random() < 0.6 or renamed
    has_street = rng.random() < 0.6
    return (
        full,
        f"https://www.{domain}/" if has_domain else None,
        f"info@{domain}" if has_domain and rng.random() < 0.4 else None,
        phone if has_phone else None,
        street if has_street else None,
        postcode if has_street else None,
        city if rng.random() < 0.9 else None,
        str(firm["country"]) if rng.random() < 0.95 else None,
    )


def _misspell(rng: np.random.Generator, word: str) -> str:
    if len(word) < 5:
        return word
    at = int(rng.integers(1, len(word) - 2))
    match rng.integers(3):
        case 0:
            return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
        case 1:
            return word[:at] + word[at + 1 :]
        case _:
            return word[:at] + word[at] + word[at:]
