"""Certificates over time, steps that staff have a part in, and who could see what on a day that is past."""

import io
import json
import zipfile
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from typer.testing import CliRunner

from recruit.insights.access import who_could_see
from recruit.insights.cohorts import training_cohorts
from recruit.notices.tables import Notice
from recruit.onboarding.gates import decide
from recruit.onboarding.gathering_history import gather_history
from recruit.onboarding.levels import level_at
from recruit.onboarding.proofs import ProofMissing, ReturnReasonMissing, StepNotOpen
from recruit.onboarding.tables import Award
from recruit.onboarding.uploads import check_upload
from recruit.onboarding.usecases import (
    GateNotMet,
    UnknownStep,
    book_call,
    check_gate,
    confirm_step,
    decide_proof,
    gather_evidence,
    hand_in_proof,
    invite_member,
    leave_member,
    leave_partner,
    recompute,
    send_reminders,
    take_back_waiver,
    take_partner_back,
    waive_step,
)
from recruit.onboarding.values import Action, MemberRole
from recruit.wiring import App
from tests.conftest import NOW
from tests.factories.onboarding import Stored, make_partner, publish_small_track, track_data

DAY = timedelta(days=1)
PDF = b"%PDF-1.7\n%%EOF\n"


def move_to(app: App, moment: datetime) -> None:
    app.clock.move_to(moment)  # type: ignore[attr-defined]


def notices(app: App, kind: str) -> list[str]:
    with app.reading() as tx:
        found = tx.session.scalars(select(Notice.key).where(Notice.key.startswith(kind)))
        return sorted(key.rpartition(":")[2] for key in found)


def certified(app: App) -> Stored:
    with app.transaction() as tx:
        publish_small_track(tx)
    return make_partner(app, 4)


def test_a_certificate_is_reminded_of_at_60_30_7_and_0_days_and_when_it_has_ended(
    app: App,
) -> None:
    stored = certified(app)
    with app.reading() as tx:
        until = tx.session.scalars(select(Award.valid_until)).one()
    said: dict[int, list[str]] = {}
    for left in range(70, -3, -1):
        move_to(app, until - left * DAY - timedelta(hours=1))
        for _ in range(2):
            told = send_reminders(app.transaction)
            if told:
                said[left] = notices(app, "certificate_exp")
    assert sorted(said) == [-1, 0, 7, 30, 60]
    assert notices(app, "certificate_expiring") == ["0", "30", "60", "7"]
    assert notices(app, "certificate_expired") == ["expired"]
    with app.reading() as tx:
        told_of = tx.session.scalars(
            select(Notice.facts).where(Notice.key.startswith("certificate_expired"))
        ).one()
    assert told_of["missing"] == "the price list and deal registration"
    assert stored.person_id


def test_reminders_that_were_missed_are_not_made_up_for_all_at_once(app: App) -> None:
    certified(app)
    with app.reading() as tx:
        until = tx.session.scalars(select(Award.valid_until)).one()
    move_to(app, until - 3 * DAY)
    assert send_reminders(app.transaction) == 1
    assert notices(app, "certificate_expiring") == ["7"]


def test_who_has_renewed_or_left_is_not_reminded(app: App) -> None:
    stored = certified(app)
    with app.reading() as tx:
        until = tx.session.scalars(select(Award.valid_until)).one()
    move_to(app, until - 59 * DAY)
    stored.hand_in("selling")
    assert send_reminders(app.transaction) == 0


def with_steps(*extra: dict[str, Any]) -> dict[str, Any]:
    return {"steps": [track_data()["steps"][0], *extra], "opens": {}}


TASK = {
    "key": "reference",
    "kind": "task",
    "title": "Name a customer",
    "done_title": "Customer named",
    "proof": "either",
}
CALL = {"key": "kickoff", "kind": "call", "title": "Kick-off", "done_title": "Kick-off held"}
APPROVAL = {"key": "go", "kind": "approval", "title": "Approval", "done_title": "Approved"}


def test_a_task_a_call_and_an_approval_open_the_rest_when_staff_say_so(app: App) -> None:
    with app.transaction() as tx:
        publish_small_track(tx, **with_steps(TASK, CALL, APPROVAL))
    stored = make_partner(app, 0)
    ids = {"person_id": stored.person_id, "step_key": "reference"}
    with app.transaction() as tx, pytest.raises(GateNotMet):
        hand_in_proof(tx, **ids, text="Vela")
    stored.sign()
    with app.transaction() as tx, pytest.raises(ProofMissing):
        hand_in_proof(tx, **ids, text="  ")
    with app.transaction() as tx:
        first = hand_in_proof(tx, **ids, text="Vela")
        assert hand_in_proof(tx, **ids, text="Vela").id == first.id
    with app.transaction() as tx, pytest.raises(ReturnReasonMissing):
        decide_proof(tx, proof_id=first.id, accepted=False, actor="Alex")
    with app.transaction() as tx:
        decide_proof(tx, proof_id=first.id, accepted=False, actor="Alex", reason="Which country?")
    with app.transaction() as tx:
        second = hand_in_proof(tx, **ids, file=check_upload("vela.pdf", PDF))
    assert not _sees_prices(stored)
    with app.transaction() as tx:
        decide_proof(tx, proof_id=second.id, accepted=True, actor="Alex")
    with app.transaction() as tx, pytest.raises(StepNotOpen):
        hand_in_proof(tx, **ids, text="More")
    step = {"partner_id": stored.partner_id, "actor": "Alex"}
    with app.transaction() as tx, pytest.raises(GateNotMet):
        confirm_step(tx, step_key="go", **step)
    with app.transaction() as tx, pytest.raises(UnknownStep):
        confirm_step(tx, step_key="agreement", **step)
    with app.transaction() as tx:
        book_call(tx, step_key="kickoff", starts_at=NOW + DAY, **step)
    with app.transaction() as tx:
        confirm_step(tx, step_key="kickoff", **step)
    assert not _sees_prices(stored)
    for _ in range(2):
        with app.transaction() as tx:
            confirm_step(tx, step_key="go", **step)
    assert _sees_prices(stored)


def _sees_prices(stored: Stored) -> bool:
    with stored.app.reading() as tx:
        return check_gate(tx, person_id=stored.person_id, action=Action.SEE_PRICES).allowed


def test_the_level_follows_from_who_is_certified_and_still_there(app: App) -> None:
    levels = [{"key": "certified", "title": "Certified", "needs": {"selling": 2}}]
    with app.transaction() as tx:
        publish_small_track(tx, levels=levels, remediation_days=14)
    stored = make_partner(app, 4)
    with app.transaction() as tx:
        invite_member(
            tx,
            partner_id=stored.partner_id,
            email="mel@vela.example",
            name="Mel",
            role=MemberRole.MEMBER,
        )
    with app.reading() as tx:
        mel = next(m for m in gather_evidence(tx, partner_id=stored.partner_id).members[1:])
    other = Stored(app, stored.partner_id, stored.firm_id, mel.person_id)
    assert _level(stored) == (None, None)
    other.read("selling")
    other.hand_in("selling")
    assert _level(stored) == ("certified", None)
    move_to(app, NOW + 10 * DAY)
    with app.transaction() as tx:
        leave_member(tx, partner_id=stored.partner_id, person_id=mel.person_id)
    assert _level(stored) == ("certified", NOW + 24 * DAY)
    assert next(iter(recompute(app.reading))).keeps_until == NOW + 24 * DAY
    move_to(app, NOW + 24 * DAY)
    assert _level(stored) == (None, None)


def _level(stored: Stored) -> tuple[str | None, datetime | None]:
    with stored.app.reading() as tx:
        found = level_at(gather_evidence(tx, partner_id=stored.partner_id), tx.now)
    return (found.level.key if found.level else None, found.keeps_until)


def test_who_could_see_the_price_list_on_a_past_day_is_answered_from_the_facts(app: App) -> None:
    with app.transaction() as tx:
        publish_small_track(tx)
    always, waived, gone = (make_partner(app, steps) for steps in (4, 3, 4))
    ids = {"partner_id": waived.partner_id, "step_key": "certification", "actor": "Alex"}
    move_to(app, NOW + 1 * DAY)
    with app.transaction() as tx:
        waive_step(tx, reason="A pilot.", **ids)
    move_to(app, NOW + 3 * DAY)
    with app.transaction() as tx:
        take_back_waiver(tx, **ids)
        leave_partner(tx, partner_id=gone.partner_id, reason="Parted.")
    move_to(app, NOW + 5 * DAY)
    with app.transaction() as tx:
        take_partner_back(tx, partner_id=gone.partner_id)
    move_to(app, NOW + 400 * DAY)

    def could_see(days: int) -> set[str]:
        with app.reading() as tx:
            lines = who_could_see(tx, "prices", (NOW + days * DAY).date())
        names = {always.partner_id: "always", waived.partner_id: "waived", gone.partner_id: "gone"}
        return {names[line.partner_id] for line in lines if line.allowed}

    assert could_see(-1) == set()
    assert could_see(0) == {"always", "gone"}
    assert could_see(1) == {"always", "gone", "waived"}
    assert could_see(2) == {"always", "gone", "waived"}
    # On the third day the doors closed in the morning: they had been open until then.
    assert could_see(3) == {"always", "gone", "waived"}
    assert could_see(4) == {"always"}
    assert could_see(5) == {"always", "gone"}
    assert could_see(364) == {"always", "gone"}
    assert could_see(366) == set()
    with app.reading() as tx:
        line = next(
            x
            for x in who_could_see(tx, "prices", (NOW + 3 * DAY).date())
            if x.partner_id == waived.partner_id
        )
    assert line.until == NOW + 3 * DAY


def test_the_past_is_decided_as_it_was_decided_then(app: App) -> None:
    stored = certified(app)
    with app.reading() as tx:
        until = tx.session.scalars(select(Award.valid_until)).one()
    times = [NOW - DAY, NOW, until - DAY, until - timedelta(microseconds=1), until, until + DAY]
    then = []
    for time in times:
        with app.reading() as tx:
            evidence = gather_evidence(tx, partner_id=stored.partner_id)
        then.append(decide(Action.SEE_PRICES, evidence, time).allowed if time >= NOW else False)
    move_to(app, until + 9 * DAY)
    with app.reading() as tx:
        history = gather_history(tx)[stored.partner_id]
    assert [decide(Action.SEE_PRICES, history.at(t), t).allowed for t in times] == then


def test_the_command_line_tells_who_could_see_it(app: App, monkeypatch: Any) -> None:
    from recruit.cli.main import cli

    stored = certified(app)
    monkeypatch.setenv("RECRUIT_DATABASE_URL", str(app.settings.database_url))
    monkeypatch.setenv("RECRUIT_VAR_DIR", str(app.settings.var_dir))
    ask = ["onboarding", "access", "prices", "--on"]
    found = CliRunner().invoke(cli, [*ask, f"{NOW:%Y-%m-%d}", "--format", "json"])
    assert found.exit_code == 0, found.output
    rows = json.loads(found.stdout)
    assert [(row["partner_id"], row["could_see"]) for row in rows] == [(stored.partner_id, "yes")]
    before = CliRunner().invoke(cli, [*ask, "2026-01-01"])
    assert "Nobody could see prices on 2026-01-01" in before.output
    wrong = CliRunner().invoke(cli, ["onboarding", "access", "price", "--on", "2026-01-01"])
    assert wrong.exit_code == 1
    assert "Known: deck, prices" in wrong.output
    assert date(2026, 3, 3) == NOW.date()


def test_a_zip_that_is_safe_is_taken() -> None:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        archive.writestr("a.txt", "hello")
    assert check_upload("a.zip", held.getvalue()).content_type == "application/zip"


def test_the_time_from_signature_to_trained_is_counted_by_the_month_of_the_signature(
    app: App,
) -> None:
    with app.transaction() as tx:
        publish_small_track(tx)
    partners = [make_partner(app, 1) for _ in range(3)]
    move_to(app, NOW + 4 * DAY)
    for stored in partners[:2]:
        stored.describe()
        for course in ("basics", "selling"):
            stored.read(course)
            stored.hand_in(course)
        move_to(app, NOW + 8 * DAY)
    move_to(app, NOW + 40 * DAY)
    make_partner(app, 1, signed_in=False)
    with app.reading() as tx:
        cohorts = training_cohorts(tx)
    assert [(c.month, c.signed, c.days, c.median_days) for c in cohorts] == [
        (date(2026, 4, 1), 1, (), None),
        (date(2026, 3, 1), 3, (4.0, 8.0), 6.0),
    ]
