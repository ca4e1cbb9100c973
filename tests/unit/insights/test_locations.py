"""The offices of a firm, out of what several sources state."""

from datetime import UTC, datetime

from recruit.insights.locations import location_lines
from recruit.sourcing.tables import SourceRecord
from recruit.sourcing.values import Fact, FieldName, Office


def make_record(*offices: Office, url: str | None = None, confidence: float = 0.8) -> SourceRecord:
    facts = [
        Fact(FieldName.OFFICE, office, str(office), "text", confidence, url).to_json()
        for office in offices
    ]
    return SourceRecord(
        id=1, source_id=1, record_id="r", url="https://directory.example/acme", facts=facts,
        last_seen_at=datetime(2026, 3, 3, tzinfo=UTC),
    )  # fmt: skip


def test_each_place_stands_once_the_head_office_first_with_its_source() -> None:
    oslo = Office(city="Oslo", country="NO", head_office=True)
    whole = Office("Ring 1", "1010", "Wien", None, "AT")
    lines = location_lines(
        [
            (make_record(Office(city="Wien", country="AT"), oslo), "A directory"),
            (make_record(whole, url="https://acme.example/contact"), "Its own site"),
        ]
    )
    assert [(line.place, line.country, line.is_head_office, line.source) for line in lines] == [
        ("Oslo", "NO", True, "A directory"),
        ("Ring 1, 1010 Wien", "AT", False, "Its own site"),
    ]
    assert lines[0].url == "https://directory.example/acme"
    assert lines[1].url == "https://acme.example/contact"


def test_an_office_known_by_its_country_alone_has_no_place() -> None:
    (line,) = location_lines([(make_record(Office(country="IN")), "A directory")])
    assert (line.place, line.country) == ("", "IN")


def test_a_firm_without_offices_has_no_lines() -> None:
    assert location_lines([(make_record(), "A directory")]) == ()
