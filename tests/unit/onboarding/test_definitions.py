"""Tracks and courses as data: every fault is named with file, place and remedy, and nothing is lost on the way."""

from collections.abc import Callable
from importlib.resources import files
from typing import Any

import pytest

from recruit.onboarding.content import read_content
from recruit.onboarding.course import parse_course
from recruit.onboarding.definitions import ContentError, definition_json
from recruit.onboarding.track import parse_track
from recruit.onboarding.values import Action
from tests.factories.onboarding import basics_data, make_track, selling_data, track_data

Spoil = Callable[[dict[str, Any]], Any]


def _set(*path: Any, value: Any) -> Spoil:
    def spoil(data: dict[str, Any]) -> None:
        at: Any = data
        for key in path[:-1]:
            at = at[key]
        at[path[-1]] = value

    return spoil


def _drop(*path: Any) -> Spoil:
    def spoil(data: dict[str, Any]) -> None:
        at: Any = data
        for key in path[:-1]:
            at = at[key]
        del at[path[-1]]

    return spoil


COURSE_FAULTS = [
    (_drop("title"), ["basics.toml: title:", "missing. Add it."]),
    (_set("titel", value="x"), ["basics.toml: titel:", "unknown. Check its spelling"]),
    (_set("key", value="Product Basics"), ["basics.toml: key:", "'Product Basics'"]),
    (_set("lessons", value=[]), ["basics.toml: lessons:"]),
    (_set("lessons", 1, "minutes", value=0), ["basics.toml: lessons.2.minutes:", "found 0."]),
    (_set("lessons", 1, "key", value="what"), ["The key 'what' stands twice. Rename one."]),
    (_set("lessons", 0, "markdown", value=""), ["lessons.1.markdown:"]),
    (_set("quiz", "pass_mark", value=0), ["quiz.pass_mark:", "found 0."]),
    (_set("quiz", "pass_mark", value=80), ["quiz.pass_mark:", "found 80."]),
    (_set("quiz", "questions", value=[]), ["quiz.questions:"]),
    (
        _set("quiz", "questions", 0, "answer", value="With the custmer"),
        ["quiz.questions.1:", "is no option. Did you mean 'With the customer'?"],
    ),
    (
        _set("quiz", "questions", 0, "answer", value=["With us", "With the customer"]),
        ["quiz.questions.1:", 'Make it kind = "multiple".'],
    ),
    (
        _set("quiz", "questions", 1, "options", value=["Agent", "Console", "Agent"]),
        ["quiz.questions.2:", "Two options read the same. Reword one."],
    ),
    (_set("quiz", "questions", 1, "kind", value="essay"), ["quiz.questions.2.kind:", "'essay'"]),
    (_set("quiz", "questions", 1, "key", value="where"), ["The key 'where' stands twice."]),
    (
        _set("quiz", "questions", 0, "lesson", value="whatt"),
        ["Question 'where' points to lesson 'whatt'", "Did you mean 'what'? Known: what, who."],
    ),
    (
        lambda d: d.update(validity_months=12, quiz=None),
        ["A certificate needs a quiz. Add [quiz] or take validity_months away."],
    ),
    (_set("validity_months", value=0), ["validity_months:", "found 0."]),
]

TRACK_FAULTS = [
    (_drop("name"), ["t.toml: name:", "missing. Add it."]),
    (_set("steps", value=[]), ["t.toml: steps:"]),
    (_set("opnes", value={}), ["t.toml: opnes:", "unknown. Check its spelling"]),
    (_set("steps", 0, "kind", value="contract"), ["t.toml: steps.1.kind:", "'contract'"]),
    (_drop("steps", 0, "agreement"), ["t.toml: steps.1:", 'Add agreement = "…".']),
    (_drop("steps", 2, "course"), ["t.toml: steps.3:", 'Add course = "…".']),
    (_drop("steps", 3, "course"), ["t.toml: steps.4:", 'Add course = "…".']),
    (_set("steps", 1, "key", value="agreement"), ["Two steps are named 'agreement'. Rename one."]),
    (
        _set("steps", 1, "after", value=["agrement"]),
        ["Step 'company' comes after 'agrement'", "Did you mean 'agreement'?"],
    ),
    (_set("steps", 0, "after", value=["basics"]), ["'basics', which is no step above it."]),
    (_set("steps", 1, "after", value=["company"]), ["'company', which is no step above it."]),
    (_set("opens", "see_prices", value=["certificate"]), ["Did you mean 'certification'?"]),
    (_set("opens", "see_price", value=["agreement"]), ["t.toml: opens.see_price"]),
    (_set("opens", "sign_agreement", value=[]), ["is not for a track."]),
    (_set("steps", 0, "people", value=0), ["t.toml: steps.1.people:", "found 0."]),
    (_set("steps", 0, "minutes", value="soon"), ["t.toml: steps.1.minutes:", "found 'soon'."]),
]


@pytest.mark.parametrize(("spoil", "words"), COURSE_FAULTS)
def test_a_spoiled_course_is_refused_with_file_place_and_remedy(
    spoil: Spoil, words: list[str]
) -> None:
    data = basics_data()
    spoil(data)
    with pytest.raises(ContentError) as caught:
        parse_course(data, file="basics.toml")
    for word in words:
        assert word in str(caught.value)


@pytest.mark.parametrize(("spoil", "words"), TRACK_FAULTS)
def test_a_spoiled_track_is_refused_with_file_place_and_remedy(
    spoil: Spoil, words: list[str]
) -> None:
    data = track_data()
    spoil(data)
    with pytest.raises(ContentError) as caught:
        parse_track(data, file="t.toml")
    for word in words:
        assert word in str(caught.value)


def test_all_faults_are_named_at_once() -> None:
    data = basics_data(title="")
    del data["summary"]
    data["lessons"][0]["minutes"] = 1000
    with pytest.raises(ContentError) as caught:
        parse_course(data, file="basics.toml")
    assert len(str(caught.value).splitlines()) == 3
    assert all(line.startswith("basics.toml: ") for line in str(caught.value).splitlines())


@pytest.mark.parametrize("data", [basics_data(), selling_data(), basics_data(quiz=None)])
def test_a_course_survives_being_stored(data: dict[str, Any]) -> None:
    course = parse_course(data)
    assert parse_course(definition_json(course)) == course
    assert definition_json(parse_course(definition_json(course))) == definition_json(course)


def test_a_track_survives_being_stored() -> None:
    steps = track_data()["steps"]
    steps[3] |= {"after": ["agreement", "basics"], "people": 2}
    track = make_track(steps=steps)
    assert parse_track(definition_json(track)) == track


def test_the_packaged_content_survives_being_stored() -> None:
    content = read_content(files("recruit.demo") / "data" / "onboarding")
    assert parse_track(definition_json(content.track)) == content.track
    for course in content.courses:
        assert parse_course(definition_json(course)) == course
    assert {step.course for step in content.track.steps if step.course} == {
        course.key for course in content.courses
    }


def test_a_step_waits_for_the_one_above_it_unless_it_says_otherwise() -> None:
    steps = track_data()["steps"]
    steps[2] |= {"after": ["agreement"]}
    track = make_track(steps=steps)
    assert [s.key for s in track.before("certification")] == ["agreement", "basics"]
    assert [s.key for s in track.before("company")] == ["agreement"]
    assert track.before("agreement") == ()


def test_what_opens_an_action_brings_all_that_it_waits_for() -> None:
    track = make_track()
    assert [s.key for s in track.needs(Action.SEE_RESOURCES)] == ["agreement"]
    assert track.needs(Action.SEE_PRICES) == track.steps
    assert make_track(opens={}).needs(Action.SEE_RESOURCES) == track.steps
