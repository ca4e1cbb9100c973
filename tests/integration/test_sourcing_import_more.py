"""Imports further: lists that shrink, people and the law, what is remembered, what a guess prints."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from recruit.firms.tables import Contact
from recruit.firms.usecases import resolve_firms
from recruit.insights.jobs import list_job_problems, list_sources
from recruit.sourcing.mapping import MappingError
from recruit.sourcing.opening import JobReport, import_file
from recruit.sourcing.tables import SourceRecord
from recruit.sourcing.values import Fact
from recruit.wiring import App

LEADS = (
    "First Name,Last Name,Title,Email,LinkedIn Profile URL,Company Name,Company Website,Company Linkedin URL\n"
    "Jane,Doe,Head of Alliances,jane@acme.example,linkedin.com/in/jane,Acme GmbH,acme.example,linkedin.com/company/acme\n"
    "Joe,Roe,CTO,joe@acme.example,linkedin.com/in/joe,Acme GmbH,acme.example,linkedin.com/company/acme\n"
)


def run(app: App, path: Path, text: str, **over: Any) -> JobReport:
    path.write_text(text, encoding="utf-8")
    return import_file(app.transaction, path=path, source_name="list", **over)


def records(app: App) -> list[SourceRecord]:
    with app.reading() as tx:
        return list(tx.session.scalars(select(SourceRecord).order_by(SourceRecord.id)))


def test_a_complete_list_that_shrinks_marks_what_is_missing(app: App, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    run(app, path, "id,name\n1,One\n2,Two\n3,Three\n", complete=True)
    # The source remembers that its lists are complete.
    report = run(app, path, "id,name\n1,One\n")
    assert report.message == "2 firms are not in the list any more."
    assert [record.vanished_at is None for record in records(app)] == [True, False, False]
    back = run(app, path, "id,name\n1,One\n3,Three\n")
    assert (back.new, back.same) == (0, 2)
    assert [record.vanished_at is None for record in records(app)] == [True, False, True]
    partial = run(app, path, "id,name\n1,One\n", complete=False)
    assert partial.message == ""


def test_a_complete_list_in_which_nothing_can_be_read_lets_nothing_vanish(
    app: App, tmp_path: Path
) -> None:
    path = tmp_path / "a.csv"
    run(app, path, "id,name\n1,One\n", complete=True)
    report = run(app, path, "id,name\n1,\n")
    assert report.message == "No firm was found in the file."
    assert records(app)[0].vanished_at is None


def test_people_are_left_out_without_a_lawful_basis_and_counted(app: App, tmp_path: Path) -> None:
    report = run(app, tmp_path / "leads.csv", LEADS)
    assert (report.new, report.same, report.problems) == (1, 1, 0)
    assert report.message.startswith("2 people were left out: the source records no lawful basis")
    assert "Jane" not in str(records(app)[0].facts)


def test_people_become_contacts_where_a_lawful_basis_is_recorded(app: App, tmp_path: Path) -> None:
    about = {"lawful_basis": "Legitimate interest", "title": "Leads of the fair"}
    report = run(app, tmp_path / "leads.csv", LEADS, about=about)
    assert (report.new, report.message) == (2, "")
    assert run(app, tmp_path / "leads.csv", LEADS).same == 2
    with app.transaction() as tx:
        resolve_firms(tx)
    with app.reading() as tx:
        contacts = list(tx.session.scalars(select(Contact).order_by(Contact.email)))
    assert [(c.email, c.name, c.job_title) for c in contacts] == [
        ("jane@acme.example", "Jane Doe", "Head of Alliances"),
        ("joe@acme.example", "Joe Roe", "CTO"),
    ]
    assert len({contact.firm_id for contact in contacts}) == 1
    assert "Leads of the fair" in contacts[0].origin


def test_a_phone_in_no_plan_is_kept_as_its_digits(app: App, tmp_path: Path) -> None:
    report = run(
        app, tmp_path / "a.csv", "name,phone,country\nA,386 5286,\nB,0221 4710000,DE\nC,call us,\n"
    )
    phones = [
        [
            (fact.value, fact.confidence)
            for fact in map(Fact.from_json, record.facts)
            if fact.field == "phone"
        ]
        for record in records(app)
    ]
    assert phones == [[("3865286", 0.5)], [("+492214710000", 0.95)], []]
    (problem,) = report.first_problems
    assert (problem.row, problem.field, problem.refused) == (4, "phone", False)
    assert "'call us' is not a phone number" in problem.reason


def test_a_row_is_known_by_its_number_in_the_register(app: App, tmp_path: Path) -> None:
    head = "CompanyName, CompanyNumber,RegAddress.PostTown,RegAddress.Country,IncorporationDate\n"
    run(app, tmp_path / "a.csv", head + "ACME LTD,01234567,LEEDS,ENGLAND,09/03/1998\n")
    report = run(
        app, tmp_path / "a.csv", head + "ACME HOLDINGS LTD,01234567,LEEDS,ENGLAND,09/03/1998\n"
    )
    assert (report.new, report.changed) == (0, 1)
    (record,) = records(app)
    values = {fact["field"]: fact["value"] for fact in record.facts}
    assert record.record_id == "reg-01234567"
    assert (values["registry_id"], values["country"]) == ("01234567", "GB")


def test_every_refused_row_is_kept_as_it_was(app: App, tmp_path: Path) -> None:
    text = 'id,name,note\n1,"A, B",x\n2,,"she said ""no"", twice"\n1,Other,y\n'
    report = run(app, tmp_path / "a.csv", text)
    with app.reading() as tx:
        problems = list_job_problems(tx, report.job_id)
    assert [(p.row, p.refused, p.raw) for p in problems] == [
        (3, True, '2,,"she said ""no"", twice"'),
        (4, True, "1,Other,y"),
    ]


def test_a_preset_that_does_not_fit_leaves_no_trace(app: App, tmp_path: Path) -> None:
    with pytest.raises(MappingError, match="no column for the firm's name"):
        run(app, tmp_path / "a.csv", "x,y\n1,2\n", preset="hubspot-companies")
    with app.reading() as tx:
        assert list_sources(tx) == []
