"""Nonsense profiles: each is answered with file, key and remedy, never with a traceback."""

from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recruit.scoring.examples import list_examples
from recruit.scoring.profile import parse_profile, read_profile
from recruit.scoring.section import ProfileError
from tests.factories.scoring import make_profile_data

nonsense = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.floats()
    | st.text(max_size=12)
    | st.sampled_from(
        ["Europe", "DE", "size", "NACE 62", "passes", "-1", "kubernetes", "a.example"]
    ),
    lambda below: (
        st.lists(below, max_size=3) | st.dictionaries(st.text(max_size=8), below, max_size=3)
    ),
    max_leaves=6,
)


def full_profile() -> dict[str, Any]:
    data = make_profile_data()
    data["territories"] = [{"name": "Alps", "countries": ["AT"]}]
    data["criteria"] |= {
        "certifications": {
            "points": 5,
            "enough": 1,
            "terms": [{"code": "NACE 62.02", "weight": 1}],
        },
        "signals": {"points": 5, "signals": [{"field": "employees", "at_least": 3, "weight": 1}]},
        "likeness": {"kind": "specialty", "points": 5, "query": "cloud", "like": ["a.example"]},
    }
    data["must_haves"] = [{"because": "A", "tags": ["b"], "unknown": "gates"}]
    data["exclusions"] = [{"because": "A", "labels": ["partner"], "domains": ["a.example"]}]
    return data


def paths_of(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [path] if path else []
    if isinstance(value, dict):
        found += [p for key, below in value.items() for p in paths_of(below, (*path, key))]
    elif isinstance(value, list):
        found += [p for n, below in enumerate(value) for p in paths_of(below, (*path, n))]
    return found


PATHS = paths_of(full_profile())


def check(data: dict[str, Any]) -> None:
    try:
        parse_profile(data, "p.toml")
    except ProfileError as error:
        for line in str(error).splitlines():
            file, where, message = line.split(": ", 2)
            assert file == "p.toml"
            assert where
            assert len(message) > 10
            assert message.rstrip()[-1] in ".:?", message


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(PATHS), nonsense)
def test_nonsense_anywhere_is_told_or_taken(path: tuple[Any, ...], value: Any) -> None:
    data = deepcopy(full_profile())
    here: Any = data
    for key in path[:-1]:
        here = here[key]
    here[path[-1]] = value
    check(data)


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(PATHS), st.text(min_size=1, max_size=10), nonsense)
def test_a_key_that_nobody_knows_is_refused(path: tuple[Any, ...], key: str, value: Any) -> None:
    data = deepcopy(full_profile())
    here: Any = data
    for part in path:
        here = here[part]
    if isinstance(here, dict) and key not in here:
        here[key] = value
    check(data)


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_broken_text_is_told_with_its_line(data: st.DataObject) -> None:
    text = data.draw(st.sampled_from([example.text for example in list_examples()]))
    at = data.draw(st.integers(0, len(text)))
    put = data.draw(st.text(max_size=4))
    broken = text[:at] + put + text[at + len(put) :]
    try:
        read_profile(broken, "p.toml")
    except ProfileError as error:
        told = str(error)
    else:
        told = "p.toml: it can be read"
    assert told.startswith("p.toml: ")


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("query", "the of a", "It has no word that says what a firm does. Add one."),
        ("like", ["not a domain"], 'Name each example firm by its own, as in "acme.com".'),
        ("terms", [{"code": "NACEE 62", "weight": 1}], 'Did you mean "NACE"?'),
        ("terms", [{"code": "62.02", "weight": 1}], 'as in "NACE 62.02"'),
        ("points", 1e9, "between 0 and 10000"),
    ],
)
def test_the_new_ways_to_say_what_a_firm_does_are_checked(
    key: str, value: Any, message: str
) -> None:
    data = full_profile()
    data["criteria"]["likeness"][key] = value
    with pytest.raises(ProfileError) as caught:
        parse_profile(data, "p.toml")
    assert f"criteria.likeness.{key}" in str(caught.value)
    assert message in str(caught.value)
