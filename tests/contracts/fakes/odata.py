"""As much of OData as is asked here: filters, keys in addresses, and lists of names."""

import re
import unicodedata
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import unquote

_SEGMENT = re.compile(r"(?P<set>[A-Za-z_]\w*)\((?P<key>.*)\)", re.DOTALL)
_KEY = re.compile(r"(?P<name>[A-Za-z_]\w*)='(?P<value>(?:[^']|'')*)'", re.DOTALL)
_GUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_TOKEN = re.compile(
    r"\s*(?:(?P<text>'(?:[^']|'')*')|(?P<number>-?\d+(?:\.\d+)?)|(?P<word>\w+)|(?P<sign>[()]))",
    re.DOTALL,
)
# What breaks the address of a row that is named by an alternate key.
UNFIT_FOR_KEYS = re.compile(r"[/<>*%&:\\?+#]")
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "eq": lambda a, b: a == b,
    "ne": lambda a, b: a != b,
    "gt": lambda a, b: a is not None and a > b,
    "ge": lambda a, b: a is not None and a >= b,
    "lt": lambda a, b: a is not None and a < b,
    "le": lambda a, b: a is not None and a <= b,
}
Row = Mapping[str, Any]


def split_segment(segment: str) -> tuple[str, str | tuple[str, str] | None]:
    """Return the entity set of a segment, and its key: an id, or a column and a value."""
    match = _SEGMENT.fullmatch(segment)
    if match is None:
        return segment, None
    if _GUID.fullmatch(match["key"]):
        return match["set"], match["key"].lower()
    key = _KEY.fullmatch(match["key"])
    if key is None:
        raise ValueError(f"{match['key']!r} is no key")
    value = key["value"].replace("''", "'")
    if UNFIT_FOR_KEYS.search(value):
        raise ValueError(f"{value!r} can't stand in a key")
    return match["set"], (key["name"], value)


def split_address(address: str) -> tuple[str, str | tuple[str, str] | None]:
    """Return the entity set and key of an address such as /accounts(…), as bodies hold them."""
    return split_segment(unquote(address.strip("/").rsplit("/", maxsplit=1)[-1]))


def folded(value: Any) -> Any:
    """Return a value as Dataverse compares it: without case, accents and spaces at the end."""
    if not isinstance(value, str):
        return value
    plain = unicodedata.normalize("NFKD", value.rstrip())
    return "".join(one for one in plain if not unicodedata.combining(one)).casefold()


def read_filter(text: str, names: Mapping[str, str]) -> Callable[[Row], bool]:
    """Read a filter; `names` holds the type of each column. Raises ValueError."""
    tokens, at = [], 0
    while text[at:].strip():
        match = _TOKEN.match(text, at)
        if match is None:
            raise ValueError(f"Syntax error at {text[at : at + 20]!r}")
        tokens.append((str(match.lastgroup), match[str(match.lastgroup)]))
        at = match.end()
    fits, rest = _any(tokens, names)
    if rest:
        raise ValueError(f"Syntax error at {rest[0][1]!r}")
    return fits


def _any(tokens: Any, names: Mapping[str, str]) -> tuple[Callable[[Row], bool], Any]:
    parts, rest = [], tokens
    while True:
        part, rest = _all(rest, names)
        parts.append(part)
        if not rest or rest[0] != ("word", "or"):
            return (lambda row: any(one(row) for one in parts)), rest
        rest = rest[1:]


def _all(tokens: Any, names: Mapping[str, str]) -> tuple[Callable[[Row], bool], Any]:
    parts, rest = [], tokens
    while True:
        part, rest = _one(rest, names)
        parts.append(part)
        if not rest or rest[0] != ("word", "and"):
            return (lambda row: all(one(row) for one in parts)), rest
        rest = rest[1:]


def _one(tokens: Any, names: Mapping[str, str]) -> tuple[Callable[[Row], bool], Any]:
    if tokens and tokens[0] == ("sign", "("):
        inner, rest = _any(tokens[1:], names)
        if not rest or rest[0] != ("sign", ")"):
            raise ValueError("Syntax error: a bracket is missing")
        return inner, rest[1:]
    if len(tokens) < 3:
        raise ValueError("Syntax error at the end of the filter")
    (kind, name), (_, operator), (value_kind, text) = tokens[:3]
    if kind != "word" or name not in names:
        raise ValueError(f"Could not find a property named '{name}'")
    if operator not in _COMPARE:
        raise ValueError(f"Syntax error at {operator!r}")
    value = _value(names[name], value_kind, text)
    compare = _COMPARE[operator]
    return (lambda row: compare(folded(row.get(name)), value)), tokens[3:]


def _value(wanted: str, kind: str, text: str) -> Any:
    if (kind, text) == ("word", "null"):
        return None
    if kind == "text" and wanted == "text":
        return folded(text[1:-1].replace("''", "'"))
    if kind == "number" and wanted == "number":
        return float(text)
    if kind == "word" and wanted == "boolean" and text in {"true", "false"}:
        return text == "true"
    raise ValueError(f"A {wanted} can't be compared with {text!r}")
