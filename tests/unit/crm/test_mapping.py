"""A mapping is data, and one that can't work is refused with place and remedy."""

import copy
import tomllib
from pathlib import Path

import pytest

from recruit.crm.adapters.embedded_schema import SCHEMA
from recruit.crm.mapping import (
    DEFAULT,
    MappingInvalid,
    find_mapping,
    list_misfits,
    load_mapping,
    parse_mapping,
)
from recruit.crm.port import FieldShape
from recruit.crm.values import OUR_FIELDS, Direction, Inclusion, Policy

DEMO = Path(__file__).parents[3] / "recruit" / "demo" / "data" / "crm_mapping.toml"
DESCRIBED = {
    name: {field: FieldShape(kind.kind) for field, kind in fields.items()}
    for name, fields in SCHEMA.items()
}


def data(**over):
    return copy.deepcopy({"extends": "default"} | over)


def test_the_packaged_mapping_tells_everything_that_we_know():
    mapping = load_mapping()
    for kind, fields in OUR_FIELDS.items():
        mapped = {rule.ours for rule in mapping.objects[kind].rules}
        assert set(fields) <= mapped
    assert mapping.include is Inclusion.REPLIED


@pytest.mark.parametrize("path", [DEFAULT, DEMO])
def test_the_packaged_mappings_fit_the_embedded_crm(path):
    assert list_misfits(load_mapping(path), DESCRIBED) == []


def test_the_demo_shows_every_firm_that_was_written_to():
    assert load_mapping(DEMO).include is Inclusion.ENROLLED


def test_an_own_mapping_says_only_what_differs():
    mapping = parse_mapping(
        data(
            include="partner",
            company={
                "object": "account",
                "fields": {"phone": {"theirs": "tel", "policy": "off"}},
            },
        )
    )
    assert mapping.include is Inclusion.PARTNER
    company = mapping.objects["company"]
    assert company.crm_object == "account"
    assert company.match_by == "domain"
    assert company.rule_of("phone").theirs == "tel"
    assert company.rule_of("phone").policy is Policy.OFF
    assert company.rule_of("name").policy is Policy.CRM_UNLESS_BLANK


def test_a_field_without_direction_and_policy_is_pushed_and_ours_wins():
    rule = load_mapping().objects["company"].rule_of("score")
    assert (rule.direction, rule.policy) == (Direction.PUSH, Policy.OURS_WINS)


def test_the_installations_own_file_comes_before_the_packaged_one(tmp_path):
    assert find_mapping(tmp_path, "embedded").include is Inclusion.REPLIED
    (tmp_path / "crm_mapping.toml").write_text('extends = "default"\ninclude = "enrolled"\n')
    assert find_mapping(tmp_path, "embedded").include is Inclusion.ENROLLED


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"include": "everyone"}, "include: 'everyone' is unknown; choose one of enrolled"),
        ({"incude": "replied"}, "'incude' is unknown; did you mean 'include'?"),
        ({"extends": "mine"}, 'only "default"'),
        (
            {"company": {"fields": {"nam": {"theirs": "name"}}}},
            r"\[company.fields\] nam: Recruit has no such field; did you mean 'name'\?",
        ),
        (
            {"company": {"fields": {"name": {"theirs": "name", "policy": "ours_win"}}}},
            r"\[company.fields\] name: 'ours_win' is unknown; choose one of crm_wins",
        ),
        ({"company": {"fields": {"name": "name"}}}, "needs the field's name there"),
        (
            {"company": {"fields": {"name": {"theirs": "phone"}}}},
            "name and phone both go to 'phone'",
        ),
        ({"company": {"match_by": "vat"}}, "match_by = 'vat' is not among its fields"),
        (
            {"company": {"fields": {"tier": {"theirs": "tier", "direction": "pull"}}}},
            "can't have the policy ours_wins",
        ),
        (
            {
                "company": {
                    "fields": {"The Tier": {"theirs": "t", "direction": "pull", "policy": "latest"}}
                }
            },
            "small letters",
        ),
        (
            {"company": {"fields": {"city": {"policy": "latest", "direction": "push"}}}},
            "latest lets either side prevail",
        ),
        (
            {"contact": {"fields": {"name": {"theirs": "name", "direction": "both"}}}},
            "only a company's fields can be taken",
        ),
        (
            {
                "activity": {
                    "fields": {"kind": {"theirs": "kind", "values": {"reply": "x", "bounce": "x"}}}
                }
            },
            "two of our values have the same name there",
        ),
    ],
)
def test_a_mapping_that_cannot_work_is_refused_with_place_and_remedy(change, words):
    with pytest.raises(MappingInvalid, match=words):
        parse_mapping(data(**change))


def test_a_mapping_from_scratch_needs_every_kind_of_record():
    whole = tomllib.loads(DEFAULT.read_text())
    del whole["activity"]
    with pytest.raises(MappingInvalid, match=r"\[activity\] is missing"):
        parse_mapping(whole)


def test_a_file_that_is_no_toml_is_named(tmp_path):
    path = tmp_path / "m.toml"
    path.write_text("include = \n")
    with pytest.raises(MappingInvalid, match=r"m\.toml is not a readable TOML file"):
        load_mapping(path)
    with pytest.raises(MappingInvalid, match=r"none\.toml is not a readable"):
        load_mapping(tmp_path / "none.toml")


def test_what_the_crm_lacks_is_listed_before_the_first_write():
    mapping = parse_mapping(
        data(
            company={
                "fields": {
                    "phone": {"theirs": "phon"},
                    "score": {"theirs": "is_customer"},
                    "is_customer": {"theirs": "x", "policy": "off"},
                    "city": {"policy": "off"},
                }
            }
        )
    )
    misfits = list_misfits(mapping, DESCRIBED)
    assert len(misfits) == 2
    assert any("company has no such field; did you mean 'phone'?" in m for m in misfits)
    assert any("is a boolean there, and a number here" in m for m in misfits)
