"""Resolve a Parquet file of synthetic firms by plain Splink: `python -m bench.synthetic_splink_run FILE`.

Plain is what its own tutorial does with such columns: a name comparison and exact matches with term
frequencies where it offers them, blocking on each of them, training by its three steps with their defaults,
clusters at a match probability of .95.
"""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import numpy as np
import pandas as pd
import splink.comparison_library as cl
from splink import DuckDBAPI, Linker, SettingsCreator, block_on

from bench.synthetic_judge import Watch

_PREPARE = """
create table firms as select
    record_id as unique_id, truth,
    lower(regexp_replace(name, '[^A-Za-z0-9 ]', '', 'g')) as name,
    nullif(regexp_extract(website, '^https?://(?:www[.])?([^/]+)', 1), '') as domain,
    email, phone, street, postcode, city, country
from read_parquet(?)
"""


def main(path: str) -> None:
    """Resolve the rows of a file and report."""
    watch = Watch()
    with TemporaryDirectory() as folder:
        connection = duckdb.connect(str(Path(folder) / "firms.duckdb"))
        connection.execute(_PREPARE, [path]).fetchall()
        found = _cluster(connection)
    group = pd.factorize(found["cluster_id"])[0].astype(np.int64)
    watch.report(group, found["truth"].to_numpy(np.int64))


def _cluster(connection: duckdb.DuckDBPyConnection) -> pd.DataFrame:
    exact = ("domain", "email", "phone", "postcode", "city", "country")
    settings = SettingsCreator(
        link_type="dedupe_only",
        comparisons=[cl.NameComparison("name"), *(cl.ExactMatch(column) for column in exact)],
        blocking_rules_to_generate_predictions=[
            block_on(column) for column in ("domain", "phone", "name", "postcode")
        ],
    )
    linker = Linker(DuckDBAPI(connection).register("firms"), settings)
    linker.training.estimate_probability_two_random_records_match(
        [block_on("domain"), block_on("phone")], recall=0.8
    )
    linker.training.estimate_u_using_random_sampling(max_pairs=1e6)
    linker.training.estimate_parameters_using_expectation_maximisation(block_on("domain"))
    linker.training.estimate_parameters_using_expectation_maximisation(block_on("phone"))
    predicted = linker.inference.predict(threshold_match_probability=0.9)
    clusters = linker.clustering.cluster_pairwise_predictions_at_threshold(
        predicted, threshold_match_probability=0.95
    )
    found: pd.DataFrame = clusters.as_pandas_dataframe()  # type: ignore[no-untyped-call]
    return found


if __name__ == "__main__":
    main(sys.argv[1])
