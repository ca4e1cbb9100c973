"""What stands beside the model: exploration, drift, likeness, proposals."""

from datetime import date

import numpy as np
import pytest

from recruit.firms.values import FirmView
from recruit.learning import OutcomeModel
from recruit.learning.drift import measure_drift, spread_of
from recruit.learning.exploration import Option, ShareRefused, choose_with_exploration
from recruit.learning.likeness import TooFewPartners, learn_likeness, partner_lift
from recruit.learning.lookup import compile_tables
from recruit.learning.measures import auc
from recruit.learning.prior import Prior, read_prior
from recruit.learning.proposals import Proposal, apply_proposals
from recruit.learning.saying import about
from recruit.scoring.columns import FirmColumns
from recruit.scoring.criteria.look_alike import LookAlike, likeness_weight
from tests.factories.learning import outcome_rows
from tests.factories.scoring import make_profile_data

DAY = date(2026, 3, 3)
OPTIONS = [Option(i, 100.0 - i, 95.0 - i, 100.0 - i + (i % 7) * 10) for i in range(100)]


def test_a_stated_share_is_explored_and_the_rest_are_the_best() -> None:
    chosen = choose_with_exploration(OPTIONS, 20, share=0.25, seed=1)
    assert [c.firm_id for c in chosen if not c.explored] == list(range(15))
    assert sum(c.explored for c in chosen) == 5
    assert len({c.firm_id for c in chosen}) == 20


def test_the_same_seed_draws_the_same_and_another_others() -> None:
    again = choose_with_exploration(list(reversed(OPTIONS)), 20, share=0.25, seed=1)
    assert set(again) == set(choose_with_exploration(OPTIONS, 20, share=0.25, seed=1))
    assert again != choose_with_exploration(OPTIONS, 20, share=0.25, seed=2)


def test_propensities_are_how_often_firms_are_drawn() -> None:
    drawn: dict[int, int] = {}
    told: dict[int, float] = {}
    for seed in range(400):
        for c in choose_with_exploration(OPTIONS, 20, share=0.25, seed=seed):
            drawn[c.firm_id] = drawn.get(c.firm_id, 0) + 1
            told[c.firm_id] = c.propensity
    for firm_id, times in drawn.items():
        assert times / 400 == pytest.approx(told[firm_id], abs=0.08)


def test_without_a_share_nothing_is_explored() -> None:
    assert not any(c.explored for c in choose_with_exploration(OPTIONS, 20, share=0.0, seed=1))


def test_a_batch_of_all_takes_all() -> None:
    assert len(choose_with_exploration(OPTIONS, 500, share=0.5, seed=1)) == 100
    assert choose_with_exploration([], 5, share=0.1, seed=1) == ()


@pytest.mark.parametrize(("n", "share"), [(0, 0.1), (5, 0.6), (5, -0.1), (5, float("nan"))])
def test_a_share_that_means_nothing_is_refused(n: int, share: float) -> None:
    with pytest.raises(ShareRefused):
        choose_with_exploration(OPTIONS, n, share=share, seed=1)


def test_like_rows_have_not_drifted_and_unlike_ones_have() -> None:
    table, y = outcome_rows(1500)
    spread = spread_of(table, compile_tables(OutcomeModel(max_rounds=0).fit(table, y).parts_))
    later, came = outcome_rows(800, seed=3)
    p = np.full(800, y.mean())
    steady = measure_drift(spread, later, rate_then=y.mean(), probability=p, y=came.astype(float))
    assert steady.warnings == ()
    assert {c.word for c in steady.columns} == {"steady"}
    moved = measure_drift(
        spread,
        later.assign(size=later["size"] + 2, country="NZ"),
        rate_then=0.1,
        probability=np.full(800, 0.1),
        y=came.astype(float),
    )
    assert len(moved.warnings) == 3
    assert {c.column for c in moved.columns if c.word == "moved far"} == {"size", "country"}


def test_few_rows_and_outcomes_say_nothing_of_drift() -> None:
    table, y = outcome_rows(200)
    spread = spread_of(table, compile_tables(OutcomeModel(max_rounds=0).fit(table, y).parts_))
    told = measure_drift(spread, table[:20], rate_then=0.3, probability=np.zeros(9), y=np.ones(9))
    assert (told.columns, told.rate_now, told.error_now, told.warnings) == ((), None, None, ())


def test_likeness_has_no_weight_below_a_hundred_partners() -> None:
    assert [likeness_weight(n) for n in (30, 99, 100, 150, 200, 900)] == [0, 0, 0, 0.5, 1, 1]


def firms_like(n: int) -> tuple[FirmColumns, np.ndarray]:
    """Return firms, and which would make good partners: German ones of some size that do kubernetes."""
    random = np.random.default_rng(2)
    views, good = [], []
    for number in range(n):
        country = str(random.choice(["DE", "FR", "US"])) if random.random() < 0.8 else None
        people = int(random.choice([4, 30, 120, 3000])) if random.random() < 0.7 else None
        does = tuple(t for t in ("kubernetes", "design", "training") if random.random() < 0.4)
        views.append(
            FirmView(
                id=number,
                version=1,
                name=f"Firm {number}",
                country=country,
                employees_low=people,
                employees_high=people,
                founded_low=int(random.integers(1990, 2024)),
                specialties=does,
            )
        )
        logit = -2.5 + 1.5 * (country == "DE") + 1.5 * (people == 120) + 2 * ("kubernetes" in does)
        good.append(random.random() < 1 / (1 + np.exp(-logit)))
    return FirmColumns.from_views(views), np.array(good)


def test_firms_like_the_partners_stand_out_and_are_told_why() -> None:
    firms, good = firms_like(1500)
    best = np.zeros(1500, dtype=bool)
    best[np.flatnonzero(good)[:150]] = True
    tables = learn_likeness(firms, best, DAY)
    assert tables == learn_likeness(firms, best, DAY)
    measure = LookAlike(tables)
    low, high = measure.shares(firms, DAY)
    assert auc(good[~best].astype(float), ((low + high) / 2)[~best]) > 0.7
    assert 0 <= low.min() <= high.max() <= 0.5, "of the 200 that are plenty there are 150"
    (view,) = firms.views([int(np.argmax(low))])
    said = measure.assess(view, DAY).sentence
    assert "Resembles the 150 best partners in" in said
    assert "kubernetes" in said
    assert "50% of it counts" in said


def test_from_fewer_than_a_hundred_partners_no_likeness_is_learned() -> None:
    firms, good = firms_like(400)
    best = np.zeros(400, dtype=bool)
    best[np.flatnonzero(good)[:99]] = True
    measure = LookAlike(learn_likeness(firms, best, DAY))
    assert not np.any(measure.shares(firms, DAY))
    told = measure.assess(firms.views([0])[0], DAY).sentence
    assert told == "Likeness to the best partners counts from 100 partners on; there are 99."


def test_partners_are_found_without_themselves_when_there_is_something_to_find() -> None:
    table, y = outcome_rows(900, seed=4, level=-3.0)
    partner = y == 1
    prior = read_prior({"size": [(-3, -3.0), (3, 3.0)]})
    told = partner_lift(table, partner, prior)
    assert told.learned.low > 1.0
    assert told.declared.low <= told.declared.value <= told.declared.high
    assert "clearly better than chance" in told.sentence


def test_partners_that_are_like_anybody_lift_nothing() -> None:
    table, _ = outcome_rows(900, seed=5)
    partner = np.zeros(900, dtype=bool)
    partner[np.random.default_rng(0).choice(900, 40, replace=False)] = True
    told = partner_lift(table, partner, Prior())
    assert told.learned.low <= 1.0
    assert told.declared.value == pytest.approx(1.0, abs=0.01)


def test_fewer_than_twenty_partners_are_refused() -> None:
    table, _ = outcome_rows(100)
    with pytest.raises(TooFewPartners, match="19 partners"):
        partner_lift(table, np.arange(100) < 19, Prior())


def test_only_accepted_proposals_change_a_profile() -> None:
    data = make_profile_data()
    proposals = (Proposal("size", 20, 35.0, "more"), Proposal("geography", 30, 15.0, "less"))
    changed = apply_proposals(data, proposals, {"size"})
    assert changed["criteria"]["size"]["points"] == 35.0
    assert changed["criteria"]["geography"] == data["criteria"]["geography"]
    assert data["criteria"]["size"]["points"] == 20


@pytest.mark.parametrize(
    ("probability", "words"),
    [
        (0.001, "less than 1 in 200"),
        (0.0066, "about 1 in 150"),
        (0.013, "about 1 in 80"),
        (0.045, "about 1 in 20"),
        (0.12, "about 1 in 8"),
        (0.21, "about 1 in 5"),
        (0.33, "about 1 in 3"),
        (0.38, "about 4 in 10"),
        (0.5, "about half"),
        (0.94, "about 9 in 10"),
        (0.99, "more than 9 in 10"),
    ],
)
def test_a_probability_is_said_as_a_person_counts(probability: float, words: str) -> None:
    assert about(probability) == words
