"""The fence around a partner's rows: a second lock, held by PostgreSQL itself.

Queries name the partner whose rows they want; that is the first lock. A portal's transaction also says
which partner it is for, and PostgreSQL shows it no other rows, whatever a query forgot to ask.
Transactions of the desk and the worker say nothing, and see all.

The table of partners declares itself, and every table with a foreign key to it is fenced by that:

    __table_args__ = ({"info": {FENCED: True}},)

SQLite has no row-level security: there the first lock is the only one.
"""

from sqlalchemy import Connection, Table, text
from sqlalchemy.orm import Session

FENCED = "fenced"

_SETTING = "recruit.partner_id"
_RAISE = text("SELECT set_config(:setting, :partner_id, true)")
# Asked once a statement and not once a row, which the sub-select is for. A setting that was local to
# an earlier transaction of the connection is empty and not missing.
_FENCE = f"(SELECT NULLIF(current_setting('{_SETTING}', true), '')::bigint)"


def raise_fence(session: Session, partner_id: int) -> None:
    """Show this transaction no rows but of one partner, until it ends; 0 is of none."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(_RAISE, {"setting": _SETTING, "partner_id": str(partner_id)})


def owner_column(table: Table) -> str | None:
    """Return the column that says which partner a row belongs to; None where rows are nobody's."""
    if table.info.get(FENCED):
        (key,) = table.primary_key.columns
        return key.name
    owners = [key.parent.name for key in table.foreign_keys if key.column.table.info.get(FENCED)]
    return owners[0] if owners else None


def renew_policy(connection: Connection, table: Table, column: str) -> None:
    """Make PostgreSQL hold the fence on a table.

    It is forced, since the application usually owns its tables; superusers and roles with BYPASSRLS pass.
    """
    within = f"({_FENCE} IS NULL OR {column} = {_FENCE})"
    for statement in (
        f"DROP POLICY IF EXISTS partner_fence ON {table.name}",
        f"CREATE POLICY partner_fence ON {table.name} USING {within} WITH CHECK {within}",
        f"ALTER TABLE {table.name} ENABLE ROW LEVEL SECURITY",
        f"ALTER TABLE {table.name} FORCE ROW LEVEL SECURITY",
    ):
        connection.exec_driver_sql(statement)
