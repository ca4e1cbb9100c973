"""The rows of a fake CRM: what any CRM keeps, whatever it calls it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from recruit.clock import VirtualClock


@dataclass
class Row:
    """A record. `seen_from` is when searches and feeds begin to show its present state."""

    id: str
    fields: dict[str, Any]
    created_at: datetime
    modified_at: datetime
    seen_from: datetime
    version: int = 1
    deleted_at: datetime | None = None
    merged_into: str | None = None
    edited_at: dict[str, datetime] = field(default_factory=dict)


@dataclass
class Table:
    """The rows of one object. Each write comes a `tick` after the last one."""

    clock: VirtualClock
    unique: tuple[str, ...] = ()
    tick: timedelta = timedelta(seconds=1)
    lag: timedelta = timedelta(0)
    rows: dict[str, Row] = field(default_factory=dict)

    def insert(self, crm_id: str, fields: Mapping[str, Any]) -> Row:
        """Add a row."""
        now = self.moment()
        self.rows[crm_id] = Row(crm_id, _present(fields), now, now, now + self.lag)
        self.rows[crm_id].edited_at = dict.fromkeys(fields, now)
        return self.rows[crm_id]

    def update(self, row: Row, fields: Mapping[str, Any], moment: datetime | None = None) -> Row:
        """Change a row; a blank clears a field."""
        merged = {**row.fields, **fields}
        for name, part in fields.items():
            if isinstance(part, dict):
                merged[name] = _present({**row.fields.get(name, {}), **part})
        row.modified_at = moment or self.moment()
        for name, value in fields.items():
            if row.fields.get(name) != value:
                row.edited_at[name] = row.modified_at
        row.fields = _present(merged)
        row.seen_from = row.modified_at + self.lag
        row.version += 1
        return row

    def delete(self, row: Row, moment: datetime | None = None) -> Row:
        """Delete a row; it stays as a tombstone."""
        row.deleted_at = row.modified_at = moment or self.moment()
        row.seen_from = row.modified_at + self.lag
        row.version += 1
        return row

    def restore(self, row: Row) -> Row:
        """Bring a deleted row back."""
        row.deleted_at = None
        return self.update(row, {})

    def live(self, crm_id: str) -> Row | None:
        """Return a row that isn't deleted; a merged one is its survivor."""
        row = self.rows.get(crm_id)
        if row is not None and row.merged_into is not None:
            return self.live(row.merged_into)
        return None if row is None or row.deleted_at is not None else row

    def holding(self, name: str, value: Any, *, deleted: bool = False) -> list[Row]:
        """Return the rows whose field has this value."""
        return [
            row
            for row in self.rows.values()
            if row.fields.get(name) == value and (row.deleted_at is not None) is deleted
        ]

    def shown(self) -> Iterator[Row]:
        """Return the rows that searches and feeds show by now, deleted ones too."""
        now = self.clock.now()
        return (row for row in self.rows.values() if row.seen_from <= now)

    def moment(self) -> datetime:
        """Return the time of the next write."""
        self.clock.move_to(self.clock.now() + self.tick)
        return self.clock.now()


def _present(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None and value != ""}
