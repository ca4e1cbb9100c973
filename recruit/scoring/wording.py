"""How what a profile looks for is found in what a firm's tags say: as whole words, never inside others."""

from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from recruit.firms.values import FirmView

# The fields of a firm that hold words on what it does, by the names that a profile uses.
TAG_FIELDS = ("specialties", "certifications", "partnerships", "tags")


class Phrase(NamedTuple):
    """Words that stand side by side in a tag; with `is_prefix` the last one may go on ("62." → "62.02")."""

    words: tuple[str, ...]
    is_prefix: bool = False

    def stands_in(self, tag: tuple[str, ...]) -> bool:
        """Tell whether the words of a tag hold this phrase."""
        size = len(self.words)
        if not self.is_prefix and (size == 1 or self.words[0] not in tag):
            return self.words[0] in tag
        if not self.is_prefix:
            return any(tag[i : i + size] == self.words for i in range(len(tag) - size + 1))
        return any(
            tag[i : i + size - 1] == self.words[:-1]
            and tag[i + size - 1].startswith(self.words[-1])
            for i in range(len(tag) - size + 1)
        )


# Phrases of which any one will do.
Group = tuple[Phrase, ...]


@lru_cache(maxsize=65536)
def words_of(text: str) -> tuple[str, ...]:
    """Return the words of a tag or term as they are compared; "C++", "C#" and ".NET" stay themselves."""
    return tuple("".join(c if c.isalnum() or c in "+#." else " " for c in text.casefold()).split())


@lru_cache(maxsize=65536)
def phrase(text: str) -> Phrase:
    """Return a term as the phrase that is looked for."""
    return Phrase(words_of(text))


def names(tag: str, wanted: Iterable[str]) -> bool:
    """Tell whether a tag names one of `wanted`: "managed kubernetes" names kubernetes."""
    return holds(tag, tuple(map(phrase, wanted)))


@lru_cache(maxsize=65536)
def holds(tag: str, group: Group) -> bool:
    """Tell whether a tag holds one of these phrases; the same few tags are asked again and again."""
    words = words_of(tag)
    return any(one.stands_in(words) for one in group)


def tags_of(firm: FirmView, look_in: tuple[str, ...]) -> tuple[str, ...]:
    """Return the tags that the firm has in these fields."""
    by_field = {
        "specialties": firm.specialties,
        "certifications": firm.certifications,
        "partnerships": firm.partnerships,
        "tags": firm.tags,
    }
    return tuple(tag for name in look_in for tag in by_field[name])
