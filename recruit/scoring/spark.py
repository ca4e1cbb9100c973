"""Points on a Spark cluster, where the firms are more than one machine holds: the same rules, the same hundredths.

Needs the extra `spark` (pyspark) and Java 17 or newer on every machine.
"""

from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING

import pandas as pd
import pyarrow as pa

from recruit.firms.spark.session import check_spark
from recruit.scoring.arrow import COLUMNS, columns_of
from recruit.scoring.columnar import STANDINGS, score_columns
from recruit.scoring.profile import ProfileDefinition
from recruit.scoring.values import ScoringRefused

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

_SCHEMA = "id long, standing string, total double, low double, high double"


class ColumnMissing(ScoringRefused):
    """The table lacks a column that every firm needs."""


def count_on_spark(firms: "DataFrame", profile: ProfileDefinition, *, today: date) -> "DataFrame":
    """Return (id, standing, total, low, high) of a Spark table's firms, counted by `mapInPandas`.

    `firms` has the columns that `arrow.columns_of` reads, `id` and `name` at least. Partitions are counted
    where they lie; nothing is collected, so ranks are a `Window` over the answer. A profile with a query or
    example firms has to be weighed (`ProfileDefinition.weigh`) before, since its words need all firms.
    Raises firms' `SparkMissing` and `ColumnMissing`.
    """
    check_spark()
    if missing := [name for name in ("id", "name") if name not in firms.columns]:
        raise ColumnMissing(
            f'The table lacks the column "{missing[0]}". It has {", ".join(firms.columns)}.'
        )

    def count(batches: Iterator[pd.DataFrame]) -> Iterator[pd.DataFrame]:
        for batch in batches:
            table = columns_of(pa.Table.from_pandas(batch, preserve_index=False))
            counted = score_columns(profile, table, today)
            yield pd.DataFrame(
                {
                    "id": table.ids,
                    "standing": [STANDINGS[code].value for code in counted.standing],
                    "total": counted.total / 100,
                    "low": counted.low / 100,
                    "high": counted.high / 100,
                }
            )

    known = [f"`{name}`" for name in firms.columns if name in COLUMNS]
    return firms.select(*known).mapInPandas(count, _SCHEMA)
