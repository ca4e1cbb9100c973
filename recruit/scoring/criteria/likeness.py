"""Likeness: how much of what a query or example firms say is found in a firm's tags, rare words weighing more.

The weight of a word is its inverse document frequency among all firms, ln((1 + n) / (1 + n with it)) + 1;
the likeness is the part of the wanted weight that a firm's tags hold. Tags are short lists in which a
word stands once, so how often it stands and how long the list is say nothing.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np

from recruit.scoring.columns import Bools, FirmColumns, Floats
from recruit.scoring.wording import Group, Phrase, holds, words_of

_ENGLISH = (
    "a an and are as at be by do does firm firms company companies for from has have in into is it its "
    "of on or our that the their they to we which who with"
)
_OTHERS = "der die das et für les des pour und"
_EMPTY_WORDS = frozenset(f"{_ENGLISH} {_OTHERS}".split())


@dataclass(frozen=True)
class Corpus:
    """What must be known of all firms: how many there are, how many hold a word, and the example firms' tags.

    `examples` is keyed by domain.
    """

    firms: int = 0
    holding: Mapping[str, int] = field(default_factory=dict)
    examples: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def rarity(self, word: str) -> float:
        """Return a word's inverse document frequency."""
        return math.log((1 + self.firms) / (1 + self.holding.get(word, 0))) + 1


@dataclass(frozen=True)
class Wanted:
    """One word or tag that is looked for, in its spellings, and what it weighs."""

    text: str
    phrases: tuple[Phrase, ...]
    weight: float


@dataclass(frozen=True)
class Likeness:
    """What a query, or the firms in `examples` (by domain), ask for; `wanted` is empty until it is weighed."""

    query: str = ""
    examples: tuple[str, ...] = ()
    wanted: tuple[Wanted, ...] = ()
    full: float = 1.0

    @property
    def words(self) -> tuple[str, ...]:
        """Return the words of the query that say something."""
        words = (word.strip(".") for word in words_of(self.query))
        return tuple(dict.fromkeys(w for w in words if w and w not in _EMPTY_WORDS))

    def weigh(self, corpus: Corpus) -> "Likeness":
        """Return it with the weights that words have among these firms."""
        if not self.examples:
            wanted = tuple(
                Wanted(word, _spellings(word), corpus.rarity(word)) for word in self.words
            )
            full = sum_of(item.weight for item in wanted)
        else:
            known = [corpus.examples[d] for d in self.examples if d in corpus.examples]
            tags = dict.fromkeys(tag for tags in known for tag in tags if words_of(tag))
            wanted = tuple(
                Wanted(
                    tag,
                    (Phrase(words_of(tag)),),
                    corpus.rarity(tag) * sum(tag in tags for tags in known) / len(known),
                )
                for tag in tags
            )
            # An example firm as it is on average has all of it.
            full = sum_of(
                sum_of(item.weight for item in wanted if item.text in tags) for tags in known
            ) / max(len(known), 1)
        return Likeness(self.query, self.examples, wanted, full or 1.0)

    def found_in(self, tags: Iterable[str]) -> tuple[Wanted, ...]:
        """Return what of it stands in these tags."""
        tags = tuple(tags)
        return tuple(w for w in self.wanted if any(holds(tag, w.phrases) for tag in tags))

    def of(self, found: Iterable[Wanted]) -> float:
        """Return the likeness that what was found makes, in [0, 1]."""
        return min(sum_of(item.weight for item in found) / self.full, 1.0)

    def of_each(self, firms: FirmColumns, look_in: tuple[str, ...]) -> Floats:
        """Return the likeness of every firm."""
        total = np.zeros(len(firms))
        for item, marked in zip(self.wanted, marks_in(firms, look_in, self.groups), strict=True):
            total[marked] += item.weight
        return np.minimum(total / self.full, 1.0)

    @property
    def groups(self) -> list[Group]:
        """Return what is looked for in tags."""
        return [item.phrases for item in self.wanted]


def marks_in(firms: FirmColumns, look_in: tuple[str, ...], groups: list[Group]) -> list[Bools]:
    """Return for each group of phrases which firms hold one of them in any of these fields."""
    by_field = [column.marks(groups) for column in firms.tag_fields(look_in)]
    return [np.logical_or.reduce(marks) for marks in zip(*by_field, strict=True)]


def sum_of(weights: Iterable[float]) -> float:
    """Add from left to right, as columns are added; `sum` carries a correction from Python 3.12 on."""
    total = 0.0
    for weight in weights:
        total += weight
    return total


def _spellings(word: str) -> tuple[Phrase, ...]:
    singular = (
        word[:-1] if word.endswith("s") and not word.endswith("ss") and len(word) > 3 else word
    )
    return tuple(
        Phrase((spelling,)) for spelling in dict.fromkeys((word, singular, singular + "s"))
    )


def count_words(firms: FirmColumns, likeness: Likeness) -> Corpus:
    """Return what `weigh` has to know of these firms."""
    examples: dict[str, tuple[str, ...]] = {}
    if likeness.examples:
        places = {domain: row for row, domain in enumerate(firms.domains.to_pylist()) if domain}
        for domain in likeness.examples:
            if domain in places:
                row = places[domain]
                tags = [t for column in firms.tag_fields(_WHAT_THEY_DO) for t in column.at(row)]
                examples[domain] = tuple(dict.fromkeys(tags))
    wanted = [*likeness.words, *dict.fromkeys(t for tags in examples.values() for t in tags)]
    groups = [
        _spellings(word) if word in likeness.words else (Phrase(words_of(word)),)
        for word in wanted
        if words_of(word)
    ]
    held = marks_in(firms, _WHAT_THEY_DO, groups)
    holding = {
        word: int(marked.sum())
        for word, marked in zip([w for w in wanted if words_of(w)], held, strict=True)
    }
    return Corpus(len(firms), holding, examples)


_WHAT_THEY_DO = ("specialties", "certifications", "partnerships")
