"""How tracks, courses and resources are read from data: checked as a whole, every fault named at once."""

from collections.abc import Callable, Collection, Mapping, Sequence
from difflib import get_close_matches
from typing import Annotated, Any, TypeVar

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError

D = TypeVar("D")

Key = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,99}$")]
Text = Annotated[str, Field(min_length=1, max_length=200)]
Place = Sequence[int | str]

# A misspelt key that is silently ignored opens a gate too early.
STRICT = ConfigDict(extra="forbid")

_adapters: dict[type[Any], TypeAdapter[Any]] = {}


class ContentError(ValueError):
    """Something that a program owner wrote cannot be used; each line names file, place, remedy."""


def read_definition(
    kind: type[D],
    data: Mapping[str, Any],
    *,
    file: str,
    place_of: Callable[[Place], Place] = lambda place: place,
) -> D:
    """Return `data` as the frozen dataclass `kind`; raises `ContentError` naming every fault.

    `place_of` says where in the file something stands that `data` has elsewhere.
    """
    try:
        definition: D = _adapter(kind).validate_python(data)
    except ValidationError as error:
        faults = []
        for fault in error.errors(include_url=False):
            # Places are counted from 1, as people count the tables of a file.
            place = ".".join(
                str(p + 1 if isinstance(p, int) else p) for p in place_of(fault["loc"])
            )
            faults.append(f"{file}: {place or 'the whole'}: {_say(fault)}")
        raise ContentError("\n".join(faults)) from None
    return definition


def definition_json(definition: Any) -> dict[str, Any]:
    """Return a definition as JSON-ready data that `read_definition` reads back."""
    data: dict[str, Any] = _adapter(type(definition)).dump_python(definition, mode="json")
    return data


def near(word: str, known: Collection[str]) -> str:
    """Return the remedy for an unknown word: the nearest known one, and all of them."""
    found = get_close_matches(word, known, n=1)
    meant = f"Did you mean {found[0]!r}? " if found else ""
    return f"{meant}Known: {', '.join(sorted(known)) or 'none'}."


def _adapter(kind: type[Any]) -> TypeAdapter[Any]:
    # Built once a kind: that takes milliseconds, reading with it microseconds.
    if kind not in _adapters:
        _adapters[kind] = TypeAdapter(kind)
    return _adapters[kind]


def _say(fault: Any) -> str:
    match fault["type"]:
        case "missing":
            return "This is missing. Add it."
        case "unexpected_keyword_argument":
            return "This key is unknown. Check its spelling, or take it away."
        case "value_error":
            return str(fault["ctx"]["error"])
        case _:
            return f"{fault['msg']}; found {fault['input']!r}."
