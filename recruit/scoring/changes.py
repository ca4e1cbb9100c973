"""What differs between two states of a profile, key by key, in words."""

from collections.abc import Iterator, Mapping
from typing import Any

# What the items of a list are told apart by, so that a new item in front does not change all others.
_IDENTIFIERS = ("term", "because", "place")


def describe_changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[str, ...]:
    """Return one line for each key that was added, taken away or changed, sorted by key."""
    old, new = dict(_flatten("", before)), dict(_flatten("", after))
    lines = []
    for key in sorted(old.keys() | new.keys()):
        if key not in old:
            lines.append(f"{key}: added, {_show(new[key])}")
        elif key not in new:
            lines.append(f"{key}: taken away, was {_show(old[key])}")
        elif old[key] != new[key]:
            lines.append(f"{key}: {_compare(old[key], new[key])}")
    return tuple(lines)


def _flatten(path: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping):
        for key, below in value.items():
            yield from _flatten(f"{path}.{key}" if path else key, below)
    elif isinstance(value, list) and value and all(isinstance(v, Mapping) for v in value):
        for number, below in enumerate(value, start=1):
            name = next((below[i] for i in _IDENTIFIERS if i in below), number)
            yield from _flatten(f"{path}[{name}]", below)
    else:
        yield path, value


def _compare(before: Any, after: Any) -> str:
    if isinstance(before, list) and isinstance(after, list):
        added = [item for item in after if item not in before]
        gone = [item for item in before if item not in after]
        parts = [f"added {_show(added)}"] if added else []
        parts += [f"taken away {_show(gone)}"] if gone else []
        return "; ".join(parts) or "in another order"
    return f"{_show(before)} → {_show(after)}"


def _show(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
