"""Scoring on a Spark cluster, where a table is larger than one machine: the same tables, the same numbers.

Needs the extra `spark` (pyspark) and Java 17 or newer on every machine.
"""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import pandas as pd

from recruit.firms.spark.session import check_spark
from recruit.learning.calibration import Sigmoid
from recruit.learning.lookup import LookupTables, NumberTable
from recruit.learning.serving import LookupScorer

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


class ColumnMissing(LookupError):
    """The table lacks a column that the model needs."""


def score_on_spark(
    table: "DataFrame",
    tables: LookupTables,
    sigmoid: Sigmoid | None = None,
    *,
    keep: Iterable[str] = (),
) -> "DataFrame":
    """Return the `keep` columns of a Spark table with `logit` and `probability`, scored by `mapInPandas`.

    Partitions are scored where they lie, by one thread each; nothing is collected. Raises firms' `SparkMissing` and
    `ColumnMissing`.
    """
    check_spark()
    from pyspark.sql.types import DoubleType, StructField, StructType

    needed = [column.name for column in tables.columns]
    kept = list(keep)
    if missing := [c for c in (*needed, *kept) if c not in table.columns]:
        raise ColumnMissing(
            f'The table lacks the column "{missing[0]}". It has {", ".join(table.columns)}.'
        )
    fields = [table.schema[name] for name in kept]
    scores = [StructField("logit", DoubleType()), StructField("probability", DoubleType())]
    told = sigmoid or Sigmoid()

    def score(batches: Iterator[pd.DataFrame]) -> Iterator[pd.DataFrame]:
        scorer = LookupScorer(tables, threads=1)
        for batch in batches:
            logit = scorer.score(as_scored(batch, tables))
            scored: Any = batch[kept].copy()
            yield scored.assign(logit=logit, probability=told.probability(logit))

    asked = list(dict.fromkeys([*kept, *needed]))
    return table.select(*(f"`{name}`" for name in asked)).mapInPandas(
        score, StructType([*fields, *scores])
    )


def as_scored(batch: pd.DataFrame, tables: LookupTables) -> dict[str, Any]:
    """Return a batch's columns as the scorer takes them: numbers as floats, categories as they are."""
    return {
        column.name: (
            batch[column.name].astype("float64")
            if isinstance(column, NumberTable)
            else batch[column.name].astype("category")
        )
        for column in tables.columns
    }
