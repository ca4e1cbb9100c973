"""Must-haves and exclusions: conditions on a firm that answer yes, no, or not known."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from recruit.firms.values import FirmView
from recruit.scoring.columns import Bools, FirmColumns, Floats
from recruit.scoring.criteria.areas import read_countries
from recruit.scoring.criteria.finding import in_words
from recruit.scoring.criteria.geography import place_of
from recruit.scoring.criteria.likeness import marks_in
from recruit.scoring.criteria.size import headcount, is_size_unknown, people
from recruit.scoring.criteria.specialty import read_look_in
from recruit.scoring.criteria.tenure import (
    age,
    is_age_unknown,
    years_in_business,
    years_of_each,
)
from recruit.scoring.section import Section
from recruit.scoring.wording import Group, names, phrase, tags_of, words_of


class Answer(StrEnum):
    """Whether a condition holds."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Verdict:
    """An answer, the fact that it rests on in plain English, and the firm's fields that hold the fact."""

    answer: Answer
    fact: str
    fields: tuple[str, ...]


@dataclass(frozen=True)
class Rule:
    """A must-have or an exclusion: all that it names must hold. `because` says it in the owner's words.

    `unknown_gates` is for must-haves: whether a firm of which it is not known is held back.
    """

    because: str
    countries: frozenset[str] = frozenset()
    employees: tuple[int | None, int | None] = (None, None)
    years: tuple[int | None, int | None] = (None, None)
    tags: tuple[str, ...] = ()
    without_tags: tuple[str, ...] = ()
    look_in: tuple[str, ...] = ("specialties",)
    domains: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    unknown_gates: bool = False

    def judge(self, firm: FirmView, today: date) -> Verdict:
        """Answer no if one condition fails, else unknown if one is unknown, else yes."""
        verdicts = list(self._verdicts(firm, today))
        for answer in (Answer.NO, Answer.UNKNOWN):
            for verdict in verdicts:
                if verdict.answer is answer:
                    return verdict
        facts = "; ".join(v.fact for v in verdicts)
        return Verdict(Answer.YES, facts, tuple(f for v in verdicts for f in v.fields))

    def _verdicts(self, firm: FirmView, today: date) -> Iterator[Verdict]:
        if self.domains:
            answer = Answer.YES if firm.domain in self.domains else Answer.NO
            yield Verdict(answer, f"its domain is {firm.domain or 'not known'}", ("website",))
        if self.countries:
            yield self._country(firm)
        if self.employees != (None, None):
            answer = _inside(headcount(firm), self.employees)
            fact = "its size is not known" if is_size_unknown(firm) else _lower(people(firm))
            yield Verdict(answer, fact, ("employees",))
        if self.years != (None, None):
            answer = _inside(years_in_business(firm, today), self.years)
            fact = (
                "its founding year is not known"
                if is_age_unknown(firm)
                else _lower(age(firm, today))
            )
            yield Verdict(answer, fact, ("founded",))
        if self.tags or self.without_tags:
            yield self._tags(firm)
        if self.labels:
            # Labels are ours: a firm that bears none is known to bear none.
            borne = [tag for tag in firm.tags if names(tag, self.labels)]
            answer = Answer.YES if borne else Answer.NO
            said = f"it is labelled {in_words(borne)}" if borne else "it bears no such label"
            yield Verdict(answer, said, ("tags",))

    def judge_each(self, firms: FirmColumns, today: date) -> tuple[Bools, Bools]:
        """Return of which firms the answer is yes and of which it is no; of the others it is unknown."""
        yes, no = np.ones(len(firms), np.bool_), np.zeros(len(firms), np.bool_)
        for holds, fails in self._judge_columns(firms, today):
            yes &= holds
            no |= fails
        return yes, no

    @property
    def groups(self) -> dict[str, list[Group]]:
        """Return for each field of tags what is looked for in it."""
        in_tags = [tuple(map(phrase, words)) for words in (self.tags, self.without_tags)]
        found = {name: list(in_tags) for name in self.look_in if self.tags or self.without_tags}
        if self.labels:
            found.setdefault("tags", []).append(tuple(map(phrase, self.labels)))
        return found

    def _judge_columns(self, firms: FirmColumns, today: date) -> Iterator[tuple[Bools, Bools]]:
        if self.domains:
            listed = pc.is_in(firms.domains, value_set=pa.array(self.domains, pa.string()))
            holds = listed.to_numpy(zero_copy_only=False)
            yield holds, ~holds
        if self.countries:
            inside = [code in self.countries for code in firms.country.vocabulary]
            yield (
                firms.country.pick(inside, False),
                firms.country.pick([not i for i in inside], False),
            )
        if self.employees != (None, None):
            low = np.where(np.isnan(firms.employees_low), 0.0, firms.employees_low)
            high = np.where(np.isnan(firms.employees_high), np.inf, firms.employees_high)
            yield _inside_each(low, high, self.employees)
        if self.years != (None, None):
            yield _inside_each(*years_of_each(firms, today), self.years)
        if self.tags or self.without_tags:
            stated = np.logical_or.reduce([c.counts > 0 for c in firms.tag_fields(self.look_in)])
            groups = [tuple(map(phrase, words)) for words in (self.tags, self.without_tags)]
            wanted, unwanted = marks_in(firms, self.look_in, groups)
            fails = unwanted | ~wanted if self.tags else unwanted
            yield stated & ~fails, stated & fails
        if self.labels:
            (borne,) = marks_in(firms, ("tags",), [tuple(map(phrase, self.labels))])
            yield borne, ~borne

    def _country(self, firm: FirmView) -> Verdict:
        if firm.country is None:
            return Verdict(Answer.UNKNOWN, "its country is not known", ("country",))
        answer = Answer.YES if firm.country in self.countries else Answer.NO
        return Verdict(answer, f"it is in {place_of(firm)}", ("country",))

    def _tags(self, firm: FirmView) -> Verdict:
        tags = tags_of(firm, self.look_in)
        fields = tuple(f for f in self.look_in if tags_of(firm, (f,)))
        if not tags:
            return Verdict(Answer.UNKNOWN, "nobody states what it does", self.look_in)
        unwanted = [tag for tag in tags if names(tag, self.without_tags)]
        if unwanted:
            return Verdict(Answer.NO, f"it is known for {in_words(unwanted)}", fields)
        found = [tag for tag in tags if names(tag, self.tags)]
        if self.tags and not found:
            listed = in_words([*self.tags], "or")
            return Verdict(Answer.NO, f"among what it is known for there is no {listed}", fields)
        return Verdict(Answer.YES, f"it is known for {in_words(found or list(tags))}", fields)


def _inside(interval: tuple[float, float], wanted: tuple[int | None, int | None]) -> Answer:
    least = -math.inf if wanted[0] is None else wanted[0]
    most = math.inf if wanted[1] is None else wanted[1]
    if least <= interval[0] and interval[1] <= most:
        return Answer.YES
    return Answer.NO if interval[1] < least or most < interval[0] else Answer.UNKNOWN


def _inside_each(
    low: Floats, high: Floats, wanted: tuple[int | None, int | None]
) -> tuple[Bools, Bools]:
    least = -math.inf if wanted[0] is None else wanted[0]
    most = math.inf if wanted[1] is None else wanted[1]
    yes = (least <= low) & (high <= most)
    return yes, ~yes & ((high < least) | (most < low))


def _lower(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:]


def read_rule(section: Section, *, is_must_have: bool) -> Rule:
    """Read one must-have or exclusion; refuse one that names no condition."""
    look_in = read_look_in(section, ("specialties",))
    unknown = section.text("unknown", "passes") if is_must_have else "passes"
    if unknown not in {"passes", "gates"}:
        raise section.error("unknown", f'"{unknown}" is unknown. Write "passes" or "gates".')
    rule = Rule(
        because=section.text("because"),
        countries=read_countries(section)[0],
        employees=_read_ends(section, "employees"),
        years=_read_ends(section, "years"),
        tags=section.texts("tags"),
        without_tags=section.texts("without_tags"),
        look_in=look_in,
        domains=tuple(d.casefold() for d in section.texts("domains")),
        labels=section.texts("labels"),
        unknown_gates=unknown == "gates",
    )
    section.finish()
    for key in ("tags", "without_tags", "labels"):
        for word in section.texts(key):
            if not words_of(word):
                raise section.error(key, f'"{word}" has no letter or digit to look for.')
    if rule == Rule(rule.because, look_in=look_in, unknown_gates=rule.unknown_gates):
        raise section.error(
            "",
            "It names no condition and would hold for every firm. Add countries, regions, domains, "
            "labels, tags, without_tags, employees_from, employees_to, years_from or years_to.",
        )
    return rule


def _read_ends(section: Section, unit: str) -> tuple[int | None, int | None]:
    least, most = section.whole(f"{unit}_from"), section.whole(f"{unit}_to")
    if least is not None and most is not None and least > most:
        raise section.error(
            f"{unit}_to",
            f"{most} is below {unit}_from = {least}, which no firm can meet. Swap them.",
        )
    return least, most
