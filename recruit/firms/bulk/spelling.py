"""Whether words that only one of two names has could be the other's, misspelt: a bound by their letters."""

import numpy as np
from numpy.typing import NDArray

from recruit.firms.bulk.arrays import Flags, Ints, Numbers, pack
from recruit.firms.bulk.sheet import FEWEST_WORDS, NUMBER, OWN, Sheet
from recruit.firms.likeness import DISTINCTIVE_BITS

# So many words that only one name has are compared by their letters; names with more are open.
MOST_LEFT = FEWEST_WORDS
# Words with fewer of their letters in common than this are never one word misspelt.
_COMMON = 0.65


def may_be_misspelt(
    sheet: Sheet, words: Ints, others: Ints, only: Flags, only_other: Flags
) -> Flags:
    """Say which words that only one name has could be misspelt ones of the other, (n, 2, words).

    A word, or two beside each other that were written apart, is held against such of the other
    name by how many of their letters both have.
    """
    bags = sheet.letters
    sides = [
        pack(np.where(there, codes, -1), MOST_LEFT)
        for codes, there in ((words, only), (others, only_other))
    ]
    one, other = ([bags[side[:, at]] for at in range(MOST_LEFT)] for side in sides)
    may = np.zeros((len(words), 2, MOST_LEFT), bool)
    for left in range(MOST_LEFT):
        for right in range(MOST_LEFT):
            alike = common_letters(one[left], other[right])
            may[:, 0, left] |= alike
            may[:, 1, right] |= alike
    for mine, single, theirs, parts in ((0, one, 1, other), (1, other, 0, one)):
        for at in range(MOST_LEFT - 1):
            for beside in range(at + 1, MOST_LEFT):
                two = np.flatnonzero(sides[theirs][:, beside] >= 0)
                joined = parts[at][two] + parts[beside][two]
                for word in range(MOST_LEFT):
                    rows = two[common_letters(single[word][two], joined)]
                    may[rows, mine, word] = True
                    may[rows, theirs, at] = may[rows, theirs, beside] = True
    return may


def could_agree(
    sheet: Sheet, word_bits: Numbers, words_a: Ints, words_b: Ints, only_a: Flags, only_b: Flags
) -> tuple[Numbers, Flags]:
    """Return how many bits the words left over could share at most, and whether an own word could."""
    may = may_be_misspelt(sheet, words_a, words_b, only_a, only_b)
    bits, own = [], []
    for side, (words, only) in enumerate(((words_a, only_a), (words_b, only_b))):
        left = pack(np.where(only, words, -1), MOST_LEFT)
        there = may[:, side] & (left >= 0) & (sheet.kind[left] != NUMBER)
        of_word = np.where(there, word_bits[left], 0)
        # Names with more words left over than are looked at could share all of them.
        many = only.sum(axis=1) > MOST_LEFT
        every = np.where(only & (sheet.kind[words] != NUMBER), word_bits[words], 0)
        bits.append((many, of_word.sum(axis=1), every.sum(axis=1)))
        is_own = there & (sheet.kind[left] == OWN) & (of_word >= DISTINCTIVE_BITS)
        own.append(is_own.any(axis=1))
    many = bits[0][0] | bits[1][0]
    spare = [np.where(many, every, some) for _, some, every in bits]
    return np.minimum(*spare).astype(np.float32), many | (own[0] & own[1])


def common_letters(one: NDArray[np.int8], other: NDArray[np.int8]) -> Flags:
    """Say where most letters of the longer of two words stand in both."""
    size = np.maximum(one.sum(axis=1, dtype=np.int16), other.sum(axis=1, dtype=np.int16))
    common = np.minimum(one, other).sum(axis=1, dtype=np.int16)
    return np.asarray((common > 0) & (common >= _COMMON * size), np.bool_)
