"""`recruit profile`, `recruit rank` and `recruit explain`, as a person types them."""

import json
import tomllib
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from recruit.cli import scoring
from recruit.wiring import App
from tests.factories.scoring import add_firm_row

Run = Callable[..., Result]
PROFILE = (files("recruit.demo") / "data" / "profile.toml").read_text(encoding="utf-8")


@pytest.fixture
def run(app: App, database_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """Runs a command against the fresh database, in a terminal of 140 columns."""
    monkeypatch.setenv("RECRUIT_DATABASE_URL", database_url)
    monkeypatch.setenv("RECRUIT_VAR_DIR", str(tmp_path / "var"))
    monkeypatch.setattr("recruit.cli.output.console._width", 140)
    cli = typer.Typer()
    scoring.register(cli)
    with app.transaction() as tx:
        add_firm_row(tx, name="Aster [Works]", domain="aster.example")
        add_firm_row(tx, name="Vela", employees_low=201, employees_high=500, specialties=["php"])
        add_firm_row(tx, name="Brume", country=None, city=None, employees_low=None)

    def invoke(*arguments: str) -> Result:
        return CliRunner().invoke(cli, [*arguments])

    return invoke


@pytest.fixture
def profile_file(tmp_path: Path) -> Path:
    """The demo profile in a file."""
    path = tmp_path / "profile.toml"
    path.write_text(PROFILE, encoding="utf-8")
    return path


def test_a_profile_is_loaded_and_what_changed_is_printed(run: Run, profile_file: Path) -> None:
    name = tomllib.loads(PROFILE)["name"]
    assert f"{name}: saved as version 1." in run("profile", "load", str(profile_file)).stdout
    again = run("profile", "load", str(profile_file)).stdout
    assert again == f"{name}: nothing changed, still version 1.\n"
    profile_file.write_text(PROFILE.replace("points = 25", "points = 26"), encoding="utf-8")
    assert run("profile", "load", str(profile_file)).stdout.splitlines() == [
        f"{name}: saved as version 2.",
        "  criteria.geography.points: 25 → 26",
        f"Rank all firms against it with: recruit rank --profile {name}",
    ]
    listed = json.loads(run("profile", "list", "--format", "json").stdout)
    assert [(line["name"], line["version"], line["ranked_at"]) for line in listed] == [
        (name, 2, None)
    ]


def test_a_bad_profile_is_refused_with_every_mistake(run: Run, profile_file: Path) -> None:
    text = PROFILE.replace('"Europe"', '"Eurpe"').replace("points = 10", "points = -1")
    profile_file.write_text(text, encoding="utf-8")
    result = run("profile", "load", str(profile_file))
    assert result.exit_code == 1
    assert (
        f'{profile_file}: criteria.geography.areas[1].regions: "Eurpe" is no region.'
        in result.stderr
    )
    assert 'Did you mean "Europe"?' in result.stderr
    assert "criteria.tenure.points: -1 is negative." in result.stderr
    assert json.loads(run("profile", "list", "--format", "json").stdout) == []


def test_a_file_that_is_not_there_is_told(run: Run, tmp_path: Path) -> None:
    result = run("profile", "load", str(tmp_path / "none.toml"))
    assert result.exit_code == 1
    assert "Give the path of a TOML file" in result.stderr


def test_a_ranking_is_printed_with_reasons(run: Run, profile_file: Path) -> None:
    run("profile", "load", str(profile_file))
    result = run("rank", "--top", "5")
    assert result.exit_code == 0
    assert "Aster [Works]" in result.stdout
    assert "Hamburg, DE" in result.stdout
    assert "Offers kubernetes and managed services" in result.stdout
    assert "2 firms ranked against cloud-native-service-partner, version 1; 1 fail a must-have" in (
        result.stdout
    )
    rows = json.loads(run("rank", "--top", "1", "--format", "json").stdout)
    assert [(row["rank"], row["firm"], row["domain"]) for row in rows] == [
        (1, "Aster [Works]", "aster.example")
    ]
    sentences = [reason["sentence"] for reason in rows[0]["reasons"]]
    assert "Hamburg, Germany is in Europe." in sentences
    text = run("rank", "--top", "1", "--format", "csv").stdout
    assert "25 geography: Hamburg, Germany is in Europe." in text
    assert text == run("rank", "--top", "1", "--format", "csv").stdout


def test_a_ranking_without_a_profile_says_what_to_do(run: Run) -> None:
    result = run("rank")
    assert result.exit_code == 1
    assert "recruit profile load FILE.toml" in result.stderr


def test_an_explanation_prints_the_whole_arithmetic(run: Run, profile_file: Path) -> None:
    run("profile", "load", str(profile_file))
    assert "Not in the last ranking." in run("explain", "aster.example").stdout
    run("rank")
    result = run("explain", "aster.example")
    assert "Aster [Works]" in result.stdout
    assert "64 people, inside the 10–250 people wanted." in result.stdout
    assert "read in the row of Firms" in result.stdout
    assert "Rank 1 in cloud-native-service-partner." in result.stdout
    reasons = json.loads(run("explain", "Brume", "--format", "json").stdout)
    assert {r["criterion"] for r in reasons} == {"specialty", "geography", "size", "tenure"}
    gated = run("explain", "Vela").stdout
    assert "Held back, since it fails a must-have." in gated


def test_an_explanation_of_an_unknown_firm_says_what_to_do(run: Run, profile_file: Path) -> None:
    run("profile", "load", str(profile_file))
    for text in ("nobody.example", "[/]"):
        result = run("explain", text)
        assert result.exit_code == 1
        assert f'no firm with the id, the domain or the exact name "{text}"' in result.stderr
