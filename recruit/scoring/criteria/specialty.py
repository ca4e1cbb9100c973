"""Specialty: what the firm does, holds or is a partner of, by what its tags name.

Terms have weights that add up until they are `enough`. A query in free words and example firms weigh in
by likeness; both together with terms, all in one sum.
"""

from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from recruit.firms.values import FirmView
from recruit.scoring.columns import FirmColumns, Floats
from recruit.scoring.criteria.finding import LEARN, LOOK_UP, Finding, Lift, in_words
from recruit.scoring.criteria.likeness import Corpus, Likeness, Wanted, marks_in, sum_of
from recruit.scoring.curves import saturate
from recruit.scoring.section import Section, near
from recruit.scoring.taxonomy import SCHEMES, phrases_of, read_code
from recruit.scoring.wording import TAG_FIELDS, Group, Phrase, holds, phrase, tags_of, words_of

# A table of 2 ** 14 weights stays in the processor's nearest cache but one.
_MOST_IN_TABLE = 14


@dataclass(frozen=True)
class Term:
    """One thing that a firm may do, with other words for it and what it weighs."""

    term: str
    weight: float
    synonyms: tuple[str, ...] = ()
    # How tags may say it: for a code those of its trade, else the term and its synonyms.
    phrases: tuple[Phrase, ...] = ()


@dataclass(frozen=True)
class Specialty:
    """Full points from `enough` on: the weights of the terms that the firm's tags name, and its likeness.

    `verb` is how a firm is said to have them: it offers specialties, holds certifications.
    """

    terms: tuple[Term, ...]
    enough: float
    look_in: tuple[str, ...] = ("specialties",)
    likenesses: tuple[Likeness, ...] = ()
    verb: str = "Offers"

    @classmethod
    def read(
        cls, section: Section, look_in: tuple[str, ...] = ("specialties",), verb: str = "Offers"
    ) -> "Specialty":
        """Read the keys `terms`, `query`, `like`, `enough` and `look_in`."""
        look_in = read_look_in(section, look_in)
        terms = _read_terms(section)
        likenesses = _read_likenesses(section)
        if not terms and not likenesses:
            raise section.error(
                "terms",
                "There is no term. Add one below terms = [ … ], or say it in free words as query, "
                "or by example firms as like.",
            )
        enough = section.number("enough", None if terms else 0.5, above=0)
        return cls(terms, enough, look_in, likenesses, verb)

    def weigh(self, corpus: Corpus) -> "Specialty":
        """Return it with the weights that the words of queries and examples have among all firms."""
        return replace(self, likenesses=tuple(one.weigh(corpus) for one in self.likenesses))

    def assess(self, firm: FirmView, today: date) -> Finding:  # noqa: ARG002
        """Add up the weights of the terms that the firm's tags name, and its likeness."""
        tags = tags_of(firm, self.look_in)
        if not tags:
            return Finding(
                0, 1, f"Nobody states its {in_words(list(self.look_in), 'or')}.", self.look_in
            )
        found = self._found(tags)
        alike = [(one, one.found_in(tags)) for one in self.likenesses]
        amount = sum_of([*(t.weight for t in found), *(one.of(items) for one, items in alike)])
        share = saturate(amount, self.enough)
        fields = tuple(f for f in self.look_in if tags_of(firm, (f,)))
        groups = [t.phrases for t in found] + [i.phrases for _, items in alike for i in items]
        words = tuple(tag for tag in tags if any(holds(tag, group) for group in groups))
        said = [*self._said_of_terms(found, share), *_said_of_likeness(alike)]
        sentence = " ".join(said) or (
            f"Known for {_some(tags)}, which this profile does not look for."
        )
        return Finding(share, share, sentence, fields, words)

    def shares(self, firms: FirmColumns, today: date) -> tuple[Floats, Floats]:  # noqa: ARG002
        """Return the share of every firm, least and greatest."""
        for column in firms.tag_fields(self.look_in):
            column.look_for(self.groups)
        amount = self._amounts(firms)
        for likeness in self.likenesses:
            amount += likeness.of_each(firms, self.look_in)
        low = np.minimum(amount / self.enough, 1.0)
        stated = np.logical_or.reduce([c.counts > 0 for c in firms.tag_fields(self.look_in)])
        return low, np.where(stated, low, 1.0)

    def _amounts(self, firms: FirmColumns) -> Floats:
        """Return the weight of the terms that every firm names, added in the order of the terms."""
        groups = [term.phrases for term in self.terms]
        if groups and len(groups) <= _MOST_IN_TABLE:
            held = np.bitwise_or.reduce([c.packed(groups) for c in firms.tag_fields(self.look_in)])
            # What each of the possible holdings weighs is looked up, not added, for each firm.
            holdings = np.arange(1 << len(groups))
            weighed = np.zeros(len(holdings))
            for number, term in enumerate(self.terms):
                weighed[(holdings >> number & 1) == 1] += term.weight
            return weighed[held]
        amount = np.zeros(len(firms))
        for term, marked in zip(self.terms, marks_in(firms, self.look_in, groups), strict=True):
            np.add(amount, term.weight, out=amount, where=marked)
        return amount

    @property
    def groups(self) -> list[Group]:
        """Return all that is looked for in tags."""
        return [t.phrases for t in self.terms] + [g for one in self.likenesses for g in one.groups]

    def lift(self, firm: FirmView, today: date, share: float) -> Lift | None:
        """Return the fewest terms more, the heaviest first, that would be enough."""
        finding = self.assess(firm, today)
        if finding.high >= share > finding.low:
            return Lift("if what it does were known and fit", finding.high, LOOK_UP)
        tags = tags_of(firm, self.look_in)
        amount, more = finding.low * self.enough, list[Term]()
        found = self._found(tags)
        for term in sorted(self.terms, key=lambda t: (-t.weight, t.term)):
            if amount >= share * self.enough - 1e-9:
                break
            if term not in found:
                more.append(term)
                amount += term.weight
        if not more or amount < share * self.enough - 1e-9:
            return None
        # One lighter term may do what the heaviest one overdoes.
        least = more[-1]
        spare = amount - share * self.enough
        fitting = [
            t
            for t in self.terms
            if t not in found and t not in more and t.weight >= least.weight - spare - 1e-9
        ]
        if fitting:
            lightest = min(fitting, key=lambda t: (t.weight, t.term))
            if lightest.weight < least.weight:
                amount += lightest.weight - least.weight
                more[-1] = lightest
        named = in_words([f"“{term.term}”" for term in more])
        where = in_words(list(self.look_in), "or")
        return Lift(f"with {named} among its {where}", saturate(amount, self.enough), LEARN)

    def _found(self, tags: tuple[str, ...]) -> list[Term]:
        return [t for t in self.terms if any(holds(tag, t.phrases) for tag in tags)]

    def _said_of_terms(self, found: list[Term], share: float) -> list[str]:
        if not found:
            return []
        listed = in_words([t.term for t in sorted(found, key=lambda t: -t.weight)])
        if share == 1 and not self.likenesses:
            return [f"{self.verb} {listed}."]
        weight = sum_of(t.weight for t in found)
        return [
            f"{self.verb} {listed}: {weight:g} of the {self.enough:g} in weight that make full points."
        ]


def _said_of_likeness(alike: list[tuple[Likeness, tuple[Wanted, ...]]]) -> list[str]:
    said = []
    for likeness, items in alike:
        if not items:
            continue
        listed = _some(tuple(item.text for item in items))
        what = f"“{likeness.query}”" if likeness.query else "what the example firms do"
        part = likeness.of(items)
        said.append(f"Shares {listed} with {what}, {part:.0%} by weight.")
    return said


def read_look_in(section: Section, default: tuple[str, ...]) -> tuple[str, ...]:
    """Read the key `look_in`: the fields in which tags are looked for."""
    look_in = section.texts("look_in") or default
    for name in look_in:
        if name not in TAG_FIELDS:
            raise section.error(
                "look_in",
                f'"{name}" is unknown.{near(name, TAG_FIELDS)} Choose among {", ".join(TAG_FIELDS)}.',
            )
    return tuple(dict.fromkeys(look_in))


def _read_terms(section: Section) -> tuple[Term, ...]:
    terms: list[Term] = []
    for table in section.tables("terms"):
        term = _read_code(table) if table.has("code") else _read_term(table)
        table.finish()
        for word in (term.term, *term.synonyms):
            for other in terms:
                if words_of(word) in map(words_of, (other.term, *other.synonyms)):
                    raise table.error(
                        "term",
                        f'"{word}" stands below "{other.term}" already and would count twice. '
                        "Take one away.",
                    )
        terms.append(term)
    return tuple(terms)


def _read_term(table: Section) -> Term:
    text, weight = table.text("term"), table.number("weight", above=0)
    synonyms = table.texts("synonyms")
    for word in (text, *synonyms):
        if not words_of(word):
            raise table.error("term", f'"{word}" has no letter or digit to look for.')
    return Term(text, weight, synonyms, tuple(phrase(word) for word in (text, *synonyms)))


def _read_code(table: Section) -> Term:
    text, weight = table.text("code"), table.number("weight", above=0)
    code = read_code(text)
    if code is None:
        scheme = text.split(" ")[0]
        raise table.error(
            "code",
            f'"{text}" is no code that we know.{near(scheme, SCHEMES)} '
            f'Write the scheme and the code, as in "NACE 62.02" or "NAICS 541512".',
        )
    return Term(" ".join(code), weight, (), phrases_of(*code))


def _read_likenesses(section: Section) -> tuple[Likeness, ...]:
    found = []
    if section.has("query"):
        query = Likeness(query=section.text("query"))
        if not query.words:
            raise section.error("query", "It has no word that says what a firm does. Add one.")
        found.append(query)
    examples = tuple(dict.fromkeys(d.casefold() for d in section.texts("like")))
    for domain in examples:
        if "." not in domain or " " in domain or "/" in domain:
            raise section.error(
                "like",
                f'"{domain}" is no domain. Name each example firm by its own, as in "acme.com".',
            )
    if examples:
        found.append(Likeness(examples=examples))
    # Until all firms are known, each word weighs the same.
    return tuple(one.weigh(Corpus()) for one in found)


def _some(tags: tuple[str, ...], most: int = 4) -> str:
    return in_words([*tags[:most], f"{len(tags) - most} more"] if len(tags) > most else list(tags))
