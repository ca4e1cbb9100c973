"""How many different firms seem to share each value of a sheet: what `blocking.count_crowd` counts."""

from dataclasses import dataclass

import numpy as np

from recruit.firms.bulk.arrays import Flags, Ints, Longs, Numbers, combine, distinct, look_up
from recruit.firms.bulk.naming import Codes
from recruit.firms.bulk.pairs import CodesOfRows, Places, list_keys, spelt
from recruit.firms.bulk.sheet import Sheet
from recruit.firms.evidence import BRAND


@dataclass(frozen=True, eq=False)
class Crowds:
    """How many different firms seem to share each value, by its code.

    `in_town` has the shape of `Places.in_town`.
    """

    domain: Longs
    outlets: Longs  # by domain
    email: Longs
    phone: Longs
    street: Longs
    in_town: Longs
    name: Longs  # by key or compact spelling
    name_in_city: Longs  # by row
    brand: Longs  # 1 for the name of an outlet, by key or compact spelling

    def by_key(self, sheet: Sheet, places: Places) -> dict[str, int]:
        """Return the crowds worth telling by blocking key, as `Surroundings` has them."""
        crowd: dict[str, int] = {}
        for kind, counts, values in (
            ("d", self.domain, sheet.all_domains.values),
            ("o", self.outlets, sheet.all_domains.values),
            ("e", self.email, sheet.all_emails.values),
            ("p", self.phone, sheet.all_phones.values),
            ("s", self.street, places.street_keys),
            ("n", self.name, sheet.spellings.values),
        ):
            crowded = np.flatnonzero(counts > _NO_CROWD).tolist()
            crowd |= {f"{kind}:{values[code]}": int(counts[code]) for code in crowded}
        brands = np.flatnonzero(self.brand).tolist()
        crowd |= {f"b:{sheet.spellings.values[code]}": 1 for code in brands}
        for row in np.flatnonzero(self.name_in_city > _NO_CROWD).tolist():
            key = sheet.spellings.values[sheet.key[sheet.name[row]]]
            city = sheet.towns.values[sheet.city[row]]
            crowd[f"m:{key} {city}"] = int(self.name_in_city[row])
        there = self.in_town > _NO_CROWD
        codes, first = np.unique(places.in_town[there], return_index=True)
        streets, towns = np.divmod(codes, len(sheet.towns) + 1)
        counts = self.in_town[there][first].tolist()
        for street, town, count in zip(streets.tolist(), towns.tolist(), counts, strict=True):
            crowd[f"a:{places.street_keys[street]} {sheet.towns.values[town]}"] = count
        return crowd


# One firm under two names is no crowd yet: `Surroundings.doublings`.
_NO_CROWD = 2


def count_crowds(sheet: Sheet, places: Places) -> Crowds:
    """Count as `blocking.count_crowd` does how many firms seem to share each value."""
    lead = places.lead
    first_phone = _first_phone(sheet)

    def firms(codes: CodesOfRows, size: int) -> Longs:
        keys = list_keys(np.atleast_2d(codes.T))
        return _count_different(keys.code, lead[keys.row], size)

    named = sheet.places[sheet.name]

    def outlets(codes: Ints, size: int) -> Longs:
        keys = list_keys(np.atleast_2d(codes.T))
        return _count_different(keys.code, named[keys.row], size)

    def on_ground(codes: CodesOfRows, size: int) -> Longs:
        keys = list_keys(np.atleast_2d(codes.T))
        names = _count_different(keys.code, lead[keys.row], size)
        phones = _count_different(keys.code, first_phone[keys.row], size)
        return np.minimum(names, np.where(phones > 0, phones, names))

    phones = list_keys(sheet.phone.T)
    street_keys = Codes().all_of(street.key for street in sheet.all_streets.values)
    ringing = _count_different(
        phones.code, look_up(street_keys, sheet.street)[phones.row], len(sheet.all_phones)
    )
    codes, back = np.unique(places.in_town, return_inverse=True)
    back = back.reshape(places.in_town.shape) - int(len(codes) > 0 and codes[0] < 0)
    by_town = on_ground(back, len(codes))
    names = list_keys(spelt(sheet).T)
    size = len(sheet.spellings)
    borne_by = (sheet.domain, first_phone, look_up(street_keys, sheet.street))

    def bearers(codes: Longs, row: Ints, size: int) -> Longs:
        counts = [_count_different(codes, values[row], size) for values in borne_by]
        most: Longs = np.maximum(1, np.maximum.reduce(counts))
        return most

    in_city = combine(sheet.city[names.row], names.code.astype(np.int64), size)
    somewhere = in_city >= 0
    different, compressed = np.unique(in_city[somewhere], return_inverse=True)
    by_city = bearers(compressed, names.row[somewhere], len(different))
    # Under its key a row is found again; the compact spelling is another entry of the same row.
    own_key = names.code[somewhere] == sheet.key[sheet.name[names.row[somewhere]]]
    name_in_city = np.ones(len(sheet), np.int64)
    name_in_city[names.row[somewhere][own_key]] = by_city[compressed[own_key]]
    of_brands = outlets(sheet.domains, len(sheet.all_domains)) >= BRAND
    of_brand: Flags = np.any(look_up(of_brands.astype(np.int32), sheet.domains) > 0, axis=1)
    return Crowds(
        name=bearers(names.code, names.row, size),
        name_in_city=name_in_city,
        brand=np.bincount(names.code, of_brand[names.row], size).astype(np.int64).clip(0, 1),
        domain=firms(sheet.domains, len(sheet.all_domains)),
        outlets=outlets(sheet.domains, len(sheet.all_domains)),
        email=np.maximum(
            firms(sheet.email, len(sheet.all_emails)), outlets(sheet.email, len(sheet.all_emails))
        ),
        phone=np.maximum(firms(sheet.phone, len(sheet.all_phones)), ringing),
        street=on_ground(places.street[:, None], len(places.street_keys)),
        in_town=np.where(back >= 0, by_town[np.maximum(back, 0)], 0),
    )


def doublings(firms: Longs) -> Numbers:
    """Return `Surroundings.doublings` of numbers of firms."""
    crowding: Numbers = np.maximum(0.0, np.log2(np.maximum(firms, 1)) - 1).astype(np.float32)
    return crowding


def _first_phone(sheet: Sheet) -> Ints:
    alphabetical = np.argsort(np.argsort(np.array(sheet.all_phones.values, object)))
    if not len(alphabetical):
        return np.full(len(sheet), -1, np.int32)
    places = np.where(sheet.phone >= 0, alphabetical[np.maximum(sheet.phone, 0)], len(alphabetical))
    first: Ints = places.min(axis=1).astype(np.int32)
    return np.where(first < len(alphabetical), first, np.int32(-1))


def _count_different(code: Longs, value: Ints, size: int) -> Longs:
    """Return for each code how many different values stand with it; -1 is no value."""
    there = value >= 0
    both = distinct(code[there] * (int(value.max(initial=0)) + 1) + value[there])
    counts: Longs = np.bincount(both // (int(value.max(initial=0)) + 1), minlength=size)
    return counts[:size]
