"""Profiles as text: what is written reads as what it was."""

import tomllib
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recruit.scoring.examples import list_examples
from recruit.scoring.profile import read_profile
from recruit.scoring.toml import write_profile
from tests.factories.scoring import make_profile_data

texts = st.text(st.characters(blacklist_categories=("Cs", "Cc")), max_size=20)
values = st.recursive(
    st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False) | texts,
    lambda below: st.lists(below, max_size=4) | st.dictionaries(texts, below, max_size=4),
    max_leaves=12,
)


@pytest.mark.parametrize("name", [example.name for example in list_examples()])
def test_every_example_is_written_as_it_reads(name: str) -> None:
    (example,) = [one for one in list_examples() if one.name == name]
    data = tomllib.loads(example.text)
    assert tomllib.loads(write_profile(data)) == data
    assert read_profile(example.text, name).most == 100


def test_the_demo_s_profile_is_written_as_it_reads() -> None:
    data = tomllib.loads((files("recruit.demo") / "data" / "profile.toml").read_text("utf-8"))
    assert tomllib.loads(write_profile(data)) == data


@given(st.dictionaries(texts, values, max_size=5))
def test_any_data_is_written_as_it_reads(data: dict[str, object]) -> None:
    whole = make_profile_data() | {"criteria": {"a b": {"points": 1, "more": data}}} | data
    assert tomllib.loads(write_profile(whole)) == whole
