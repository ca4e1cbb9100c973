"""A program as data: which track it leads into, and which agreement a partner's type and country get."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from pydantic import ConfigDict, Field

from recruit.onboarding.definitions import STRICT, Key, Text, near, read_definition
from recruit.onboarding.terms import Commitment

Country = Annotated[str, Field(pattern=r"^[A-Z]{2}$")]


@dataclass(frozen=True)
class PartnerType:
    """A kind of partner that a firm can apply as."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    key: Key
    title: Text


@dataclass(frozen=True)
class AgreementRule:
    """An agreement, and whom it is for: types and countries that are left out mean all of them.

    Who accepted an earlier version has `grace_days` to accept a new one; left out, nobody is asked to.
    """

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    name: Key
    types: tuple[str, ...] = ()
    countries: tuple[Country, ...] = ()
    grace_days: Annotated[int, Field(ge=1, le=365)] | None = None
    commitments: tuple[Commitment, ...] = ()

    def is_for(self, partner_type: str, country: str) -> bool:
        """Tell whether a partner of this type and country gets it."""
        return (not self.types or partner_type in self.types) and (
            not self.countries or country in self.countries
        )


@dataclass(frozen=True)
class ProgramDefinition:
    """A program that firms apply for at /apply/`key`, while it is open.

    `agreements` are looked through from the top; whom none is for gets the one that the track names.
    """

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    key: Key
    title: Text
    track: Key
    summary: Annotated[str, Field(max_length=1000)] = ""
    open: bool = True
    types: tuple[PartnerType, ...] = ()
    agreements: tuple[AgreementRule, ...] = ()

    def __post_init__(self) -> None:
        """Refuse rules that name no type, or stand twice."""
        types = [t.key for t in self.types]
        names = [rule.name for rule in self.agreements]
        for what, keys in (("types", types), ("agreements", names)):
            twice = sorted({key for key in keys if keys.count(key) > 1})
            if twice:
                raise ValueError(f"{twice[0]!r} stands twice in {what}. Keep one.")
        for rule in self.agreements:
            for name in rule.types:
                if name not in types:
                    raise ValueError(
                        f"The agreement {rule.name!r} is for {name!r}, no type. {near(name, types)}"
                    )

    def agreement_for(self, partner_type: str, country: str) -> str:
        """Return the agreement's name for a partner, blank where the track's own holds."""
        return next((r.name for r in self.agreements if r.is_for(partner_type, country)), "")

    def rule_of(self, agreement: str) -> AgreementRule | None:
        """Return the rule of an agreement."""
        return next((rule for rule in self.agreements if rule.name == agreement), None)


def parse_program(data: Mapping[str, Any], *, file: str = "program") -> ProgramDefinition:
    """Return a program read from data; raises `ContentError`."""
    return read_definition(ProgramDefinition, data, file=file)
