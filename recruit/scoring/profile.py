"""The ideal partner profile: read from TOML, checked to the last key, and frozen.

It decides what a profile may say. What a criterion makes of a firm is left to `criteria`, the points to
`points`.
"""

import hashlib
import json
import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from recruit.firms.values import FirmTag
from recruit.scoring.conditions import Rule, read_rule
from recruit.scoring.criteria.areas import Area, Territories, read_territories
from recruit.scoring.criteria.finding import Measure
from recruit.scoring.criteria.geography import Geography
from recruit.scoring.criteria.likeness import Corpus, Likeness
from recruit.scoring.criteria.look_alike import LikenessTables, LookAlike
from recruit.scoring.criteria.signals import Signals
from recruit.scoring.criteria.size import Size
from recruit.scoring.criteria.specialty import Specialty
from recruit.scoring.criteria.tenure import Tenure
from recruit.scoring.section import ProfileError, Section, near
from recruit.scoring.values import CriterionKind

_MEASURES: Mapping[CriterionKind, Callable[[Section, Territories], Measure]] = {
    CriterionKind.GEOGRAPHY: Geography.read,
    CriterionKind.SIZE: lambda section, _: Size.read(section),
    CriterionKind.TENURE: lambda section, _: Tenure.read(section),
    CriterionKind.SPECIALTY: lambda section, _: Specialty.read(section),
    CriterionKind.CERTIFICATIONS: lambda section, _: Specialty.read(
        section, ("certifications",), "Holds"
    ),
    CriterionKind.VENDOR_PARTNERSHIPS: lambda section, _: Specialty.read(
        section, ("partnerships",), "Is a partner for"
    ),
    CriterionKind.SIGNALS: lambda section, _: Signals.read(section),
    CriterionKind.LOOK_ALIKE: lambda _section, _: LookAlike(),
}
_T = TypeVar("_T")
_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_KEY = re.compile(r"[\w -]{1,60}")
# Of the points that the unknown could bring; a profile and each of its criteria may say otherwise.
DEFAULT_MISSING = 0.5
# Far past what anybody weighs with, and small enough that a million firms add up in whole numbers.
MOST_POINTS = 10_000


@dataclass(frozen=True)
class Criterion:
    """One criterion: its full points in hundredths, and the share that counts of what is not known."""

    key: str
    kind: CriterionKind
    hundredths: int
    missing: float
    measure: Measure


# Whom a list or the CRM calls ours already, a rival or off limits is nobody's prospect, whatever the
# profile: outreach does not write to such a firm either.
LEFT_ALONE = Rule(
    because="Left alone, whatever its points",
    labels=tuple(tag.value for tag in FirmTag),
)


@dataclass(frozen=True)
class ProfileDefinition:
    """What an ideal partner looks like. `source` is the file's content as data, as it is stored."""

    name: str
    title: str
    criteria: tuple[Criterion, ...]
    must_haves: tuple[Rule, ...]
    exclusions: tuple[Rule, ...]
    source: Mapping[str, Any]
    territories: Mapping[str, tuple[Area, ...]]

    @property
    def most(self) -> float:
        """Return the points that a perfect firm would have."""
        return sum(c.hundredths for c in self.criteria) / 100

    @property
    def likenesses(self) -> tuple[Likeness, ...]:
        """Return the queries and example firms of all criteria, whose words all firms give a weight."""
        specialties = (c.measure for c in self.criteria if isinstance(c.measure, Specialty))
        return tuple(one for measure in specialties for one in measure.likenesses)

    @property
    def wants_likeness(self) -> bool:
        """Tell whether a criterion asks how much firms resemble the best partners."""
        return any(isinstance(c.measure, LookAlike) for c in self.criteria)

    def weigh(self, corpus: Corpus) -> "ProfileDefinition":
        """Return it with the weights that the words of queries and examples have among all firms."""
        if not self.likenesses:
            return self
        return replace(
            self,
            criteria=tuple(
                replace(c, measure=c.measure.weigh(corpus))
                if isinstance(c.measure, Specialty)
                else c
                for c in self.criteria
            ),
        )

    def resemble(self, tables: LikenessTables | None) -> "ProfileDefinition":
        """Return it with what likeness to the best partners stands on."""
        if not self.wants_likeness:
            return self
        return replace(
            self,
            criteria=tuple(
                replace(c, measure=LookAlike(tables)) if isinstance(c.measure, LookAlike) else c
                for c in self.criteria
            ),
        )

    @property
    def content_hash(self) -> str:
        """Return a hash that is the same for files that say the same."""
        text = json.dumps(self.source, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()


def read_profile(text: str, file: str) -> ProfileDefinition:
    """Read a profile from TOML; `file` names it in errors. Raises `ProfileError`."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ProfileError(f"{file}: This is not valid TOML: {error}.") from error
    return parse_profile(data, file)


def parse_profile(data: Mapping[str, Any], file: str = "profile") -> ProfileDefinition:
    """Check a profile given as data; raises a `ProfileError` with one line for each part that is wrong."""
    top = Section(file, "", data)
    problems: list[str] = []
    name, title, missing = "", "", DEFAULT_MISSING
    territories: Territories = {}
    sections: list[Section] = []
    with _collecting(problems):
        name = _read_name(top)
    with _collecting(problems):
        title = top.text("title")
    with _collecting(problems):
        missing = top.number("missing", DEFAULT_MISSING, most=1)
    with _collecting(problems):
        territories = read_territories(top)
    with _collecting(problems):
        criteria_table = top.table("criteria")
        sections = [criteria_table.table(key) for key in criteria_table.values]
        if not sections:
            raise top.error(
                "criteria", "There is no criterion. Add one, such as a table criteria.size."
            )
    criteria = _read_all(
        sections, lambda section: _read_criterion(section, missing, territories), problems
    )
    must_haves = _read_rules(top, "must_haves", problems)
    exclusions = _read_rules(top, "exclusions", problems)
    with _collecting(problems):
        top.finish()
    if criteria and not any(c.hundredths for c in criteria):
        problems.append(
            str(top.error("criteria", "No criterion has points. Give one more than 0."))
        )
    if problems:
        raise ProfileError("\n".join(problems))
    return ProfileDefinition(
        name=name,
        title=title,
        # The order of a table's keys does not survive in every database, so it must not matter.
        criteria=tuple(sorted(criteria, key=lambda c: (-c.hundredths, c.key))),
        must_haves=must_haves,
        exclusions=(LEFT_ALONE, *exclusions),
        source=data,
        territories=territories,
    )


@contextmanager
def _collecting(problems: list[str]) -> Iterator[None]:
    """Note an error and go on, so that a person sees all that is wrong at once."""
    try:
        yield
    except ProfileError as error:
        problems.append(str(error))


def _read_all(
    sections: Iterable[Section], read: Callable[[Section], _T], problems: list[str]
) -> tuple[_T, ...]:
    found = []
    for section in sections:
        with _collecting(problems):
            found.append(read(section))
    return tuple(found)


def _read_rules(top: Section, group: str, problems: list[str]) -> tuple[Rule, ...]:
    sections: list[Section] = []
    with _collecting(problems):
        sections = top.tables(group)
    return _read_all(sections, lambda s: read_rule(s, is_must_have=group == "must_haves"), problems)


def _read_name(top: Section) -> str:
    name = top.text("name")
    if not _NAME.fullmatch(name) or len(name) > 100:
        raise top.error(
            "name",
            f'"{name}" cannot be a name. Use up to 100 lower-case letters, digits and single hyphens.',
        )
    return name


def _read_criterion(section: Section, missing: float, territories: Territories) -> Criterion:
    key = section.path.removeprefix("criteria.")
    kinds = [kind.value for kind in _MEASURES]
    if not section.has("kind") and key not in kinds:
        raise section.error(
            "",
            f'"{key}" is not a criterion.{near(key, kinds)} Known: {", ".join(kinds)}; '
            'a criterion with a name of its own says which it is, as in kind = "specialty".',
        )
    if not _KEY.fullmatch(key):
        raise section.error("", "A criterion's key has up to 60 letters, digits, spaces, - and _.")
    kind = section.text("kind", key)
    if kind not in kinds:
        raise section.error(
            "kind", f'"{kind}" is unknown.{near(kind, kinds)} Known: {", ".join(kinds)}.'
        )
    points = section.number("points", most=MOST_POINTS)
    hundredths = round(points * 100)
    if abs(points * 100 - hundredths) > 1e-6:
        raise section.error("points", f"{points} has more than two decimals. Round it.")
    share = section.number("missing", missing, most=1)
    measure = _MEASURES[CriterionKind(kind)](section, territories)
    section.finish()
    return Criterion(key, CriterionKind(kind), hundredths, share, measure)
