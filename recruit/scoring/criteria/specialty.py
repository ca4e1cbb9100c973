"""Specialty: what the firm does, by weighted terms whose weights add up until they are enough."""

from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from recruit.firms.values import FirmView
from recruit.scoring.criteria.finding import Finding, in_words
from recruit.scoring.curves import saturate
from recruit.scoring.section import Section

# The fields of a firm that hold tags, by the names that a profile uses.
TAG_FIELDS = ("specialties", "certifications", "partnerships")


@dataclass(frozen=True)
class Term:
    """One thing that a firm may do, with other words for it and what it weighs."""

    term: str
    weight: float
    synonyms: tuple[str, ...] = ()


@dataclass(frozen=True)
class Specialty:
    """Full points from `enough` on: the sum of the weights of the terms that the firm's tags name."""

    terms: tuple[Term, ...]
    enough: float
    look_in: tuple[str, ...] = ("specialties",)

    @classmethod
    def read(cls, section: Section) -> "Specialty":
        """Read the keys `terms`, `enough` and `look_in`."""
        enough = section.number("enough", above=0)
        look_in = section.texts("look_in") or ("specialties",)
        for name in look_in:
            if name not in TAG_FIELDS:
                raise section.error(
                    "look_in", f'"{name}" is unknown. Choose among {", ".join(TAG_FIELDS)}.'
                )
        terms: list[Term] = []
        for table in section.tables("terms"):
            term = Term(
                table.text("term"), table.number("weight", above=0), table.texts("synonyms")
            )
            table.finish()
            for word in (term.term, *term.synonyms):
                if not words_of(word):
                    raise table.error("term", f'"{word}" has no letter or digit to look for.')
                for other in terms:
                    if words_of(word) in map(words_of, (other.term, *other.synonyms)):
                        raise table.error(
                            "term",
                            f'"{word}" stands below "{other.term}" already and would count twice. Take one away.',
                        )
            terms.append(term)
        if not terms:
            raise section.error("terms", "There is no term. Add one below terms = [ … ].")
        return cls(tuple(terms), enough, look_in)

    def assess(self, firm: FirmView, today: date) -> Finding:  # noqa: ARG002
        """Add up the weights of the terms that the firm's tags name."""
        tags = tags_of(firm, self.look_in)
        if not tags:
            return Finding(
                0, 1, f"Nobody states its {in_words(list(self.look_in), 'or')}.", self.look_in
            )
        found = [t for t in self.terms if any(names(tag, (t.term, *t.synonyms)) for tag in tags)]
        share = saturate(sum(t.weight for t in found), self.enough)
        fields = tuple(f for f in self.look_in if tags_of(firm, (f,)))
        return Finding(share, share, self._sentence(found, tags, share), fields)

    def _sentence(self, found: list[Term], tags: tuple[str, ...], share: float) -> str:
        if not found:
            return f"Known for {_some(tags)}, which this profile does not look for."
        listed = in_words([t.term for t in sorted(found, key=lambda t: -t.weight)])
        if share == 1:
            return f"Offers {listed}."
        weight = sum(t.weight for t in found)
        return (
            f"Offers {listed}: {weight:g} of the {self.enough:g} in weight that make full points."
        )


def tags_of(firm: FirmView, look_in: tuple[str, ...]) -> tuple[str, ...]:
    """Return the tags that the firm has in these fields."""
    by_field = {
        "specialties": firm.specialties,
        "certifications": firm.certifications,
        "partnerships": firm.partnerships,
    }
    return tuple(tag for name in look_in for tag in by_field[name])


@lru_cache(maxsize=65536)
def words_of(text: str) -> tuple[str, ...]:
    """Return the words of a tag or term as they are compared; "C++", "C#" and ".NET" stay themselves."""
    return tuple("".join(c if c.isalnum() or c in "+#." else " " for c in text.casefold()).split())


def names(tag: str, words: tuple[str, ...]) -> bool:
    """Tell whether a tag names one of `words`, as whole words: "managed kubernetes" names kubernetes."""
    return any(_holds(words_of(tag), words_of(word)) for word in words)


def _holds(tag: tuple[str, ...], wanted: tuple[str, ...]) -> bool:
    size = len(wanted)
    return any(tag[i : i + size] == wanted for i in range(len(tag) - size + 1))


def _some(tags: tuple[str, ...], most: int = 4) -> str:
    return in_words([*tags[:most], f"{len(tags) - most} more"] if len(tags) > most else list(tags))
