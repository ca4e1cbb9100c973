"""As much of SOQL as is asked here, read as strictly as Salesforce does."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

_TOKEN = re.compile(
    r"""\s*(?:
        (?P<datetime>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,3})?(?:Z|[+-]\d\d:\d\d))
      | (?P<date>\d{4}-\d\d-\d\d)
      | (?P<number>-?\d+(?:\.\d+)?)
      | (?P<text>'(?:[^'\\\n\r]|\\['"\\nrtbf_%])*')
      | (?P<word>[A-Za-z][A-Za-z0-9_.]*)
      | (?P<sign><=|>=|!=|<|>|=|\(|\)|,)
    )""",
    re.VERBOSE,
)
_UNESCAPED = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f"}
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "=": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "<": lambda a, b: a is not None and a < b,
    ">": lambda a, b: a is not None and a > b,
    "<=": lambda a, b: a is not None and a <= b,
    ">=": lambda a, b: a is not None and a >= b,
}
_ID = re.compile(r"[a-zA-Z0-9]{15}(?:[a-zA-Z0-9]{3})?")
# A field's type by name: id, text, number, boolean, date or datetime.
Types = Mapping[str, str]
Row = Mapping[str, Any]


class MalformedQuery(ValueError):
    """A query that Salesforce would refuse; `code` is its code."""

    def __init__(self, text: str, code: str = "MALFORMED_QUERY") -> None:
        super().__init__(text)
        self.code = code


@dataclass(frozen=True)
class Query:
    """A query that was read."""

    fields: tuple[str, ...]
    name: str
    fits: Callable[[Row], bool]
    order: tuple[tuple[str, bool], ...]
    limit: int | None


def read_query(soql: str, types_of: Callable[[str], Types]) -> Query:
    """Read a query; raises `MalformedQuery`."""
    return _Reader(soql, types_of).query()


class _Reader:
    def __init__(self, soql: str, types_of: Callable[[str], Types]) -> None:
        self._tokens = _tokens(soql)
        self._at = 0
        self._types_of = types_of
        self._types: Types = {}

    def query(self) -> Query:
        self._word("SELECT")
        fields = [self._name()]
        while self._accept(","):
            fields.append(self._name())
        self._word("FROM")
        name = self._name()
        self._types = self._types_of(name)
        for field in fields:
            self._known(field)
        if len(set(fields)) < len(fields):
            raise MalformedQuery("duplicate field selected", "INVALID_FIELD")
        fits = self._any() if self._accept("WHERE") else lambda _row: True
        order = self._order() if self._accept("ORDER") else ()
        limit = int(self._take("number")) if self._accept("LIMIT") else None
        if self._at < len(self._tokens):
            raise MalformedQuery(f"unexpected token: {self._tokens[self._at][1]}")
        return Query(tuple(fields), name, fits, order, limit)

    def _order(self) -> tuple[tuple[str, bool], ...]:
        self._word("BY")
        order = []
        while True:
            field = self._known(self._name())
            descending = not self._accept("ASC") and self._accept("DESC")
            order.append((field, descending))
            if not self._accept(","):
                return tuple(order)

    def _any(self) -> Callable[[Row], bool]:
        parts = [self._one()]
        joined = ""
        while self._peek() in {"AND", "OR"}:
            word = self._next()[1].upper()
            if joined and word != joined:
                raise MalformedQuery("AND and OR can't be mixed without parentheses")
            joined = word
            parts.append(self._one())
        if joined == "OR":
            return lambda row: any(part(row) for part in parts)
        return lambda row: all(part(row) for part in parts)

    def _one(self) -> Callable[[Row], bool]:
        if self._accept("("):
            inner = self._any()
            self._word(")")
            return inner
        field = self._known(self._name())
        if self._accept("IN"):
            self._word("(")
            values = [self._value(field)]
            while self._accept(","):
                values.append(self._value(field))
            self._word(")")
            return lambda row: _alike(row.get(field)) in values
        sign = self._take("sign")
        if sign not in _COMPARE:
            raise MalformedQuery(f"unexpected token: {sign}")
        value, compare = self._value(field), _COMPARE[sign]
        return lambda row: compare(_alike(row.get(field)), value)

    def _value(self, field: str) -> Any:
        kind, text = self._next()
        wanted = self._types[field]
        if kind == "word" and text.lower() == "null":
            return None
        if kind == "word" and text.lower() in {"true", "false"}:
            kind, value = "boolean", text.lower() == "true"
            return self._checked(field, wanted == "boolean", value)
        if kind == "text":
            plain = re.sub(r"\\(.)", lambda m: _UNESCAPED.get(m[1], m[1]), text[1:-1])
            if wanted == "id" and not _ID.fullmatch(plain):
                raise MalformedQuery(f"invalid ID field: {plain}", "INVALID_QUERY_FILTER_OPERATOR")
            return self._checked(field, wanted in {"text", "id"}, _alike(plain))
        if kind == "datetime":
            # Fractions of a second are not looked at.
            moment = datetime.fromisoformat(text).replace(microsecond=0)
            return self._checked(field, wanted == "datetime", moment)
        if kind == "number":
            return self._checked(field, wanted == "number", float(text))
        if kind == "date":
            return self._checked(field, wanted == "date", text)
        raise MalformedQuery(f"unexpected token: {text}")

    def _checked(self, field: str, fits: bool, value: Any) -> Any:
        if not fits:
            raise MalformedQuery(f"filter on {field} has a value of another type", "INVALID_FIELD")
        return value

    def _known(self, field: str) -> str:
        if field not in self._types:
            raise MalformedQuery(f"No such column '{field}'", "INVALID_FIELD")
        return field

    def _name(self) -> str:
        return self._take("word")

    def _word(self, word: str) -> None:
        if not self._accept(word):
            raise MalformedQuery(f"expecting {word}")

    def _accept(self, word: str) -> bool:
        if self._peek() != word:
            return False
        self._at += 1
        return True

    def _peek(self) -> str:
        if self._at >= len(self._tokens):
            return ""
        kind, text = self._tokens[self._at]
        return text.upper() if kind == "word" else text if kind == "sign" else ""

    def _next(self) -> tuple[str, str]:
        if self._at >= len(self._tokens):
            raise MalformedQuery("unexpected end of query")
        self._at += 1
        return self._tokens[self._at - 1]

    def _take(self, kind: str) -> str:
        found, text = self._next()
        if found != kind:
            raise MalformedQuery(f"unexpected token: {text}")
        return text


def _tokens(soql: str) -> list[tuple[str, str]]:
    tokens, at = [], 0
    while soql[at:].strip():
        match = _TOKEN.match(soql, at)
        if match is None:
            raise MalformedQuery(f"unexpected token at {soql[at : at + 20]}")
        tokens.append((str(match.lastgroup), match[str(match.lastgroup)]))
        at = match.end()
    return tokens


def _alike(value: Any) -> Any:
    """Return a value as Salesforce compares it: texts by their letters, times by the second."""
    if isinstance(value, datetime):
        return value.replace(microsecond=0)
    return value.casefold() if isinstance(value, str) else value
