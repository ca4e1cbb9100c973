"""Likeness to the best partners as a criterion: learned, ranked by, told, and blamed for moves."""

from datetime import timedelta

from sqlalchemy import select

from recruit.db.transaction import Transaction
from recruit.firms.tables import Firm
from recruit.learning.resembling import refresh_likeness, refresh_stale_likeness
from recruit.scoring.moves import Cause
from recruit.scoring.tables import Ranking
from recruit.scoring.usecases import (
    compare_rankings,
    find_likeness,
    list_ranking,
    rank_firms,
    rank_stale_profiles,
    save_profile,
)
from recruit.scoring.values import CriterionKind, Reason
from recruit.wiring import App
from tests.factories.scoring import make_profile_data
from tests.factories.sequences import make_firm
from tests.factories.web import open_visitor

NAME = make_profile_data()["name"]


def _profile() -> dict[str, object]:
    data = make_profile_data()
    return data | {"must_haves": [], "criteria": data["criteria"] | {"look_alike": {"points": 20}}}


def _add(tx: Transaction, start: int, partners: int, others: int, does: str) -> None:
    for number in range(start, start + partners + others):
        is_partner = number < start + partners
        people = 120 if is_partner or number % 4 == 0 else 4
        make_firm(
            tx,
            f"Firm {number}",
            tags=["partner"] if is_partner else [],
            employees_low=people,
            employees_high=people,
            country="DE",
            specialties=[does] if is_partner or number % 5 == 0 else ["bakery"],
        )


def _later(app: App) -> None:
    app.clock.move_to(app.clock.now() + timedelta(hours=1))  # type: ignore[attr-defined]


def _reason(tx: Transaction) -> Reason:
    (best,) = list_ranking(tx, profile_name=NAME, top=1)
    return next(r for r in best.card.reasons if r.kind is CriterionKind.LOOK_ALIKE)


def test_it_has_no_weight_until_there_are_enough_partners(app: App) -> None:
    with app.transaction() as tx:
        save_profile(tx, definition=_profile())
        _add(tx, 0, 30, 40, "kubernetes")
        rank_firms(tx, profile_name=NAME)
        assert _reason(tx).points == 0
    _later(app)
    with app.transaction() as tx:
        assert refresh_stale_likeness(tx)
        assert not refresh_stale_likeness(tx)
        rank_stale_profiles(tx)
        assert _reason(tx).sentence.endswith("there are 30.")
        assert tx.session.scalars(select(Ranking.model_version)).all() == [None, None]
    assert "From 100 on what they have in common is learned" in open_visitor(app).see("/models")


def test_nothing_is_learned_while_no_profile_asks_for_it(app: App) -> None:
    with app.transaction() as tx:
        save_profile(tx, definition=make_profile_data())
        assert not refresh_stale_likeness(tx)
        assert find_likeness(tx) is None


def test_it_ranks_with_its_reason_and_is_blamed_for_the_moves(app: App) -> None:
    with app.transaction() as tx:
        save_profile(tx, definition=_profile())
        _add(tx, 0, 150, 150, "kubernetes")
        refresh_likeness(tx)
        rank_firms(tx, profile_name=NAME)
        reason = _reason(tx)
        assert reason.points == 10, "of 20 half counts, on 150 of the 200 partners that are plenty"
        assert "Resembles the 150 best partners in" in reason.sentence
        assert "kubernetes" in reason.sentence
    _later(app)
    with app.transaction() as tx:
        for firm in tx.session.scalars(select(Firm).where(Firm.name.like("%7"))):
            # It is known to the CRM as a partner now; what is known of it is as it was.
            firm.tags = ["partner"]
        assert refresh_stale_likeness(tx)
        assert len(rank_stale_profiles(tx)) == 1
        first, second = tx.session.scalars(select(Ranking.model_version).order_by(Ranking.id))
        assert first.startswith("alike-")
        assert second not in {first, None}
        found = compare_rankings(tx, profile_name=NAME)
        causes = {cause for move in found.moves for cause in move.by_cause}
        assert causes <= {Cause.MODEL, Cause.DATA}
        assert Cause.MODEL in causes
    assert "Times the odds" in open_visitor(app).see("/models")
