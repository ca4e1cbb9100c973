"""A definition is read as a whole, and every error names its place and its remedy."""

import tomllib
from datetime import time
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from recruit.sequences.definition import DefinitionError, definition_hash
from recruit.sequences.parsing import load_definition, parse_definition
from recruit.sequences.values import StepKind
from tests.factories.sequences import sequence_data

EMAIL = {"kind": "email", "subject": "Hi", "body": "Hello"}


def test_a_definition_is_read() -> None:
    parsed = parse_definition(
        sequence_data(window={"days": ["tue"], "opens": "08:30", "closes": "12:00"})
    )
    assert [step.kind for step in parsed.steps] == [StepKind.EMAIL, StepKind.TASK, StepKind.EMAIL]
    assert parsed.window.days == {1}
    assert (parsed.window.opens, parsed.window.closes) == (time(8, 30), time(12))
    assert parsed.steps[1].channel == "linkedin"


@pytest.mark.parametrize(
    ("over", "message"),
    [
        ({"name": ""}, "sequence.name is empty"),
        ({"name": None}, "sequence.name is missing"),
        ({"steps": []}, "there are no steps"),
        ({"steps": {"kind": "email"}}, r"write \[\[steps\]\]"),
        (
            {"steps": [{"kind": "mail", "body": "x"}]},
            r"steps\[1\].kind 'mail' is unknown; choose one of email, task",
        ),
        ({"steps": [EMAIL, {"kind": "email"}]}, r"steps\[2\].body is missing"),
        (
            {"steps": [{"kind": "email", "body": "x"}]},
            r"steps\[1\].subject: the first e-mail has no thread",
        ),
        ({"steps": [{"kind": "task"}]}, r"steps\[1\].subject is missing"),
        (
            {"steps": [EMAIL | {"delay": 3}]},
            r"steps\[1\].delay is unknown; did you mean 'delay_working_days'",
        ),
        ({"steps": [EMAIL | {"delay_working_days": -1}]}, "whole number from 0 to 250"),
        ({"steps": [EMAIL | {"delay_working_days": True}]}, "whole number"),
        (
            {"steps": [EMAIL | {"body": "{{ contact.frist_name }}"}]},
            r"steps\[1\].body: line 1: .*did you mean contact.first_name",
        ),
        ({"steps": [EMAIL | {"subject": "{% for x in y %}"}]}, r"steps\[1\].subject: line 1"),
        ({"window": {"opens": "nine"}}, 'sequence.window.opens is not a time of day like "09:00"'),
        (
            {"window": {"opens": "17:00", "closes": "09:00"}},
            "closes 09:00 is not after opens 17:00",
        ),
        (
            {"window": {"opens": "09:00", "closes": "10:00", "spread_minutes": 60}},
            "not less than the window's 60",
        ),
        ({"window": {"days": ["mo"]}}, "not a list of mon, tue"),
        ({"window": {"days": []}}, "no day is left"),
        ({"grace_hours": 0}, "grace_hours is not a whole number from 1"),
        ({"titel": "x"}, "sequence.titel is unknown; did you mean 'title'"),
    ],
)
def test_an_error_names_place_and_remedy(over: dict[str, Any], message: str) -> None:
    with pytest.raises(DefinitionError, match=message):
        parse_definition(sequence_data(**over))


def test_a_file_that_is_no_toml_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "s.toml"
    path.write_text("name = ")
    with pytest.raises(DefinitionError, match=r"s\.toml is not valid TOML"):
        load_definition(path)
    with pytest.raises(DefinitionError, match="cannot be read"):
        load_definition(tmp_path / "none.toml")


def test_the_hash_ignores_the_order_of_keys() -> None:
    data = sequence_data()
    assert definition_hash(data) == definition_hash(dict(reversed(data.items())))
    assert definition_hash(data) != definition_hash(data | {"title": "Other"})


def test_the_packaged_sequence_is_valid_and_has_three_mails_and_a_task() -> None:
    text = (files("recruit.demo") / "data" / "sequence.toml").read_text(encoding="utf-8")
    parsed = parse_definition(tomllib.loads(text))
    assert [step.kind.value for step in parsed.steps] == ["email", "task", "email", "email"]
