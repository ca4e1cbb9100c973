"""Writing a profile as TOML, in the order and the layout in which people read it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

_TOP = ("name", "title", "missing")
_BARE = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")
_ESCAPES = {
    '"': '\\"',
    "\\": "\\\\",
    "\n": "\\n",
    "\t": "\\t",
    "\r": "\\r",
    "\b": "\\b",
    "\f": "\\f",
}
_WIDE = 100


def write_profile(source: Mapping[str, Any]) -> str:
    """Return a profile's data as a TOML file that reads as the same data."""
    lines = [f"{key} = {_inline(source[key])}" for key in _TOP if key in source]
    rest = {key: value for key, value in source.items() if key not in _TOP}
    lines += [f"{_key(k)} = {_inline(v)}" for k, v in rest.items() if not _is_table(v)]
    for key in ("territories", "criteria", "must_haves", "exclusions"):
        if _is_table(rest.get(key)):
            lines += _below((key,), rest.pop(key))
    for key, value in rest.items():
        if _is_table(value):
            lines += _below((key,), value)
    return "\n".join(lines) + "\n"


def _is_table(value: Any) -> bool:
    is_list = isinstance(value, list) and value and all(isinstance(v, Mapping) for v in value)
    return isinstance(value, Mapping) or bool(is_list)


def _below(path: tuple[str, ...], value: Any) -> Iterator[str]:
    if isinstance(value, list):
        for row in value:
            yield f"\n[[{_dotted(path)}]]"
            yield from (f"{_key(k)} = {_inline(v)}" for k, v in row.items())
        return
    # `criteria` holds tables alone; a criterion holds values, and lists of tables that stay in its lines.
    if path == ("criteria",):
        for key, below in value.items():
            yield from _below((*path, key), below)
        return
    yield f"\n[{_dotted(path)}]"
    for key, item in value.items():
        if isinstance(item, list) and _is_table(item):
            yield f"{_key(key)} = ["
            yield from (f"    {_inline(row)}," for row in item)
            yield "]"
        else:
            yield f"{_key(key)} = {_inline(item)}"


def _inline(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return '"' + "".join(_ESCAPES.get(c, c) for c in value) + '"'
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{_key(k)} = {_inline(v)}" for k, v in value.items()) + " }"
    return _list([_inline(item) for item in value])


def _list(items: Sequence[str]) -> str:
    line = f"[{', '.join(items)}]"
    if len(line) <= _WIDE or any("{" in item for item in items):
        return line
    lines, width = ["["], 0
    for item in items:
        if width == 0 or width + len(item) > _WIDE:
            lines.append(f"    {item},")
            width = 4 + len(item)
        else:
            lines[-1] += f" {item},"
            width += 2 + len(item)
    return "\n".join([*lines, "]"])


def _dotted(path: Sequence[str]) -> str:
    return ".".join(map(_key, path))


def _key(key: str) -> str:
    return key if key and set(key) <= _BARE else _inline(key)
