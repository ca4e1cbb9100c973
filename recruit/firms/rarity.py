"""How rare a word is among the names of firms, and so how much it tells when two names share it.

A word's information is counted in bits: one that every 1,024th name carries is worth 10. What is seen
nowhere else is not taken to be rarer than once in the whole population, and a small collection is read
as a sample of a bigger one, since ten names cannot show that a word is common.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from recruit.firms.names import FirmName, Word, WordKind

# Firms that a small collection is a sample of: bits are never more than log2 of this or of what is known.
SMALLEST_POPULATION = 20_000
# Fewer names than these do not make it likelier that two sightings are one firm.
_FEWEST_NAMES = 2_000

# What words that are no firm's own can be worth at most, in bits.
_MOST_BITS = {WordKind.GENERIC: 3.0, WordKind.PLACE: 4.0, WordKind.NUMBER: 3.0}
# So many firms go by two or three letters that even one seen only once is no rarity.
_SHORT_BITS = {1: 2.0, 2: 4.0, 3: 8.0}


@dataclass(frozen=True)
class Rarity:
    """The number of different names known, and in how many of them each word stands.

    Names are counted once each, however often they were sighted: a firm that five sources list has
    not become common.
    """

    names: int = 0
    spread: Mapping[str, int] = field(default_factory=dict)

    @cached_property
    def population_bits(self) -> float:
        """What a word tells that nobody else's name has, in bits."""
        return math.log2(max(self.names, SMALLEST_POPULATION))

    @cached_property
    def needed_bits(self) -> float:
        """What it takes to single out one of the firms that are known, in bits."""
        return math.log2(max(self.names, _FEWEST_NAMES))

    def bits(self, word: Word) -> float:
        """Return what a word tells when two names share it."""
        # Two spellings of one firm's name make two names, so that one occurrence is not counted.
        others = max(self.spread.get(word.form, 0) - 2, 0)
        bits = self.population_bits
        if others:
            bits = min(bits, math.log2(max(self.names, 2 * others) / others))
        if word.form.isascii():
            bits = min(bits, _SHORT_BITS.get(len(word.form), bits))
        return min(bits, _MOST_BITS.get(word.kind, bits))


def count_words(names: Iterable[FirmName]) -> Rarity:
    """Count in how many different names each word stands."""
    by_key = {name.key: name for name in names}
    spread: dict[str, int] = {}
    for name in by_key.values():
        for form in {word.form for word in name.words}:
            spread[form] = spread.get(form, 0) + 1
    return Rarity(len(by_key), spread)
