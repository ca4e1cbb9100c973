"""Alembic's entry: runs migrations on the connection that `recruit.db.migrate` hands over."""

from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlalchemy import JSON, BigInteger, Enum
from sqlalchemy.types import TypeEngine

from recruit.db.base import Base, UtcDateTime


def render_type(kind: str, item: Any, autogen: AutogenContext) -> str | Literal[False]:
    """Name our portable types by the names that `recruit.db.base` gives them."""
    if kind != "type" or not isinstance(item, TypeEngine):
        return False
    names = {UtcDateTime: "UtcDateTime()", JSON: "Json", BigInteger: "BigInt"}
    name = names.get(type(item))
    if name is not None:
        autogen.imports.add("from recruit.db.base import BigInt, Json, UtcDateTime")
        return name
    if isinstance(item, Enum):
        return f"sa.String(length={item.length})"
    return False


connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=Base.metadata,
    compare_type=True,
    render_item=render_type,
    # SQLite cannot alter a table in place; Alembic copies it instead.
    render_as_batch=connection.dialect.name == "sqlite",
)
with context.begin_transaction():
    context.run_migrations()
