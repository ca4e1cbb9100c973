"""The chain: how a row is hashed, how the next one follows, and where it breaks. Pure.

A row's hash is SHA-256 over the UTF-8 of its fields without `hash`, as a JSON object with sorted keys
and no spaces. `prev_hash` is one of them, so a changed row changes every hash after it.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, fields, replace
from datetime import UTC, datetime
from typing import Any

from recruit.audit.values import Broken, Entry, Head, Row, Verdict

GENESIS = Head(0, "0" * 64)
_FIELDS = frozenset(field.name for field in fields(Row))


class NotARow(ValueError):
    """What should be a row of the log has other fields, or a field of another kind."""


def moment(at: datetime) -> str:
    """Write a moment as a row holds it; texts sort as the moments do."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def canonical(value: object) -> str:
    """Return JSON with sorted keys and no spaces; raises TypeError for what JSON can't say exactly."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def clean(text: str) -> str:
    """Return text that both databases store unchanged: no NUL, no half of a surrogate pair."""
    return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode()


def hash_of(row: Row) -> str:
    """Return what a row's hash must be."""
    body = asdict(row)
    del body["hash"]
    return hashlib.sha256(canonical(body).encode("utf-8", "surrogatepass")).hexdigest()


def follow(head: Head, entry: Entry, at: datetime) -> Row:
    """Return the row by which an entry follows on `head`."""
    row = Row(seq=head.seq + 1, at=moment(at), **asdict(entry), prev_hash=head.hash, hash="")
    return replace(row, hash=hash_of(row))


def check(
    rows: Iterable[Row], *, newest: Head | None, noted: Head | None = None, start: Head = GENESIS
) -> Verdict:
    """Walk `rows` by `seq` from after `start`, and tell the first that doesn't hold.

    `newest` is where the chain is said to end (None: nothing says so), `noted` a head that somebody
    wrote down earlier: a chain that was cut off or made anew doesn't pass through it.
    """
    head, count = start, 0
    for row in rows:
        if row.seq != head.seq + 1:
            return Verdict(count, head, Broken(head.seq + 1, f"Row {head.seq + 1} is missing."))
        why = _why_not(row, head)
        if not why and noted is not None and noted.seq == row.seq and noted.hash != row.hash:
            why = "Its hash is another than the one noted earlier: the chain was made anew."
        if why:
            return Verdict(count, head, Broken(row.seq, why))
        head, count = Head(row.seq, row.hash), count + 1
    return Verdict(count, head, _end(head, newest, noted))


def _why_not(row: Row, head: Head) -> str:
    if row.prev_hash != head.hash:
        before = f"row {head.seq}" if head.seq else "the beginning"
        return f"It doesn't follow on {before}: one of the two was changed."
    try:
        same = hash_of(row) == row.hash
    except TypeError:
        same = False
    return "" if same else "Its content doesn't belong to its hash: it was changed."


def _end(head: Head, newest: Head | None, noted: Head | None) -> Broken | None:
    for said in (newest, noted):
        if said is not None and said.seq > head.seq:
            return Broken(head.seq + 1, f"Row {head.seq + 1} is missing; the log ends too early.")
    if newest is not None and newest != head:
        number = newest.seq + 1 if newest.seq < head.seq else head.seq
        return Broken(number, "The note of where the log ends says something else.")
    return None


def row_of(data: Mapping[str, Any]) -> Row:
    """Return a row from its JSON object; raises `NotARow`."""
    if data.keys() != _FIELDS:
        names = ", ".join(sorted(_FIELDS ^ data.keys()))
        raise NotARow(f"The fields are not those of an audit row. Missing or unknown: {names}.")
    if not isinstance(data["seq"], int) or isinstance(data["seq"], bool):
        raise NotARow(f"seq must be a whole number, and is {data['seq']!r}.")
    return Row(**data)
