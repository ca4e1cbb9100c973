"""The profile's file: what it may say, and how each mistake is answered."""

from copy import deepcopy
from importlib.resources import files
from typing import Any

import pytest

from recruit.scoring.profile import parse_profile, read_profile
from recruit.scoring.section import ProfileError
from recruit.scoring.values import CriterionKind
from tests.factories.scoring import make_profile, make_profile_data


def changed(path: str, value: Any) -> dict[str, Any]:
    """The data of `make_profile_data` with the value at a dotted path replaced (None: taken away)."""
    data = deepcopy(make_profile_data())
    *parents, last = path.split(".")
    at: Any = data
    for key in parents:
        at = at[int(key)] if isinstance(at, list) else at[key]
    if value is None:
        del at[last]
    else:
        at[last] = value
    return data


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (
            "criteria.sise",
            {"points": 1},
            (
                'criteria.sise: "sise" is not a criterion. Did you mean "size"? '
                "Known: geography, size, tenure, specialty, certifications, vendor_partnerships, signals, look_alike; "
                'a criterion with a name of its own says which it is, as in kind = "specialty".'
            ),
        ),
        (
            "criteria.size.kind",
            "sizes",
            (
                'criteria.size.kind: "sizes" is unknown. Did you mean "size"? '
                "Known: geography, size, tenure, specialty, certifications, vendor_partnerships, signals, look_alike."
            ),
        ),
        (
            "criteria.size.points",
            -5,
            "criteria.size.points: -5 is negative. Give 0 or more.",
        ),
        (
            "criteria.size.points",
            "20",
            "criteria.size.points: '20' is not a number. Write one without quotes.",
        ),
        (
            "criteria.size.points",
            1.005,
            "criteria.size.points: 1.005 has more than two decimals. Round it.",
        ),
        (
            "criteria.size.points",
            float("nan"),
            "criteria.size.points: nan is not a number. Write one without quotes.",
        ),
        ("criteria.size.points", None, "criteria.size.points: This key is missing. Add it."),
        (
            "criteria.size.missing",
            50,
            "criteria.size.missing: 50 is out of range. Give a number between 0 and 1.",
        ),
        (
            "criteria.size.weight",
            3,
            "criteria.size.weight: This key is unknown. Known: employees, kind, missing, points, revenue.",
        ),
        (
            "criteria.size.employees.full_form",
            3,
            (
                'criteria.size.employees.full_form: This key is unknown. Did you mean "full_from"? '
                "Known: full_from, full_to, none_above, none_below."
            ),
        ),
        (
            "criteria.size.employees.none_above",
            200,
            (
                "criteria.size.employees.full_to: The edges overlap: full_to is 250, none_above is 200. "
                "Put full_to at 200 or below, or none_above at 250 or above."
            ),
        ),
        (
            "criteria.size.employees.none_below",
            12,
            (
                "criteria.size.employees.none_below: The edges overlap: none_below is 12, full_from is 10. "
                "Put none_below at 10 or below, or full_from at 12 or above."
            ),
        ),
        (
            "criteria.size.employees",
            {"full_from": 300, "full_to": 20},
            (
                "criteria.size.employees.full_from: The edges overlap: full_from is 300, full_to is 20. "
                "Put full_from at 20 or below, or full_to at 300 or above."
            ),
        ),
        (
            "criteria.size.employees",
            {"none_below": 3, "full_to": 20},
            "criteria.size.employees.none_below: A soft edge needs the band's own edge. Add full_from.",
        ),
        (
            "criteria.size.employees",
            {},
            "criteria.size.employees: The band has no edge. Give full_from, full_to or both.",
        ),
        (
            "criteria.tenure.years.full_from",
            2.5,
            "criteria.tenure.years.full_from: 2.5 is not a whole number.",
        ),
        (
            "criteria.geography.areas",
            [{"countries": ["Germny"]}],
            'criteria.geography.areas[1].countries: "Germny" is no country. Did you mean "Germany"?',
        ),
        (
            "criteria.geography.areas",
            [{"countries": ["Europe"]}],
            (
                'criteria.geography.areas[1].countries: "Europe" is no country. '
                'It is a region: write regions = ["Europe"].'
            ),
        ),
        (
            "criteria.geography.areas",
            [{"countries": ["Qwxyzzy"]}],
            (
                'criteria.geography.areas[1].countries: "Qwxyzzy" is no country. '
                "Give its English name or its two-letter code."
            ),
        ),
        (
            "criteria.geography.areas",
            [{"regions": ["Nordic"]}],
            'criteria.geography.areas[1].regions: "Nordic" is no region. Did you mean "Nordics"?',
        ),
        (
            "criteria.geography.areas",
            [{"share": 1}],
            "criteria.geography.areas[1]: The area is empty. Give countries, regions, territories or a place.",
        ),
        (
            "criteria.geography.areas",
            [{"countries": []}],
            (
                "criteria.geography.areas[1].countries: The list is empty. "
                "Name at least one, or take the key away."
            ),
        ),
        (
            "criteria.geography.areas",
            [{"place": "Basel", "radius_km": 50}],
            (
                'criteria.geography.areas[1].place: "Basel" does not end in a country. '
                'Write it as "Lyon, France".'
            ),
        ),
        (
            "criteria.geography.areas",
            [{"place": "Baselbasel, Switzerland", "radius_km": 50}],
            (
                'criteria.geography.areas[1].place: "Baselbasel" is no town that we know in Switzerland. '
                "Check the spelling, or give latitude and longitude."
            ),
        ),
        (
            "criteria.geography.areas",
            [{"place": "Basel, Switzerland", "radius_km": 0}],
            "criteria.geography.areas[1].radius_km: 0 is too small. Give more than 0.",
        ),
        (
            "criteria.geography.areas",
            [{"place": "Basel, Switzerland", "radius_km": 5, "countries": ["FR"]}],
            (
                "criteria.geography.areas[1].place: An area is a place or a list of countries. "
                "Make two areas of it."
            ),
        ),
        (
            "criteria.specialty.terms",
            [],
            "criteria.specialty.terms: There is no term. Add one below terms = [ … ], or say it in free words as query, or by example firms as like.",
        ),
        (
            "criteria.specialty.terms",
            [
                {"term": "k8s", "weight": 1},
                {"term": "kubernetes", "weight": 1, "synonyms": ["K8s"]},
            ],
            (
                'criteria.specialty.terms[2].term: "K8s" stands below "k8s" already and would count twice. '
                "Take one away."
            ),
        ),
        (
            "criteria.specialty.terms",
            [{"term": "k8s", "weight": -1}],
            "criteria.specialty.terms[1].weight: -1 is negative. Give 0 or more.",
        ),
        (
            "criteria.specialty.look_in",
            ["certificates"],
            (
                'criteria.specialty.look_in: "certificates" is unknown. Did you mean "certifications"? '
                "Choose among specialties, certifications, partnerships, tags."
            ),
        ),
        (
            "criteria",
            {},
            "criteria: There is no criterion. Add one, such as a table criteria.size.",
        ),
        ("criteria", None, "criteria: This key is missing. Add it."),
        (
            "must_haves",
            [{"because": "Ours"}],
            (
                "must_haves[1]: It names no condition and would hold for every firm. Add countries, "
                "regions, domains, labels, tags, without_tags, employees_from, employees_to, years_from or years_to."
            ),
        ),
        (
            "must_haves",
            [{"employees_from": 3}],
            "must_haves[1].because: This key is missing. Add it.",
        ),
        (
            "must_haves",
            [{"because": "Ours", "employees_from": 30, "employees_to": 3}],
            "must_haves[1].employees_to: 3 is below employees_from = 30, which no firm can meet. Swap them.",
        ),
        (
            "must_haves",
            [{"because": "Ours", "employees_from": 30, "unknown": "fails"}],
            'must_haves[1].unknown: "fails" is unknown. Write "passes" or "gates".',
        ),
        (
            "exclusions",
            [{"because": "Ours", "employees_from": 30, "unknown": "gates"}],
            (
                "exclusions[1].unknown: This key is unknown. Known: because, countries, domains, "
                "employees_from, employees_to, labels, look_in, regions, tags, without_tags, years_from, years_to."
            ),
        ),
        (
            "exclusions",
            {"because": "Ours"},
            "exclusions: That is not a list of tables. Give each item a table of its own.",
        ),
        (
            "name",
            "Cloud Partner",
            (
                'name: "Cloud Partner" cannot be a name. '
                "Use up to 100 lower-case letters, digits and single hyphens."
            ),
        ),
        ("title", "a\x00b", "title: 'a\\x00b' holds a control character. Take it out."),
        (
            "must_have",
            [],
            (
                'must_have: This key is unknown. Did you mean "must_haves"? '
                "Known: criteria, exclusions, missing, must_haves, name, territories, title."
            ),
        ),
    ],
)
def test_a_mistake_is_answered_with_file_key_and_remedy(
    path: str, value: Any, message: str
) -> None:
    with pytest.raises(ProfileError) as caught:
        parse_profile(changed(path, value), "p.toml")
    assert str(caught.value) == f"p.toml: {message}"


def test_all_mistakes_are_told_at_once() -> None:
    data = changed("criteria.size.points", -1) | {"title": "", "exclusions": [{"because": "X"}]}
    with pytest.raises(ProfileError) as caught:
        parse_profile(data, "p.toml")
    keys = [line.split(": ")[1] for line in str(caught.value).splitlines()]
    assert keys == ["title", "criteria.size.points", "exclusions[1]"]


def test_a_profile_without_points_is_refused() -> None:
    data = make_profile_data()
    for criterion in data["criteria"].values():
        criterion["points"] = 0
    with pytest.raises(ProfileError, match="No criterion has points"):
        parse_profile(data)


def test_broken_toml_is_told_with_its_line() -> None:
    with pytest.raises(ProfileError, match=r"p\.toml: This is not valid TOML: .*line 2"):
        read_profile("name = 'a'\ntitle = oops\n", "p.toml")


def test_a_criterion_may_have_a_name_of_its_own() -> None:
    data = make_profile_data()
    data["criteria"]["what they run"] = data["criteria"]["specialty"] | {"kind": "specialty"}
    profile = parse_profile(data)
    kinds = {c.key: c.kind for c in profile.criteria}
    assert kinds["what they run"] is CriterionKind.SPECIALTY
    assert profile.most == 140


def test_missing_is_the_profile_s_unless_a_criterion_says_otherwise() -> None:
    data = changed("criteria.size.missing", 0.1) | {"missing": 0.3}
    shares = {c.key: c.missing for c in parse_profile(data).criteria}
    assert shares == {"specialty": 0.3, "geography": 0.3, "size": 0.1, "tenure": 0.3}


def test_the_order_of_keys_does_not_matter() -> None:
    data = make_profile_data()
    turned = dict(reversed(data.items())) | {"criteria": dict(reversed(data["criteria"].items()))}
    one, other = parse_profile(data), parse_profile(turned)
    assert one.content_hash == other.content_hash
    assert one.criteria == other.criteria


def test_another_number_is_another_content() -> None:
    other = parse_profile(changed("criteria.size.points", 21))
    assert other.content_hash != make_profile().content_hash


def test_the_demo_profile_can_be_read() -> None:
    file = files("recruit.demo") / "data" / "profile.toml"
    profile = read_profile(file.read_text(encoding="utf-8"), "profile.toml")
    assert profile.name == "cloud-native-service-partner"
    assert profile.most == 100
    assert [c.key for c in profile.criteria] == ["specialty", "geography", "size", "tenure"]
