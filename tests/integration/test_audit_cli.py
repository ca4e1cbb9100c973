"""`recruit audit`: verifying exits by what it found, and names the row."""

from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from recruit.audit.usecases import record
from recruit.audit.values import Deed
from recruit.wiring import App
from tests.integration.test_audit_log import put_triggers_aside


@pytest.fixture
def run(app: App, monkeypatch: Any) -> Any:
    """Run a command on the app's database."""
    from recruit.cli.main import cli

    monkeypatch.setenv("RECRUIT_DATABASE_URL", str(app.settings.database_url))
    monkeypatch.setenv("RECRUIT_VAR_DIR", str(app.settings.var_dir))
    for step in ("call", "approval", "course"):
        with app.transaction() as tx:
            record(tx, Deed.STEP_WAIVED, "partner", 7, actor="Ada Moor", step=step)

    def invoke(*words: str) -> Result:
        return CliRunner().invoke(cli, ["audit", *words])

    return invoke


def test_verifying_exits_by_what_it_found_and_names_the_row(
    app: App, run: Any, tmp_path: Path
) -> None:
    whole = run("verify")
    assert (whole.exit_code, "All 3 rows hold" in whole.output) == (0, True)
    head = whole.output.split()[-1]
    assert run("verify", "--head", head).exit_code == 0
    path = tmp_path / "log.jsonl"
    assert run("export", str(path)).exit_code == 0
    assert run("verify", "--file", str(path), "--head", head).exit_code == 0
    assert '"step.waived"' in run("export", "-").output
    listed = run("list", "--who", "ada", "--object", "partner:7", "--format", "csv")
    assert listed.output.count("step.waived") == 3
    assert run("list", "--since", "2026-03-04", "--format", "json").output.strip() == "[]"
    with app.engine.begin() as connection:
        put_triggers_aside(connection)
        connection.exec_driver_sql("UPDATE audit_entry SET actor = 'Ada Moos' WHERE seq = 2")
    broken = run("verify")
    assert (broken.exit_code, "broken at row 2" in broken.output) == (1, True)
    lines = path.read_text().replace("course", "coarse")
    path.write_text(lines)
    assert "broken at row 3" in run("verify", "--file", str(path)).output


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--head", "3"), "is no head"),
        (("--head", "x:" + "0" * 64), "is no head"),
        (("--file", "nowhere.jsonl"), "can't be read"),
    ],
)
def test_what_cannot_be_verified_is_told_in_a_sentence(
    run: Any, words: tuple[str, ...], told: str
) -> None:
    answer = run("verify", *words)
    assert (answer.exit_code, told in answer.output) == (1, True)
