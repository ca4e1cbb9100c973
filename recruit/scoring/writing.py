"""Writing a ranking's scores: a million rows in seconds, in the place of those that were there."""

import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pyarrow as pa
from pyarrow import csv
from sqlalchemy import delete, insert, select

from recruit.db.transaction import Transaction
from recruit.scoring.columnar import STANDINGS, Counted
from recruit.scoring.columns import FirmColumns, Ints
from recruit.scoring.points import top_reason
from recruit.scoring.tables import ProfileVersion, Score
from recruit.scoring.values import ScoreCard

_ROWS_AT_ONCE = 50_000
_COLUMNS = (
    "profile_version_id",
    "firm_id",
    "firm_version",
    "standing",
    "standing_reason",
    "rank",
    "total",
    "low",
    "high",
    "reasons",
    "why",
    "scored_at",
)


@dataclass(frozen=True)
class Scores:
    """A ranking to be written.

    `rows` are the places of all firms, those that take part first, by rank; `because` says for every firm
    which of `rules` decided (-1 for none); `cards` are those of the firms that people look at first.
    """

    profile_version_id: int
    firms: FirmColumns
    counted: Counted
    rows: Ints
    ranked: int
    because: np.ndarray
    rules: Sequence[str]
    cards: Mapping[int, ScoreCard]
    scored_at: datetime


def replace_scores(tx: Transaction, scores: Scores) -> None:
    """Put these in the place of all scores of that profile version."""
    version_id = scores.profile_version_id
    # Two rankings of one version at a time would each insert what the other has not deleted yet.
    tx.session.execute(
        select(ProfileVersion.id).where(ProfileVersion.id == version_id).with_for_update()
    )
    tx.session.execute(delete(Score).where(Score.profile_version_id == version_id))
    connection = tx.session.connection()
    if connection.dialect.name == "postgresql":
        driver: Any = connection.connection.driver_connection
        names = ", ".join(_COLUMNS)
        with driver.cursor().copy(f"COPY score ({names}) FROM STDIN (FORMAT csv)") as copy:
            for table in _tables(scores):
                copy.write(_as_csv(table))
        return
    for table in _tables(scores):
        columns = [column.to_pylist() for column in table.columns]
        rows = [dict(zip(_COLUMNS, values, strict=True)) for values in zip(*columns, strict=True)]
        for row in rows:
            row["reasons"] = None if row["reasons"] is None else json.loads(row["reasons"])
            row["scored_at"] = scores.scored_at
        connection.execute(insert(Score), rows)


def _as_csv(table: pa.Table) -> bytes:
    sink = io.BytesIO()
    csv.write_csv(table, sink, csv.WriteOptions(include_header=False))
    return sink.getvalue()


def _tables(scores: Scores) -> Iterator[pa.Table]:
    """Give the rows to write, so many at a time, in the order of the table's columns."""
    firms, counted = scores.firms, scores.counted
    standings = pa.array([standing.value for standing in STANDINGS])
    sentences = pa.array([*scores.rules, ""])
    scored_at = scores.scored_at.astimezone(UTC).isoformat()
    for start in range(0, len(scores.rows), _ROWS_AT_ONCE):
        rows = scores.rows[start : start + _ROWS_AT_ONCE]
        size = len(rows)
        places = np.arange(start + 1, start + size + 1)
        because = scores.because[rows]
        said = sentences.take(pa.array(np.where(because < 0, len(scores.rules), because)))
        reasons = why = pa.nulls(size, pa.string())
        if start < len(scores.cards):
            said, reasons, why = _write_out(scores, rows, said)
        yield pa.table(
            [
                pa.array(np.full(size, scores.profile_version_id)),
                pa.array(firms.ids[rows]),
                pa.array(firms.versions[rows]),
                standings.take(pa.array(counted.standing[rows])),
                said,
                pa.array(places, mask=places > scores.ranked),
                *(
                    pa.array(values[rows] / 100)
                    for values in (counted.total, counted.low, counted.high)
                ),
                reasons,
                why,
                pa.array([scored_at]).take(pa.array(np.zeros(size, np.int64))),
            ],
            names=list(_COLUMNS),
        )


def _write_out(scores: Scores, rows: Ints, said: pa.Array) -> tuple[pa.Array, pa.Array, pa.Array]:
    """Return standing reasons, reasons and the weightiest of them, in full for the firms that have a card."""
    found = [scores.cards.get(firm_id) for firm_id in scores.firms.ids[rows].tolist()]
    sentences = [
        card.standing_reason if card else short
        for card, short in zip(found, said.to_pylist(), strict=True)
    ]
    reasons = [
        json.dumps([reason.to_json() for reason in card.reasons], ensure_ascii=False)
        if card
        else None
        for card in found
    ]
    why = [top_reason(card.reasons) if card else None for card in found]
    return tuple(pa.array(texts, pa.string()) for texts in (sentences, reasons, why))
