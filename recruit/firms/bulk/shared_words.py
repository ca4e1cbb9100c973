"""Which rows have a word of their own in common, as `blocking` asks of names that share little else."""

from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from rigour.text.distance import levenshtein

from recruit.firms.blocking import EDITS
from recruit.firms.bulk.arrays import Flags, Ints, Longs, distinct, pack
from recruit.firms.bulk.naming import Codes
from recruit.firms.bulk.sheet import OWN, Sheet, count_letters

# Pairs looked at in one go: a dozen arrays of them are held.
_AT_ONCE = 1_000_000


class OwnWords:
    """The words that are own to the names of each row."""

    def __init__(self, sheet: Sheet) -> None:
        self._sheet = sheet
        self.forms = _forms(sheet)

    def keep(self, pairs: Longs) -> Longs:
        """Keep the pairs whose names have a word of their own in common, give or take two letters."""
        kept = [
            some[self._share(*np.divmod(some, len(self._sheet)))]
            for some in (pairs[at : at + _AT_ONCE] for at in range(0, len(pairs), _AT_ONCE))
        ]
        return np.concatenate([np.zeros(0, np.int64), *kept])

    def _share(self, a: Longs, b: Longs) -> Flags:
        one, other = self.forms[a], self.forms[b]
        shared = np.zeros(len(a), bool)
        each = [(x, y) for x in range(one.shape[1]) for y in range(one.shape[1])]
        for left, right in each:
            shared |= (one[:, left] >= 0) & (one[:, left] == other[:, right])
        for left, right in each:
            at = np.flatnonzero(~shared & (one[:, left] >= 0) & (other[:, right] >= 0))
            shared[at[self._are_alike(one[at, left], other[at, right])]] = True
        return shared

    def _are_alike(self, x: Ints, y: Ints) -> Flags:
        letters, lengths = self._letters, self._lengths
        alike = np.zeros(len(x), bool)
        near = (self._first_two[x] == self._first_two[y]) & (
            np.abs(lengths[x] - lengths[y]) <= EDITS
        )
        at = np.flatnonzero(near)
        # One edit changes the letters' counts by two at most.
        near = np.abs(letters[x[at]] - letters[y[at]]).sum(axis=1) <= 2 * EDITS
        at = at[near]
        forms = self._sheet.forms.values
        both = x[at].astype(np.int64) * len(forms) + y[at]
        different = distinct(both)
        few = [
            levenshtein(forms[one], forms[other], max_edits=EDITS) <= EDITS
            for one, other in zip(
                *(part.tolist() for part in np.divmod(different, len(forms))), strict=True
            )
        ]
        alike[at] = np.array(few, bool)[np.searchsorted(different, both)]
        return alike

    @cached_property
    def _letters(self) -> NDArray[np.int8]:
        return count_letters(self._sheet.forms.values)

    @cached_property
    def _lengths(self) -> Ints:
        return np.fromiter(map(len, self._sheet.forms.values), np.int32)

    @cached_property
    def _first_two(self) -> Ints:
        return Codes().all_of(form[:2] for form in self._sheet.forms.values)


def _forms(sheet: Sheet) -> Ints:
    """Return by row the forms of the words that are its names' own, -1 elsewhere."""
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
