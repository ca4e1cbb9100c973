"""Resolve a Parquet file of synthetic firms by our rules in columns: `python -m bench.synthetic_columns_run FILE`."""

import sys

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from bench.synthetic_judge import Watch
from recruit.firms.bulk.grouping import group_rows
from recruit.firms.bulk.reading import read_sheet
from recruit.firms.bulk.texts import Texts


def read_texts(rows: pa.Table) -> Texts:
    """Return what the rows state, as resolution takes it; equal texts are one object."""

    def column(name: str) -> list[str | None]:
        encoded = rows[name].combine_chunks().dictionary_encode()
        values = [*encoded.dictionary.to_pylist(), None]
        return [values[at] for at in encoded.indices.fill_null(len(values) - 1).to_pylist()]

    def several(name: str) -> list[tuple[str, ...]]:
        tuples: dict[str | None, tuple[str, ...]] = {None: ()}
        return [tuples.setdefault(value, (value,)) if value else () for value in column(name)]

    return Texts(
        record_ids=rows["record_id"].to_pylist(),
        names=[name or "" for name in column("name")],
        websites=column("website"),
        emails=several("email"),
        phones=several("phone"),
        streets=column("street"),
        postcodes=column("postcode"),
        cities=column("city"),
        regions=[None] * len(rows),
        countries=column("country"),
    )


def main(path: str) -> None:
    """Resolve the rows of a file and report."""
    watch = Watch()
    pa.set_memory_pool(pa.system_memory_pool())
    rows = pq.read_table(path)
    truth = rows["truth"].to_numpy()
    texts = read_texts(rows)
    del rows
    sheet = read_sheet(texts)
    group = group_rows(sheet).group.astype(np.int64)
    watch.report(group, truth[sheet.record_id])


if __name__ == "__main__":
    main(sys.argv[1])
