"""What an agreement commits a partner to, as data beside its text, and the hash of both together."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Annotated, Any, ClassVar

from pydantic import ConfigDict, Field

from recruit.onboarding.definitions import STRICT, definition_json, read_definition
from recruit.onboarding.values import CommitmentKind


@dataclass(frozen=True)
class Commitment:
    """Something to reach within `due_days` of the signature.

    `amount` counts certified people or referrals, or is revenue in `currency` (ISO 4217). `course` names
    the certificate that people need; left out, any counts.
    """

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    kind: CommitmentKind
    amount: Annotated[float, Field(gt=0, le=1e12)]
    due_days: Annotated[int, Field(ge=1, le=3660)]
    course: str = ""
    currency: Annotated[str, Field(pattern=r"^([A-Z]{3})?$")] = ""

    def __post_init__(self) -> None:
        """Refuse what cannot be counted."""
        if (self.kind is CommitmentKind.REVENUE) != bool(self.currency):
            raise ValueError('Revenue, and nothing else, is in a currency. Write currency = "EUR".')
        if self.course and self.kind is not CommitmentKind.CERTIFIED_PEOPLE:
            raise ValueError("Only certified people are certified in a course. Take course away.")
        if self.kind is not CommitmentKind.REVENUE and self.amount != int(self.amount):
            raise ValueError(f"{self.amount} is no number of people or referrals.")

    def due_on(self, signed_at: datetime) -> date:
        """Return the day by which it is due for who signed at this moment."""
        return (signed_at + timedelta(days=self.due_days)).date()


def in_words(kind: CommitmentKind, amount: float, *, currency: str = "", title: str = "") -> str:
    """Return what is committed to, as it goes on after "By 3 March 2027:"; `title` is the course's."""
    count = int(amount)
    match kind:
        case CommitmentKind.CERTIFIED_PEOPLE:
            people = "person" if count == 1 else "people"
            return f"{count} {people} certified" + (f" in “{title}”" if title else "")
        case CommitmentKind.REVENUE:
            return f"{currency} {amount:,.0f} of revenue"
        case CommitmentKind.REFERRALS:
            return f"{count} qualified referral{'' if count == 1 else 's'}"


def commitments_json(commitments: Iterable[Commitment]) -> list[dict[str, Any]]:
    """Return commitments as JSON-ready data that `read_commitments` reads back."""
    return [definition_json(commitment) for commitment in commitments]


def read_commitments(data: Sequence[dict[str, Any]]) -> tuple[Commitment, ...]:
    """Return stored commitments."""
    return tuple(read_definition(Commitment, one, file="stored commitment") for one in data)


def hash_terms(text: str, commitments: Sequence[dict[str, Any]]) -> str:
    """Return the SHA-256 of a text's bytes, and of its commitments' JSON below it where it has any."""
    whole = text
    if commitments:
        rows = json.dumps(
            list(commitments), sort_keys=True, ensure_ascii=False, separators=(",", ":")
        )
        whole = f"{text}\n{rows}"
    return hashlib.sha256(whole.encode()).hexdigest()
