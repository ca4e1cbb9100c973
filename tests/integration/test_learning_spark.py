"""The Spark path on a real local Spark: the same scores as one machine, and precise words where a part is missing."""

import os
import sys
from collections.abc import Iterator
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from recruit.firms.spark.session import SparkMissing, check_spark
from recruit.learning import OutcomeModel
from recruit.learning.calibration import Sigmoid
from recruit.learning.lookup import compile_tables
from recruit.learning.serving import LookupScorer
from recruit.learning.spark import ColumnMissing, score_on_spark
from recruit.scoring.arrow import columns_of
from recruit.scoring.columnar import STANDINGS, score_columns
from recruit.scoring.examples import list_examples
from recruit.scoring.profile import read_profile
from recruit.scoring.spark import ColumnMissing as NoColumn
from recruit.scoring.spark import count_on_spark
from tests.factories.learning import outcome_rows

DAY = date(2026, 3, 3)


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


def test_spark_gives_the_points_of_one_machine(spark: Any) -> None:
    """Declared points too: to the hundredth, whatever partition a firm lies in."""
    random = np.random.default_rng(1)
    table = pd.DataFrame(
        {
            "id": np.arange(400),
            "name": [f"Firm {n}" for n in range(400)],
            "country": random.choice(["DE", "US", "BR", None], 400),
            "employees_low": np.where(
                random.random(400) < 0.3, np.nan, random.integers(1, 900, 400)
            ),
            "founded_low": random.integers(1980, 2026, 400).astype(float),
            "specialties": [
                [
                    t
                    for t in ("security", "managed services", "consulting", "saas product")
                    if random.random() < 0.4
                ]
                for _ in range(400)
            ],
        }
    )
    table["employees_high"] = table["employees_low"] * 2
    (example,) = [one for one in list_examples() if one.name == "msp-security"]
    profile = read_profile(example.text, example.name)
    firms = columns_of(pa.Table.from_pandas(table))
    wanted = score_columns(profile, firms, DAY)
    found = count_on_spark(spark.createDataFrame(table).repartition(3), profile, today=DAY)
    told = found.toPandas().sort_values("id")
    assert told["id"].tolist() == list(range(400))
    for name in ("total", "low", "high"):
        assert (told[name].to_numpy() == getattr(wanted, name) / 100).all()
    assert (told["standing"] == [STANDINGS[code].value for code in wanted.standing]).all()
    assert set(told["standing"]) == {"ranked", "gated", "excluded"}
    with pytest.raises(NoColumn, match='lacks the column "name"'):
        count_on_spark(spark.createDataFrame(table).drop("name"), profile, today=DAY)


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
