"""All firms of the database as columns, in one pass and without an object a firm."""

import pyarrow as pa
from pyarrow import csv
from sqlalchemy import String, cast, select

from recruit.db.transaction import Transaction
from recruit.firms.tables import Firm
from recruit.scoring.arrow import COLUMNS, columns_of
from recruit.scoring.columns import NUMBERS, FirmColumns
from recruit.scoring.wording import TAG_FIELDS

_TYPES = {name: pa.float64() for name in NUMBERS} | {"id": pa.int64(), "version": pa.int64()}
_ROWS_AT_ONCE = 20_000


def read_columns(tx: Transaction) -> FirmColumns:
    """Return all firms in the order of their ids; merged-away ones are left out."""
    query = (
        select(
            *(
                cast(getattr(Firm, name), String) if name in TAG_FIELDS else getattr(Firm, name)
                for name in COLUMNS
            )
        )
        .where(Firm.merged_into_id.is_(None))
        .order_by(Firm.id)
    )
    connection = tx.session.connection()
    if connection.dialect.name == "postgresql":
        sql = str(query.compile(connection, compile_kwargs={"literal_binds": True}))
        return columns_of(_copy(connection.connection.driver_connection, sql))
    batches = []
    schema = pa.schema([(name, _TYPES.get(name, pa.string())) for name in COLUMNS])
    for rows in connection.execution_options(yield_per=_ROWS_AT_ONCE).execute(query).partitions():
        arrays = [
            pa.array(values, field.type)
            for values, field in zip(zip(*rows, strict=True), schema, strict=True)
        ]
        batches.append(pa.record_batch(arrays, schema=schema))
    return columns_of(pa.Table.from_batches(batches, schema=schema))


def _copy(connection: object, sql: str) -> pa.Table:
    """Read a query's answer as CSV, which the server writes and Arrow reads faster than rows can be made."""
    sink = pa.BufferOutputStream()
    statement = f"COPY ({sql}) TO STDOUT (FORMAT csv)"
    with connection.cursor() as cursor, cursor.copy(statement) as copy:  # type: ignore[attr-defined]
        for block in copy:
            sink.write(block)
    answer = sink.getvalue()
    if not answer.size:
        return pa.schema([(name, _TYPES.get(name, pa.string())) for name in COLUMNS]).empty_table()
    return csv.read_csv(
        pa.BufferReader(answer),
        read_options=csv.ReadOptions(column_names=list(COLUMNS), block_size=8 << 20),
        parse_options=csv.ParseOptions(newlines_in_values=True),
        convert_options=csv.ConvertOptions(
            column_types={name: _TYPES.get(name, pa.string()) for name in COLUMNS},
            null_values=[""],
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
        ),
    )
