"""Write a migration from what the tables say and a migrated database lacks.

    python tools/make_migration.py "why the schema changes"     # a new migration
    python tools/make_migration.py --first                      # renew the very first one

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
    first = "--first" in sys.argv
    if first:
        for path in VERSIONS.glob("*.py"):
            path.unlink()
    number = len(list(VERSIONS.glob("*.py"))) + 1
    message = "the pipeline" if first else " ".join(sys.argv[1:])
    with tempfile.TemporaryDirectory() as folder:
        engine = make_engine(f"sqlite:///{folder}/empty.db")
        upgrade(engine)
        with engine.begin() as connection:
            command.revision(
                alembic_config(connection),
                message=message,
                autogenerate=True,
                rev_id=f"{number:04d}",
            )


if __name__ == "__main__":
    main()
