"""`recruit api`, as a person types it."""

from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from recruit.cli import api
from recruit.people.api_keys import list_api_keys
from recruit.wiring import App


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_key_is_shown_once_listed_without_its_token_and_revoked(
    app: App, database_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("RECRUIT_DATABASE_URL", database_url)
    monkeypatch.setenv("RECRUIT_VAR_DIR", str(tmp_path / "var"))
    monkeypatch.setenv("COLUMNS", "160")
    cli = typer.Typer()
    api.register(cli)

    def run(*words: str) -> tuple[int, str]:
        result = CliRunner().invoke(cli, ["api", *words])
        return result.exit_code, result.output

    code, said = run("key", "add", "our [CRM]", "--scope", "read", "--scope", "hooks")
    token = said.split()[-1]
    assert (code, token[:3]) == (0, "rk_")
    code, said = run("key", "list")
    assert code == 0
    assert "hooks read" in said
    assert token not in said
    assert run("key", "add", "x", "--scope", "read", "--days", "0")[0] == 1
    assert run("key", "revoke", "9")[0] == 1
    assert run("key", "revoke", "1")[0] == 0
    assert run("hooks")[0] == 0
    assert run("hooks", "--deliveries", "--format", "json")[1].strip() == "[]"
    assert run("replay", "3")[0] == 1
    with app.reading() as tx:
        (key,) = list_api_keys(tx)
    assert key.revoked_at is not None
