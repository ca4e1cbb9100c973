"""The outcome model: what it recovers, where it refuses, and that it stays upright."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.utils.estimator_checks import check_estimator

from recruit.learning import OutcomeModel
from recruit.learning.columns import is_numeric
from recruit.learning.measures import auc, calibration_error
from recruit.learning.model import OneClassOnly
from recruit.learning.prior import PriorRefused, read_prior, read_prior_file
from recruit.learning.sigmoid import expit
from tests.factories.learning import WEIGHTS, noise_rows, outcome_rows

# Held-out rows are drawn row by row, so a row of weight 2 is not two rows: scikit-learn's own models with an
# inner validation fail these two likewise.
WEIGHTS_ARE_NO_ROWS = dict.fromkeys(
    (
        "check_sample_weight_equivalence_on_dense_data",
        "check_sample_weight_equivalence_on_sparse_data",
    ),
    "rows are held out one by one",
)


def test_it_keeps_the_contract_of_scikit_learn() -> None:
    told = check_estimator(
        OutcomeModel(max_rounds=0), on_skip=None, expected_failed_checks=WEIGHTS_ARE_NO_ROWS
    )
    assert {t["check_name"] for t in told if t["status"] == "failed"} == set()
    assert sum(t["status"] == "passed" for t in told) > 45


def test_it_recovers_the_weights_that_outcomes_were_drawn_from() -> None:
    table, y = outcome_rows(6000)
    model = OutcomeModel(max_rounds=0).fit(table, y)
    at_one = table.iloc[[0, 0]].assign(size=[0.0, 1.0], tenure=[0.0, 1.0], noise=[0.0, 1.0])
    gained = np.diff(model.parts_of(at_one), axis=0)[0]
    found = dict(zip(model.parts_.columns, gained, strict=True))
    for name, weight in WEIGHTS.items():
        assert found[name] == pytest.approx(weight, abs=0.12)


def test_its_probabilities_come_true() -> None:
    table, y = outcome_rows(4000)
    later, came = outcome_rows(4000, seed=7)
    p = OutcomeModel().fit(table, y).predict_proba(later)[:, 1]
    assert calibration_error(came.astype(float), p) < 0.03


def test_the_stepped_part_learns_what_no_line_can() -> None:
    random = np.random.default_rng(3)
    x = random.uniform(-3, 3, 3000)
    y = (random.random(3000) < expit(3 * (np.abs(x) < 1) - 1.5)).astype(int)
    table = pd.DataFrame({"x": x})
    line = OutcomeModel(max_rounds=0).fit(table[:2000], y[:2000])
    stepped = OutcomeModel().fit(table[:2000], y[:2000])
    rest = y[2000:].astype(float)
    assert auc(rest, line.decision_function(table[2000:])) < 0.6
    assert auc(rest, stepped.decision_function(table[2000:])) > 0.75


def test_a_monotone_column_never_turns_back() -> None:
    table, y = outcome_rows(2000)
    model = OutcomeModel(monotone={"size": 1}).fit(table, y)
    grid = pd.concat([table.iloc[[0]]] * 200).assign(size=np.linspace(-2.5, 2.5, 200))
    assert np.all(np.diff(model.decision_function(grid)) >= -1e-9)


def test_without_outcomes_the_declared_order_stands() -> None:
    table, _ = outcome_rows(20)
    prior = {"size": [(-2, -1.0), (2, 1.0)]}
    model = OutcomeModel(prior=prior).fit(table, np.zeros(20, dtype=int))
    assert np.corrcoef(model.decision_function(table), table["size"])[0, 1] > 0.95


def test_few_outcomes_hardly_move_what_was_declared() -> None:
    table, y = outcome_rows(30)
    later, came = outcome_rows(3000, seed=9)
    prior = {"size": [(-3, -3.6), (3, 3.6)], "tenure": [(-3, 1.8), (3, -1.8)]}
    declared = OutcomeModel(prior=prior).fit(table, y).decision_function(later)
    bare = OutcomeModel().fit(table, y).decision_function(later)
    assert auc(came.astype(float), declared) > auc(came.astype(float), bare)


def test_noise_is_given_no_weight() -> None:
    table, y = noise_rows(1000)
    model = OutcomeModel().fit(table, y)
    assert np.std(model.decision_function(table)) < 0.25
    assert model.parts_.rounds == 0


def test_reasons_sum_to_the_score() -> None:
    table, y = outcome_rows(800)
    model = OutcomeModel().fit(table, y)
    total = model.parts_of(table).sum(axis=1) + model.parts_.level
    assert np.abs(total - model.decision_function(table)).max() <= 1e-9


@pytest.mark.parametrize(
    "column",
    [
        pd.Series(["x"] * 400),
        pd.Series([f"id-{i}" for i in range(400)]),
        pd.Series([None] * 400, dtype=object),
        pd.Series([np.inf, -np.inf, np.nan, 1e300] * 100),
        pd.Series(pd.date_range("2024-01-01", periods=400, tz="UTC")),
        pd.Series([True, False] * 200),
        pd.Series(["a", 3, None, 2.5] * 100, dtype=object),
        pd.Series(pd.Categorical(["a", "b"] * 200)),
        pd.Series([1, 2, None, 4] * 100, dtype="Int64"),
        pd.Series(pd.to_timedelta(range(400), unit="D")),
        pd.Series(["é", "ß", "", " "] * 100),
    ],
    ids=[
        "constant", "identifier", "empty", "infinite", "dates", "truth values", "mixed", "categories",
        "whole numbers with gaps", "durations", "odd texts",
    ],
)  # fmt: skip
def test_any_column_may_stand_beside_the_telling_ones(column: pd.Series) -> None:
    table, y = outcome_rows(400)
    table["odd"] = column
    p = OutcomeModel().fit(table[:300], y[:300]).predict_proba(table[300:])[:, 1]
    assert np.isfinite(p).all()
    assert auc(y[300:].astype(float), p) > 0.7


def test_numbers_that_came_as_texts_are_numbers() -> None:
    table, y = outcome_rows(600)
    texts = table.assign(size=table["size"].map("{:.3f}".format), code=["01067", "10115"] * 300)
    asked = pd.concat([texts.iloc[[0]]] * 2).assign(size=["0.0", "1.0"])
    parts = OutcomeModel(max_rounds=0).fit(texts, y).parts_
    gained = np.diff(parts.contributions(asked), axis=0)[0]
    assert gained[parts.columns.index("size")] > 0.8
    assert not is_numeric(texts["code"])
    assert not is_numeric(pd.Series(["1", "2", "3"] * 9))


def test_levels_that_were_never_seen_add_nothing() -> None:
    table, y = outcome_rows(500)
    model = OutcomeModel(max_rounds=0).fit(table, y)
    strange = table.iloc[[0]].assign(country="Atlantis")
    at = model.parts_.columns.index("country")
    assert model.parts_of(strange)[0, at] == 0.0


def test_outcomes_of_one_kind_are_refused_without_a_prior() -> None:
    table, _ = outcome_rows(30)
    with pytest.raises(OneClassOnly, match="Wait for outcomes of both"):
        OutcomeModel().fit(table, np.zeros(30, dtype=int))


def test_a_prior_of_a_column_that_is_not_there_is_refused() -> None:
    table, y = outcome_rows(50)
    with pytest.raises(ValueError, match="height"):
        OutcomeModel(prior={"height": [(0, 0), (1, 1)]}).fit(table, y)


@pytest.mark.parametrize(
    ("prior", "words"),
    [
        ({"a": "much"}, "neither a list"),
        ({"a": [(1, 2, 3)]}, "give (value, weight)"),
        ({"a": [(2, 0), (1, 1)]}, "do not rise"),
        ({"a": {"x": "much"}}, "finite number"),
        ({"a": [(0, float("nan"))]}, "finite number"),
    ],
)
def test_a_prior_that_means_nothing_is_refused(prior: Any, words: str) -> None:
    with pytest.raises(PriorRefused, match=words.replace("(", r"\(").replace(")", r"\)")):
        read_prior(prior)


def test_a_prior_is_read_from_toml(tmp_path: Any) -> None:
    file = tmp_path / "prior.toml"
    file.write_text(
        'rising = ["size"]\n[weights]\nsize = [[0, 0.0], [10, 1.5]]\ncountry = {DE = 0.4}\n'
    )
    prior = read_prior_file(file)
    assert prior.rising == {"size"}
    assert prior.curves["size"] == ((0.0, 0.0), (10.0, 1.5))
    assert prior.levels["country"] == {"DE": 0.4}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("weights = 3", "weights is a table"),
        ('rising = "size"', "list of columns"),
        ('rising = ["a"]\nfalling = ["a"]', "both rise and fall"),
        ("wieghts = {}", "unknown"),
        ("[", "cannot be read as TOML"),
    ],
)
def test_a_prior_file_that_is_wrong_says_how(tmp_path: Any, text: str, words: str) -> None:
    file = tmp_path / "prior.toml"
    file.write_text(text)
    with pytest.raises(PriorRefused, match=words):
        read_prior_file(file)
