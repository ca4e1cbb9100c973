"""The commands as people type them; those that crawl run in a process of their own."""

import csv
import io
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from recruit.cli import sourcing
from recruit.insights.jobs import list_jobs
from recruit.sourcing.spec import load_source_spec
from recruit.sourcing.usecases import define_source, open_job
from recruit.sourcing.values import JobKind, JobStatus
from recruit.wiring import App
from recruit.worker.crawl import settings_environment
from tests.factories.site import Reply, Site, many_firms, serve

CLI = typer.Typer()
sourcing.register(CLI)


def start(app: App, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "recruit", *arguments],
        env=os.environ | settings_environment(app.settings) | {"COLUMNS": "200", "NO_COLOR": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def recruit(app: App, *arguments: str) -> tuple[int, str, str]:
    process = start(app, *arguments)
    out, err = process.communicate(timeout=60)
    return process.returncode, out, err


def call(app: App, *arguments: str) -> tuple[int, str, str]:
    """Run a command that starts no reactor in this process, which is faster."""
    environ = settings_environment(app.settings) | {"COLUMNS": "200"}
    result = CliRunner().invoke(CLI, [*arguments], env=environ)
    return result.exit_code, result.stdout, result.stderr


def write_source(folder: Path, site: Site, extra: str = "") -> str:
    path = folder / "source.toml"
    path.write_text(
        f"""
name = "directory"
title = "The [directory]"
kind = "directory"
start_urls = ["{site.address}/firms"]
[listing]
next = "a[rel=next]"
items = "a.firm"
[politeness]
delay_s = 0
concurrency = 8
allow_private_hosts = ["{site.address[7:]}"]
{extra}
"""
    )
    return str(path)


def test_a_source_is_crawled_and_told_of(app: App, tmp_path: Path) -> None:
    with serve(many_firms(30)) as site:
        site.pages["/firms/7"] = Reply("<p>Details follow.</p>")
        path = write_source(tmp_path, site)
        code, out, err = recruit(app, "crawl", path)
        assert (code, err) == (0, "")
        assert "Job 1, The [directory]: done. 32 pages read, 29 new" in out
        assert f"{site.address}/firms/7, name: The page names no firm." in out
        assert "recruit source problems 1" in out
        code, out, _ = recruit(app, "crawl", path, "--format", "json")
    assert (
        json.loads(out)[0] | {"job": 2, "new": 0, "same": 29, "status": "done"}
        == json.loads(out)[0]
    )
    code, out, _ = call(app, "source", "list", "--format", "csv")
    (row,) = csv.DictReader(io.StringIO(out))
    assert (row["name"], row["records"], row["last_job"]) == ("directory", "29", "2")
    code, out, _ = call(app, "source", "jobs", "--format", "json")
    assert [line["job"] for line in json.loads(out)] == [2, 1]


def test_ctrl_c_ends_the_crawler_and_the_same_command_goes_on(app: App, tmp_path: Path) -> None:
    with serve(many_firms(80)) as site:
        site.delay_s = 0.05
        path = write_source(tmp_path, site)
        process = start(app, "crawl", path)
        while sum(site.asked.values()) < 20:
            time.sleep(0.05)
            assert process.poll() is None
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=20)
        assert process.returncode == 130
        assert "Stopped by hand. The same command goes on from here." in err
        assert "Traceback" not in err
        with app.reading() as tx:
            (line,) = list_jobs(tx)
        assert line.status is JobStatus.PAUSED
        quiet = sum(site.asked.values())
        time.sleep(0.5)
        assert sum(site.asked.values()) == quiet
        site.delay_s = 0
        code, out, _ = recruit(app, "crawl", path)
    assert code == 0
    assert "Job 1 was not finished and goes on." in out
    assert "84 pages read, 80 new" in out


def test_a_crawl_may_begin_anew(app: App, tmp_path: Path) -> None:
    with serve(many_firms(5)) as site:
        path = write_source(tmp_path, site)
        with app.transaction() as tx:
            source = define_source(tx, spec=load_source_spec(Path(path)))
            open_job(tx, source_id=source.id, kind=JobKind.CRAWL)
        code, out, _ = recruit(app, "crawl", path, "--fresh")
    assert (code, "Job 2, " in out) == (0, True)
    with app.reading() as tx:
        assert [line.status for line in list_jobs(tx)] == [JobStatus.DONE, JobStatus.CANCELLED]


def test_a_source_is_tried_without_storing_anything(app: App, tmp_path: Path) -> None:
    with serve(many_firms(30)) as site:
        path = write_source(tmp_path, site)
        code, out, _ = recruit(app, "source", "check", path, "--items", "2", "--json")
        report = json.loads(out)
        assert code == 0
        assert [entry["verdict"] for entry in report["robots"]] == [
            "robots.txt opens all 3 pages tried"
        ]
        assert sum(site.asked.values()) == 4  # robots.txt, one listing, two firms
        facts = {fact["field"]: fact for fact in report["firms"][0]["facts"]}
        assert facts["name"]["value"] == "Firm 0"
        assert facts["founded"]["value"] == {"low": 1998, "high": 1998}
        assert facts["founded"]["url"] == f"{site.address}/firms/0"
        code, out, _ = recruit(app, "source", "check", path)
        assert f"{site.address}/firms/0" in out
        code, _, err = recruit(
            app,
            "source",
            "check",
            write_source(tmp_path, site, "[fields]\nauto = false\nname = 'h2'"),
        )
        assert (code, "No firm was found" in err) == (1, True)
    with app.reading() as tx:
        assert list_jobs(tx) == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("name = ", "is not TOML"),
        (
            'name = "x"\nkind = "directory"',
            "start_urls: a source to crawl needs at least one address",
        ),
    ],
)
def test_a_source_file_that_is_wrong_is_told_in_one_sentence(
    app: App, tmp_path: Path, text: str, words: str
) -> None:
    path = tmp_path / "source.toml"
    path.write_text(text)
    code, out, err = call(app, "crawl", str(path))
    assert (code, out) == (1, "")
    assert err.startswith(f"Error: {path}: ")
    assert words in err


def test_a_file_is_imported_and_its_bad_rows_are_told(app: App, tmp_path: Path) -> None:
    path = tmp_path / "firms.csv"
    path.write_text("name,country,notes\nAcme,DE,x\n,DE,x\n" + "Bad,Freedonia,[/]\n" * 1 + "".join(
        f"F{n},Freedonia,\n" for n in range(12)
    ))  # fmt: skip
    code, out, err = call(app, "import", str(path), "--source", "list")
    assert (code, err) == (0, "")
    assert re.search(r"country +country +\d+%", out)
    assert "Not used: notes" in out
    assert "15 rows read, 14 new, 0 changed, 0 same, 14 problems" in out
    assert "firms.csv, row 3, name: The row names no firm." in out
    assert "4 more. All: `recruit source problems 1`" in out
    code, out, _ = call(app, "source", "problems", "1", "--format", "csv")
    problems = list(csv.DictReader(io.StringIO(out)))
    assert (len(problems), problems[0]["place"]) == (14, "firms.csv, row 3")
    code, out, _ = call(app, "import", str(path), "--source", "list", "--format", "json")
    assert (json.loads(out)[0]["new"], json.loads(out)[0]["same"]) == (0, 14)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["import", "none.csv", "--source", "x"], "There is no file none.csv"),
        (["import", __file__, "--source", "x"], "cannot be imported"),
        (["source", "problems", "99"], "There is no job 99"),
        (["source", "check", "none.toml"], "cannot be read"),
    ],
)
def test_what_cannot_be_done_is_told_in_one_sentence(
    app: App, arguments: list[str], words: str
) -> None:
    code, out, err = call(app, *arguments)
    assert (code, out) == (1, "")
    assert err.startswith("Error: ")
    assert words in err.replace("\n", " ")
    assert "Traceback" not in err
