"""Learning from the database: the firm as it was at the contact, training, use, and what follows from it."""

from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import func, select

from recruit.firms.tables import FirmChange
from recruit.firms.values import ChangeKind
from recruit.learning.backtest import TooFewRows
from recruit.learning.chances import (
    explain_chance,
    read_drift,
    refresh_chances,
    refresh_stale_chances,
)
from recruit.learning.outcomes import gather_outcomes
from recruit.learning.registry import ModelRefused, Models
from recruit.learning.tables import Chance, Draw, ReportedOutcome
from recruit.learning.training import Trained
from recruit.learning.usecases import (
    OutcomeRefused,
    accept_proposals,
    draw_batch,
    list_proposals,
    promote_model,
    report_outcome,
    rollback_model,
    train_on_outcomes,
)
from recruit.learning.values import Fate, Stage, Training
from recruit.scoring.usecases import get_profile, rank_firms, save_profile
from recruit.wiring import App
from tests.factories.learning import approach_firm, make_history
from tests.factories.scoring import make_profile_data

PROFILE = "cloud-partner"
ACCEPTED = Training(PROFILE, Stage.ACCEPTED)


@pytest.fixture
def models(tmp_path: Path) -> Models:
    return Models(tmp_path / "models")


@pytest.fixture
def history(app: App) -> App:
    """An app with a profile and 260 firms that were written to."""
    with app.transaction() as tx:
        save_profile(tx, definition=make_profile_data(), actor="test")
        make_history(tx, 260)
    return app


def train(app: App, models: Models, training: Training = ACCEPTED) -> Trained:
    return train_on_outcomes(
        app.reading, models, training=training, now=app.clock.now(), actor="test"
    )


def test_only_what_was_known_at_the_contact_is_learned_from(app: App) -> None:
    with app.transaction() as tx:
        save_profile(tx, definition=make_profile_data(), actor="test")
        contacted_at = tx.now - timedelta(days=100)
        # The trap: after it became a partner, its record says so in three fields.
        firm = approach_firm(
            tx, 1, contacted_at=contacted_at, accepted_after_days=20,
            employees_low=500, employees_high=500, certifications=["Our certificate"],
            tags=["partner"], country="US",
        )  # fmt: skip
        tx.session.add(
            FirmChange(
                firm_id=firm.id,
                kind=ChangeKind.UPDATED,
                detail={
                    "fields": {
                        "employees_low": [40, 500],
                        "employees_high": [40, 500],
                        "certifications": [[], ["Our certificate"]],
                        "country": ["DE", "US"],
                    }
                },
                actor="test",
                at=contacted_at + timedelta(days=30),
            )
        )
    with app.reading() as tx:
        gathered = gather_outcomes(tx, get_profile(tx, profile_name=PROFILE), ACCEPTED)
    row = gathered.features.iloc[0]
    assert gathered.y.tolist() == [1.0]
    assert row["fact: employees"] == 40
    assert row["fact: certifications"] == 0
    assert row["fact: country"] == "DE"
    assert row["size"] == row["geography"] == 1.0


def test_who_is_left_out_is_counted_by_why(app: App) -> None:
    with app.transaction() as tx:
        save_profile(tx, definition=make_profile_data(), actor="test")
        ago = tx.now - timedelta(days=100)
        approach_firm(tx, 1, contacted_at=ago)
        approach_firm(tx, 2, contacted_at=ago, accepted_after_days=10)
        approach_firm(tx, 3, contacted_at=ago, accepted_after_days=-10)
        approach_firm(tx, 4, contacted_at=ago, bounced=True)
        approach_firm(tx, 5, contacted_at=tx.now - timedelta(days=5), accepted_after_days=2)
        approach_firm(tx, 6, contacted_at=ago, created_at=ago + timedelta(days=1))
        merged = approach_firm(tx, 7, contacted_at=ago)
        merged.merged_into_id = 1
    with app.reading() as tx:
        gathered = gather_outcomes(tx, get_profile(tx, profile_name=PROFILE), ACCEPTED)
    assert gathered.fates == {
        Fate.OTHER: 1, Fate.GOOD: 1, Fate.BEFORE: 1, Fate.BOUNCED: 1, Fate.IMMATURE: 1,
        Fate.YOUNGER: 1,
    }  # fmt: skip
    assert len(gathered.y) == 2


def test_a_model_is_trained_used_explained_and_taken_back(history: App, models: Models) -> None:
    app = history
    trained = train(app, models)
    assert not trained.record.verdict.is_refused
    name = models.add(trained.record, trained.tables).name
    assert models.current(PROFILE) is None
    with app.transaction() as tx:
        promote_model(tx, models, name=name, because="ranks better", actor="pat")
    with app.reading() as tx:
        chances = tx.session.scalars(select(Chance).order_by(Chance.firm_id)).all()
        assert len(chances) == 260
        assert {c.model for c in chances} == {name}
        mean = np.mean([c.probability for c in chances])
        assert mean == pytest.approx(trained.record.data.positives / 260, abs=0.06)
        card = explain_chance(tx, models, profile_name=PROFILE, firm_id=chances[0].firm_id)
        assert card is not None
        assert card.level + sum(r.logit for r in card.reasons) == pytest.approx(
            card.logit, abs=1e-9
        )
        assert card.logit == pytest.approx(chances[0].logit, abs=1e-9)
        assert card.probability == pytest.approx(chances[0].probability, abs=1e-9)
        assert "260 outcomes" in card.stands_on
    with app.transaction() as tx, pytest.raises(ModelRefused, match="in use already"):
        promote_model(tx, models, name=name, because="again", actor="pat")
    with app.transaction() as tx:
        event = rollback_model(tx, models, profile_name=PROFILE, because="doubts", actor="kim")
        assert (event.before, event.model) == (name, "")
        assert tx.session.scalar(select(func.count()).select_from(Chance)) == 0
    assert [e.what for e in models.history(PROFILE)] == ["promoted", "rolled back"]


def test_taking_back_the_second_model_puts_the_first_in_use(history: App, models: Models) -> None:
    trained = train(history, models)
    first = models.add(trained.record, trained.tables).name
    second = models.add(trained.record, trained.tables).name
    with history.transaction() as tx:
        promote_model(tx, models, name=first, because="first")
        promote_model(tx, models, name=second, because="second")
        rollback_model(tx, models, profile_name=PROFILE, because="worse")
    assert models.current(PROFILE) == first


@pytest.mark.parametrize("because", ["", "   "])
def test_using_and_taking_back_need_a_reason(history: App, models: Models, because: str) -> None:
    trained = train(history, models)
    name = models.add(trained.record, trained.tables).name
    with history.transaction() as tx, pytest.raises(ModelRefused, match="Say why"):
        promote_model(tx, models, name=name, because=because)
    assert models.current(PROFILE) is None


def test_too_few_outcomes_are_no_model(app: App, models: Models) -> None:
    with app.transaction() as tx:
        save_profile(tx, definition=make_profile_data(), actor="test")
        make_history(tx, 20)
    with pytest.raises(TooFewRows, match="20 rows"):
        train(app, models)


def test_a_refresh_follows_firms_and_models_and_nothing_else(history: App, models: Models) -> None:
    app = history
    trained = train(app, models)
    name = models.add(trained.record, trained.tables).name
    with app.transaction() as tx:
        promote_model(tx, models, name=name, because="ranks better")
    for _ in range(2):
        with app.transaction() as tx:
            assert refresh_stale_chances(tx, models) == []
    app.clock.move_to(app.clock.now() + timedelta(hours=1))
    with app.transaction() as tx:
        approach_firm(tx, 900, contacted_at=tx.now)
    with app.transaction() as tx:
        assert refresh_stale_chances(tx, models) == [PROFILE]
        assert tx.session.scalar(select(func.count()).select_from(Chance)) == 261


def test_a_damaged_model_is_not_used_and_breaks_nothing(history: App, models: Models) -> None:
    trained = train(history, models)
    name = models.add(trained.record, trained.tables).name
    with history.transaction() as tx:
        promote_model(tx, models, name=name, because="ranks better")
    (models.folder / name / "tables.npz").write_bytes(b"")
    with history.transaction() as tx:
        assert refresh_chances(tx, models, profile_name=PROFILE) == 0
    with history.reading() as tx, pytest.raises(ModelRefused, match="damaged"):
        explain_chance(tx, models, profile_name=PROFILE, firm_id=1)


def test_drift_is_measured_on_firms_that_were_written_to_since(
    history: App, models: Models
) -> None:
    trained = train(history, models)
    name = models.add(trained.record, trained.tables).name
    with history.reading() as tx:
        before = read_drift(tx, models, name=name)
    assert (before.rows, before.outcomes, before.columns) == (0, 0, ())
    with history.transaction() as tx:
        for number in range(60):
            approach_firm(
                tx, 1000 + number, contacted_at=tx.now - timedelta(days=70), country="JP",
                accepted_after_days=5, employees_low=40, employees_high=40,
            )  # fmt: skip
    with history.reading() as tx:
        after = read_drift(tx, models, name=name)
    assert (after.rows, after.outcomes, after.rate_now) == (60, 60, 1.0)
    assert "fact: country" in {c.column for c in after.columns if c.word == "moved far"}
    assert any("come at 100.0% now" in w for w in after.warnings)


def test_outcomes_of_other_systems_are_kept_once(app: App) -> None:
    with app.transaction() as tx:
        firm = approach_firm(tx, 1, contacted_at=tx.now - timedelta(days=400))
        on = tx.now - timedelta(days=300)
        told = {"firm": str(firm.id), "stage": Stage.REVENUE, "at": on, "source": "deals.csv"}
        assert report_outcome(tx, **told, amount=100.0)
        assert not report_outcome(tx, **told, amount=250.0)
        assert tx.session.scalar(select(ReportedOutcome.amount)) == 250.0
        with pytest.raises(OutcomeRefused, match="known from our own records"):
            report_outcome(tx, **(told | {"stage": Stage.SIGNED}))
        with pytest.raises(OutcomeRefused, match="has not come"):
            report_outcome(tx, **(told | {"at": tx.now + timedelta(days=1)}))
        save_profile(tx, definition=make_profile_data(), actor="test")
        profile = get_profile(tx, profile_name=PROFILE)
        for least, good in ((0.0, 1.0), (250.0, 1.0), (251.0, 0.0)):
            asked = Training(PROFILE, Stage.REVENUE, least_revenue=least)
            assert gather_outcomes(tx, profile, asked).y.tolist() == [good]


def test_a_drawn_batch_is_kept_with_its_propensities(history: App) -> None:
    with history.transaction() as tx:
        rank_firms(tx, profile_name=PROFILE)
        batch, chosen = draw_batch(
            tx, profile_name=PROFILE, size=20, share=0.2, seed=3, actor="pat"
        )
    with history.reading() as tx:
        draws = tx.session.scalars(select(Draw).where(Draw.batch == batch)).all()
    assert {(d.firm_id, d.explored) for d in draws} == {(c.firm_id, c.explored) for c in chosen}
    assert sum(d.explored for d in draws) == 4
    assert all(0 < d.propensity <= 1 for d in draws)


def test_accepted_proposals_make_a_new_version_of_the_profile(history: App, models: Models) -> None:
    trained = train(history, models)
    name = models.add(trained.record, trained.tables).name
    with history.transaction() as tx:
        proposals = list_proposals(tx, models, name=name)
        assert proposals
        first = proposals[0]
        number = accept_proposals(tx, models, name=name, criteria={first.criterion}, actor="pat")
        profile = get_profile(tx, profile_name=PROFILE)
        with pytest.raises(ModelRefused, match="proposes no new points"):
            accept_proposals(tx, models, name=name, criteria={"colour"})
    assert number == 2
    points = {c.key: c.hundredths / 100 for c in profile.criteria}
    assert points[first.criterion] == first.proposed
