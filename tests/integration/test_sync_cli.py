"""`recruit crm …`, as a person types it."""

import csv
import io
import json

import pytest
import typer
from typer.testing import CliRunner

from recruit.cli import crm
from recruit.firms.tables import Firm
from tests.factories.sync import make_firm, make_told_firm


@pytest.fixture
def run(app, database_url, monkeypatch, tmp_path):
    """Runs a command against the fresh database and CRM, in a terminal of 200 columns."""
    monkeypatch.setenv("RECRUIT_DATABASE_URL", database_url)
    monkeypatch.setenv("RECRUIT_VAR_DIR", str(tmp_path / "var"))
    monkeypatch.setattr("recruit.cli.output.console._width", 200)
    monkeypatch.setattr("recruit.cli.output.err_console._width", 200)
    cli = typer.Typer()
    crm.register(cli)
    with app.transaction() as tx:
        make_told_firm(tx, 1)
        make_told_firm(tx, 2)
        make_firm(tx, 3)
    return lambda *arguments: CliRunner().invoke(cli, ["crm", *arguments])


def rows(result):
    return json.loads(result.stdout)


def test_plan_push_and_reconcile_tell_one_story(run, app):
    planned = rows(run("plan", "--format", "json"))
    assert [r["what"] for r in planned].count("create") == 12
    assert [r["firm_id"] for r in planned if r["what"] == "skip"] == [3]
    assert app.crm.list_records("company") == []
    first = run("push", "--format", "json")
    assert first.exit_code == 0
    assert rows(first)[0]["created"] == rows(first)[0]["written"] == 12
    assert rows(run("plan", "--format", "json")) == []
    again = run("push", "--format", "json")
    assert rows(again)[0]["written"] == 0
    result = run("reconcile")
    assert (result.exit_code, result.stdout) == (0, "Both sides are equal.\n")
    heard = run("pull", "--format", "json")
    assert rows(heard)[0]["echoes"] == 12


def test_a_table_is_for_people(run):
    plan = run("plan")
    assert "12 records would be written. Nothing was." in plan.stdout
    assert "create" in plan.stdout
    push = run("push")
    assert push.exit_code == 0
    health = run("health")
    assert "not_included 1" in health.stdout
    assert "company 2" in health.stdout


def test_reconcile_lists_each_difference_and_exits_with_1(run, app):
    run("push")
    record = app.crm.list_records("company")[0]
    app.crm.edit("company", record.id, {"partner_stage": "Mine", "city": "Bremen"})
    run("pull")
    result = run("reconcile", "--format", "csv")
    assert result.exit_code == 1
    (line,) = csv.DictReader(io.StringIO(result.stdout))
    assert line == {
        "firm_id": "1",
        "firm": "Firm 1",
        "kind": "company",
        "external_id": "RC-00000001",
        "field": "partner_stage",
        "ours": "Replied",
        "theirs": "Mine",
        "why": "differs",
    }
    assert "Differences: 1." in result.stderr
    run("push")
    assert run("reconcile").exit_code == 0
    allowed = run("reconcile", "--all", "--format", "json")
    assert allowed.exit_code == 0
    assert [r["field"] for r in rows(allowed)] == ["city"]


def test_what_was_refused_is_listed_replayed_and_discarded(run, app):
    with app.transaction() as tx:
        tx.session.get(Firm, 1).name = tx.session.get(Firm, 2).name = "N" * 256
    result = run("push")
    assert result.exit_code == 1
    assert "Refused: 2 of the firms. `recruit crm dead` says why." in result.stderr
    letters = rows(run("dead", "--format", "json"))
    assert {r["error_class"] for r in letters} == {"too_long"}
    assert "holds 255 characters" in letters[0]["text"]
    with app.transaction() as tx:
        tx.session.get(Firm, 1).name = "Short"
    entries = {r["text"][8:19]: r["entry_id"] for r in letters}
    assert run("replay", str(entries["RC-00000001"])).exit_code == 0
    assert run("discard", str(entries["RC-00000002"])).exit_code == 0
    assert run("push").exit_code == 0
    assert [r.fields["name"] for r in app.crm.list_records("company")] == ["Short"]
    again = run("replay", str(entries["RC-00000001"]))
    assert again.exit_code == 1
    assert "There is no dead letter" in again.stderr
    assert run("discard", "4711").exit_code == 1


def test_all_queues_what_no_edit_announced(run, app):
    run("push")
    with app.transaction() as tx:
        tx.session.get(Firm, 1).specialties = ["aws"]
    assert rows(run("push", "--format", "json"))[0]["updated"] == 0
    assert rows(run("push", "--all", "--format", "json"))[0]["updated"] == 1


def test_a_mapping_that_cannot_work_is_named_with_its_remedy(run, tmp_path):
    path = tmp_path / "m.toml"
    path.write_text('extends = "default"\n[company.fields]\nscore = { theirs = "partner_scor" }\n')
    result = run("push", "--mapping", str(path))
    assert result.exit_code == 1
    assert "company has no such field; did you mean 'partner_score'?" in result.stderr
    path.write_text("include = 1")
    assert "is missing" in run("plan", "--mapping", str(path)).stderr


def test_without_a_crm_the_setting_is_named(run, monkeypatch):
    monkeypatch.setenv("RECRUIT_CRM", "none")
    result = run("push")
    assert result.exit_code == 1
    assert "RECRUIT_CRM=embedded" in result.stderr
