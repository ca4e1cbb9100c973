"""Conditions on facts about a firm, its contact and what was done: for branches and for exits. Pure.

Facts only: a click is most often a security gateway that opens every link, so neither clicks nor opens
are facts here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from recruit.sequences.checked_table import CheckedTable, DefinitionError

FACTS: dict[str, str] = {
    "firm.name": "name of the firm",
    "firm.city": "city of the firm",
    "firm.region": "region or state of the firm",
    "firm.country": "country code of the firm",
    "firm.domain": "domain of the firm's web site",
    "firm.specialties": "what the firm does, a list",
    "firm.employees": "how many work there, at least",
    "firm.founded": "year of foundation, at the latest",
    "contact.name": "full name of the contact",
    "contact.job_title": "job title of the contact",
    "contact.is_role_address": "true for info@ and the like",
    "score": "points with which the firm was enrolled",
    "task.outcome": "what became of the task before: done or skipped",
}
_OPERATORS = ("known", "equals", "is_in", "contains", "at_least", "at_most")
_NEVER = ("click", "open", "visit", "read")


@dataclass(frozen=True)
class Condition:
    """One comparison. `operand` fits the operator: a list for `is_in`, a number for `at_least`."""

    fact: str
    operator: str
    operand: Any

    def holds(self, facts: Mapping[str, Any]) -> bool:
        """Return whether it holds; of what is not known, only `known = false` does."""
        value = facts.get(self.fact)
        if value in (None, "", [], ()):
            return self.operator == "known" and self.operand is False
        match self.operator:
            case "known":
                return bool(self.operand)
            case "equals":
                return bool(_folded(value) == _folded(self.operand))
            case "is_in":
                return _folded(value) in [_folded(item) for item in self.operand]
            case "contains":
                items = value if isinstance(value, list | tuple) else [value]
                return any(_folded(self.operand) in str(_folded(item)) for item in items)
            case "at_least":
                return isinstance(value, int | float) and bool(value >= self.operand)
            case _:
                return isinstance(value, int | float) and bool(value <= self.operand)

    def __str__(self) -> str:
        """Return the condition in words."""
        match self.operator:
            case "known":
                return f"{self.fact} is {'known' if self.operand else 'not known'}"
            case "equals":
                return f"{self.fact} is {_said(self.operand)}"
            case "is_in":
                return f"{self.fact} is {' or '.join(map(_said, self.operand))}"
            case "contains":
                return f"{self.fact} contains {_said(self.operand)}"
            case "at_least":
                return f"{self.fact} is at least {_said(self.operand)}"
            case _:
                return f"{self.fact} is at most {_said(self.operand)}"


def read_condition(table: CheckedTable) -> Condition:
    """Read `{ fact = "firm.country", is_in = ["DE", "AT"] }`; raises DefinitionError."""
    fact = table.text("fact")
    if fact not in FACTS:
        if any(word in fact.lower() for word in _NEVER):
            raise DefinitionError(
                f"{table.place}.fact {fact!r}: clicks and opens are no facts, because mail gateways "
                "open every link. Branch on what a firm is, or on a task's outcome."
            )
        near = get_close_matches(fact, FACTS, 1, 0.5)
        hint = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(FACTS)}."
        raise DefinitionError(f"{table.place}.fact {fact!r} is unknown; {hint}")
    given = [operator for operator in _OPERATORS if table.has(operator)]
    if len(given) != 1:
        table.done()
        raise DefinitionError(f"{table.place}: give one of {', '.join(_OPERATORS)}.")
    operator = given[0]
    operand: Any
    if operator == "known":
        operand = table.yes("known", True)
    elif operator == "is_in":
        operand = tuple(table.texts("is_in"))
        if not operand:
            raise DefinitionError(f"{table.place}.is_in is empty.")
    else:
        operand = table.value(operator)
        number = isinstance(operand, int | float) and not isinstance(operand, bool)
        if operator in {"at_least", "at_most"} and not number:
            raise DefinitionError(f"{table.place}.{operator} is not a number.")
        if not isinstance(operand, str | int | float):
            raise DefinitionError(f"{table.place}.{operator} is not a text or a number.")
    table.done()
    return Condition(fact, operator, operand)


def _folded(value: Any) -> Any:
    return value.strip().casefold() if isinstance(value, str) else value


def _said(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
