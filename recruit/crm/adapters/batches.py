"""What all adapters do with a batch that is refused as a whole because of one of its records."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from recruit.crm.port import CrmError, CrmRecord, CrmRefused

# An external id and the fields to write.
Item = tuple[str, Mapping[str, Any]]
Results = dict[str, CrmRecord | CrmError]


def check_batch(items: Sequence[Item], most: int) -> None:
    """Raise ValueError for a batch that is too large or names a record twice."""
    if len(items) > most or len({external_id for external_id, _ in items}) < len(items):
        raise ValueError(f"A batch holds {most} records at most, and each external id once.")


def grouped(
    values: Sequence[str],
    found: Iterable[CrmRecord],
    field: str,
) -> dict[str, list[CrmRecord]]:
    """Return the records by the value of a field that was asked for.

    External ids have to be the same exactly; of other texts the case makes no difference.
    """
    by_value: dict[str, list[CrmRecord]] = defaultdict(list)
    for record in found:
        if field == "external_id":
            by_value[record.external_id or ""].append(record)
        else:
            by_value[str(record.fields.get(field, "")).casefold()].append(record)
    folded = str if field == "external_id" else str.casefold
    return {value: by_value.get(folded(value), []) for value in values}


def write_batch(items: Sequence[Item], write: Callable[[Sequence[Item]], Results]) -> Results:
    """Write a batch; one that is refused is halved until only what doesn't fit is refused.

    Raises what `write` raises where it concerns all records.
    """
    try:
        return write(items)
    except CrmRefused as error:
        if len(items) == 1:
            return {items[0][0]: error}
    middle = len(items) // 2
    results: Results = {}
    for half in (items[:middle], items[middle:]):
        try:
            results |= write_batch(half, write)
        except CrmError as error:
            # What became of the other half stands.
            results |= dict.fromkeys((external_id for external_id, _ in half), error)
    return results
