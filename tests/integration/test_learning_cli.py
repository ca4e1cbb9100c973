"""`recruit model`, as a person types it: on a table and on the firms of the database."""

import csv
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import typer
from typer.testing import CliRunner, Result

from bench.synthetic_outcomes import synthetic_outcomes
from recruit.cli import learning, scoring
from recruit.scoring.usecases import rank_firms, save_profile
from recruit.wiring import App
from tests.factories.learning import make_history, noise_rows
from tests.factories.scoring import make_profile_data

Run = Callable[..., Result]


@pytest.fixture
def run(database_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """Runs a command against the fresh database, in a terminal of 160 columns."""
    monkeypatch.setenv("RECRUIT_DATABASE_URL", database_url)
    monkeypatch.setenv("RECRUIT_VAR_DIR", str(tmp_path / "var"))
    monkeypatch.setattr("recruit.cli.output.console._width", 160)
    cli = typer.Typer()
    learning.register(cli)
    scoring.register(cli)
    return lambda *arguments: CliRunner().invoke(cli, [*map(str, arguments)])


@pytest.fixture
def outcomes(tmp_path: Path) -> Path:
    """A file of made-up outcomes."""
    file = tmp_path / "outcomes.csv"
    synthetic_outcomes(400).to_csv(file, index=False)
    return file


def test_a_table_is_judged_kept_shown_and_scored_by(
    run: Run, outcomes: Path, tmp_path: Path
) -> None:
    asked = ("--table", outcomes, "--outcome", "accepted", "--time", "contacted_on")
    judged = run("model", "backtest", *asked)
    assert judged.exit_code == 0, judged.output
    assert "Relied on." in judged.stdout
    assert "There is no model yet" in run("model", "list").stdout
    kept = run("model", "train", *asked)
    assert "Kept as ipp-0001" in kept.stdout
    listed = json.loads(run("model", "list", "--format", "json").stdout)
    assert [(m["name"], m["files"], m["rows"]) for m in listed] == [("ipp-0001", "whole", 400)]
    assert "Limits" in run("model", "show", "ipp-0001").stdout
    told = json.loads(run("model", "show", "ipp-0001", "--format", "json").stdout)
    assert told["data"]["positives"] > 100
    scored = tmp_path / "scored.csv"
    done = run("model", "score", outcomes, "--model", "ipp-0001", "-o", scored, "--reasons")
    assert "400 rows scored" in done.stdout
    rows = list(csv.DictReader(scored.open()))
    for row in rows[:50]:
        added = float(row["level"]) + sum(float(v) for k, v in row.items() if k.startswith("+ "))
        assert abs(added - float(row["logit"])) <= 1e-6
    refused = run("model", "promote", "ipp-0001", "--because", "why not")
    assert refused.exit_code == 1
    assert "not for a profile" in refused.stderr


def test_noise_is_refused_and_gets_no_probability(run: Run, tmp_path: Path) -> None:
    table, y = noise_rows(400)
    file, scored = tmp_path / "noise.csv", tmp_path / "scored.csv"
    table.assign(won=np.where(y == 1, "yes", "no")).to_csv(file, index=False)
    told = run("model", "train", "--table", file, "--outcome", "won")
    assert "Refused." in told.stdout
    assert "No better than chance" in told.stdout
    run("model", "score", file, "--model", "ipp-0001", "-o", scored)
    assert scored.read_text().splitlines()[0] == "logit"


def test_a_leak_is_named_and_may_be_kept(run: Run, outcomes: Path) -> None:
    rows = list(csv.DictReader(outcomes.open()))
    with outcomes.open("w", newline="") as file:
        writer = csv.DictWriter(file, [*rows[0], "signed_on"])
        writer.writeheader()
        writer.writerows(
            row | {"signed_on": "2026-01-02" if row["accepted"] == "yes" else ""} for row in rows
        )
    asked = ("model", "backtest", "--table", outcomes, "--outcome", "accepted", "--format", "json")
    told = json.loads(run(*asked).stdout)
    assert "signed_on" in dict(told["data"]["left_out"])
    kept = json.loads(run(*asked, "--keep", "signed_on").stdout)
    assert kept["trials"][0]["auc"]["value"] > 0.95


def test_a_prior_is_a_rival_of_the_model(run: Run, outcomes: Path, tmp_path: Path) -> None:
    prior = tmp_path / "prior.toml"
    prior.write_text("[weights]\nspecialty_match = [[0, 0], [1, 2]]\n")
    asked = ("model", "backtest", "--table", outcomes, "--outcome", "accepted", "--prior", prior)
    assert "declared" in run(*asked).stdout
    prior.write_text("[weights]\nheight = [[0, 0], [1, 2]]\n")
    assert 'speaks of "height"' in run(*asked).stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("backtest", "--table", "nowhere.csv", "--outcome", "x"), "cannot be read"),
        (("backtest", "--table", "{file}"), "Name the table's column"),
        (("backtest", "--table", "{file}", "--outcome", "accept"), 'no column "accept"'),
        (("backtest", "--table", "{file}", "--outcome", "country"), "--good VALUE"),
        (("backtest", "--outcome", "accepted"), "go with --table"),
        (("backtest",), "There is no profile"),
        (("show", "ipp-0007"), "no model"),
        (("promote", "ipp-0007", "--because", "x"), "no model"),
        (("rollback", "--because", "x"), "There is no profile"),
        (("explain", "Aster"), "There is no profile"),
        (("draw",), "There is no profile"),
        (("score", "{file}", "--model", "ipp-0007", "-o", "x.csv"), "no model"),
        (("report", "nowhere.csv"), "cannot be read"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(
    run: Run, outcomes: Path, arguments: tuple[str, ...], words: str
) -> None:
    told = run("model", *(a.replace("{file}", str(outcomes)) for a in arguments))
    assert told.exit_code == 1
    assert told.stderr.startswith("Error: ")
    assert words in told.stderr
    assert "Traceback" not in told.output


def test_firms_are_learned_from_used_explained_and_drawn(
    run: Run, app: App, tmp_path: Path
) -> None:
    with app.transaction() as tx:
        save_profile(tx, definition=make_profile_data(), actor="test")
        make_history(tx, 220)
        rank_firms(tx, profile_name="cloud-partner")
    # The command line's clock is the machine's, by which all windows have ended.
    trained = run("model", "train", "--stage", "accepted")
    assert "Kept as ipp-0001" in trained.stdout, trained.output
    told = run("model", "promote", "ipp-0001", "--because", "ranks better")
    assert "ipp-0001 is in use for cloud-partner" in told.stdout, told.output
    listed = run("rank", "--top", "3", "--format", "json")
    assert listed.exit_code == 0, listed.output
    rows = json.loads(listed.stdout.splitlines()[-1])
    assert all(0 < row["probability"] < 1 and row["outcomes"] == 220 for row in rows)
    assert {row["model"] for row in rows} == {"ipp-0001"}
    assert "Stands on 220 outcomes" in run("model", "explain", "1").stdout
    drawn = json.loads(run("model", "draw", "--size", "20", "--format", "json").stdout)
    assert len(drawn) == 20
    assert sum(d["explored"] == "yes" for d in drawn) == 2
    partners = run("model", "partners").stdout
    assert "times as often as by chance" in partners
    back = run("model", "rollback", "--because", "doubts").stdout
    assert "the points decide alone again" in back
    assert "probability" not in run("rank", "--format", "json").stdout
    deals = tmp_path / "deals.csv"
    deals.write_text("firm,stage,on,amount\n1,first_deal,2025-02-01,\n1,revenue,2025-03-01,900\n")
    assert "2 outcomes loaded, 0 were known" in run("model", "report", deals).stdout
    assert "0 outcomes loaded, 2 were known" in run("model", "report", deals).stdout
    deals.write_text("firm,stage,on,amount\n1,revenue,2025-04-01,9\n1,revenue,yesterday,1\n")
    wrong = run("model", "report", deals)
    assert "row 3" in wrong.stderr
    assert "Nothing was loaded" in wrong.stderr
