"""The backtest: time order, what it refuses, and measures with known answers."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from recruit.learning.backtest import TooFewRows, may_replace, run_backtest
from recruit.learning.calibration import Sigmoid, calibrate_rolling, fit_sigmoid
from recruit.learning.measures import (
    Interval,
    auc,
    auc_interval,
    calibration_error,
    lift_steps,
    reliability,
    stability_index,
)
from recruit.learning.prior import read_prior
from recruit.learning.sigmoid import expit
from recruit.learning.training import judge_backtest
from recruit.learning.values import Kind
from recruit.learning.verdict import Trust, judge, stands_on
from tests.factories.learning import noise_rows, outcome_rows


def test_what_tells_is_relied_on() -> None:
    table, y = outcome_rows(600)
    verdict = judge_backtest(run_backtest(table, y.astype(float)))
    assert verdict.trust is Trust.RELIED_ON
    assert "Better than chance" in verdict.sentence


@pytest.mark.parametrize("seed", range(5))
def test_noise_is_refused(seed: int) -> None:
    table, y = noise_rows(400, seed=seed)
    verdict = judge_backtest(run_backtest(table, y.astype(float)))
    assert verdict.is_refused
    assert "No better than chance" in verdict.sentence


def test_a_rule_that_turns_with_time_is_refused_though_random_order_loves_it() -> None:
    table, y = outcome_rows(800)
    turned = pd.concat([table[:400], table[400:].assign(size=-table["size"][400:] * 2)])
    turned["tenure"] = 0.0
    turned["country"] = "DE"
    verdict = judge_backtest(run_backtest(turned, y.astype(float)))
    assert verdict.is_refused


def test_too_few_good_outcomes_are_no_verdict() -> None:
    verdict = judge(Interval(0.9, 0.8, 0.95), positives=6, negatives=200)
    assert verdict.is_refused
    assert "6 good outcomes" in verdict.sentence


def test_a_model_sees_no_outcome_that_was_not_known_yet() -> None:
    # What is learned from late outcomes must not reach the blocks before: shuffling them changes nothing there.
    table, y = outcome_rows(400)
    shuffled = y.copy()
    shuffled[250:] = 1 - shuffled[250:]
    a = run_backtest(table, y.astype(float)).trials[Kind.DRAWN].logit
    b = run_backtest(table, shuffled.astype(float)).trials[Kind.DRAWN].logit
    assert np.array_equal(a[:100], b[:100])
    assert not np.array_equal(a[100:], b[100:])


def test_an_outcome_counts_only_once_its_window_has_ended() -> None:
    table, y = outcome_rows(200)
    at = np.arange(200.0)
    late = run_backtest(table, y.astype(float), at=at, known_at=at + 1000)
    # Nothing was ever known in time, so every row is foretold alike.
    assert np.ptp(late.trials[Kind.DRAWN].logit) == 0.0
    soon = run_backtest(table, y.astype(float), at=at, known_at=at)
    assert np.ptp(soon.trials[Kind.DRAWN].logit) > 0.0


def test_few_rows_are_no_backtest() -> None:
    table, y = outcome_rows(39)
    with pytest.raises(TooFewRows, match="39 rows"):
        run_backtest(table, y.astype(float))


def test_the_boosted_model_is_tried_only_with_enough_good_outcomes() -> None:
    table, y = outcome_rows(300, level=-2.5)
    assert Kind.BOOSTED not in run_backtest(table, y.astype(float)).trials
    table, y = outcome_rows(600)
    assert Kind.BOOSTED in run_backtest(table, y.astype(float)).trials


def test_the_declared_prior_is_a_rival() -> None:
    table, y = outcome_rows(300)
    prior = read_prior({"size": [(-3, -3), (3, 3)]})
    trial = run_backtest(table, y.astype(float), prior=prior).trials[Kind.DECLARED]
    assert trial.error is None
    assert 0.6 < trial.interval.value < 0.9


def test_a_challenger_must_rank_better_and_be_no_farther_off() -> None:
    table, y = outcome_rows(300)
    trial = run_backtest(table, y.astype(float)).trials[Kind.DRAWN]
    assert not may_replace(trial, trial)


def test_auc_is_that_of_scikit_learn_ties_included() -> None:
    random = np.random.default_rng(0)
    y = (random.random(500) < 0.3).astype(float)
    score = np.round(random.normal(size=500) + y, 1)
    assert auc(y, score) == pytest.approx(roc_auc_score(y, score), abs=1e-12)


def test_the_interval_covers_the_truth_about_as_often_as_it_says() -> None:
    random = np.random.default_rng(1)
    truth, covered = 0.7602, 0
    for _ in range(300):
        y = (np.arange(120) < 40).astype(float)
        found = auc_interval([(y, random.normal(size=120) + y)])
        covered += found.low <= truth <= found.high
    assert 270 <= covered <= 297


def test_a_perfect_ranking_of_few_is_not_taken_for_certain() -> None:
    y = np.array([1.0] * 5 + [0.0] * 5)
    found = auc_interval([(y, y)])
    assert found.value == 1.0
    assert found.low < 0.95


def test_outcomes_of_one_kind_have_no_auc() -> None:
    assert np.isnan(auc(np.ones(5), np.arange(5.0)))
    assert np.isnan(auc_interval([(np.ones(5), np.arange(5.0))]).value)


def test_calibration_error_by_hand() -> None:
    # One bin: foretold .15, came .5.
    assert calibration_error(np.array([1.0, 0.0]), np.array([0.15, 0.15])) == pytest.approx(0.35)


def test_lift_by_hand_with_ties_shared() -> None:
    y = np.array([1.0, 0, 0, 0, 1, 0, 0, 0, 0, 0])
    best, every = lift_steps(y, np.array([9.0, 1, 1, 1, 1, 1, 1, 1, 1, 1]), shares=(0.1, 1.0))
    assert (best.positives, best.lift) == (1, 5.0)
    assert every.lift == pytest.approx(1.0)
    assert lift_steps(y, np.zeros(10), shares=(0.5,))[0].lift == pytest.approx(1.0)


def test_reliability_bins_hold_every_row() -> None:
    p = np.linspace(0.01, 0.99, 97)
    bins = reliability((p > 0.5).astype(float), p)
    assert sum(b.rows for b in bins) == 97
    assert all(b.low <= b.came <= b.high for b in bins)


def test_the_stability_index_of_what_did_not_move_is_nothing() -> None:
    assert stability_index(np.array([5.0, 5, 90]), np.array([50.0, 50, 900])) == pytest.approx(0.0)
    assert stability_index(np.array([50.0, 50]), np.array([90.0, 10])) > 0.25


def test_a_sigmoid_of_no_outcomes_changes_nothing() -> None:
    start = Sigmoid(0.7, -0.2)
    assert fit_sigmoid(np.zeros(0), np.zeros(0), start) == start


def test_a_sigmoid_finds_a_moved_rate_and_keeps_the_order() -> None:
    random = np.random.default_rng(2)
    logit = random.normal(-2, 1, 300)
    y = (random.random(300) < expit(logit + 2)).astype(float)
    sigmoid = fit_sigmoid(logit, y)
    assert sigmoid.probability(logit).mean() == pytest.approx(y.mean(), abs=0.02)
    assert sigmoid.slope > 0


def test_a_sigmoid_of_turned_outcomes_is_flat_not_turned() -> None:
    logit = np.linspace(-3, 3, 200)
    y = (logit < 0).astype(float)
    sigmoid = fit_sigmoid(logit, y)
    assert 0 < sigmoid.slope < 0.2
    assert sigmoid.probability(logit).mean() == pytest.approx(0.5, abs=0.02)


def test_rolling_calibration_looks_only_back() -> None:
    random = np.random.default_rng(4)
    logit, y = random.normal(size=200), (random.random(200) < 0.5).astype(float)
    changed = y.copy()
    changed[100:] = 1 - changed[100:]
    a, _ = calibrate_rolling(logit, y, window=50)
    b, full = calibrate_rolling(logit, changed, window=50)
    assert np.array_equal(a[:100], b[:100])
    assert not full[:50].any()
    assert full[50:].all()


@pytest.mark.parametrize(
    ("positives", "words"), [(5, "hint"), (60, "order of magnitude"), (500, "plan with")]
)
def test_how_much_a_probability_stands_on_is_said_in_words(positives: int, words: str) -> None:
    assert words in stands_on(1000, positives)
