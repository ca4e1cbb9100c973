"""`recruit profile`, `recruit rank` and `recruit explain`, as a person types them."""

import json
import tomllib
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
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


@pytest.fixture
def ranked(run: Run, profile_file: Path) -> str:
    """The profile's name, with all firms ranked once."""
    run("profile", "load", str(profile_file))
    assert run("rank").exit_code == 0
    return str(tomllib.loads(PROFILE)["name"])


def test_a_person_vetoes_gives_points_and_takes_it_back(run: Run, ranked: str) -> None:
    vetoed = run("override", "veto", "aster.example", "--because", "Our customer")
    assert f"Aster [Works]: not in the ranking in {ranked}" in vetoed.stdout
    assert run("override", "points", "Brume", "-5", "--because", "Slow").exit_code == 0
    listed = json.loads(run("override", "list", "--format", "json").stdout)
    assert [(line["firm"], line["kind"], line["points"]) for line in listed] == [
        ("Brume", "points", -5),
        ("Aster [Works]", "veto", None),
    ]
    assert run("override", "undo", str(listed[1]["id"])).exit_code == 0
    rows = json.loads(run("rank", "--format", "json").stdout)
    assert rows[0]["firm"] == "Aster [Works]"
    everything = json.loads(run("override", "list", "--all", "--format", "json").stdout)
    assert {line["stands"] for line in everything} == {"yes", "no"}


@pytest.mark.parametrize(
    ("command", "message"),
    [
        (("veto", "Brume", "--because", " "), "Say why"),
        (("veto", "Nobody", "--because", "x"), "There is no firm with the id"),
        (("points", "Brume", "0", "--because", "x"), "cannot be given"),
        (("pin", "Brume", "--because", "x", "--until", "2001-01-01"), "is past"),
        (("undo", "999"), "There is no override 999"),
    ],
)
def test_a_decision_that_makes_no_sense_is_refused(
    run: Run, ranked: str, command: tuple[str, ...], message: str
) -> None:
    result = run("override", *command)
    assert result.exit_code == 1
    assert message in result.stderr


def test_the_same_ranking_twice_is_identical_and_a_change_is_told(
    run: Run, ranked: str, profile_file: Path
) -> None:
    run("rank")
    assert "Identical to the byte" in run("rank", "diff").stdout
    profile_file.write_text(PROFILE.replace("points = 15", "points = 55"), encoding="utf-8")
    run("profile", "load", str(profile_file))
    run("rank")
    moves = json.loads(run("rank", "diff", "--format", "json").stdout)
    assert all("weight: " in move["why"] for move in moves)
    assert "points of their own changed: 2 by weight" in run("rank", "diff").stdout
    lines = json.loads(run("rank", "list", "--format", "json").stdout)
    assert [line["version"] for line in lines] == [2, 1, 1]
    assert lines[1]["digest"] == lines[2]["digest"] != lines[0]["digest"]
    assert "does not exist" in run("rank", "diff", "77", "78").stderr


def test_a_portfolio_is_printed_with_what_each_adds(run: Run, ranked: str) -> None:
    rows = json.loads(run("rank", "--choose", "portfolio", "--format", "json").stdout)
    assert rows[0]["adds"].startswith("First to cover")
    assert "at least 63%" in run("rank", "--choose", "portfolio", "--top", "1").stdout


def test_a_parquet_file_is_ranked_without_a_database(
    run: Run, profile_file: Path, tmp_path: Path
) -> None:
    firms = tmp_path / "firms.parquet"
    columns = {
        "id": [7, 8],
        "name": ["Vela", "Aster"],
        "specialties": [["php"], ["kubernetes", "consulting"]],
    }
    pq.write_table(pa.table(columns), firms)
    result = run(
        "rank", "file", str(firms), "--profile-file", str(profile_file), "--format", "json"
    )
    (row,) = json.loads(result.stdout)
    assert (row["firm"], row["reasons"][0]["evidence"]) == (
        "Aster",
        "read in the row of firms.parquet",
    )
    bad = run("rank", "file", str(profile_file), "--profile-file", str(profile_file))
    assert (bad.exit_code, "cannot be read as Parquet" in bad.stderr) == (1, True)


def test_what_would_lift_a_firm_stands_below_its_arithmetic(run: Run, ranked: str) -> None:
    assert "Sum" in run("explain", "Brume").stdout
