"""`recruit resolve` and `recruit firms export`, as a person types them."""

import csv
import json
from collections.abc import Callable
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from recruit.cli import firms
from recruit.wiring import App
from tests.factories.firms import store_sighting

Run = Callable[..., Result]


@pytest.fixture
def run(app: App, database_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """Runs a command against the fresh database, in which two sources saw two firms."""
    monkeypatch.setenv("RECRUIT_DATABASE_URL", database_url)
    monkeypatch.setenv("RECRUIT_VAR_DIR", str(tmp_path / "var"))
    cli = typer.Typer()
    firms.register(cli)
    with app.transaction() as tx:
        site = "https://northlight.example"
        store_sighting(tx, "a", website=site, specialty=["aws", "go"], phone="+4940123456")
        store_sighting(tx, "b", "providers", name="Northlight", website=site)
        store_sighting(tx, "=c", "providers", name="=cmd|' /C calc'!A0", country="DE")

    def invoke(*arguments: str) -> Result:
        return CliRunner().invoke(cli, [*arguments])

    return invoke


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_resolving_says_what_it_did(run: Run) -> None:
    assert run("resolve").stdout == (
        "3 new or changed sightings: 2 new firms, 0 changed, 0 joined into others, 0 split off. "
        "2 firms in all.\n"
    )
    again = json.loads(run("resolve", "--format", "json").stdout)
    assert (again[0]["records"], again[0]["firms"]) == (0, 2)


def test_a_missing_part_of_spark_is_named_and_nothing_is_resolved(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    refused = run("resolve", "--engine", "spark")
    assert refused.exit_code == 1
    assert "no bin/java below it" in refused.output
    nowhere = run("resolve", "--engine", "spark", "--spark-folder", str(tmp_path / "x"))
    assert "There is no folder" in nowhere.output
    monkeypatch.delenv("JAVA_HOME")
    assert "3 new or changed sightings" in run("resolve").stdout


def test_firms_are_exported_one_row_each(run: Run, tmp_path: Path) -> None:
    run("resolve")
    path = tmp_path / "firms.csv"
    assert run("firms", "export", "-o", str(path)).stdout == f"2 firms written to {path}.\n"
    northlight, other = read(path)
    assert northlight["domain"] == "northlight.example"
    assert northlight["specialties"] == "aws; go"
    assert northlight["phone"] == "+4940123456"
    assert other["name"] == "'=cmd|' /C calc'!A0"


def test_members_are_exported_one_row_a_sighting(run: Run, tmp_path: Path) -> None:
    run("resolve")
    path = tmp_path / "members.csv"
    assert "3 sightings written" in run("firms", "export", "--members", "-o", str(path)).stdout
    rows = read(path)
    assert list(rows[0]) == ["firm_id", "source", "source_record_id"]
    assert [(row["source"], row["source_record_id"]) for row in rows] == [
        ("directory", "a"),
        ("providers", "b"),
        ("providers", "=c"),
    ]
    assert rows[0]["firm_id"] == rows[1]["firm_id"] != rows[2]["firm_id"]


def test_the_terminal_is_a_file_too(run: Run) -> None:
    run("resolve")
    assert run("firms", "export", "-o", "-").stdout.splitlines()[0].startswith("firm_id,name,")


def test_a_file_that_cannot_be_written_is_an_error_in_words(run: Run, tmp_path: Path) -> None:
    result = run("firms", "export", "-o", str(tmp_path / "no" / "such" / "folder.csv"))
    assert result.exit_code == 1
    assert "cannot be written" in result.stderr


def test_a_person_decides_and_undoes_by_command(run: Run) -> None:
    run("resolve")
    assert "No pair waits." in run("firms", "review").stdout
    firm, other = ("northlight.example", "2")
    assert (
        "Take it back with: recruit firms withdraw 1"
        in run("firms", "different", firm, other).stdout
    )
    verdicts = json.loads(run("firms", "verdicts", "--format", "json").stdout)
    assert [(v["verdict"], v["said"]) for v in verdicts] == [(1, "not the same")]
    assert "Verdict 1 binds no run any more." in run("firms", "withdraw", "1").stdout
    merged = run("firms", "merge", firm, other, "--why", "Same owners.")
    assert "Firm 2 is part of firm 1 now. Undo it with: recruit firms undo " in merged.stdout
    change = merged.stdout.split()[-1]
    lines = json.loads(run("firms", "history", "1", "--format", "json").stdout)
    assert any((str(line["change"]), line["detail"]) == (change, "Same owners.") for line in lines)
    assert f"Undone: change {change}" in run("firms", "undo", change).stdout
    again = run("firms", "undo", change)
    assert again.exit_code == 1
    assert "undone by command line already" in again.stderr
    records = json.loads(run("firms", "history", "1", "--sightings", "--format", "json").stdout)
    split = run("firms", "split", "1", "--record", str(records[0]["record"]))
    assert "was split off firm 1" in split.stdout
    assert "Firm 3 is part of firm 1 now." in run("firms", "same", "3", "1").stdout
    assert "(2) belongs to Northlight (1)" in run("firms", "parent", "2", "1").stdout
    refused = run("firms", "parent", "1", "2")
    assert "recruit firms parent 2 --none" in refused.stderr
    assert "belongs to nobody" in run("firms", "parent", "2", "--none").stdout


def test_a_list_is_taken_over_and_told_row_by_row(run: Run, tmp_path: Path) -> None:
    run("resolve")
    path = tmp_path / "customers.csv"
    path.write_text("Website,Name\nnorthlight.example,\n,Nobody Ltd\n,\n", encoding="utf-8")
    told = run("firms", "tag", str(path), "--as", "customer")
    assert (
        "customers.csv: 1 firms tagged customer, 1 not known yet and kept, 0 not clear"
        in told.stdout
    )
    assert "no firm with the name Nobody Ltd is known yet" in " ".join(told.stdout.split())
    rows = json.loads(run("firms", "lists", "customers.csv", "--format", "json").stdout)
    assert [row["state"] for row in rows] == ["matched", "unmatched"]
    assert (
        f"Entry {rows[1]['entry']} means firm 2."
        in run("firms", "choose", str(rows[1]["entry"]), "2").stdout
    )
    assert (
        "(1) is no longer tagged customer." in run("firms", "untag", "1", "--as", "customer").stdout
    )
    assert "is tagged competitor." in run("firms", "tag", "1", "--as", "competitor").stdout
    assert "There is no file" in run("firms", "tag", "nothing.csv", "--as", "customer").stderr
    assert "No firm has the id" in run("firms", "tag", "Nobody", "--as", "customer").stderr
    assert "Known: by hand, customers.csv" in run("firms", "lists", "x").stderr
