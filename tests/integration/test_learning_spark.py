"""The Spark path on a real local Spark: the same scores as one machine, and precise words where a part is missing."""

import os
import sys
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from recruit.learning import OutcomeModel
from recruit.learning.calibration import Sigmoid
from recruit.learning.lookup import compile_tables
from recruit.learning.serving import LookupScorer
from recruit.learning.spark import ColumnMissing, SparkMissing, check_spark, score_on_spark
from tests.factories.learning import outcome_rows


@pytest.fixture(scope="module")
def spark() -> Iterator[Any]:
    """A local Spark of two cores."""
    from pyspark.sql import SparkSession

    os.environ["PYSPARK_PYTHON"] = os.environ["PYSPARK_DRIVER_PYTHON"] = sys.executable
    session = (
        SparkSession.builder.master("local[2]")
        .config("spark.ui.enabled", "false")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.sql.shuffle.partitions", "2")
        .getOrCreate()
    )
    yield session
    session.stop()


def test_spark_gives_the_scores_of_one_machine(spark: Any) -> None:
    table, y = outcome_rows(3000)
    table["size"] = np.where(np.arange(3000) % 11 == 0, np.nan, table["size"])
    table["row"] = np.arange(3000)
    tables = compile_tables(OutcomeModel().fit(table.drop(columns="row"), y).parts_)
    sigmoid = Sigmoid(0.9, -0.3)
    given = spark.createDataFrame(table).repartition(4)
    scored = score_on_spark(given, tables, sigmoid, keep=["row"]).toPandas().sort_values("row")
    wanted = LookupScorer(tables).score(table)
    assert scored["row"].tolist() == list(range(3000))
    assert np.abs(scored["logit"].to_numpy() - wanted).max() <= 1e-12
    assert np.abs(scored["probability"].to_numpy() - sigmoid.probability(wanted)).max() <= 1e-12
    with pytest.raises(ColumnMissing, match='lacks the column "tenure"'):
        score_on_spark(given.drop("tenure"), tables)


def test_a_missing_java_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    with pytest.raises(SparkMissing, match="no bin/java below it"):
        check_spark()
    monkeypatch.delenv("JAVA_HOME")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SparkMissing, match="Java is not installed"):
        check_spark()


def test_a_missing_pyspark_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    with pytest.raises(SparkMissing, match=r"recruit\[spark\]"):
        check_spark()
