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
