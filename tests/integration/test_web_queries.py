"""A page costs the same number of queries however much there is to show."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import event

from recruit.clock import VirtualClock
from recruit.config import MailTransport, Settings
from recruit.mail.adapters.memory import MemoryMailer
from recruit.wiring import App, build_app
from tests.conftest import NOW
from tests.factories.web import open_visitor
from tests.factories.world import build_world
from tests.factories.world.ids import SEQUENCE

PAGES = [
    "/", "/prospects", "/replies", "/replies?view=all", "/tasks", "/sequences", f"/sequences/{SEQUENCE}",
    "/onboarding", "/profile", "/sources", "/crm", "/numbers", "/numbers/replied", "/firms/1",
    "/firms/1/conversation", "/firms/1/crm",
]  # fmt: skip
# The session, the menu and the page itself.
MOST = 40


@contextmanager
def _counting(app: App) -> Iterator[list[str]]:
    statements: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if statement.lstrip().upper().startswith("SELECT"):
            statements.append(statement)

    event.listen(app.engine, "before_cursor_execute", note)
    yield statements
    event.remove(app.engine, "before_cursor_execute", note)


def _count(folder: Path, template: Path, *, firms: int, times: int) -> dict[str, int]:
    folder.mkdir()
    shutil.copy(template, folder / "recruit.db")
    settings = Settings(
        var_dir=folder,
        database_url=f"sqlite:///{folder / 'recruit.db'}",
        mail_transport=MailTransport.MEMORY,
    )
    app = build_app(settings, clock=VirtualClock(NOW), mailer=MemoryMailer())
    with app.transaction() as tx:
        build_world(tx, firms=firms, times=times)
    visitor = open_visitor(app)
    counts = {}
    for path in PAGES:
        with _counting(app) as statements:
            assert visitor.get(path).status_code == 200, path
        counts[path] = len(statements)
    app.close()
    return counts


def test_the_number_of_queries_does_not_grow_with_the_rows(
    tmp_path: Path, sqlite_template: Path
) -> None:
    few = _count(tmp_path / "few", sqlite_template, firms=50, times=1)
    many = _count(tmp_path / "many", sqlite_template, firms=200, times=4)
    # Four times the rows; a firm below the line is told what would lift it, which asks three times more.
    assert {path: n for path, n in many.items() if n - few[path] > 4} == {}
    assert max(few.values()) <= MOST, few
