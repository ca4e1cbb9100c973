"""Lookup tables: what they say is what the estimator says, and reasons sum to the score."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from recruit.learning import OutcomeModel
from recruit.learning.lookup import (
    LevelTable,
    LookupTables,
    NumberTable,
    TablesRefused,
    centre_tables,
    compile_tables,
    read_tables,
    write_tables,
)
from recruit.learning.serving import LookupScorer
from tests.factories.learning import outcome_rows


@pytest.fixture(scope="module")
def fitted() -> tuple[OutcomeModel, pd.DataFrame]:
    table, y = outcome_rows(3000)
    random = np.random.default_rng(5)
    table["gappy"] = np.where(random.random(3000) < 0.3, np.nan, np.exp(3 * table["size"]))
    table.loc[random.random(3000) < 0.1, "country"] = None
    prior = {"size": [(-1, -0.5), (1.3, 0.8)], "country": {"DE": 0.4, "NZ": 0.2}}
    return OutcomeModel(prior=prior, monotone={"size": 1}).fit(table, y), table


def test_tables_say_what_the_estimator_says(fitted: tuple[OutcomeModel, pd.DataFrame]) -> None:
    model, table = fitted
    odd = table.head(8).copy()
    odd.loc[odd.index, "size"] = [-9.0, 9.0, np.nan, np.inf, -np.inf, 0.0, 1e12, -1e12]
    odd.loc[odd.index, "country"] = ["NZ", "Atlantis", None, "DE", "FR", "US", "", "de"]
    everything = pd.concat([table, odd])
    scorer = LookupScorer(compile_tables(model.parts_))
    assert np.abs(scorer.score(everything) - model.decision_function(everything)).max() <= 1e-9


def test_reasons_of_tables_sum_to_the_score(fitted: tuple[OutcomeModel, pd.DataFrame]) -> None:
    model, table = fitted
    tables = compile_tables(model.parts_)
    scorer = LookupScorer(tables)
    total = scorer.explain(table).sum(axis=1) + tables.level
    assert np.abs(total - scorer.score(table)).max() <= 1e-9


def test_centred_tables_score_alike_and_add_nothing_on_average(
    fitted: tuple[OutcomeModel, pd.DataFrame],
) -> None:
    model, table = fitted
    tables = compile_tables(model.parts_)
    centred = LookupScorer(centre_tables(tables, model.parts_of(table).mean(axis=0)))
    assert np.abs(centred.score(table) - LookupScorer(tables).score(table)).max() <= 1e-9
    assert np.abs(centred.explain(table).mean(axis=0)).max() <= 1e-9


def test_any_number_of_threads_says_the_same(fitted: tuple[OutcomeModel, pd.DataFrame]) -> None:
    model, table = fitted
    many = pd.concat([table] * 15, ignore_index=True)
    tables = compile_tables(model.parts_)
    one = LookupScorer(tables, threads=1).score(many)
    assert np.array_equal(one, LookupScorer(tables, threads=3).score(many))


def test_categoricals_and_texts_say_the_same(fitted: tuple[OutcomeModel, pd.DataFrame]) -> None:
    model, table = fitted
    scorer = LookupScorer(compile_tables(model.parts_))
    as_categories = table.assign(country=table["country"].astype("category"))
    assert np.array_equal(scorer.score(table), scorer.score(as_categories))


def test_tables_survive_being_written(
    fitted: tuple[OutcomeModel, pd.DataFrame], tmp_path: Path
) -> None:
    model, table = fitted
    tables = compile_tables(model.parts_)
    write_tables(tables, tmp_path)
    again = LookupScorer(read_tables(tmp_path))
    assert np.array_equal(again.score(table), LookupScorer(tables).score(table))


def test_writing_twice_gives_the_same_hash(
    fitted: tuple[OutcomeModel, pd.DataFrame], tmp_path: Path
) -> None:
    tables = compile_tables(fitted[0].parts_)
    assert write_tables(tables, tmp_path) == write_tables(tables, tmp_path)


@pytest.mark.parametrize(
    "damage", ["{}", "[]", '{"format": 9, "level": 0, "columns": []}', "nonsense"]
)
def test_damaged_tables_are_refused(tmp_path: Path, damage: str) -> None:
    write_tables(LookupTables(0.0, ()), tmp_path)
    (tmp_path / "tables.json").write_text(damage)
    with pytest.raises(TablesRefused, match=r"[Tt]rain"):
        read_tables(tmp_path)


def test_a_table_of_objects_is_never_unpickled(tmp_path: Path) -> None:
    numbers = NumberTable("x", np.array([0.0]), np.zeros(2), np.zeros(2), 0.0)
    write_tables(LookupTables(0.0, (numbers,)), tmp_path)
    np.savez(tmp_path / "tables.npz", **{"0.edges": np.array([{}], dtype=object)})
    with pytest.raises(TablesRefused):
        read_tables(tmp_path)


def test_crowded_edges_are_found_exactly() -> None:
    edges = np.sort(
        np.concatenate([np.random.default_rng(0).lognormal(0, 4, 500), [1.0, 1.0 + 1e-12]])
    )
    base = np.arange(len(edges) + 1.0)
    tables = LookupTables(0.0, (NumberTable("x", edges, base, np.zeros(len(base)), -1.0),))
    x = np.concatenate([edges, np.nextafter(edges, np.inf), [np.nan, -np.inf, np.inf]])
    wanted = np.where(np.isnan(x), -1.0, np.searchsorted(edges, x, side="left"))
    assert np.array_equal(LookupScorer(tables).score({"x": x}), wanted)


@pytest.mark.parametrize(
    "column",
    [
        pd.date_range("2024-01-01", periods=300, tz="Europe/Berlin"),
        pd.to_timedelta(range(300), unit="D"),
        pd.Series([1, True, "1", 2.5, None, "a"] * 50, dtype=object),
        pd.array([1, None, 3] * 100, dtype="Int64"),
        np.linspace(-1, 1, 300) * 1e200,
        np.linspace(-1, 1, 300) * 1e-200,
        pd.Series([True, False, None] * 100, dtype=object),
    ],
    ids=["dates", "durations", "mixed", "gappy whole numbers", "huge", "tiny", "truth values"],
)
def test_tables_read_any_column_as_the_estimator_does(column: Any) -> None:
    table, y = outcome_rows(300)
    table["odd"] = column
    model = OutcomeModel().fit(table, y)
    scorer = LookupScorer(compile_tables(model.parts_))
    assert np.abs(scorer.score(table) - model.decision_function(table)).max() <= 1e-9


def test_no_rows_have_no_scores() -> None:
    tables = LookupTables(0.5, (LevelTable("c", ("a",), np.array([1.0]), 0.0),))
    assert len(LookupScorer(tables).score(pd.DataFrame({"c": []}))) == 0
