"""Which pairs of names have words that are one word misspelt, asked of the rules as seldom as possible."""

import numpy as np
from rigour.text.distance import levenshtein

from recruit.firms.bulk.arrays import Flags, Ints, Longs, distinct, pack
from recruit.firms.bulk.sheet import Sheet
from recruit.firms.likeness import pair_misspelt

# Pairs looked at in one go.
_AT_ONCE = 500_000
# `rigour` takes no two words for one from so many edits on: measured, with room to spare.
_EDITS_A_LETTER = 0.4


def are_unlike(sheet: Sheet, pairs: Longs) -> Flags:
    """Say for each pair of rows whether none of the words that only one name has is the other's misspelt.

    What `likeness.pair_misspelt` says, by today's names alone.
    """
    name_a, name_b = (sheet.name[rows].astype(np.int64) for rows in np.divmod(pairs, len(sheet)))
    both = name_a * len(sheet.names) + name_b
    different = distinct(both)
    parts = [
        _are_unlike(sheet, *np.divmod(different[start : start + _AT_ONCE], len(sheet.names)))
        for start in range(0, len(different), _AT_ONCE)
    ]
    unlike = np.concatenate([np.zeros(0, bool), *parts])
    found: Flags = unlike[np.searchsorted(different, both)]
    return found


def _are_unlike(sheet: Sheet, name_a: Longs, name_b: Longs) -> Flags:
    left, right, agree = _left_over(sheet, name_a, name_b)
    unlike = np.zeros(len(left), bool)
    single = np.asarray((left[:, 1:] < 0).all(axis=1) & (right[:, 1:] < 0).all(axis=1))
    unlike[single] = ~_may_be_one(sheet, left[single, 0], right[single, 0])
    words = sheet.word_values
    open_ = np.flatnonzero(~unlike)
    for at, one, other, others_agree in zip(
        open_.tolist(),
        left[open_].tolist(),
        right[open_].tolist(),
        agree[open_].tolist(),
        strict=True,
    ):
        found = pair_misspelt(
            [words[w] for w in one if w >= 0],
            [words[w] for w in other if w >= 0],
            others_agree=others_agree,
        )
        unlike[at] = not found
    return unlike


def _left_over(sheet: Sheet, name_a: Longs, name_b: Longs) -> tuple[Ints, Ints, Flags]:
    """Return the words that only one of two names has, (n, k) each, and whether they share others."""
    words_a, words_b = sheet.words[name_a], sheet.words[name_b]
    form_a = np.where(words_a >= 0, sheet.form[words_a], -1)
    form_b = np.where(words_b >= 0, sheet.form[words_b], -2)
    shared_a, shared_b = np.zeros(form_a.shape, bool), np.zeros(form_b.shape, bool)
    for at in range(form_a.shape[1]):
        equal = form_b == form_a[:, at, None]
        shared_a[:, at] = equal.any(axis=1)
        shared_b |= equal
    left = np.where(shared_a, np.int32(-1), words_a)
    right = np.where(shared_b, np.int32(-1), words_b)
    width = max(1, int(max((side >= 0).sum(axis=1).max(initial=1) for side in (left, right))))
    agree: Flags = np.any(shared_a, axis=1)
    return pack(left, width), pack(right, width), agree


def _may_be_one(sheet: Sheet, left: Ints, right: Ints) -> Flags:
    """Say of single words whether so few edits lie between them that the rules must look at them."""
    both = left.astype(np.int64) * len(sheet.word_values) + right
    different = distinct(both)
    spellings = [word.spelling for word in sheet.word_values]
    near = np.fromiter(
        (
            _are_near(spellings[one], spellings[other])
            for one, other in zip(
                *(part.tolist() for part in np.divmod(different, len(spellings))), strict=True
            )
        ),
        bool,
        len(different),
    )
    found: Flags = near[np.searchsorted(different, both)]
    return found


def _are_near(one: str, other: str) -> bool:
    most = 1 + int(_EDITS_A_LETTER * max(len(one), len(other)))
    return abs(len(one) - len(other)) <= most and levenshtein(one, other, max_edits=most) <= most
