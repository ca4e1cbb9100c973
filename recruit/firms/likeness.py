"""How alike two names are: which words they share, which only one has, and what those words tell."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

from rigour.names import NamePart, compare_parts
from rigour.text.distance import levenshtein

from recruit.firms.names import FirmName, Word, WordKind
from recruit.firms.rarity import Rarity


class NameLevel(IntEnum):
    """How alike two names are, from nothing to the same."""

    UNLIKE = 0
    RELATED = 1  # they share a word of their own, and each or one has more
    CORE = 2  # they differ by generic words only
    SPELLING = 3  # every word has its twin, some of them misspelt
    SAME = 4


@dataclass(frozen=True, slots=True)
class NameLikeness:
    """What two names share (`agreed`) and what only one of them has (`apart`), in bits of information.

    `distinctive` says whether a word that can belong to one firm alone is among what they share.
    `within` says whether one name is the other with words left out. `numbers_differ` and
    `places_differ` are true where each has one that the other lacks: `Fund III` and `Fund IV`, `Acme
    Berlin` and `Acme Hamburg`. `initials` is true where one is the initials of the
    other: `IBM`, `International Business Machines`.
    """

    level: NameLevel
    agreed: float
    apart: float
    distinctive: bool
    within: bool = True
    numbers_differ: bool = False
    places_differ: bool = False
    initials: bool = False

    @property
    def share(self) -> float:
        """The agreed part of all information in both names, in [0, 1]."""
        total = self.agreed + self.apart
        return self.agreed / total if total else 0.0

    @property
    def alike(self) -> bool:
        """Whether a reader would take both for one name, misspelt or shortened."""
        return self.initials or self.share >= _ALIKE


_ALIKE = 0.6
# Two letters are the initials of too many names, and few names have more words than these.
_INITIALS = range(3, 7)
# A pair of words counts as one word misspelt from this similarity on.
_MISSPELT = 0.5
# One letter of a short word is too little to compare by, unless the rest of the name agrees.
_ONE_LETTER = 0.7
# An own word is no firm's alone when more than one name in 64 carries it.
DISTINCTIVE_BITS = 6.0
# What a word is worth that only one name has. A place or a number more or less often makes another
# firm of the group, a generic word rarely does.
APART_BITS = {WordKind.GENERIC: 4.0, WordKind.PLACE: 9.0, WordKind.NUMBER: 4.0}


def compare_names(a: FirmName, b: FirmName, rarity: Rarity) -> NameLikeness:
    """Compare two names word by word, whatever the order of the words."""
    if a.key == b.key or a.compact == b.compact:
        words = max(a.words, b.words, key=len)
        agreed = sum(rarity.bits(word) for word in words)
        return NameLikeness(NameLevel.SAME, agreed, 0.0, _is_distinctive(words, rarity))
    # A word said twice tells no more than once: "Mary Crane League, Mary Crane Center".
    only_b = list(dict.fromkeys(b.words))
    only_a: list[Word] = []
    agreed = 0.0
    distinctive = False
    for word in dict.fromkeys(a.words):
        twin = next((other for other in only_b if other.form == word.form), None)
        if twin is None:
            only_a.append(word)
            continue
        only_b.remove(twin)
        agreed += rarity.bits(word)
        distinctive = distinctive or _is_distinctive((word,), rarity)
    misspelt = False
    apart = 0.0
    if only_a and only_b:
        pairs = pair_misspelt(only_a, only_b, others_agree=agreed > 0)
        for left, right, similarity in pairs:
            bits = min(sum(map(rarity.bits, left)), sum(map(rarity.bits, right)))
            agreed += bits * similarity
            apart += bits * (1 - similarity)
            misspelt = True
            both = _is_distinctive(left, rarity) and _is_distinctive(right, rarity)
            distinctive = distinctive or both
            only_a = [word for word in only_a if word not in left]
            only_b = [word for word in only_b if word not in right]
    apart += sum(apart_bits(word, rarity) for word in (*only_a, *only_b))
    return NameLikeness(
        level=_level(only_a, only_b, distinctive=distinctive, misspelt=misspelt),
        agreed=agreed,
        apart=apart,
        distinctive=distinctive,
        within=distinctive and not (only_a and only_b),
        numbers_differ=_both_have(only_a, only_b, WordKind.NUMBER),
        places_differ=_both_have(only_a, only_b, WordKind.PLACE),
        initials=_are_initials(a, b) or _are_initials(b, a),
    )


def _are_initials(short: FirmName, long: FirmName) -> bool:
    found = read_short(short.words)
    return found is not None and found == read_initials(long.words)


def read_short(words: Sequence[Word]) -> str | None:
    """Return a name of one word that could be initials; None for any other."""
    if len(words) != 1 or words[0].kind is WordKind.NUMBER:
        return None
    letters = words[0].spelling
    return letters if len(letters) in _INITIALS and letters.isalpha() else None


def read_initials(words: Sequence[Word]) -> str | None:
    """Return the initials of a name of several words; None where they are too few or too many."""
    if not 1 < len(words) <= max(_INITIALS):
        return None
    letters = "".join(part[0] for word in words for part in word.spelling.split())
    return letters if len(letters) in _INITIALS and letters.isalpha() else None


def _is_distinctive(words: Sequence[Word], rarity: Rarity) -> bool:
    return any(w.kind is WordKind.OWN and rarity.bits(w) >= DISTINCTIVE_BITS for w in words)


def apart_bits(word: Word, rarity: Rarity) -> float:
    """Return what it costs that only one name has a word."""
    return APART_BITS.get(word.kind) or rarity.bits(word)


def _both_have(only_a: list[Word], only_b: list[Word], kind: WordKind) -> bool:
    return any(w.kind is kind for w in only_a) and any(w.kind is kind for w in only_b)


def pair_misspelt(
    only_a: list[Word], only_b: list[Word], *, others_agree: bool
) -> list[tuple[tuple[Word, ...], tuple[Word, ...], float]]:
    """Pair words that are one word misspelt, or several written as one, with their similarity."""
    left = [word for word in only_a if word.kind is not WordKind.NUMBER]
    right = [word for word in only_b if word.kind is not WordKind.NUMBER]
    pairs: list[tuple[tuple[Word, ...], tuple[Word, ...], float]] = []
    if not left or not right:
        return pairs
    for found in compare_parts(_parts(left), _parts(right)):
        if found.qps and found.rps and found.score >= _MISSPELT:
            words = tuple(left[part.index] for part in found.qps)
            twins = tuple(right[part.index] for part in found.rps)
            pairs.append((words, twins, found.score))
    if others_agree:
        left = [word for word in left if not any(word in words for words, _, _ in pairs)]
        right = [word for word in right if not any(word in twins for _, twins, _ in pairs)]
        pairs += [
            ((word,), (twin,), _ONE_LETTER)
            for word, twin in zip(left, right, strict=False)
            if min(len(word.spelling), len(twin.spelling)) >= 3
            and levenshtein(word.spelling, twin.spelling) == 1
        ]
    return pairs


def _parts(words: list[Word]) -> list[NamePart]:
    return [NamePart(word.spelling, at, phonetics=False) for at, word in enumerate(words)]


def _level(
    only_a: list[Word], only_b: list[Word], *, distinctive: bool, misspelt: bool
) -> NameLevel:
    if not only_a and not only_b:
        return NameLevel.SPELLING if misspelt else NameLevel.SAME
    if not distinctive:
        return NameLevel.UNLIKE
    if all(word.kind is WordKind.GENERIC for word in (*only_a, *only_b)):
        return NameLevel.CORE
    return NameLevel.RELATED
