"""Where several records there could be ours, a person says which, and nothing is told until then."""

import json
from dataclasses import replace
from typing import Any

import pytest
from typer.testing import CliRunner

from recruit.cli.main import cli
from recruit.crm.mapping import load_mapping
from recruit.crm.values import Inclusion
from recruit.insights.crm import crm_health, firm_sync_history
from recruit.insights.crm_questions import list_questions
from recruit.people.values import Role
from recruit.sync.planning import plan_sync
from recruit.sync.push import PushReport, push_changes
from recruit.sync.questions import (
    AnswerRefused,
    QuestionNotFound,
    link_to,
    make_new,
    reopen,
    rule_out,
)
from recruit.sync.reconcile import reconcile
from recruit.sync.values import QuestionStatus
from recruit.wiring import App
from tests.factories.sync import make_told_firm
from tests.factories.web import open_visitor, words_of

MAPPING = replace(load_mapping(), include=Inclusion.ENROLLED)


def push(app: App) -> PushReport:
    return push_changes(app.transaction, app.crm, MAPPING)


def companies(app: App) -> list[Any]:
    return app.crm.list_records("company")


@pytest.fixture
def asked(app: App) -> tuple[int, list[str]]:
    """A firm of which two accounts could be the twin; its question, and their ids."""
    ids = [
        app.crm.create("company", {"name": name, "domain": "firm1.example"}).id
        for name in ("Firm 1 North", "Firm 1 South")
    ]
    with app.transaction() as tx:
        make_told_firm(tx)
    assert push(app).dead == 1
    with app.reading() as tx:
        (line,) = list_questions(tx)
    assert (line.firm, line.kind, len(line.fits)) == ("Firm 1", "company", 2)
    return line.question_id, ids


def test_nothing_is_told_of_a_firm_until_somebody_decides(
    app: App, asked: tuple[int, list[str]]
) -> None:
    assert all(record.external_id is None for record in companies(app))
    assert app.crm.list_records("contact") == []
    with app.transaction() as tx:
        tx.announce("firm", 1)
    assert [one.what for one in plan_sync(app.reading, app.crm, MAPPING)] == ["ask"]
    assert push(app).dead == 1
    with app.reading() as tx:
        assert len(list_questions(tx)) == 1
        assert crm_health(tx).dead_by_class == {"ambiguous": 2}


def test_the_one_that_was_chosen_is_linked_and_told(app: App, asked: tuple[int, list[str]]) -> None:
    question_id, (north, south) = asked
    with app.transaction() as tx:
        link_to(tx, question_id=question_id, crm_id=south, actor="Robin")
    report = push(app)
    assert (report.acknowledged, report.linked) == (1, 1)
    by_id = {record.id: record for record in companies(app)}
    assert by_id[south].external_id == "RC-00000001"
    assert by_id[north].external_id is None
    assert reconcile(app.reading, app.crm, MAPPING) == []
    with app.reading() as tx:
        assert list_questions(tx) == []
        (decided,) = list_questions(tx, waiting=False)
        assert (decided.decided_by, decided.link_to) == ("Robin", south)
        history = firm_sync_history(tx, 1)
        assert crm_health(tx).is_fresh
    assert f"Robin: it is {south}" in {line.text for line in history}
    with app.transaction() as tx, pytest.raises(AnswerRefused, match="linked already"):
        reopen(tx, question_id=question_id, actor="Robin")


def test_a_new_one_is_made_where_none_is_it(app: App, asked: tuple[int, list[str]]) -> None:
    question_id, ids = asked
    with app.transaction() as tx:
        make_new(tx, question_id=question_id, actor="Robin")
    assert push(app).created > 0
    (ours,) = [record for record in companies(app) if record.id not in ids]
    assert ours.external_id == "RC-00000001"
    assert len(companies(app)) == 3
    assert push(app).written == 0


def test_the_last_one_left_is_not_linked_by_itself(app: App, asked: tuple[int, list[str]]) -> None:
    question_id, (north, south) = asked
    with app.transaction() as tx:
        rule_out(tx, question_id=question_id, crm_id=north, actor="Robin")
        tx.announce("firm", 1)
    assert push(app).dead == 1
    with app.transaction() as tx:
        (line,) = list_questions(tx)
        assert [fit.crm_id for fit in line.fits] == [south]
        rule_out(tx, question_id=question_id, crm_id=south, actor="Robin")
    assert push(app).acknowledged == 1
    assert len(companies(app)) == 3


def test_an_answer_can_be_taken_back_before_it_is_told(
    app: App, asked: tuple[int, list[str]]
) -> None:
    question_id, (north, _) = asked
    with app.transaction() as tx:
        link_to(tx, question_id=question_id, crm_id=north, actor="Robin")
    with app.transaction() as tx:
        reopen(tx, question_id=question_id, actor="Robin")
    assert push(app).dead == 1
    with app.transaction() as tx:
        make_new(tx, question_id=question_id, actor="Sasha")
    assert push(app).created > 0


def test_people_who_tidy_up_in_the_crm_have_answered_too(
    app: App, asked: tuple[int, list[str]]
) -> None:
    _, (north, south) = asked
    app.crm.delete("company", north)
    with app.transaction() as tx:
        tx.announce("firm", 1)
    assert push(app).linked == 1
    with app.reading() as tx:
        assert list_questions(tx) == []
    assert {record.id for record in companies(app) if record.external_id} == {south}


def test_one_that_is_gone_when_it_is_to_be_linked_is_asked_for_again(
    app: App, asked: tuple[int, list[str]]
) -> None:
    question_id, (north, south) = asked
    third = app.crm.create("company", {"name": "Firm 1 West", "domain": "firm1.example"}).id
    with app.transaction() as tx:
        link_to(tx, question_id=question_id, crm_id=north, actor="Robin")
    app.crm.delete("company", north)
    assert push(app).dead == 1
    with app.reading() as tx:
        (line,) = list_questions(tx)
    assert {fit.crm_id for fit in line.fits} == {south, third}


def test_several_people_of_one_address_are_asked_for_too(app: App) -> None:
    for name in ("Ada", "Ada E."):
        app.crm.create("contact", {"name": name, "email": "ada@firm1.example"})
    with app.transaction() as tx:
        make_told_firm(tx)
    assert push(app).dead == 1
    assert [record.external_id for record in companies(app)] == ["RC-00000001"]
    assert app.crm.list_records("activity") == []
    with app.transaction() as tx:
        (line,) = list_questions(tx)
        assert (line.kind, line.ours["email"]) == ("contact", "ada@firm1.example")
        link_to(tx, question_id=line.question_id, crm_id=line.fits[0].crm_id, actor="Robin")
    assert push(app).acknowledged == 1
    assert len(app.crm.list_records("contact")) == 2
    assert reconcile(app.reading, app.crm, MAPPING) == []


def test_an_answer_that_does_not_fit_is_refused_in_words(
    app: App, asked: tuple[int, list[str]]
) -> None:
    question_id, (north, _) = asked
    with app.transaction() as tx:
        with pytest.raises(AnswerRefused, match="none of the records that fit"):
            link_to(tx, question_id=question_id, crm_id="C9", actor="Robin")
        with pytest.raises(QuestionNotFound, match="recruit crm questions"):
            make_new(tx, question_id=99, actor="Robin")
        link_to(tx, question_id=question_id, crm_id=north, actor="Robin")
        with pytest.raises(AnswerRefused, match="decided already by Robin"):
            make_new(tx, question_id=question_id, actor="Sasha")


def test_the_page_shows_both_sides_and_takes_the_answer_and_takes_it_back(
    app: App, asked: tuple[int, list[str]]
) -> None:
    question_id, (north, south) = asked
    visitor = open_visitor(app, Role.RECRUITER)
    assert "could be one of several" in words_of(visitor.get("/crm").text)
    assert f'href="/crm/questions?question={question_id}"' in visitor.get("/firms/1/crm").text
    page = visitor.get("/crm/questions")
    words = words_of(page.text)
    assert "Which account in" in words
    assert words.index("Recruit RC-00000001") < words.index("Firm 1 North") < words.index("South")
    assert page.text.count("Link to this one <kbd>") == 2
    answered = visitor.post(f"/crm/questions/{question_id}/link", crm_id=south)
    assert answered.headers["location"] == f"/crm/questions?last={question_id}"
    after = words_of(visitor.get(answered.headers["location"]).text)
    assert f"Firm 1 is {south} in the CRM" in after
    assert "Decided lately" in after
    visitor.post(f"/crm/questions/{question_id}/undo")
    visitor.post(f"/crm/questions/{question_id}/not", crm_id=north)
    assert "1 record there has the same domain; 1 other ruled out" in words_of(
        visitor.get("/crm/questions").text
    )
    visitor.post(f"/crm/questions/{question_id}/new")
    with app.reading() as tx:
        (decided,) = list_questions(tx, waiting=False)
    assert decided.status is QuestionStatus.NEW
    assert visitor.post(f"/crm/questions/{question_id}/away").status_code == 404
    assert visitor.get("/crm/questions?question=99").status_code == 404


def test_the_command_line_lists_questions_and_answers_them(
    app: App, asked: tuple[int, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    question_id, (_, south) = asked
    monkeypatch.setenv("RECRUIT_VAR_DIR", str(app.settings.var_dir))
    monkeypatch.setenv("RECRUIT_DATABASE_URL", app.settings.database)
    run = CliRunner().invoke
    listed = json.loads(run(cli, ["crm", "questions", "--format", "json"]).stdout)
    assert listed[0]["could_be"][south] == "Firm 1 South"
    refused = run(cli, ["crm", "answer", str(question_id), "--new", "--link-to", south])
    assert (refused.exit_code, "one answer" in refused.stderr) == (1, True)
    assert run(cli, ["crm", "answer", "99", "--new"]).exit_code == 1
    assert run(cli, ["crm", "answer", str(question_id), "--link-to", south]).exit_code == 0
    with app.reading() as tx:
        (decided,) = list_questions(tx, waiting=False)
    assert (decided.link_to, decided.decided_by) == (south, "command line")
