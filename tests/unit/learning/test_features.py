"""Features as of the contact, and what becomes of a contacted firm as a row to learn from."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from recruit.learning.backtest import declared_logit
from recruit.learning.features import (
    FactChange,
    columns_features,
    declared_prior,
    features_table,
    firm_features,
    view_as_of,
)
from recruit.learning.values import Approach, Fate, Stage, Training, fate_of
from recruit.scoring.columns import FirmColumns
from recruit.scoring.points import score_firm
from recruit.scoring.profile import parse_profile
from tests.factories.scoring import make_profile_data, make_unknown_view, make_view

NOW = datetime(2026, 3, 3, 9, 30, tzinfo=UTC)
DAY = timedelta(days=1)


def test_later_changes_are_undone_the_latest_first() -> None:
    firm = make_view(employees_low=900, employees_high=900, specialties=("c",), tags=("partner",))
    changes = [
        FactChange(NOW - 2 * DAY, {"employees_low": 10, "employees_high": 12}),
        FactChange(NOW - DAY, {"employees_low": 64, "specialties": ["b"]}),
        FactChange(NOW - 9 * DAY, {"name": "Old name"}),
    ]
    known = view_as_of(firm, changes, NOW - 5 * DAY)
    assert (known.employees_low, known.employees_high) == (10, 12)
    assert known.specialties == ("b",)
    assert known.name == firm.name
    assert known.tags == ()


def test_a_field_that_no_view_has_is_passed_over() -> None:
    firm = make_view()
    assert view_as_of(firm, [FactChange(NOW, {"vanished_at": "2026"})], NOW - DAY).name == firm.name


def test_the_declared_logit_orders_firms_as_the_points_do() -> None:
    profile = parse_profile(make_profile_data())
    firms = [
        make_view(),
        make_unknown_view(),
        make_view(id=3, country="FR", specialties=("training",)),
        make_view(id=4, country="US", employees_low=5000, employees_high=5000),
    ]
    table = features_table([firm_features(f, profile, NOW.date()) for f in firms], profile)
    declared = declared_logit(table, declared_prior(profile))
    points = np.array([score_firm(f, profile, NOW.date()).total for f in firms])
    # A criterion is rounded to hundredths of a point.
    assert np.allclose(declared, 3.0 * points / profile.most, atol=1e-3)


def test_no_rows_make_a_table_with_all_columns() -> None:
    profile = parse_profile(make_profile_data())
    assert list(features_table([], profile))[:2] == [c.key for c in profile.criteria][:2]


def approach(**over: object) -> Approach:
    values = {
        "firm_id": 1,
        "contacted_at": NOW - 100 * DAY,
        "outcome_at": None,
        "partner_since": None,
        "record_since": NOW - 200 * DAY,
        "bounced": False,
    }
    return Approach(**(values | over))


@pytest.mark.parametrize(
    ("over", "fate"),
    [
        ({}, Fate.OTHER),
        ({"outcome_at": NOW - 60 * DAY}, Fate.GOOD),
        ({"outcome_at": NOW - 10 * DAY}, Fate.OTHER),  # too late to count
        ({"contacted_at": NOW - 20 * DAY, "outcome_at": NOW - 10 * DAY}, Fate.IMMATURE),
        ({"contacted_at": NOW - 20 * DAY}, Fate.IMMATURE),
        ({"outcome_at": NOW - 150 * DAY}, Fate.BEFORE),
        ({"partner_since": NOW - 150 * DAY}, Fate.BEFORE),
        ({"bounced": True}, Fate.BOUNCED),
        ({"bounced": True, "outcome_at": NOW - 60 * DAY}, Fate.GOOD),
        ({"record_since": NOW - 50 * DAY}, Fate.YOUNGER),
    ],
)
def test_the_fate_of_a_contacted_firm(over: dict[str, object], fate: Fate) -> None:
    assert fate_of(approach(**over), timedelta(days=60), NOW) is fate


def test_a_training_says_what_it_foretells_and_survives_json() -> None:
    training = Training("p", Stage.REVENUE, 90, 5000.0)
    assert training.title == "revenue of 5,000 or more within 90 days"
    assert Training.from_json(training.to_json()) == training
    assert Training("p", Stage.FIRST_DEAL).title == "first deal within 270 days"


def test_firms_as_columns_have_the_features_of_each_firm() -> None:
    profile = parse_profile(make_profile_data())
    firms = [
        make_view(),
        make_unknown_view(),
        make_view(id=3, country="FR", domain=None, specialties=(), founded_low=None),
        make_view(id=4, employees_low=None, employees_high=50, certifications=("a", "b")),
    ]
    one_by_one = features_table([firm_features(f, profile, NOW.date()) for f in firms], profile)
    together = columns_features(FirmColumns.from_views(firms), profile, NOW.date())
    assert list(together) == list(one_by_one)
    for name in together:
        ours, theirs = together[name].astype(object), one_by_one[name]
        assert ours.isna().tolist() == theirs.isna().tolist()
        assert ours.dropna().tolist() == theirs.dropna().tolist()
