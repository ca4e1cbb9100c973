"""A profile as a form: every input is named by the place of its value, as in `criteria.size.points`.

The same names stand in the profile's errors, so that what is wrong is told beside the input. An empty
input takes its key away; a row of a list whose inputs are all empty is gone.
"""

import re
from collections.abc import Iterable, Mapping
from copy import deepcopy
from itertools import pairwise
from typing import Any

NUMBERS = frozenset(
    [
        "points",
        "missing",
        "weight",
        "share",
        "enough",
        "elsewhere",
        "full_from",
        "full_to",
        "none_below",
        "none_above",
        "radius_km",
        "fade_km",
        "latitude",
        "longitude",
        "employees_from",
        "employees_to",
        "years_from",
        "years_to",
        "at_least",
        "at_most",
    ]
)
LISTS = frozenset(
    "countries regions states territories synonyms look_in tags without_tags labels domains like any_of".split()  # noqa: SIM905
)
# What a new criterion starts with, by its kind: enough to be saved as it is.
SKELETONS: Mapping[str, dict[str, Any]] = {
    "geography": {"points": 10, "areas": [{"regions": ["Europe"]}]},
    "size": {
        "points": 10,
        "employees": {"none_below": 2, "full_from": 10, "full_to": 250, "none_above": 1000},
    },
    "tenure": {"points": 10, "years": {"none_below": 1, "full_from": 5}},
    "specialty": {"points": 10, "enough": 1, "terms": [{"term": "consulting", "weight": 1}]},
    "certifications": {"points": 10, "enough": 1, "terms": [{"term": "iso 27001", "weight": 1}]},
    "vendor_partnerships": {
        "points": 10,
        "enough": 1,
        "terms": [{"term": "microsoft", "weight": 1}],
    },
    "look_alike": {"points": 10},
    "signals": {"points": 10, "signals": [{"field": "website", "weight": 1}]},
}
_PART = re.compile(r"([^.\[\]]+)(?:\[(\d+)\])?")
_DEEPEST = 6
_LONGEST_LIST = 500


def read_form(source: Mapping[str, Any], form: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """Return a profile's data with the values of a form; keys that the form does not name stay.

    What cannot be read as a number stays a text, which the profile then refuses in its own words.
    """
    data = deepcopy(dict(source))
    removed = []
    for name, text in form:
        if name == "remove":
            removed.append(text)
            continue
        path = _path(name)
        if path is not None:
            _put(data, path, _value(path[-1], text))
    criteria = data.get("criteria")
    for key in removed:
        if isinstance(criteria, dict):
            criteria.pop(key, None)
    pruned = _prune(data)
    return pruned if isinstance(pruned, dict) else {}


def add_criterion(source: Mapping[str, Any], kind: str, key: str) -> dict[str, Any]:
    """Return a profile's data with one criterion more, called by its kind where no name is given."""
    data = deepcopy(dict(source))
    skeleton = SKELETONS.get(kind)
    if skeleton is None:
        return data
    criteria = data.setdefault("criteria", {})
    name = key.strip() or kind
    if name in criteria:
        name = next(f"{name} {n}" for n in range(2, 1000) if f"{name} {n}" not in criteria)
    criteria[name] = deepcopy(skeleton) | ({} if name == kind else {"kind": kind})
    return data


def _path(name: str) -> list[str | int] | None:
    """Return the steps of a name: keys, and places in lists from 0 on; None where it is no place."""
    steps: list[str | int] = []
    for part in name.split("."):
        match = _PART.fullmatch(part)
        if match is None:
            return None
        steps.append(match[1])
        if match[2] is not None:
            place = int(match[2]) - 1
            if not 0 <= place < _LONGEST_LIST:
                return None
            steps.append(place)
    known = {"title", "missing", "criteria", "territories", "must_haves", "exclusions"}
    return steps if steps[0] in known and len(steps) <= _DEEPEST else None


def _value(key: str | int, text: str) -> Any:
    text = text.strip()
    if not text:
        return None
    if key in LISTS:
        return [part.strip() for part in text.split(",") if part.strip()] or None
    if key in NUMBERS:
        plain = text.replace(",", ".") if re.fullmatch(r"-?\d+,\d+", text) else text
        if re.fullmatch(r"-?\d{1,15}", plain):
            return int(plain)
        if re.fullmatch(r"-?\d{0,15}\.\d{1,15}", plain):
            return float(plain)
    return text


def _put(data: Any, path: list[str | int], value: Any) -> None:
    for here, after in pairwise(path):
        below: Any = [] if isinstance(after, int) else {}
        if isinstance(here, int):
            if not isinstance(data, list):
                return
            while len(data) <= here:
                data.append({})
            if not isinstance(data[here], list if isinstance(after, int) else dict):
                data[here] = below
            data = data[here]
        else:
            if not isinstance(data, dict):
                return
            if not isinstance(data.get(here), list if isinstance(after, int) else dict):
                data[here] = below
            data = data[here]
    last = path[-1]
    if isinstance(data, dict) and isinstance(last, str):
        data[last] = value


def _prune(value: Any) -> Any:
    """Return the value without what is empty: keys, rows and tables."""
    if isinstance(value, dict):
        found = {key: _prune(below) for key, below in value.items()}
        return {key: below for key, below in found.items() if below not in (None, {}, [])} or None
    if isinstance(value, list):
        rows = [_prune(row) for row in value]
        return [row for row in rows if row not in (None, {}, [])] or None
    return value
