"""What the database itself refuses, declared on the tables: to change what is append-only, and on
PostgreSQL to show a partner's rows to another.

Guards are no migrations: SQLite drops a table's triggers whenever a migration copies it, so they are made
anew after every upgrade, from what the tables say today.

    __table_args__ = ({"info": {APPEND_ONLY: True}},)
"""

from sqlalchemy import Connection, Table, inspect, text

from recruit.db.base import Base
from recruit.db.fence import owner_column, renew_policy

APPEND_ONLY = "append_only"

_REFUSE = """
CREATE OR REPLACE FUNCTION recruit_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';
END $$
"""


def renew_guards(connection: Connection) -> None:
    """Make the guards of every table that is there."""
    there = set(inspect(connection).get_table_names())
    tables = [table for table in Base.metadata.sorted_tables if table.name in there]
    append_only = [table for table in tables if table.info.get(APPEND_ONLY)]
    if connection.dialect.name == "sqlite":
        for table in append_only:
            _guard_sqlite(connection, table)
        return
    connection.execute(text(_REFUSE))
    for table in append_only:
        connection.exec_driver_sql(
            f"CREATE OR REPLACE TRIGGER {table.name}_append_only"
            f" BEFORE UPDATE OR DELETE OR TRUNCATE ON {table.name}"
            " FOR EACH STATEMENT EXECUTE FUNCTION recruit_refuse_change()"
        )
    for table in tables:
        column = owner_column(table)
        if column is not None:
            renew_policy(connection, table, column)


def _guard_sqlite(connection: Connection, table: Table) -> None:
    name, (key,) = table.name, table.primary_key.columns
    known = f"SELECT 1 FROM {name} WHERE {key.name} = NEW.{key.name}"  # noqa: S608  (names of ours)
    refusals = {
        "update": f"BEFORE UPDATE ON {name}",
        "delete": f"BEFORE DELETE ON {name}",
        # INSERT OR REPLACE deletes without asking the trigger for deletes.
        "replace": f"BEFORE INSERT ON {name} WHEN EXISTS ({known})",
    }
    for deed, when in refusals.items():
        connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS {name}_no_{deed}")
        connection.exec_driver_sql(
            f"CREATE TRIGGER {name}_no_{deed} {when}"
            f" BEGIN SELECT RAISE(ABORT, '{name} is append-only: {deed} refused'); END"
        )
