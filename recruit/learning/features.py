"""Features: what is learned from of a firm, as it was known on a day; and the profile as the declared prior.

What people and the CRM call a firm (partner, customer) is no feature: such tags follow from outcomes.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date, datetime
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from recruit.firms.values import FirmView
from recruit.learning.prior import Prior
from recruit.scoring.columns import FirmColumns
from recruit.scoring.profile import ProfileDefinition

Floats = NDArray[np.float64]

# A firm with all points has odds e^3, twenty times, those of one with none, before outcomes say otherwise.
DECLARED_LOGITS = 3.0

_FIELDS = {f.name for f in fields(FirmView)} - {"id", "version", "tags", "origins", "inferred"}


@dataclass(frozen=True)
class FactChange:
    """What one change of a firm's record replaced: field -> the value before it."""

    at: datetime
    before: Mapping[str, Any]


def view_as_of(firm: FirmView, changes: Iterable[FactChange], moment: datetime) -> FirmView:
    """Return the firm as it was known at `moment`: every later change undone, the latest first."""
    undone: dict[str, Any] = {"tags": ()}
    for change in sorted(changes, key=lambda c: c.at, reverse=True):
        if change.at <= moment:
            break
        for name, value in change.before.items():
            if name in _FIELDS:
                undone[name] = (
                    tuple(value or ()) if isinstance(getattr(firm, name), tuple) else value
                )
    return replace(firm, **undone)


def firm_features(firm: FirmView, profile: ProfileDefinition, on: date) -> dict[str, Any]:
    """Return one row: each criterion's share of its points, and the plain facts beside them."""
    row: dict[str, Any] = {}
    for criterion in profile.criteria:
        finding = criterion.measure.assess(firm, on)
        row[criterion.key] = finding.low + criterion.missing * (finding.high - finding.low)
    size = _middle(firm.employees_low, firm.employees_high)
    founded = _middle(firm.founded_low, firm.founded_high)
    return row | {
        "fact: country": firm.country,
        "fact: employees": size,
        "fact: years in business": None if founded is None else max(0.0, on.year - founded),
        "fact: revenue": _middle(firm.revenue_low, firm.revenue_high),
        "fact: specialties": float(len(firm.specialties)),
        "fact: certifications": float(len(firm.certifications)),
        "fact: vendor partnerships": float(len(firm.partnerships)),
        "fact: website": "yes" if firm.domain else "no",
    }


def columns_features(firms: FirmColumns, profile: ProfileDefinition, on: date) -> pd.DataFrame:
    """Return what `firm_features` says of every firm, a column at a time."""
    table: dict[str, Any] = {}
    for criterion in profile.criteria:
        low, high = criterion.measure.shares(firms, on)
        table[criterion.key] = low + criterion.missing * (high - low)
    founded = _middles(firms.founded_low, firms.founded_high)
    has_domain = np.asarray(firms.domains.is_valid())
    return pd.DataFrame(
        table
        | {
            "fact: country": pd.Categorical.from_codes(
                firms.country.codes, list(firms.country.vocabulary)
            ),
            "fact: employees": _middles(firms.employees_low, firms.employees_high),
            "fact: years in business": np.maximum(0.0, on.year - founded),
            "fact: revenue": _middles(firms.revenue_low, firms.revenue_high),
            "fact: specialties": firms.specialties.counts.astype(float),
            "fact: certifications": firms.certifications.counts.astype(float),
            "fact: vendor partnerships": firms.partnerships.counts.astype(float),
            "fact: website": pd.Categorical.from_codes(has_domain.astype(int), ["no", "yes"]),
        }
    )


def features_table(rows: Sequence[Mapping[str, Any]], profile: ProfileDefinition) -> pd.DataFrame:
    """Return the rows as a table whose columns are those of the profile, whatever the rows hold."""
    empty = firm_features(FirmView(id=0, version=0, name=""), profile, date(2000, 1, 1))
    table = pd.DataFrame(list(rows), columns=list(empty))
    for name in table.columns:
        is_text = isinstance(empty[name], str) or name == "fact: country"
        table[name] = table[name].astype(object if is_text else float)
    return table


def declared_prior(profile: ProfileDefinition) -> Prior:
    """Return the profile's points as a prior: a full criterion adds its share of `DECLARED_LOGITS`."""
    most = sum(c.hundredths for c in profile.criteria) or 1
    curves = {
        c.key: ((0.0, 0.0), (1.0, DECLARED_LOGITS * c.hundredths / most)) for c in profile.criteria
    }
    return Prior(curves=curves, rising=frozenset(curves))


def _middles(low: Floats, high: Floats) -> Floats:
    found: Floats = np.where(np.isnan(low), high, np.where(np.isnan(high), low, (low + high) / 2))
    return found


def _middle(low: int | None, high: int | None) -> float | None:
    known = [float(end) for end in (low, high) if end is not None]
    return sum(known) / len(known) if known else None
