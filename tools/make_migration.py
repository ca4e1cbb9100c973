"""Write a migration from what the tables say and a migrated database lacks.

    python tools/make_migration.py "why the schema changes"     # a new migration
    python tools/make_migration.py --renew "why it changes"     # write the newest one anew

Renew only what no release has carried: a database that has run a migration never runs it again.

The comparison runs on a throw-away SQLite file; read what it wrote before committing it.
"""

import sys
import tempfile
from pathlib import Path

from alembic import command

import recruit.wiring  # noqa: F401  (registers every table)
from recruit.db.engine import make_engine
from recruit.db.migrate import alembic_config, upgrade

VERSIONS = Path(__file__).parents[1] / "recruit" / "db" / "migrations" / "versions"


def main() -> None:
    """Compare and write."""
    words = sys.argv[1:]
    if "--renew" in words:
        words.remove("--renew")
        max(VERSIONS.glob("*.py")).unlink()
    number = len(list(VERSIONS.glob("*.py"))) + 1
    with tempfile.TemporaryDirectory() as folder:
        engine = make_engine(f"sqlite:///{folder}/empty.db")
        upgrade(engine)
        with engine.begin() as connection:
            command.revision(
                alembic_config(connection),
                message=" ".join(words),
                autogenerate=True,
                rev_id=f"{number:04d}",
            )


if __name__ == "__main__":
    main()
