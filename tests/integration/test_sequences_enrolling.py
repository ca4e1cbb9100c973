"""Enrolling, previewing and the commands, on both databases."""

import json
from collections.abc import Callable
from datetime import timedelta
from importlib.resources import files
from pathlib import Path
from threading import Barrier, Thread

import pytest
import typer
from sqlalchemy import select
from typer.testing import CliRunner, Result

from recruit.cli import sequences
from recruit.firms.tables import Contact, Firm
from recruit.sequences.due_times import next_due_at
from recruit.sequences.tables import Enrollment, SequenceVersion, Touch
from recruit.sequences.usecases import (
    AlreadyEnrolled,
    NoContact,
    SequenceNotActive,
    Suppressed,
    UnknownSequence,
    enroll_firm,
    pause_mailbox,
    pause_sequence,
    preview,
    remove_enrollment,
    save_sequence,
    suppress,
)
from recruit.sequences.values import ExitReason, StepKind, SuppressionScope, TouchStatus
from recruit.wiring import App
from tests.conftest import NOW
from tests.factories.sequences import (
    SEQUENCE,
    enroll_new_firm,
    mails_only,
    make_contact,
    make_firm,
    make_sequence,
    sequence_data,
    sweep,
)


def test_a_firm_is_enrolled_once_even_after_it_was_removed(app: App) -> None:
    with app.transaction() as tx:
        make_sequence(tx)
        enrolled = enroll_new_firm(tx)
    with app.transaction() as tx, pytest.raises(AlreadyEnrolled, match="active"):
        enroll_firm(tx, sequence_name=SEQUENCE, firm_id=enrolled.firm_id, actor="test")
    with app.transaction() as tx:
        remove_enrollment(tx, enrollment_id=enrolled.id, actor="riley", note="Not now.")
    with app.transaction() as tx, pytest.raises(AlreadyEnrolled, match="removed"):
        enroll_firm(tx, sequence_name=SEQUENCE, firm_id=enrolled.firm_id, actor="test")
    assert not sweep(app).sent
    with app.reading() as tx:
        assert tx.session.scalars(select(Touch.status)).all() == [TouchStatus.CANCELLED]
        assert tx.session.scalars(select(Enrollment.exit_reason)).all() == [ExitReason.REMOVED]


def test_two_firms_with_one_address_get_one_mail(app: App) -> None:
    with app.transaction() as tx:
        make_sequence(tx)
        enroll_new_firm(tx)
        twin = make_firm(tx, "Northlight GmbH")
        make_contact(tx, twin, email="ANN+sales@northlight.example".lower())
        with pytest.raises(AlreadyEnrolled, match="as a contact of another firm"):
            enroll_firm(tx, sequence_name=SEQUENCE, firm_id=twin.id, actor="test")


def test_a_merged_firm_is_enrolled_as_its_survivor(app: App) -> None:
    with app.transaction() as tx:
        make_sequence(tx)
        enrolled = enroll_new_firm(tx)
        alias = make_firm(tx, "Old name", merged_into_id=enrolled.firm_id)
        make_contact(tx, alias)
        with pytest.raises(AlreadyEnrolled):
            enroll_firm(tx, sequence_name=SEQUENCE, firm_id=alias.id, actor="test")


def test_people_are_written_to_before_role_addresses_and_suppressed_ones_never(app: App) -> None:
    with app.transaction() as tx:
        make_sequence(tx)
        firm = make_firm(tx)
        make_contact(tx, firm, email="info@northlight.example", name=None, is_role_address=True)
        make_contact(tx, firm, email="bob@northlight.example", name="Bob")
        make_contact(tx, firm, email="ann@northlight.example", name="Ann")
        suppress(
            tx,
            scope=SuppressionScope.ADDRESS,
            key="bob@northlight.example",
            reason="He asked.",
            actor="riley",
        )
        enroll_firm(tx, sequence_name=SEQUENCE, firm_id=firm.id, actor="test")
        assert tx.session.scalars(select(Touch.address_key)).one() == "ann@northlight.example"


@pytest.mark.parametrize(
    ("scope", "key"),
    [
        (SuppressionScope.ADDRESS, "Ann@Northlight.example"),
        (SuppressionScope.DOMAIN, "northlight.example"),
        (SuppressionScope.FIRM, "1"),
    ],
)
def test_what_is_suppressed_is_not_enrolled_and_the_reason_is_named(
    app: App, scope: SuppressionScope, key: str
) -> None:
    with app.transaction() as tx:
        make_sequence(tx)
        firm = make_firm(tx)
        make_contact(tx, firm)
        key = str(firm.id) if scope is SuppressionScope.FIRM else key
        suppress(tx, scope=scope, key=key, reason="A competitor.", actor="riley")
        with pytest.raises(Suppressed, match="A competitor"):
            enroll_firm(tx, sequence_name=SEQUENCE, firm_id=firm.id, actor="test")


def test_refusals_say_what_to_do(app: App) -> None:
    with app.transaction() as tx:
        make_sequence(tx)
        firm = make_firm(tx)
        with pytest.raises(NoContact, match="add one first"):
            enroll_firm(tx, sequence_name=SEQUENCE, firm_id=firm.id, actor="test")
        with pytest.raises(UnknownSequence, match="Did you mean 'first-contact'"):
            enroll_firm(tx, sequence_name="frist-contact", firm_id=firm.id, actor="test")
        pause_sequence(tx, name=SEQUENCE)
        with pytest.raises(SequenceNotActive, match="recruit sequence start first-contact"):
            enroll_firm(tx, sequence_name=SEQUENCE, firm_id=firm.id, actor="test")
    with app.reading() as tx:
        assert tx.session.scalars(select(Enrollment)).all() == []


def test_the_same_definition_is_the_same_version(app: App) -> None:
    with app.transaction() as tx:
        make_sequence(tx)
        same = save_sequence(tx, definition=sequence_data(), actor="riley")
        other = save_sequence(tx, definition=mails_only(), actor="riley")
        assert (same.number, other.number) == (1, 2)
        assert len(tx.session.scalars(select(SequenceVersion)).all()) == 2


def test_the_preview_says_what_the_engine_then_does(app: App) -> None:
    with app.transaction() as tx:
        make_sequence(tx, gap_s=600, cap_per_day=2, **mails_only(3))
        firm_ids = []
        for name, country in (("Vela", "DE"), ("Higashi", "JP"), ("Tejas", "US"), ("Brume", "FR")):
            firm = make_firm(tx, name, country=country, city=None, latitude=None, longitude=None)
            make_contact(tx, firm)
            firm_ids.append(firm.id)
    with app.reading() as tx:
        planned = preview(tx, sequence_name=SEQUENCE, firm_ids=firm_ids)
    with app.transaction() as tx:
        for firm_id in firm_ids:
            enroll_firm(tx, sequence_name=SEQUENCE, firm_id=firm_id, actor="test")
    for _ in range(200):
        sweep(app)
        with app.reading() as tx:
            due = next_due_at(tx)
        if due is None:
            break
        app.clock.move_to(due)  # type: ignore[attr-defined]
    with app.reading() as tx:
        sent = tx.session.execute(
            select(Touch.firm_id, Touch.step_index, Touch.settled_at, Touch.subject, Touch.body)
        ).all()
    assert sorted(
        (t.firm_id, t.step_index, t.due_at, t.subject, t.body) for t in planned
    ) == sorted(tuple(row) for row in sent)
    assert len(planned) == 12
    assert any("gap" in t.rule for t in planned)
    assert any("cap of 2" in t.rule for t in planned)
    assert {t.zone for t in planned} == {
        "Europe/Berlin",
        "Asia/Tokyo",
        "America/New_York",
        "Europe/Paris",
    }


def test_the_preview_shows_what_would_not_go_and_why(app: App) -> None:
    with app.transaction() as tx:
        make_sequence(tx)
        enrolled = enroll_new_firm(tx)
        empty = make_firm(tx, "Without contact")
    with app.reading() as tx:
        planned = preview(tx, sequence_name=SEQUENCE, firm_ids=[enrolled.firm_id, empty.id])
    assert [(t.blocked, t.kind) for t in planned] == [(True, StepKind.EMAIL)] * 2
    assert "was enrolled" in planned[0].rule
    assert (
        planned[1].rule == "Without contact has no contact with an e-mail address; add one first."
    )


Run = Callable[..., Result]


@pytest.fixture
def run(app: App, database_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """Runs a command against the fresh database."""
    monkeypatch.setenv("RECRUIT_DATABASE_URL", database_url)
    monkeypatch.setenv("RECRUIT_VAR_DIR", str(tmp_path / "var"))
    monkeypatch.setattr("recruit.cli.output.console._width", 200)
    cli = typer.Typer()
    sequences.register(cli)
    return lambda *arguments: CliRunner().invoke(cli, [*arguments])


def test_the_packaged_sequence_loads_previews_and_enrolls(run: Run, app: App) -> None:
    path = str(files("recruit.demo") / "data" / "sequence.toml")
    name = "cloud-partners-first-contact"
    with app.transaction() as tx:
        firm = make_firm(tx)
        make_contact(tx, firm)
        nobody = make_firm(tx, "Vela")
    assert f"{name}: version 1, 4 steps." in run("sequence", "load", path).stdout
    rows = json.loads(
        run("sequence", "preview", name, "--firm", str(firm.id), "--format", "json").stdout
    )
    assert [(row["step"], row["kind"], row["goes"]) for row in rows] == [
        (1, "email", "yes"),
        (2, "task", "yes"),
        (3, "email", "yes"),
        (4, "email", "yes"),
    ]
    assert rows[2]["subject"] == "Re: Partnering with Northlight"
    refused = run("enroll", "--sequence", name, "--firm", str(firm.id))
    assert refused.exit_code == 1
    assert "is draft; start it first" in refused.stdout
    assert run("sequence", "start", name).exit_code == 0
    enrolled = run("enroll", "--sequence", name, "--firm", str(firm.id), "--firm", str(nobody.id))
    assert "1 of 2 firms enrolled" in enrolled.stdout
    assert "has no contact" in enrolled.stdout
    listed = json.loads(run("sequence", "list", "--format", "json").stdout)
    assert (listed[0]["name"], listed[0]["status"], listed[0]["enrolled"]) == (name, "active", 1)


def test_the_packaged_sequence_lasts_two_to_three_weeks(app: App) -> None:
    import tomllib

    text = (files("recruit.demo") / "data" / "sequence.toml").read_text(encoding="utf-8")
    with app.transaction() as tx:
        make_sequence(tx, **tomllib.loads(text))
        firm = make_firm(tx)
        make_contact(tx, firm)
    with app.reading() as tx:
        planned = preview(tx, sequence_name="cloud-partners-first-contact", firm_ids=[firm.id])
    length = planned[-1].due_at - NOW
    assert timedelta(days=13) < length < timedelta(days=21)


def test_a_broken_definition_stops_the_command_with_its_place(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "broken.toml"
    path.write_text(
        'name = "x"\n[[steps]]\nkind = "email"\nsubject = "Hi"\nbody = "{{ firm.nmae }}"\n'
    )
    result = run("sequence", "load", str(path))
    assert result.exit_code == 1
    assert "steps[1].body: line 1: unknown token {{ firm.nmae }}; did you mean firm.name" in (
        result.output.replace("\n", " ")
    )


def test_a_mailbox_is_added_and_resumed_from_the_command_line(run: Run, app: App) -> None:
    added = run("mailbox", "add", "Pat@Vendor.example", "--name", "Pat", "--cap-per-day", "20")
    assert added.exit_code == 0
    with app.transaction() as tx:
        pause_mailbox(tx, address="pat@vendor.example", reason="Blocked by a list.")
    row = json.loads(run("mailbox", "list", "--format", "json").stdout)[0]
    assert (row["address"], row["cap_per_day"]) == ("pat@vendor.example", 20)
    assert row["paused_reason"] == "Blocked by a list."
    assert run("mailbox", "resume", "pat@vendor.example").exit_code == 0
    assert json.loads(run("mailbox", "list", "--format", "json").stdout)[0]["paused_at"] is None
    assert run("mailbox", "add", "nobody", "--name", "x").exit_code == 1


def test_two_people_at_once_enroll_a_firm_once(app: App) -> None:
    with app.transaction() as tx:
        make_sequence(tx)
        firm = make_firm(tx)
        make_contact(tx, firm)
    barrier = Barrier(2)
    outcomes: list[str] = []

    def enroll() -> None:
        barrier.wait()
        try:
            with app.transaction() as tx:
                enroll_firm(tx, sequence_name=SEQUENCE, firm_id=firm.id, actor="test")
            outcomes.append("enrolled")
        except AlreadyEnrolled:
            outcomes.append("refused")

    threads = [Thread(target=enroll) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["enrolled", "refused"]
    with app.reading() as tx:
        assert len(tx.session.scalars(select(Touch)).all()) == 1


def test_a_contact_whose_address_changed_is_held_for_a_person(app: App) -> None:
    with app.transaction() as tx:
        make_sequence(tx)
        enrolled = enroll_new_firm(tx)
        contact = tx.session.get_one(Contact, enrolled.contact_id)
        contact.email = "ann@elsewhere.example"
    assert sweep(app).held == 1
    with app.reading() as tx:
        held = tx.session.scalars(select(Touch)).one()
    assert "became ann@elsewhere.example" in held.blocked_by


def test_enrolling_by_rank_asks_for_a_profile(run: Run, app: App) -> None:
    result = run("enroll", "--sequence", "x")
    assert result.exit_code == 1
    assert "--profile P --top N" in result.output


def test_a_firm_row_that_was_merged_after_enrolling_is_told_to_the_crm_as_its_survivor(
    app: App,
) -> None:
    from recruit.db.outbox import OutboxEntry

    with app.transaction() as tx:
        make_sequence(tx)
        enrolled = enroll_new_firm(tx)
        survivor = make_firm(tx, "Group")
        tx.session.get_one(Firm, enrolled.firm_id).merged_into_id = survivor.id
    assert sweep(app).sent == 1
    with app.reading() as tx:
        told = tx.session.scalars(select(OutboxEntry.object_id)).all()
    assert survivor.id in told
