"""A table of rows with outcomes, made ready: the outcome as 0 and 1, the order of time, columns fit to learn from.

What is left out is left out with its reason, since a model is judged by what it could not have known.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from recruit.learning.columns import as_floats, is_numeric
from recruit.learning.measures import auc

Floats = NDArray[np.float64]

_GOOD = {"1", "yes", "y", "true", "t", "won", "success", "good", "positive", "accepted", "signed"}
_OTHER = {
    "0", "no", "n", "false", "f", "lost", "failure", "fail", "bad", "negative", "rejected", "none",
}  # fmt: skip
_MISSING = ["?", "-", "--", "n/a", "N/A", "NA", "NaN", "nan", "null", "NULL", "None", ""]
_IDENTIFIER = re.compile(
    r"(^|[^a-z])(id|uuid|guid|key|index|row|rownames|unnamed)([^a-z]|$)|id$", re.IGNORECASE
)
# A share of a column's values that have to read as a number or a date for the column to be one.
_MOST = 0.95
# A text column with so large a share of different values tells rows apart, not kinds of rows.
_DISTINCT = 0.8
# A column that alone ranks this well is more likely the outcome's shadow than its cause.
LEAK = 0.98
_LEAST_FOR_LEAK = 10


class TableRefused(ValueError):
    """A table that cannot be learned from as it is; the message says what and what to give."""


@dataclass(frozen=True)
class LeftOut:
    """A column that is not learned from, and why."""

    column: str
    because: str


@dataclass(frozen=True)
class OutcomeTable:
    """Rows with known outcomes in the order of time. `at` are days since 1970, None without a time column.

    `alone` is how well each column ranks by itself (AUC).
    """

    features: pd.DataFrame
    y: Floats
    at: Floats | None
    good: str
    left_out: tuple[LeftOut, ...]
    unknown: int
    alone: dict[str, float]


def read_table(path: Path) -> pd.DataFrame:
    """Read a CSV (any delimiter), TSV or Parquet file; raises `TableRefused`."""
    try:
        if path.suffix.lower() in {".parquet", ".pq"}:
            table = pd.read_parquet(path)
        else:
            table = pd.read_csv(
                path,
                sep=_delimiter(path),
                na_values=_MISSING,
                keep_default_na=False,
                low_memory=False,
                skipinitialspace=True,
                encoding="utf-8-sig",
            )
    except (OSError, ValueError) as error:
        raise TableRefused(
            f"{path} cannot be read: {error}. Give a CSV file in UTF-8 or a Parquet file."
        ) from error
    table.columns = [str(c).strip() for c in table.columns]
    doubled = sorted({str(c) for c in table.columns[table.columns.duplicated()]})
    if doubled:
        raise TableRefused(f"{path} has the column {doubled[0]} twice. Rename one.")
    if table.empty:
        raise TableRefused(f"{path} has no rows.")
    return table


def read_features(path: Path, columns: Sequence[str], *, time: str | None) -> pd.DataFrame:
    """Read the columns that a model needs, as `prepare` made them; raises `TableRefused`.

    `time` is the column that the model's rows were ordered by: dates count back from it.
    """
    table = read_table(path)
    if missing := [c for c in (*columns, *([time] if time else [])) if c not in table.columns]:
        raise TableRefused(f'{path} lacks the column "{missing[0]}", which the model needs.')
    at = _read_time(table[time], time) if time else None
    return pd.DataFrame({name: _as_kind(table[name], at) for name in columns})


def _delimiter(path: Path) -> str:
    with path.open(encoding="utf-8-sig") as file:
        head = file.readline()
    # Whatever stands most often outside quotes in the first line parts its columns.
    bare = re.sub(r'"[^"]*"', "", head)
    return max(",;\t|", key=bare.count)


def prepare(
    table: pd.DataFrame,
    outcome: str,
    *,
    time: str | None = None,
    good: str | None = None,
    drop: Sequence[str] = (),
    keep: Sequence[str] = (),
) -> OutcomeTable:
    """Make a table ready; rows without an outcome (or time) are left out, the rest sorted by time.

    `good` is the value of the outcome that is hoped for, where that is not plain. Columns in `keep` stay even
    where they look like identifiers or leaks. Raises `TableRefused`.
    """
    for asked in (outcome, *([time] if time else []), *drop, *keep):
        if asked not in table.columns:
            raise TableRefused(
                f'There is no column "{asked}". Columns: {", ".join(map(str, table.columns))}.'
            )
    if outcome == time:
        raise TableRefused(f'"{outcome}" cannot be the outcome and the time.')
    y, told = _read_outcome(table[outcome], outcome, good)
    known = ~np.isnan(y)
    at = None
    if time is not None:
        at = _read_time(table[time], time)
        known &= ~np.isnan(at)
    unknown = int(len(table) - known.sum())
    order = np.flatnonzero(known)
    if at is not None:
        order = order[np.argsort(at[order], kind="stable")]
        at = at[order]
    y = y[order]
    if not len(y):
        raise TableRefused(f'No row has both an outcome in "{outcome}" and a time.')
    features = table.drop(columns=[outcome, *([time] if time else [])]).iloc[order]
    features = features.reset_index(drop=True)
    kept, left_out, alone = {}, [], {}
    for name in map(str, features.columns):
        if name in drop:
            left_out.append(LeftOut(name, "you left it out"))
            continue
        values = _as_kind(features[name], at)
        because = None if name in keep else _useless(name, values)
        if because is None:
            alone[name] = rank_alone(values, y)
            if name not in keep and alone[name] >= LEAK and y.sum() >= _LEAST_FOR_LEAK:
                because = (
                    f"it alone tells the outcome almost surely (AUC {alone[name]:.3f}), as what is "
                    f"written down after the outcome does; --keep {name} if it was known before"
                )
        if because is None:
            kept[name] = values
        else:
            left_out.append(LeftOut(name, because))
    if not kept:
        raise TableRefused("No column is left to learn from. Left out: " + _tell(left_out))
    return OutcomeTable(
        pd.DataFrame(kept), y, at, told, tuple(left_out), unknown, {k: alone[k] for k in kept}
    )


def _tell(left_out: Sequence[LeftOut]) -> str:
    return "; ".join(f"{one.column} ({one.because})" for one in left_out) + "."


def _read_outcome(values: pd.Series, name: str, good: str | None) -> tuple[Floats, str]:
    """Return 1 for good, 0 for other, NaN for unknown; and which value is good."""
    missing = values.isna().to_numpy()
    texts = values.map(_plain).astype(object).where(~missing, None)
    seen = sorted(set(texts.dropna()))
    if not seen:
        raise TableRefused(f'The outcome "{name}" is empty in every row.')
    if good is None:
        known_good = [t for t in seen if t.lower() in _GOOD]
        rest = [t for t in seen if t not in known_good]
        if len(known_good) > 1 or len(seen) > 2 or any(t.lower() not in _OTHER for t in rest):
            shown = ", ".join(seen[:8]) + (f" and {len(seen) - 8} more" if len(seen) > 8 else "")
            raise TableRefused(
                f'The outcome "{name}" has the values {shown}: say which one is good with --good VALUE.'
            )
        good = known_good[0] if known_good else "1"
    elif good not in seen:
        raise TableRefused(
            f'No row of "{name}" has the value "{good}". Its values: {", ".join(seen[:8])}.'
        )
    y = (texts == good).to_numpy(dtype=np.float64)
    y[missing] = np.nan
    return y, good


def _plain(value: object) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    return str(value).strip()


def _read_time(values: pd.Series, name: str) -> Floats:
    if is_numeric(values):
        return as_floats(values)
    moments = _as_dates(values)
    if moments is None:
        example = values.dropna().iloc[0] if values.notna().any() else ""
        raise TableRefused(
            f'"{name}" holds no times: "{example}". Give dates as 2026-03-31, or numbers that rise.'
        )
    return as_floats(moments)


def _as_dates(values: pd.Series) -> pd.Series | None:
    present = values.dropna()
    if not len(present) or not present.map(lambda v: isinstance(v, str)).all():
        return None
    if not present.str.contains(r"\d", regex=True).mean() > _MOST:
        return None
    parsed = pd.to_datetime(values, errors="coerce", utc=True, format="ISO8601")
    if parsed[present.index].notna().mean() < _MOST:
        if not present.head(50).str.contains(r"[-/.: ]|[a-zA-Z]{3}", regex=True).all():
            return None
        parsed = pd.to_datetime(values, errors="coerce", utc=True, format="mixed")
        if parsed[present.index].notna().mean() < _MOST:
            return None
    return parsed


def _as_kind(values: pd.Series, at: Floats | None) -> pd.Series:
    """Return a column as numbers where it holds numbers or dates; dates are days before the row's time."""
    if isinstance(values.dtype, pd.CategoricalDtype):
        values = values.astype(object)
    if pd.api.types.is_bool_dtype(values.dtype):
        return values.map({True: "yes", False: "no"})
    if values.dtype.kind in "mM" or isinstance(values.dtype, pd.DatetimeTZDtype):
        return _age(values, at)
    if is_numeric(values):
        x = as_floats(values)
        x = np.where(np.isfinite(x), x, np.nan)
        return pd.Series(x, name=values.name)
    texts = values.map(lambda v: v if v is None or v != v else str(v).strip())  # noqa: PLR0124
    numbers = _as_numbers(texts)
    if numbers is not None:
        return numbers
    dates = _as_dates(texts)
    return texts if dates is None else _age(dates, at)


def _age(moments: pd.Series, at: Floats | None) -> pd.Series:
    days = as_floats(moments)
    return pd.Series(days if at is None else at - days, name=moments.name)


def _as_numbers(texts: pd.Series) -> pd.Series | None:
    present = texts.dropna()
    if not len(present):
        return None
    bare = texts.str.replace(r"[\s,$€£%]", "", regex=True)
    numbers = pd.to_numeric(bare, errors="coerce")
    # A code with zeros in front ("01067") is a name, not a number.
    coded = present.str.fullmatch(r"0\d+").any()
    if coded or numbers[present.index].notna().mean() < _MOST:
        return None
    return numbers.astype(np.float64)


def _useless(name: str, values: pd.Series) -> str | None:
    present = values.dropna()
    distinct = present.nunique()
    if not len(present):
        return "it is empty in every row"
    if distinct == 1 and len(present) == len(values):
        return f"it is always {present.iloc[0]}"
    if is_numeric(values):
        x = present.to_numpy(dtype=np.float64)
        whole = bool(np.all(x == np.floor(x)))
        counts = len(x) > 20 and distinct == len(x) == len(values) and whole
        if counts and (
            _IDENTIFIER.search(name) or np.all(np.diff(x) > 0) or np.all(np.diff(x) < 0)
        ):
            return "it counts or names the rows"
        return None
    if distinct > 20 and distinct >= _DISTINCT * len(present):
        return "it holds a different text in nearly every row"
    return None


def rank_alone(values: pd.Series, y: Floats) -> float:
    """Return how well a column ranks by itself: the AUC of its rates, each row's from the other half.

    Numbers are taken in 32 parts, a missing value as a part of its own. A column that tells nothing has 0.5.
    """
    if is_numeric(values):
        x = as_floats(values)
        inner = np.unique(np.nanquantile(x, np.linspace(0, 1, 33)[1:-1])) if len(x) else x
        codes = np.searchsorted(inner, x).astype(np.intp)
        codes[np.isnan(x)] = len(inner) + 1
    else:
        codes = np.asarray(pd.factorize(values)[0]) + 1
    halves = np.random.default_rng(0).permutation(len(y)) % 2
    rates = np.zeros(len(y))
    size = int(codes.max()) + 1
    for half in (0, 1):
        other = halves != half
        mean = y[other].mean() if other.any() else 0.5
        rows = np.bincount(codes[other], minlength=size)
        good = np.bincount(codes[other], y[other], minlength=size)
        # Against the half's own mean, or it would tell the halves apart.
        rates[~other] = ((good + mean) / (rows + 1) - mean)[codes[~other]]
    found = auc(y, rates)
    return 0.5 if np.isnan(found) else max(found, 0.5)
