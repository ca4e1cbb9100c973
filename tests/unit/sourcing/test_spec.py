import textwrap
import tomllib
from pathlib import Path
from typing import Any

import pytest

import recruit.sourcing.spec
from recruit.sourcing.budget import Budget
from recruit.sourcing.crawling.plan import record_id_of
from recruit.sourcing.spec import SpecError, load_source_spec, matches, parse_source_spec
from recruit.sourcing.values import FieldName, SourceKind

GOOD: dict[str, Any] = {
    "name": "locator",
    "kind": "directory",
    "start_urls": ["https://example.com/partners"],
    "listing": {"items": "ul a"},
}


def test_a_source_is_polite_unless_its_file_says_otherwise() -> None:
    spec = parse_source_spec(GOOD, "s.toml")
    assert (spec.politeness.delay_s, spec.politeness.concurrency) == (1.0, 1)
    assert spec.politeness.timeout_s == 20
    assert spec.politeness.allow_private_hosts == ()
    assert (spec.title, spec.auto, spec.budget) == ("locator", True, Budget())


def test_a_source_survives_the_database() -> None:
    spec = parse_source_spec(
        GOOD
        | {
            "fields": {"name": "h1::text", "website": ["a.site", "a.home"], "auto": False},
            "politeness": {"delay_s": 0, "allow_private_hosts": ["127.0.0.1:80"]},
            "budget": {"pages": 7, "minutes": 1.5},
            "site": {"pages": 3, "follow": "^/de/"},
            "schedule": "*/30 1,2 1-5 * 1",
            "contacts": "people",
            "lawful_basis": "consent",
            "trust": 0.9,
        },
        "s.toml",
    )
    assert parse_source_spec(spec.to_definition(), "x") == spec
    assert spec.fields[FieldName.WEBSITE] == ("a.site", "a.home")


def test_fields_may_be_left_to_us() -> None:
    assert parse_source_spec(GOOD | {"fields": "auto"}, "s.toml").auto


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"name": None}, r"s.toml: name: this key is missing"),
        ({"name": "My Locator"}, r"s.toml: name: 'My Locator' is not a name"),
        ({"kind": "directry"}, r"s.toml: kind: 'directry' is unknown. Choose one of directory"),
        ({"start_urls": []}, r"s.toml: start_urls: a source to crawl needs"),
        ({"start_urls": ["file:///etc/passwd"]}, r"s.toml: start_urls: .* is not an http"),
        ({"start_url": "x"}, r"s.toml: start_url: this key is unknown. Did you mean 'start_urls'"),
        ({"schedule": "hourly"}, r"s.toml: schedule: 'hourly' is not a schedule"),
        ({"schedule": "0 25 * * *"}, r"s.toml: schedule: '25' is no hour. It goes from 0 to 23"),
        (
            {"contacts": "everybody"},
            r"contacts: 'everybody' is unknown. Choose one of roles, people",
        ),
        (
            {"contacts": "people", "lawful_basis": None},
            r"contacts: named people are kept only where lawful_basis says",
        ),
        ({"site": {"pages": 0}}, r"site.pages: 0 is not a number between 1 and 100"),
        ({"budget": {"minutes": -1}}, r"budget.minutes: -1 is not a number between"),
        ({"listing": {"items": "ul >"}}, r"s.toml: listing.items: 'ul >' is not a CSS selector"),
        (
            {"listing": {"item_patterns": "("}},
            r"listing.item_patterns: .* not a regular expression",
        ),
        ({"listing": {"item": "a"}}, r"listing.item: this key is unknown. Did you mean 'items'"),
        ({"fields": {"nmae": "h1"}}, r"s.toml: fields.nmae: .* Did you mean 'name'"),
        ({"fields": {"auto": False}}, r"s.toml: fields.name: with auto = false"),
        ({"politeness": {"delay_s": "1"}}, r"s.toml: politeness.delay_s: '1' is not a number"),
        (
            {"politeness": {"concurrency": 1.5}},
            r"politeness.concurrency: 1.5 is not a whole number",
        ),
        ({"politeness": {"allow_private_hosts": ["localhost"]}}, r"'localhost' is not host:port"),
        ({"budget": {"pages": 0}}, r"s.toml: budget.pages: 0 is not a number between"),
        ({"trust": 2}, r"s.toml: trust: 2 is not a number between 0 and 1"),
        ({"listing": "x"}, r"s.toml: listing: that is not a table"),
    ],
)
def test_a_source_file_that_is_wrong_says_file_key_and_remedy(
    change: dict[str, Any], words: str
) -> None:
    data = {key: value for key, value in (GOOD | change).items() if value is not None}
    with pytest.raises(SpecError, match=words):
        parse_source_spec(data, "s.toml")


def test_a_file_that_is_no_toml_is_named(tmp_path: Path) -> None:
    path = tmp_path / "s.toml"
    path.write_text("name = ")
    with pytest.raises(SpecError, match="is not TOML"):
        load_source_spec(path)
    with pytest.raises(SpecError, match="cannot be read"):
        load_source_spec(tmp_path / "none.toml")


def test_the_example_of_the_guide_is_a_good_source() -> None:
    _, _, example = (recruit.sourcing.spec.__doc__ or "").partition("\n\n")
    spec = parse_source_spec(tomllib.loads(textwrap.dedent(example)), "guide")
    assert spec.kind is SourceKind.DIRECTORY
    assert spec.fields == {FieldName.NAME: ("h1",)}


def test_a_pattern_looks_at_path_and_query() -> None:
    assert matches(["^/partners/[^/]+$"], "https://example.com/partners/acme")
    assert not matches(["^/partners/[^/]+$"], "https://example.com/partners/acme/jobs")
    assert matches([r"\?page=\d"], "https://example.com/partners?page=2")


def test_a_directory_may_move_and_its_firms_stay_the_same() -> None:
    spec = parse_source_spec(GOOD, "s.toml")
    assert record_id_of("https://example.com/partners/acme?x=1", spec) == "/partners/acme?x=1"
    assert record_id_of("https://other.com/acme", spec) == "other.com/acme"
    long = [record_id_of(f"https://example.com/{'x' * 400}{n}", spec) for n in (1, 2)]
    assert max(map(len, long)) <= 300
    assert long[0] != long[1]
