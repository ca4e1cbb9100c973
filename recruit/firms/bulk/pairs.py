"""Which rows of a sheet are worth comparing, by the keys and caps of `recruit.firms.blocking`.

Rows stand in the order of names, so that a crowded key's neighbours are the next rows under it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rigour.text.distance import levenshtein

from recruit.firms.blocking import BLOCK_CAP, EDITS, LOOSE_CAP, WINDOW
from recruit.firms.bulk.naming import Codes
from recruit.firms.bulk.sheet import OWN, Flags, Ints, Numbers, Sheet, count_letters
from recruit.firms.evidence import BRAND

Longs = NDArray[np.int64]
CodesOfRows = NDArray[Any]


@dataclass(frozen=True, eq=False)
class Keys:
    """The sightings (`row`) under keys of one kind (`code`), one key of one sighting an entry."""

    code: Longs
    row: Ints
    cap: int
    needs_a_word: bool = False


@dataclass(frozen=True, eq=False)
class Places:
    """The numbers of streets' keys, and of those in one town, (n, 2) by city and postcode."""

    street: Ints
    in_town: Longs
    lead: Ints
    street_keys: list[str]


def find_places(sheet: Sheet) -> Places:
    """Return under which street keys each sighting stands; -1 for none."""
    keys = Codes()
    of_street = np.array(
        [keys.of(s.key) if s.house is not None else -1 for s in sheet.all_streets.values], np.int32
    )
    street = look_up(of_street, sheet.street)
    towns = np.column_stack([sheet.city, sheet.postcode])
    in_town = _both(street[:, None], towns, len(sheet.towns))
    return Places(street, in_town, sheet.lead[sheet.name], keys.values)


def look_up(values: Ints, codes: Ints) -> Ints:
    """Return `values[codes]`, -1 where the code is."""
    if not len(values):
        return np.full(codes.shape, -1, np.int32)
    return np.where(codes >= 0, values[np.maximum(codes, 0)], np.int32(-1))


def distinct(values: Longs) -> Longs:
    """Return the different values, in order; many times sooner than `np.unique`, which hashes them."""
    ordered = np.sort(values)
    return ordered[np.diff(ordered, prepend=ordered[:1] - 1) != 0]


def _both(one: Ints, other: Ints, others: int) -> Longs:
    return np.where((one >= 0) & (other >= 0), one.astype(np.int64) * (others + 1) + other, -1)


def block_keys(sheet: Sheet, places: Places) -> Iterator[Keys]:
    """Yield the keys of all sightings, kind by kind, as `blocking.block_keys` gives them."""
    rows = np.arange(len(sheet), dtype=np.int32)
    yield _keys(_spelt(sheet), rows, BLOCK_CAP)
    yield _keys(look_up(sheet.lead, sheet.names_of), rows, LOOSE_CAP)
    yield _keys(sheet.registry_id, rows, BLOCK_CAP)
    yield _keys(sheet.domains, rows, BLOCK_CAP)
    yield _keys(sheet.email, rows, BLOCK_CAP)
    yield _keys(sheet.phone, rows, BLOCK_CAP)
    yield _keys(places.in_town, rows, BLOCK_CAP)
    own = own_words(sheet)
    first_two = Codes().all_of(form[:2] for form in sheet.forms.values)
    on_street = _both(places.street[:, None], look_up(first_two, own), len(first_two))
    yield _keys(on_street, rows, LOOSE_CAP, needs_a_word=True)
    first_four = Codes().all_of(form[:4] for form in sheet.forms.values)
    begins = look_up(first_four, own)
    in_town = [
        _both(begins, town[:, None], len(sheet.towns)) for town in (sheet.city, sheet.postcode)
    ]
    yield _keys(np.column_stack(in_town), rows, LOOSE_CAP, needs_a_word=True)


def own_words(sheet: Sheet) -> Ints:
    """Return by sighting the forms of the words that are its names' own; -1 elsewhere."""
    word = np.maximum(sheet.words, 0)
    of_name = np.where((sheet.words >= 0) & (sheet.kind[word] == OWN), sheet.form[word], -1)
    of_name = pack(of_name, max(1, int((of_name >= 0).sum(axis=1).max(initial=1))))
    found: Ints = np.column_stack(
        [
            np.where(names[:, None] >= 0, of_name[np.maximum(names, 0)], -1)
            for names in sheet.names_of.T
        ]
    )
    return found


def _spelt(sheet: Sheet) -> Ints:
    """Return by sighting its names' keys and compact spellings."""
    return np.column_stack([look_up(codes, sheet.names_of) for codes in (sheet.key, sheet.compact)])


def _keys(codes: CodesOfRows, rows: Ints, cap: int, *, needs_a_word: bool = False) -> Keys:
    """Flatten an (n, k) array of keys, each key of a sighting once."""
    if codes.shape[1] > 1:
        codes = np.sort(codes, axis=1)
        codes[:, 1:][codes[:, 1:] == codes[:, :-1]] = -1
    there = codes >= 0
    row = np.broadcast_to(rows[:, None], codes.shape)[there]
    return Keys(codes[there].astype(np.int64), row, cap, needs_a_word)


def find_pairs(sheet: Sheet, places: Places, firm: Longs) -> Longs:
    """Return every pair worth comparing once, as `lower row * len(sheet) + higher row`, sorted.

    `firm` is the id of the firm that a row is at home in, -1 for none; pairs within one are left out.
    """
    found = []
    for keys in block_keys(sheet, places):
        order = np.lexsort((keys.row, keys.code))
        code, row = keys.code[order], keys.row[order]
        reach = _reach(code, keys.cap)
        of_kind = []
        for step in range(1, int(reach.max(initial=0)) + 1):
            near = np.flatnonzero((reach[:-step] >= step) & (code[step:] == code[:-step]))
            of_kind.append(row[near].astype(np.int64) * len(sheet) + row[near + step])
        if not of_kind:
            continue
        pairs = distinct(np.concatenate(of_kind))
        found.append(_with_a_word(sheet, pairs) if keys.needs_a_word else pairs)
    pairs = distinct(np.concatenate(found)) if found else np.zeros(0, np.int64)
    a, b = np.divmod(pairs, len(sheet))
    apart: Longs = pairs[(firm[a] < 0) | (firm[a] != firm[b])]
    return apart


def _reach(code: Longs, cap: int) -> Ints:
    """Return for each entry of sorted keys how many that follow it are worth comparing."""
    starts = np.flatnonzero(np.diff(code, prepend=-1))
    sizes = np.diff(starts, append=len(code))
    return np.repeat(np.where(sizes <= cap, sizes - 1, WINDOW), sizes).astype(np.int32)


def _with_a_word(sheet: Sheet, pairs: Longs) -> Longs:
    """Keep the pairs whose names have a word of their own in common, give or take two letters."""
    own = own_words(sheet)
    width = own.shape[1]
    a, b = np.divmod(pairs, len(sheet))
    one, other = own[a], own[b]
    shared = np.zeros(len(pairs), bool)
    for left in range(width):
        for right in range(width):
            shared |= (one[:, left] >= 0) & (one[:, left] == other[:, right])
    forms = sheet.forms.values
    bags, lengths = count_letters(forms), np.fromiter(map(len, forms), np.int32)
    first_two = Codes().all_of(form[:2] for form in forms)
    for left in range(width):
        for right in range(width):
            at = np.flatnonzero(~shared & (one[:, left] >= 0) & (other[:, right] >= 0))
            x, y = one[at, left], other[at, right]
            near = (first_two[x] == first_two[y]) & (np.abs(lengths[x] - lengths[y]) <= EDITS)
            at, x, y = at[near], x[near], y[near]
            # One edit changes the letters' counts by two at most.
            near = np.abs(bags[x] - bags[y]).sum(axis=1) <= 2 * EDITS
            at, x, y = at[near], x[near], y[near]
            shared[at[_alike(sheet, x, y)]] = True
    return pairs[shared]


def pack(codes: Ints, width: int) -> Ints:
    """Return the codes of each row moved to the left over what is missing, at most `width` of them."""
    order = np.argsort(codes < 0, axis=1, kind="stable")[:, :width]
    return np.take_along_axis(codes, order, axis=1)


def _alike(sheet: Sheet, x: Ints, y: Ints) -> Flags:
    forms = sheet.forms.values
    both = x.astype(np.int64) * len(forms) + y
    different, back = np.unique(both, return_inverse=True)
    near = [
        levenshtein(forms[one], forms[other], max_edits=EDITS) <= EDITS
        for one, other in zip(
            *(part.tolist() for part in np.divmod(different, len(forms))), strict=True
        )
    ]
    return np.array(near, bool)[back] if near else np.zeros(0, bool)


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
    rows = np.arange(len(sheet), dtype=np.int32)
    lead = places.lead
    first_phone = _first_phone(sheet)

    def firms(codes: CodesOfRows, size: int) -> Longs:
        keys = _keys(codes, rows, 0)
        return _count_different(keys.code, lead[keys.row], size)

    named = sheet.places[sheet.name]

    def outlets(codes: Ints, size: int) -> Longs:
        keys = _keys(codes, rows, 0)
        return _count_different(keys.code, named[keys.row], size)

    def on_ground(codes: CodesOfRows, size: int) -> Longs:
        keys = _keys(codes, rows, 0)
        names = _count_different(keys.code, lead[keys.row], size)
        phones = _count_different(keys.code, first_phone[keys.row], size)
        return np.minimum(names, np.where(phones > 0, phones, names))

    phones = _keys(sheet.phone, rows, 0)
    street_keys = Codes().all_of(street.key for street in sheet.all_streets.values)
    ringing = _count_different(
        phones.code, look_up(street_keys, sheet.street)[phones.row], len(sheet.all_phones)
    )
    codes, back = np.unique(places.in_town, return_inverse=True)
    back = back.reshape(places.in_town.shape) - int(len(codes) > 0 and codes[0] < 0)
    by_town = on_ground(back, len(codes))
    names = _keys(_spelt(sheet), rows, 0)
    size = len(sheet.spellings)
    borne_by = (sheet.domain, first_phone, look_up(street_keys, sheet.street))

    def bearers(codes: Longs, row: Ints, size: int) -> Longs:
        counts = [_count_different(codes, values[row], size) for values in borne_by]
        most: Longs = np.maximum(1, np.maximum.reduce(counts))
        return most

    in_city = _both(sheet.city[names.row], names.code.astype(np.int64), size)
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
