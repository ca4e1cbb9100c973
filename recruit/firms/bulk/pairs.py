"""Which rows of a sheet are worth comparing, by the keys and caps of `recruit.firms.blocking`.

Rows stand in the order of names, so that a crowded key's neighbours are the next rows under it.
"""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recruit.firms.blocking import BLOCK_CAP, LOOSE_CAP, WINDOW, beginning
from recruit.firms.bulk.arrays import Ints, Longs, combine, distinct, look_up
from recruit.firms.bulk.naming import Codes
from recruit.firms.bulk.shared_words import OwnWords
from recruit.firms.bulk.sheet import Sheet

CodesOfRows = NDArray[Any]
# numpy sorts without the interpreter; more than two kinds of keys at once would take much memory.
_THREADS = 2


@dataclass(frozen=True, eq=False)
class Keys:
    """The sightings (`row`) under keys of one kind (`code`), one key of one sighting an entry, in order."""

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
    in_town = combine(street[:, None], towns, len(sheet.towns))
    return Places(street, in_town, sheet.lead[sheet.name], keys.values)


def block_keys(sheet: Sheet, places: Places, own: Ints) -> Iterator[Keys]:
    """Yield the keys of all sightings, kind by kind, as `blocking.block_keys` gives them.

    `own` are the forms of their names' own words.
    """
    yield list_keys(spelt(sheet).T, BLOCK_CAP)
    yield list_keys(look_up(sheet.lead, sheet.names_of).T, LOOSE_CAP)
    for values in (sheet.registry_id, sheet.domains, sheet.email, sheet.phone, places.in_town):
        yield list_keys(values.T, BLOCK_CAP)
    beginnings = [
        Codes().all_of(form[:2] for form in sheet.forms.values),
        Codes().all_of(map(beginning, sheet.forms.values)),
    ]
    on_street = (
        combine(places.street, look_up(beginnings[0], word), len(beginnings[0])) for word in own.T
    )
    yield list_keys(on_street, LOOSE_CAP, needs_a_word=True)
    in_town = (
        combine(look_up(beginnings[1], word), town, len(sheet.towns))
        for word in own.T
        for town in (sheet.city, sheet.postcode)
    )
    yield list_keys(in_town, LOOSE_CAP, needs_a_word=True)


def spelt(sheet: Sheet) -> Ints:
    """Return by sighting its names' keys and compact spellings."""
    return np.column_stack([look_up(codes, sheet.names_of) for codes in (sheet.key, sheet.compact)])


def list_keys(columns: Iterable[CodesOfRows], cap: int = 0, *, needs_a_word: bool = False) -> Keys:
    """Gather keys, a code a row in each column, into one list: by code, then by row, each once."""
    entries = [np.zeros(0, np.int64)]
    size = 1
    for codes in columns:
        size = max(len(codes), 1)
        rows = np.flatnonzero(codes >= 0)
        entries.append(codes[rows].astype(np.int64) * size + rows)
    code, row = np.divmod(distinct(np.concatenate(entries)), size)
    return Keys(code, row.astype(np.int32), cap, needs_a_word)


def find_pairs(sheet: Sheet, places: Places, firm: Longs) -> Longs:
    """Return every pair worth comparing once, as `lower row * len(sheet) + higher row`, sorted.

    `firm` is the id of the firm that a row is at home in, -1 for none; pairs within one are left out.
    """
    words = OwnWords(sheet)
    found = [np.zeros(0, np.int64)]
    kinds = block_keys(sheet, places, words.forms)
    with ThreadPoolExecutor(_THREADS) as pool:
        while some := list(islice(kinds, _THREADS)):
            found += pool.map(lambda keys: _pairs_under(keys, len(sheet), words), some)
    pairs = distinct(np.concatenate(found))
    a, b = np.divmod(pairs, len(sheet))
    apart: Longs = pairs[(firm[a] < 0) | (firm[a] != firm[b])]
    return apart


def _pairs_under(keys: Keys, size: int, words: OwnWords) -> Longs:
    """Return the pairs worth comparing under keys of one kind, as `find_pairs` does."""
    code, row = keys.code, keys.row
    reach = _reach(code, keys.cap)
    found = [np.zeros(0, np.int64)]
    for step in range(1, int(reach.max(initial=0)) + 1):
        near = np.flatnonzero((reach[:-step] >= step) & (code[step:] == code[:-step]))
        found.append(row[near].astype(np.int64) * size + row[near + step])
    pairs = distinct(np.concatenate(found))
    return words.keep(pairs) if keys.needs_a_word else pairs


def _reach(code: Longs, cap: int) -> Ints:
    """Return for each entry of sorted keys how many that follow it are worth comparing."""
    starts = np.flatnonzero(np.diff(code, prepend=-1))
    sizes = np.diff(starts, append=len(code))
    return np.repeat(np.where(sizes <= cap, sizes - 1, WINDOW), sizes).astype(np.int32)
