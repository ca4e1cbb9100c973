"""`recruit onboarding` and `recruit candidates`, as a person types them, on both databases."""

import csv
import io
import json
import re
import shutil
from collections.abc import Callable
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

import pytest
import typer
from sqlalchemy import func, select
from typer.testing import CliRunner, Result

from recruit.cli import onboarding
from recruit.clock import SystemClock
from recruit.onboarding.tables import Candidate, Course, Partner, Resource, Track
from recruit.onboarding.usecases import leave_member
from recruit.onboarding.values import CandidateStatus
from recruit.people.usecases import find_invitation
from recruit.wiring import App
from tests.factories.onboarding import (
    add_reply,
    make_candidate,
    make_partner,
    publish_small_track,
)
from tests.factories.scoring import add_firm_row

Run = Callable[..., Result]


@pytest.fixture
def run(app: App, database_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """Runs a command against the fresh database, in a terminal of 140 columns.

    Commands live at the machine's time, so the app does as well.
    """
    app.clock = SystemClock()
    monkeypatch.setenv("RECRUIT_DATABASE_URL", database_url)
    monkeypatch.setenv("RECRUIT_VAR_DIR", str(tmp_path / "var"))
    monkeypatch.setattr("recruit.cli.output.console._width", 140)
    cli = typer.Typer()
    onboarding.register(cli)
    return lambda *arguments: CliRunner().invoke(cli, [*arguments])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The packaged content in a folder of its own."""
    with as_file(files("recruit.demo") / "data" / "onboarding") as packaged:
        shutil.copytree(packaged, tmp_path / "content")
    return tmp_path / "content"


def count(app: App, table: Any) -> int:
    with app.reading() as tx:
        return tx.session.scalar(select(func.count()).select_from(table)) or 0


def test_a_folder_is_published_once_however_often_it_is_loaded(
    app: App, run: Run, folder: Path
) -> None:
    for _ in range(2):
        result = run("onboarding", "load", str(folder))
        assert result.exit_code == 0, result.stderr
        assert "Service partner: 4 steps, 2 courses and 3 resources are published." in result.stdout
    assert [count(app, table) for table in (Track, Course, Resource)] == [1, 2, 3]
    course = folder / "course-1-product-basics.toml"
    course.write_text(
        course.read_text(encoding="utf-8").replace("What it does", "What it really does"), "utf-8"
    )
    run("onboarding", "load", str(folder))
    assert [count(app, table) for table in (Track, Course, Resource)] == [1, 3, 3]


def _replace(name: str, old: str, new: str) -> Callable[[Path], Any]:
    def spoil(folder: Path) -> None:
        text = (folder / name).read_text(encoding="utf-8")
        assert old in text
        (folder / name).write_text(text.replace(old, new), encoding="utf-8")

    return spoil


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda f: (f / "track.toml").unlink(), "track.toml: It cannot be read"),
        (lambda f: (f / "agreement.md").unlink(), "agreement.md: It cannot be read"),
        (lambda f: (f / "agreement.md").write_text("  \n"), "The text is empty."),
        (
            lambda f: (f / "track.toml").write_text("steps = ["),
            "track.toml: This is not valid TOML",
        ),
        (
            lambda f: (f / "course-2-selling.toml").unlink(),
            "The course 'selling-cloud-native-services' is not published.",
        ),
        (
            lambda f: shutil.copy(f / "course-2-selling.toml", f / "course-3.toml"),
            "course-3.toml: key: Another file has a course 'selling-cloud-native-services' too.",
        ),
        (
            _replace("track.toml", 'kind = "profile"', 'kind = "profil"'),
            "track.toml: steps.3.kind:",
        ),
        (
            _replace("track.toml", '["certification"]', '["certificate"]'),
            "Did you mean 'certification'?",
        ),
        (
            _replace("course-1-product-basics.toml", "pass_mark = 0.8", "pass_mark = 80"),
            "course-1-product-basics.toml: quiz.pass_mark:",
        ),
        (_replace("resources.toml", "owner =", "owned_by ="), "resources.toml: resources.1.owner:"),
        (
            _replace("resources.toml", '"see_prices"', '"see_price"'),
            "resources.toml: resources.2.action:",
        ),
        (_replace("resources.toml", '"price-list"', '"sales-deck"'), "'sales-deck' stands twice."),
        (
            _replace("resources.toml", "[[resources]]", "[[resource]]"),
            "resources.toml: resource: This key is unknown.",
        ),
        (_replace("resources.toml", "position = 1", 'position = "first"'), "resources.1.position:"),
    ],
)
def test_content_that_cannot_be_used_is_refused_in_words_and_nothing_is_published(
    app: App, run: Run, folder: Path, spoil: Callable[[Path], Any], words: str
) -> None:
    spoil(folder)
    result = run("onboarding", "load", str(folder))
    assert result.exit_code == 1
    assert words in result.stderr
    assert "Traceback" not in result.stderr
    assert [count(app, table) for table in (Track, Course, Resource)] == [0, 0, 0]


GUIDE = (Path(__file__).parents[2] / "docs" / "onboarding.md").read_text(encoding="utf-8")


@pytest.fixture
def guide(tmp_path: Path) -> Path:
    """A folder with the examples of the guide, as they stand there."""
    examples = re.findall(r"^```toml\n(.*?)^```$", GUIDE, flags=re.DOTALL | re.MULTILINE)
    names = ("track.toml", "course-1-selling.toml", "resources.toml", "program.toml")
    for name, text in zip(names, examples, strict=True):
        (tmp_path / name).write_text(text, encoding="utf-8")
    for name in ("agreement.md", "agreement-msp-de.md"):
        (tmp_path / name).write_text("# Partner agreement\n\nBe good.\n", encoding="utf-8")
    return tmp_path


def test_the_track_of_the_guide_can_be_loaded_as_it_stands(run: Run, guide: Path) -> None:
    result = run("onboarding", "load", str(guide))
    assert result.exit_code == 0, result.stderr
    assert "Reseller: 3 steps, 1 course and 1 resource are published." in result.stdout


def test_a_folder_that_is_not_there_is_told(run: Run, tmp_path: Path) -> None:
    result = run("onboarding", "load", str(tmp_path / "nothing"))
    assert result.exit_code == 1
    assert "is no folder. Give the one that holds track.toml." in result.stderr


def test_the_board_says_where_partners_stand_and_what_is_next(app: App, run: Run) -> None:
    assert "recruit candidates list" in run("onboarding", "board").stdout
    assert run("onboarding", "board", "--format", "json").stdout == "[]\n"
    with app.transaction() as tx:
        publish_small_track(tx)
    make_partner(app, signed_in=False)
    make_partner(app, 2)
    make_partner(app, 4)
    rows = json.loads(run("onboarding", "board", "--format", "json").stdout)
    assert [(row["state"], row["next"], row["days_in_state"]) for row in rows] == [
        ("invited", "Sign the agreement", 0),
        ("training", "Learn the basics", 0),
        ("full_access", "", 0),
    ]
    table = run("onboarding", "board").stdout
    assert "full_access" in table
    assert rows[1]["firm"] in table
    text = run("onboarding", "board", "--format", "csv").stdout
    assert [row["state"] for row in csv.DictReader(io.StringIO(text))] == [
        "invited",
        "training",
        "full_access",
    ]


def test_who_said_yes_is_listed_and_accepted_with_a_link_that_works(app: App, run: Run) -> None:
    assert "Nobody waits for a decision." in run("candidates", "list").stdout
    with app.transaction() as tx:
        publish_small_track(tx)
        firm = add_firm_row(tx, name="Vela [Cloud]")
        add_reply(tx, firm.id, text="Gladly.\n\nTuesday?", from_address="sam@vela.example")
    assert "Vela [Cloud]" in run("candidates", "list").stdout
    (row,) = json.loads(run("candidates", "list", "--format", "json").stdout)
    assert (row["contact"], row["said"], row["country"]) == (
        "sam@vela.example",
        "Gladly. Tuesday?",
        "DE",
    )
    result = run("candidates", "accept", str(row["candidate_id"]))
    assert result.exit_code == 0, result.stderr
    assert "Vela [Cloud] is partner 1." in result.stdout
    link = result.stdout.split()[-1]
    with app.reading() as tx:
        assert find_invitation(tx, token=link.rpartition("/")[2]).email == "sam@vela.example"
    assert run("candidates", "accept", str(row["candidate_id"])).exit_code == 0
    assert count(app, Partner) == 1
    assert json.loads(run("candidates", "list", "--format", "json").stdout) == []


def test_somebody_else_can_be_invited_than_who_answered(app: App, run: Run) -> None:
    with app.transaction() as tx:
        publish_small_track(tx)
        first = make_candidate(tx, contact_email="sam@vela.example")
        second = make_candidate(tx, contact_email="sam@vela.example")
    run("candidates", "accept", str(first.id))
    refused = run("candidates", "accept", str(second.id))
    assert refused.exit_code == 1
    assert "sam@vela.example is here already" in refused.stderr
    wrong = run("candidates", "accept", str(second.id), "--email", "sam")
    assert "is not an e-mail address" in wrong.stderr
    assert run("candidates", "accept", str(second.id), "--email", "al@vela.example").exit_code == 0


def test_a_candidate_is_declined_with_a_reason(app: App, run: Run) -> None:
    with app.transaction() as tx:
        candidate = make_candidate(tx)
    assert run("candidates", "decline", str(candidate.id)).exit_code == 2
    assert "Say why" in run("candidates", "decline", str(candidate.id), "--reason", " ").stderr
    result = run("candidates", "decline", str(candidate.id), "--reason", "Too small.")
    assert "is declined. The reason is kept." in result.stdout
    with app.reading() as tx:
        stored = tx.session.get_one(Candidate, candidate.id)
        assert (stored.status, stored.decision_reason) == (CandidateStatus.DECLINED, "Too small.")
    assert "Reopen it first." in run("candidates", "accept", str(candidate.id)).stderr


@pytest.mark.parametrize("what", [("accept",), ("decline", "--reason", "No.")])
def test_a_candidate_that_does_not_exist_is_told(run: Run, what: tuple[str, ...]) -> None:
    result = run("candidates", what[0], "999", *what[1:])
    assert result.exit_code == 1
    assert "There is no candidate 999." in result.stderr


def test_accepting_without_a_track_says_how_to_publish_one(app: App, run: Run) -> None:
    with app.transaction() as tx:
        candidate = make_candidate(tx)
    result = run("candidates", "accept", str(candidate.id))
    assert result.exit_code == 1
    assert "recruit onboarding load FOLDER" in result.stderr


def test_accepting_again_where_nobody_may_sign_any_more_is_told(app: App, run: Run) -> None:
    with app.transaction() as tx:
        publish_small_track(tx)
    stored = make_partner(app)
    with app.transaction() as tx:
        leave_member(tx, partner_id=stored.partner_id, person_id=stored.person_id)
        candidate_id = tx.session.scalars(
            select(Candidate.id).where(Candidate.firm_id == stored.firm_id)
        ).one()
    result = run("candidates", "accept", str(candidate_id))
    assert result.exit_code == 1
    assert "has nobody who may sign. Invite somebody." in result.stderr
