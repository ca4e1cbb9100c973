"""Saving profiles, ranking firms and asking why: on both databases."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from recruit.clock import VirtualClock
from recruit.db.outbox import OutboxEntry
from recruit.firms.tables import Firm
from recruit.scoring.section import ProfileError
from recruit.scoring.store import ProfileNotFound
from recruit.scoring.tables import ProfileVersion, Score
from recruit.scoring.usecases import (
    FirmNotFound,
    NotRanked,
    compare_profile,
    explain_firm,
    find_firm_by_text,
    find_rank,
    list_profiles,
    list_ranking,
    pick_profile_name,
    rank_firms,
    rank_stale_profiles,
    save_profile,
)
from recruit.scoring.values import Standing
from recruit.wiring import App
from tests.factories.scoring import add_firm_row, make_profile_data

NAME = "cloud-partner"
NOTHING_KNOWN = {
    "country": None,
    "city": None,
    "employees_low": None,
    "employees_high": None,
    "founded_low": None,
    "founded_high": None,
    "specialties": [],
    "provenance": {},
}


def save(app: App, **over: object) -> int:
    with app.transaction() as tx:
        return save_profile(tx, definition=make_profile_data(**over), actor="Ada").number


def rank(app: App) -> list[tuple[int, str, float]]:
    with app.transaction() as tx:
        rank_firms(tx, profile_name=NAME, actor="Ada")
    with app.reading() as tx:
        ranking = list_ranking(tx, profile_name=NAME)
        return [(line.rank, line.firm.name, line.card.total) for line in ranking]


def add_firms(app: App, *names: str, **over: object) -> list[int]:
    with app.transaction() as tx:
        return [add_firm_row(tx, name=name, **over).id for name in names]


def test_the_same_content_is_the_same_version(app: App) -> None:
    assert [save(app), save(app), save(app, missing=0.3), save(app, missing=0.3)] == [1, 1, 2, 2]


def test_a_content_that_comes_back_is_a_new_version(app: App) -> None:
    assert [save(app), save(app, missing=0.3), save(app)] == [1, 2, 3]


def test_a_version_keeps_its_definition_who_and_when(app: App) -> None:
    save(app)
    save(app, title="Renamed")
    with app.reading() as tx:
        versions = tx.session.scalars(select(ProfileVersion).order_by(ProfileVersion.number)).all()
        assert [v.definition for v in versions] == [
            make_profile_data(),
            make_profile_data(title="Renamed"),
        ]
        assert {(v.created_by, v.created_at) for v in versions} == {("Ada", tx.now)}
        lines = list_profiles(tx)
    assert [(line.name, line.title, line.version) for line in lines] == [(NAME, "Renamed", 2)]


def test_a_bad_profile_leaves_nothing_in_the_database(app: App) -> None:
    with pytest.raises(ProfileError), app.transaction() as tx:
        save_profile(tx, definition=make_profile_data(missing=2), actor="Ada")
    with app.reading() as tx:
        assert list_profiles(tx) == []


def test_a_comparison_tells_what_would_change(app: App) -> None:
    data = make_profile_data(missing=0.25)
    with app.reading() as tx:
        assert compare_profile(tx, definition=data).version_before is None
    save(app)
    with app.reading() as tx:
        change = compare_profile(tx, definition=data)
    assert (change.version_before, change.changes) == (1, ("missing: added, 0.25",))


def test_firms_are_ranked_by_score_and_ties_by_name(app: App) -> None:
    save(app)
    add_firms(app, "Zebra", "Aster")
    add_firms(app, "Kestrel", **NOTHING_KNOWN)
    add_firms(app, "Brume", country="FR")
    assert rank(app) == [
        (1, "Aster", 100),
        (2, "Zebra", 100),
        (3, "Brume", 85),
        (4, "Kestrel", 50),
    ]


def test_names_order_alike_on_every_database(app: App) -> None:
    save(app)
    names = ["Ärzte IT", "aster", "Aster", "Zebra", "3-Shake", "école", "ßystems"]
    add_firms(app, *names)
    assert [line[1] for line in rank(app)] == sorted(names)


def test_ranking_twice_writes_the_same(app: App) -> None:
    save(app)
    add_firms(app, "Zebra", "Aster", "Kestrel")
    first = rank(app)
    assert rank(app) == first
    with app.reading() as tx:
        assert tx.session.scalar(select(func.count()).select_from(Score)) == 3


def test_those_held_back_and_excluded_have_a_reason_and_no_rank(app: App) -> None:
    save(
        app,
        must_haves=[{"because": "Has a team", "employees_from": 10}],
        exclusions=[{"because": "A competitor", "domains": ["vela.example"]}],
    )
    ids = add_firms(app, "Aster", "Vela")
    ids += add_firms(app, "Tiny", employees_low=2, employees_high=2)
    with app.transaction() as tx:
        report = rank_firms(tx, profile_name=NAME)
        assert (report.version, report.ranked, report.gated, report.excluded) == (1, 1, 1, 1)
    with app.reading() as tx:
        found = [find_rank(tx, profile_name=NAME, firm_id=i) for i in ids]
    assert [(f[0], f[1].standing, f[1].standing_reason) for f in found if f] == [
        (1, Standing.RANKED, ""),
        (
            None,
            Standing.EXCLUDED,
            "A competitor: its domain is vela.example (no source states it).",
        ),
        (None, Standing.GATED, "Has a team: 2 people (read in the row of Firms)."),
    ]


def test_the_stored_card_is_the_explained_one_and_its_reasons_sum_to_the_score(app: App) -> None:
    save(app)
    (firm_id,) = add_firms(app, "Aster", employees_low=201, employees_high=500, founded_low=None)
    rank(app)
    with app.reading() as tx:
        (line,) = list_ranking(tx, profile_name=NAME, top=1)
        card = explain_firm(tx, profile_name=NAME, firm_id=firm_id)
    assert line.card == card
    assert line.most == 100
    assert abs(sum(r.points for r in card.reasons) - card.total) < 1e-9
    assert card.low < card.total < card.high
    size = next(r for r in card.reasons if r.criterion == "size")
    assert size.evidence == "read in the row of Firms"


def test_each_version_keeps_its_own_ranking(app: App) -> None:
    add_firms(app, "Aster")
    save(app)
    assert rank(app) == [(1, "Aster", 100)]
    criteria = {"size": make_profile_data()["criteria"]["size"]}
    save(app, criteria=criteria)
    with (
        app.reading() as tx,
        pytest.raises(NotRanked, match="recruit rank --profile cloud-partner"),
    ):
        list_ranking(tx, profile_name=NAME)
    assert rank(app) == [(1, "Aster", 20)]
    with app.reading() as tx:
        totals = tx.session.scalars(select(Score.total).order_by(Score.profile_version_id)).all()
    assert totals == [100, 20]


def test_ranking_tells_the_crm_nothing(app: App) -> None:
    save(app)
    add_firms(app, "Aster")
    rank(app)
    with app.reading() as tx:
        assert tx.session.scalar(select(func.count()).select_from(OutboxEntry)) == 0


def test_an_unknown_profile_is_answered_with_a_near_one(app: App) -> None:
    save(app)
    with app.reading() as tx, pytest.raises(ProfileNotFound, match='Did you mean "cloud-partner"'):
        list_ranking(tx, profile_name="cloud-partners")


def test_the_only_profile_needs_no_name(app: App) -> None:
    with app.reading() as tx, pytest.raises(ProfileNotFound, match="recruit profile load"):
        pick_profile_name(tx, given=None)
    save(app)
    with app.reading() as tx:
        assert pick_profile_name(tx, given=None) == NAME
    save(app, name="other")
    with app.reading() as tx, pytest.raises(ProfileNotFound, match="cloud-partner, other"):
        pick_profile_name(tx, given=None)


def test_a_firm_is_found_by_id_domain_address_or_exact_name(app: App) -> None:
    first, second, third, fourth = add_firms(app, "Aster", "Vela Cloud", "Twin", "Twin")
    with app.transaction() as tx:
        merged = add_firm_row(tx, name="Old Aster", domain=None, merged_into_id=first).id
    with app.reading() as tx:
        texts = [str(first), "vela-cloud.example", "https://vela-cloud.example/", "vela cloud"]
        assert [find_firm_by_text(tx, text=text).id for text in texts] == [first] + [second] * 3
        assert find_firm_by_text(tx, text=str(merged)).id == first
        with pytest.raises(FirmNotFound, match=f"{third} .*{fourth} "):
            find_firm_by_text(tx, text="Twin")
        with pytest.raises(FirmNotFound, match="recruit firms export"):
            find_firm_by_text(tx, text="Nobody")
        for text in ("999", "9" * 30, ""):
            with pytest.raises(FirmNotFound):
                find_firm_by_text(tx, text=text)


def test_profiles_are_ranked_anew_only_when_something_changed(app: App) -> None:
    def stale() -> int:
        with app.transaction() as tx:
            return len(rank_stale_profiles(tx))

    assert stale() == 0
    save(app)
    first, second = add_firms(app, "Aster", "Vela")
    assert [stale(), stale()] == [1, 0]
    save(app, missing=0.3)
    assert [stale(), stale()] == [1, 0]
    add_firms(app, "Brume")
    assert [stale(), stale()] == [1, 0]
    with app.transaction() as tx:
        firm = tx.session.get_one(Firm, first)
        firm.employees_low, firm.version = 3, 2
    assert [stale(), stale()] == [1, 0]
    with app.transaction() as tx:
        tx.session.get_one(Firm, second).merged_into_id = first
    assert [stale(), stale()] == [1, 0]
    assert isinstance(app.clock, VirtualClock)
    app.clock.move_to(app.clock.now() + timedelta(days=366))
    assert [stale(), stale()] == [1, 0]


def test_twelve_hundred_firms_are_all_ranked(app: App) -> None:
    save(app)
    add_firms(app, *(f"Firm {n % 700}" for n in range(1200)))
    with app.transaction() as tx:
        report = rank_firms(tx, profile_name=NAME)
    assert report.ranked == 1200
