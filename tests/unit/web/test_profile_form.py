"""The profile's form: every input finds its place, and nonsense is told, never lost or crashed on."""

import re
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from recruit.scoring.profile import parse_profile
from recruit.scoring.section import ProfileError
from recruit.web.desk.profile import draft_of
from recruit.web.desk.profile_form import SKELETONS, add_criterion, read_form
from tests.factories.scoring import make_profile_data


def edited(*pairs: tuple[str, str]) -> dict[str, Any]:
    return read_form(make_profile_data(), pairs)


def test_numbers_lists_and_texts_find_their_places() -> None:
    data = edited(
        ("title", " Another "),
        ("criteria.size.points", "12,5"),
        ("criteria.size.employees.full_to", "300"),
        ("criteria.specialty.terms[1].synonyms", "k8s, kube ,"),
        ("criteria.geography.areas[3].countries", "Italy"),
    )
    assert data["title"] == "Another"
    assert data["criteria"]["size"]["points"] == 12.5
    assert data["criteria"]["size"]["employees"]["full_to"] == 300
    assert data["criteria"]["specialty"]["terms"][0]["synonyms"] == ["k8s", "kube"]
    assert data["criteria"]["geography"]["areas"][2] == {"countries": ["Italy"]}


def test_what_is_not_named_stays_and_what_is_emptied_goes() -> None:
    data = edited(
        ("criteria.specialty.terms[2].term", ""), ("criteria.specialty.terms[2].weight", "")
    )
    assert [t["term"] for t in data["criteria"]["specialty"]["terms"]] == ["kubernetes", "training"]
    assert data["criteria"]["tenure"] == make_profile_data()["criteria"]["tenure"]
    assert "size" not in edited(("remove", "size"))["criteria"]


def test_the_source_itself_is_left_alone() -> None:
    source = make_profile_data()
    read_form(source, [("criteria.size.points", "1")])
    assert source == make_profile_data()


def test_every_kind_of_criterion_can_be_added_and_saved_as_it_is() -> None:
    data: dict[str, Any] = make_profile_data()
    for kind in SKELETONS:
        data = add_criterion(data, kind, "")
    profile = parse_profile(data)
    assert len(profile.criteria) == 4 + len(SKELETONS)
    assert "size 2" in {c.key for c in profile.criteria}


def test_an_error_names_the_input_that_it_is_about() -> None:
    draft = draft_of(edited(("criteria.size.points", "many"), ("must_haves[1].because", "Ours")))
    assert draft.definition is None
    assert [p.path for p in draft.problems] == ["criteria.size.points", "must_haves[1]"]
    assert draft.problems[0].message.startswith("'many' is not a number")


names = st.one_of(
    st.sampled_from(
        ["title", "missing", "criteria", "criteria.size", "criteria.size.points[2]", "exclusions[0].tags",
         "criteria.specialty.terms[999999]", "criteria.specialty.terms[1].term.deeper.still.more.and.more",
         "criteria.size.employees", "must_haves[2].employees_from", "territories[1].name", "remove", "[1]", ""]
    ),
    st.text(max_size=30),
)  # fmt: skip


@given(st.lists(st.tuples(names, st.text(max_size=20)), max_size=6))
def test_no_form_makes_it_crash(pairs: list[tuple[str, str]]) -> None:
    data = read_form(make_profile_data(), pairs)
    try:
        parse_profile(data, "profile")
    except ProfileError as error:
        for line in str(error).splitlines():
            assert re.match(r"profile: .+: .+", line), line
