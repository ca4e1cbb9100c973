"""The words of scoring: points, reasons, and the card that carries them."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any


class CriterionKind(StrEnum):
    """What a criterion looks at."""

    GEOGRAPHY = "geography"
    SIZE = "size"
    TENURE = "tenure"
    SPECIALTY = "specialty"
    CERTIFICATIONS = "certifications"
    VENDOR_PARTNERSHIPS = "vendor_partnerships"
    SIGNALS = "signals"
    LOOK_ALIKE = "look_alike"
    OVERRIDE = "override"  # what a person added or took; no profile may name it


class Standing(StrEnum):
    """Whether a firm takes part in the ranking."""

    RANKED = "ranked"
    GATED = "gated"  # fails a must-have
    EXCLUDED = "excluded"  # matches an exclusion
    VETOED = "vetoed"  # a person took it out


class OverrideKind(StrEnum):
    """What a person may decide of a firm against the arithmetic."""

    PIN = "pin"  # stands in front, and passes the must-haves
    VETO = "veto"  # takes no part
    POINTS = "points"  # has so many more, or fewer


@dataclass(frozen=True)
class Override:
    """A person's decision on a firm: a label of its own, which no model learns from as an outcome.

    `hundredths` are the points that a `POINTS` override adds, in hundredths; `expires_at` is None for one
    that stands until it is undone.
    """

    firm_id: int
    kind: OverrideKind
    because: str
    actor: str
    created_at: datetime
    expires_at: datetime | None = None
    hundredths: int = 0

    @property
    def sentence(self) -> str:
        """Return the decision in plain English, with who, why and until when."""
        verb = {
            OverrideKind.PIN: "Pinned to the top",
            OverrideKind.VETO: "Vetoed",
            OverrideKind.POINTS: f"{self.hundredths / 100:+g} points given",
        }[self.kind]
        until = f" until {self.expires_at:%-d %B %Y}" if self.expires_at else ""
        return f"{verb} by {self.actor}{until}: {self.because}"


class ScoringRefused(LookupError):
    """What was asked for is not there; the message says what to do."""


@dataclass(frozen=True)
class Reason:
    """Why a firm has the points that it has on one criterion.

    `points` is what counts in the score, `low` and `high` what it could be if the unknown were
    known (equal to `points` when nothing is missing); `most` is the criterion's full points.
    `sentence` stands in plain English without the number; `evidence` says where it was read.
    """

    criterion: str
    kind: CriterionKind
    points: float
    low: float
    high: float
    most: float
    sentence: str
    evidence: str

    def to_json(self) -> dict[str, Any]:
        """Return a JSON-ready dict; `from_json` reads it back."""
        return self.__dict__ | {"kind": self.kind.value}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Reason":
        """Read what `to_json` wrote."""
        return cls(**(data | {"kind": CriterionKind(data["kind"])}))


@dataclass(frozen=True)
class ScoreCard:
    """A firm's score against one profile version. `total` is exactly the sum of the reasons' points."""

    firm_id: int
    firm_version: int
    standing: Standing
    standing_reason: str
    total: float
    low: float
    high: float
    reasons: tuple[Reason, ...]


@dataclass(frozen=True)
class ProfileLine:
    """One profile in a list, by its newest version; `ranked_at` is None until that one is ranked."""

    name: str
    title: str
    version: int
    saved_at: datetime
    saved_by: str
    ranked_at: datetime | None


@dataclass(frozen=True)
class ProfileChange:
    """How a profile differs from its newest saved version (None where it is new), one sentence a change."""

    version_before: int | None
    changes: tuple[str, ...]
