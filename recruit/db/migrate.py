"""Bring a database to the newest schema, with Alembic, and make its guards anew."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine

from recruit.db.guards import renew_guards

_FOLDER = Path(__file__).parent / "migrations"


def alembic_config(connection: Connection | None = None) -> Config:
    """Return Alembic's configuration, bound to an open connection where one is given."""
    config = Config()
    config.set_main_option("script_location", str(_FOLDER))
    config.attributes["connection"] = connection
    return config


class BrokenReferences(Exception):
    """A migration left rows that refer to nothing; it was rolled back."""


def upgrade(engine: Engine, revision: str = "head") -> None:
    """Run all migrations up to `revision` in one transaction. Raises BrokenReferences (SQLite)."""
    with engine.connect() as connection, _altering(connection), connection.begin():
        command.upgrade(alembic_config(connection), revision)
        renew_guards(connection)
        if connection.dialect.name == "sqlite":
            broken = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
            if broken:
                raise BrokenReferences(f"Rows that refer to nothing: {broken[:5]}")


@contextmanager
def _altering(connection: Connection) -> Iterator[None]:
    """SQLite alters a table by copying it; dropping the old one would trip over whoever refers to it."""
    if connection.dialect.name != "sqlite":
        yield
        return
    # A PRAGMA inside a transaction changes nothing, and SQLAlchemy would begin one.
    driver = connection.connection.driver_connection
    assert driver is not None
    driver.execute("PRAGMA foreign_keys=OFF")
    try:
        yield
    finally:
        driver.execute("PRAGMA foreign_keys=ON")
