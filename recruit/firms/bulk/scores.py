"""What `matching.decide` says of very many pairs, in columns.

Whole names, words, domains, numbers and places are weighed as they are there. Two things are too dear to
look at for every pair: whether the words that only one name has are the other's, misspelt, and whether
two spellings are one address. So the score is bounded from both sides; where the bounds allow one verdict
only, that is it, and elsewhere the pair is `open` and `decide` itself has the word.
"""

import math
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recruit.firms import evidence as weights
from recruit.firms.bulk.arrays import Flags, Ints, Longs, Numbers, look_up
from recruit.firms.bulk.crowds import Crowds, doublings
from recruit.firms.bulk.naming import Codes
from recruit.firms.bulk.pairs import Places
from recruit.firms.bulk.scored import Scores
from recruit.firms.bulk.sharing import (
    Doublings,
    Found,
    crowding,
    elsewhere,
    forms_differ,
    least_crowded,
    value_at,
)
from recruit.firms.bulk.sheet import GENERIC, NUMBER, OWN, PLACE, Sheet
from recruit.firms.bulk.spelling import could_agree
from recruit.firms.likeness import DISTINCTIVE_BITS, NameLevel, apart_bits
from recruit.firms.matching import DOUBT, MARGIN
from recruit.firms.rarity import Rarity

# Pairs looked at in one go: enough to make Python's part of the work nothing.
_AT_ONCE = 100_000
_BRAND = math.log2(weights.BRAND) - 1  # in doublings
_BIG_BRAND = math.log2(weights.BIG_BRAND) - 1
# Each thread holds some ten arrays of the pairs that it looks at.
_THREADS = 4


@dataclass(frozen=True, eq=False)
class Scorer:
    """Scores pairs of rows of one sheet."""

    sheet: Sheet
    places: Places
    crowds: Doublings
    brand: Flags  # by key or compact spelling
    rarity: Rarity
    bits: Numbers  # by word
    apart_bits: Numbers  # by word
    forms_differ: Flags  # by two legal forms
    house: Ints  # by street
    street_name: Ints  # by street

    @classmethod
    def of(cls, sheet: Sheet, places: Places, crowds: Crowds, rarity: Rarity) -> "Scorer":
        """Prepare what is looked up for every pair."""
        words = sheet.word_values
        streets = sheet.all_streets.values
        return cls(
            sheet,
            places,
            Doublings(*(doublings(getattr(crowds, f.name)) for f in fields(Doublings))),
            crowds.brand > 0,
            rarity,
            np.fromiter((rarity.bits(w) for w in words), np.float32, len(words)),
            np.fromiter((apart_bits(w, rarity) for w in words), np.float32, len(words)),
            forms_differ(sheet.legal_forms.values),
            np.array([-1 if s.house is None else s.house for s in streets], np.int32),
            Codes().all_of(s.name for s in streets),
        )

    def score(self, pairs: Longs, *, misspelt: bool = True) -> Scores:
        """Score pairs as `find_pairs` gives them; not `misspelt` where no words left over are alike."""
        starts = range(0, max(len(pairs), 1), _AT_ONCE)
        # numpy lets go of the interpreter, so that threads help.
        with ThreadPoolExecutor(min(_THREADS, os.cpu_count() or 1)) as pool:
            parts = pool.map(
                lambda start: self._score(
                    *np.divmod(pairs[start : start + _AT_ONCE], len(self.sheet)), misspelt
                ),
                starts,
            )
            return Scores.joined(list(parts))

    def _score(self, a: Longs, b: Longs, misspelt: bool) -> Scores:
        total = np.zeros(len(a), np.float32)
        sheet = self.sheet
        found = Found(np.zeros(len(a), bool), np.zeros(len(a), bool), np.zeros(len(a), bool))
        total += self._domains(a, b, found)
        shared, points = least_crowded(sheet.email, self.crowds.email, a, b)
        total += found.shared(shared, points, weights.SAME_EMAIL, weights.CROWDED_PHONE)
        shared, points = least_crowded(sheet.phone, self.crowds.phone, a, b)
        total += found.shared(shared, points, weights.SAME_PHONE, weights.CROWDED_PHONE)
        both = (sheet.phone[a, 0] >= 0) & (sheet.phone[b, 0] >= 0)
        total += np.where(both & ~shared, weights.OTHER_PHONE, 0)
        total += self._registry_ids(a, b, found)
        total += self._whereabouts(a, b, found)
        form_a, form_b = sheet.legal_form[sheet.name[a]], sheet.legal_form[sheet.name[b]]
        forms_differ = (form_a >= 0) & (form_b >= 0) & self.forms_differ[form_a, form_b]
        total += np.where(forms_differ, weights.OTHER_LEGAL_FORM, 0)
        total -= self.rarity.needed_bits + MARGIN
        street_low, street_high, street_own = self._streets(a, b, found)
        name_low, name_high, suffices = self._names(a, b, misspelt, total + street_high)
        low = total + street_low + name_low
        high = total + street_high + name_high
        odd = sheet.odd[a] | sheet.odd[b]
        odd |= sheet.odd_name[sheet.name[a]] | sheet.odd_name[sheet.name[b]]
        odd |= self._are_initials(sheet.name[a], sheet.name[b])
        suffices &= ~found.contradicted & ~forms_differ
        same = (low >= 0) & (found.corroborated | suffices)
        possible = (high >= 0) & (found.corroborated | street_own | suffices)
        exact = (low == high) & ~odd
        return Scores(
            low=low,
            high=high,
            same=same & ~odd,
            open=odd | (possible & ~same),
            exact=exact,
            identified=found.identified,
            contradicted=found.contradicted,
        )

    def _are_initials(self, a: Ints, b: Ints) -> Flags:
        """Say which names are the initials of the other: `decide` itself has the word on them."""
        could_be, has = self.sheet.initials
        one = (could_be[a] >= 0) & (could_be[a] == has[b])
        other = (could_be[b] >= 0) & (could_be[b] == has[a])
        return np.asarray(one | other, np.bool_)

    def _domains(self, a: Longs, b: Longs, found: Found) -> Numbers:
        sheet, crowd = self.sheet, self.crowds.domain
        own_a, own_b = sheet.domain[a], sheet.domain[b]
        both = (own_a >= 0) & (own_b >= 0)
        same = both & (own_a == own_b)
        label = sheet.domain_label
        one_label = both & ~same & (look_up(label, own_a) == look_up(label, own_b))
        other = both & ~same & ~one_label
        found.contradicted |= both & ~same
        points = np.where(one_label, weights.OTHER_ENDING, 0).astype(np.float32)
        points += np.where(other, weights.OTHER_DOMAIN, 0)
        # Where a shared domain is a brand's, it counts for how many places have outlets.
        place_a, place_b = sheet.places[sheet.name[a]], sheet.places[sheet.name[b]]
        two, any_ = (place_a >= 0) & (place_b >= 0), (place_a >= 0) | (place_b >= 0)
        by_place = np.maximum(crowd, self.crowds.outlets)
        big = self.crowds.outlets >= _BIG_BRAND
        by_name = np.where(big, np.maximum(crowd, self.crowds.outlets - 1), crowd)
        plain, _ = least_crowded(sheet.domains, crowd, a, b)
        shared = np.where(both, same, plain)

        def of_shared(values: NDArray[Any]) -> Numbers:
            among = least_crowded(sheet.domains, values.astype(np.float32), a, b)[1]
            return np.where(both, value_at(values.astype(np.float32), own_a), among)

        crowding = np.where(any_, of_shared(by_place), of_shared(by_name))
        brand = of_shared(self.crowds.outlets >= _BRAND) > 0
        outlets = shared & brand & two
        found.contradicted |= outlets & (place_a != place_b)
        points += np.where(outlets, weights.TWO_OUTLETS, 0).astype(np.float32)
        outlet = shared & (of_shared(big) > 0) & any_ & ~two
        points += np.where(outlet, weights.ONE_OUTLET, 0).astype(np.float32)
        shared &= ~outlets & ~outlet
        key_a, key_b = sheet.key[sheet.name[a]], sheet.key[sheet.name[b]]
        outlets = ~shared & ~both & ~plain & (place_a >= 0) & (place_b >= 0)
        outlets &= self.brand[key_a] | self.brand[key_b]
        points += np.where(outlets, weights.TWO_OUTLETS, 0).astype(np.float32)
        points += found.shared(shared & both, crowding, weights.SAME_DOMAIN, weights.CROWDED_DOMAIN)
        return points + found.shared(
            shared & ~both, crowding, weights.SAME_MAIL_DOMAIN, weights.CROWDED_DOMAIN
        )

    def _registry_ids(self, a: Longs, b: Longs, found: Found) -> Numbers:
        ids, shapes = self.sheet.registry_id, self.sheet.registry_shape
        if not len(shapes):
            return np.zeros(len(a), np.float32)
        nowhere = np.zeros(len(self.sheet.all_registry_ids), np.float32)
        same, _ = least_crowded(ids, nowhere, a, b)
        alike, _ = least_crowded(look_up(shapes, ids), nowhere, a, b)
        found.identified |= same
        found.corroborated |= same
        found.contradicted |= alike & ~same
        other = np.where(alike, weights.OTHER_REGISTRY_ID, 0)
        return np.where(same, weights.SAME_REGISTRY_ID, other).astype(np.float32)

    def _whereabouts(self, a: Longs, b: Longs, found: Found) -> Numbers:
        sheet = self.sheet
        points = np.zeros(len(a), np.float32)
        country_a, country_b = sheet.country[a], sheet.country[b]
        both = (country_a >= 0) & (country_b >= 0)
        one_country = both & (country_a == country_b)
        abroad = both & ~one_country
        points += np.where(one_country, weights.SAME_COUNTRY, 0)
        points += np.where(abroad, weights.OTHER_COUNTRY, 0)
        found.contradicted |= abroad
        both = (sheet.city[a] >= 0) & (sheet.city[b] >= 0)
        one_city = both & (sheet.city[a] == sheet.city[b])
        points += np.where(one_city, weights.SAME_CITY, 0)
        points += np.where(elsewhere(self.sheet, a, b), weights.OTHER_CITY, 0)
        known = sheet.is_known_town
        in_known = known[np.maximum(sheet.city[a], 0)] if len(known) else np.zeros(len(a), bool)
        found.corroborated |= one_city & (one_country | in_known)
        both = (sheet.postcode[a] >= 0) & (sheet.postcode[b] >= 0)
        one_postcode = both & (sheet.postcode[a] == sheet.postcode[b])
        points += np.where(one_postcode, weights.SAME_POSTCODE, 0)
        points += np.where(both & ~one_postcode, weights.OTHER_POSTCODE, 0)
        found.corroborated |= one_postcode
        return points

    def _streets(self, a: Longs, b: Longs, found: Found) -> tuple[Numbers, Numbers, Flags]:
        """Return the bounds of what the streets say, and where they could be the firm's own."""
        sheet = self.sheet
        street_a, street_b = sheet.street[a], sheet.street[b]
        both = (street_a >= 0) & (street_b >= 0)
        both &= ~elsewhere(self.sheet, a, b)
        same = both & (street_a == street_b)
        crowded = crowding(self.sheet, self.places, self.crowds, a, b)
        if_same = np.maximum(0, weights.SAME_STREET + weights.CROWDED_STREET * crowded).astype(
            np.float32
        )
        own = if_same > weights.SAME_STREET / 2
        found.identified |= same & own
        found.corroborated |= same & own
        house_a, house_b = look_up(self.house, street_a), look_up(self.house, street_b)
        near = (house_a >= 0) & (house_b >= 0) & (np.abs(house_a - house_b) <= weights.NEXT_DOOR)
        near &= look_up(self.street_name, street_a) == look_up(self.street_name, street_b)
        if_other = np.where(near, weights.NEAR_STREET, weights.OTHER_STREET).astype(np.float32)
        # Two spellings may be one address only where a number agrees or one has none.
        alike = both & ~same & ((house_a == house_b) | (house_a < 0) | (house_b < 0) | near)
        nothing = np.zeros(len(a), np.float32)
        low = np.where(
            same,
            if_same,
            np.where(both, np.minimum(if_other, np.where(alike, if_same, if_other)), nothing),
        )
        high = np.where(
            same,
            if_same,
            np.where(both, np.where(alike, np.maximum(if_same, if_other), if_other), nothing),
        )
        return low, high, alike & own

    def _names(
        self, a: Longs, b: Longs, misspelt: bool, others: Numbers
    ) -> tuple[Numbers, Numbers, Flags]:
        """Return the bounds of what the names say, and where the name alone may suffice.

        `others` is the most that everything else says together.
        """
        sheet = self.sheet
        name_a, name_b = sheet.name[a], sheet.name[b]
        words_a, words_b = sheet.words[name_a], sheet.words[name_b]
        there_a, there_b = words_a >= 0, words_b >= 0
        form_a = np.where(there_a, sheet.form[words_a], -1)
        form_b = np.where(there_b, sheet.form[words_b], -2)
        equal = form_a[:, :, None] == form_b[:, None, :]
        shared_a, shared_b = equal.any(axis=2), equal.any(axis=1)
        whole = (sheet.key[name_a] == sheet.key[name_b]) | (
            sheet.compact[name_a] == sheet.compact[name_b]
        )
        longer_a = there_a.sum(axis=1) >= there_b.sum(axis=1)
        bits_a = np.where(there_a, self.bits[words_a], 0)
        bits_b = np.where(there_b, self.bits[words_b], 0)
        own_a = there_a & (sheet.kind[words_a] == OWN) & (bits_a >= DISTINCTIVE_BITS)
        own_b = there_b & (sheet.kind[words_b] == OWN) & (bits_b >= DISTINCTIVE_BITS)
        agreed = np.where(
            whole,
            np.where(longer_a, bits_a.sum(axis=1), bits_b.sum(axis=1)),
            (bits_a * shared_a).sum(axis=1),
        ).astype(np.float32)
        distinctive = np.where(
            whole,
            np.where(longer_a, own_a.any(axis=1), own_b.any(axis=1)),
            (own_a & shared_a).any(axis=1),
        )
        only_a, only_b = there_a & ~shared_a, there_b & ~shared_b
        left_a, left_b = only_a.any(axis=1) & ~whole, only_b.any(axis=1) & ~whole
        apart = (
            np.where(only_a, self.apart_bits[words_a], 0).sum(axis=1)
            + np.where(only_b, self.apart_bits[words_b], 0).sum(axis=1)
        ).astype(np.float32)
        kind_a, kind_b = sheet.kind[words_a], sheet.kind[words_b]
        numbers = (only_a & (kind_a == NUMBER)).any(axis=1) & (only_b & (kind_b == NUMBER)).any(
            axis=1
        )
        towns = (only_a & (kind_a == PLACE)).any(axis=1) & (only_b & (kind_b == PLACE)).any(axis=1)
        generic_only = ~(
            (only_a & (kind_a != GENERIC)).any(axis=1) | (only_b & (kind_b != GENERIC)).any(axis=1)
        )
        same = whole | (~left_a & ~left_b)
        core = ~same & distinctive & generic_only
        anywhere, here = self.crowds.name, self.crowds.name_in_city
        everywhere = np.maximum(anywhere[sheet.key[name_a]], anywhere[sheet.key[name_b]])
        in_town = np.maximum(np.maximum(here[a], here[b]), everywhere - weights.ONE_TOWN)
        one_city = (sheet.city[a] >= 0) & (sheet.city[a] == sheet.city[b])
        crowding = np.where(one_city, in_town, everywhere)
        extra = np.where(
            same,
            weights.WHOLE_NAME[NameLevel.SAME] + weights.CROWDED_NAME * crowding,
            np.where(core, weights.WHOLE_NAME[NameLevel.CORE], 0),
        )
        within = distinctive & ~(left_a & left_b)
        low = self._name_points(agreed, distinctive, extra, np.where(same, 0, apart), within)
        unlike = weights.OTHER_NUMBER * (numbers & ~same) + weights.OTHER_PLACE * (towns & ~same)
        low = np.maximum(low + unlike, weights.UNLIKE_NAME).astype(np.float32)
        if not misspelt:
            return low, low, same & distinctive & (crowding == 0)
        # What the words left over could say, were they all misspelt.
        left = left_a & left_b & ~same
        spare = np.minimum(
            np.where(only_a & (kind_a != NUMBER), bits_a, 0).sum(axis=1),
            np.where(only_b & (kind_b != NUMBER), bits_b, 0).sum(axis=1),
        )
        spare = np.where(left, spare, 0).astype(np.float32)
        could_own = (own_a & only_a).any(axis=1) & (own_b & only_b).any(axis=1) & left

        def most() -> Numbers:
            points = self._name_points(
                agreed + spare,
                distinctive | could_own,
                np.full(len(a), weights.WHOLE_NAME[NameLevel.CORE]),
                np.zeros(len(a), np.float32),
                distinctive | could_own,
            )
            unlike = weights.OTHER_NUMBER * (numbers & ~same)
            bounded: Numbers = np.maximum(points + unlike, weights.UNLIKE_NAME).astype(np.float32)
            return bounded

        # Only where it could matter is looked which of them could be.
        fuzzy = np.flatnonzero((spare > 0) & (others + most() >= -DOUBT - 0.1))
        spare[fuzzy], could_own[fuzzy] = could_agree(
            sheet, self.bits, words_a[fuzzy], words_b[fuzzy], only_a[fuzzy], only_b[fuzzy]
        )
        high = np.where(spare > 0, np.maximum(most(), low), low)
        return low, high, same & distinctive & (crowding == 0)

    def _name_points(
        self, agreed: Numbers, distinctive: Flags, extra: Numbers, apart: Numbers, within: Flags
    ) -> Numbers:
        agreed = np.minimum(agreed, self.rarity.population_bits)
        agreed = np.where(distinctive, agreed, np.minimum(agreed, weights.MOST_FOR_COMMON_WORDS))
        points = agreed + extra - weights.APART * apart
        least = np.where(within, weights.SHORTENED_NAME, weights.RELATED_NAME)
        return np.where(distinctive, np.maximum(points, least), points)
