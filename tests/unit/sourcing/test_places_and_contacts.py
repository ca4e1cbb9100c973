import pytest

from recruit.sourcing.addresses import find_addresses, read_town
from recruit.sourcing.contacts import (
    country_of_phone,
    read_email,
    read_phone,
    read_website,
    social_network,
)
from recruit.sourcing.countries import country_of_domain, read_country, read_place


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Germany", "DE"),
        ("de", "DE"),
        ("DEU", "DE"),
        ("Deutschland", "DE"),
        ("U.S.A.", "US"),
        ("England", "GB"),
        ("Côte d'Ivoire", "CI"),
        ("Türkiye", "TR"),
        ("Allemagne", "DE"),
        ("Vereinigtes Königreich", "GB"),  # only rigour knows this one
        ("Freedonia", None),
        ("London", None),
        ("XX", None),
        ("", None),
    ],
)
def test_a_country_is_read_in_any_spelling(text: str, code: str | None) -> None:
    assert read_country(text) == code


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("Berlin, DE", {"city": "Berlin", "country": "DE"}),
        ("10115 Berlin, Germany", {"city": "Berlin", "postcode": "10115", "country": "DE"}),
        ("Santa Monica, CA", {"city": "Santa Monica", "region": "California", "country": "US"}),
        ("Toronto, CA", {"city": "Toronto", "country": "CA"}),
        ("Wilmington, DE", {"city": "Wilmington", "region": "Delaware", "country": "US"}),
        ("Atlanta, Georgia", {"city": "Atlanta", "region": "Georgia", "country": "US"}),
        ("Tbilisi, Georgia", {"city": "Tbilisi", "country": "GE"}),
        (
            "Austin, TX 78701, USA",
            {"city": "Austin", "region": "Texas", "postcode": "78701", "country": "US"},
        ),
        ("Toronto, Ontario, Canada", {"city": "Toronto", "region": "Ontario", "country": "CA"}),
        ("Nowhere, PA", {"city": "Nowhere"}),  # Pennsylvania or Panama: nobody can know
        ("Germany", {"country": "DE"}),
        ("London", {"city": "London"}),
        ("", {}),
    ],
)
def test_a_place_is_told_into_its_parts(text: str, place: dict[str, str]) -> None:
    assert read_place(text) == place


@pytest.mark.parametrize(
    ("host", "code"),
    [("acme.de", "DE"), ("acme.co.uk", "GB"), ("acme.io", None), ("acme.com", None), ("", None)],
)
def test_only_a_domain_of_a_country_hints_at_it(host: str, code: str | None) -> None:
    assert country_of_domain(host) == code


@pytest.mark.parametrize(
    ("text", "website"),
    [
        ("acme.com", "https://acme.com"),
        ("HTTP://WWW.Acme.com/", "http://www.acme.com"),
        ("https://acme.com/a?b=c#d", "https://acme.com/a?b=c"),
        ("//acme.com", "https://acme.com"),
        ("münchen.de/über", "https://münchen.de/über"),
        ("acme", None),
        ("a@b.com", None),
        ("javascript:alert(1)", None),
        ("ftp://acme.com", None),
        ("http://[::1", None),
        ("https://10.0.0.1/", None),
        ("two words.com", None),
        ("https://acme.com:99999/", None),
    ],
)
def test_a_website_is_normalised(text: str, website: str | None) -> None:
    assert read_website(text) == website


@pytest.mark.parametrize(
    ("text", "email"),
    [
        ("mailto:Info@Acme.com?subject=x", "info@acme.com"),
        ("<a@firm.example>", "a@firm.example"),
        ("partners@firm.invalid", "partners@firm.invalid"),
        ("a@b@c.de", None),
        ("nobody", None),
    ],
)
def test_an_email_is_normalised(text: str, email: str | None) -> None:
    assert read_email(text) == email


def test_a_phone_number_without_prefix_needs_its_country() -> None:
    assert read_phone("0221 4710000") is None
    assert read_phone("0221 4710000", "DE") == "+492214710000"
    assert read_phone("+49 (0)221 4710000", "FR") == "+492214710000"
    assert country_of_phone("+492214710000") == "DE"
    assert read_phone("+80012345678") == "+80012345678"
    assert country_of_phone("+80012345678") is None


def test_a_social_page_is_told_from_a_site() -> None:
    assert social_network("https://de.linkedin.com/company/acme") == "linkedin"
    assert social_network("https://acme.com/linkedin.com") is None
    assert social_network("https://github.com/") is None
    assert social_network("http://[::1") is None


@pytest.mark.parametrize(
    "text",
    ["450-700 people", "10-250 People", "00-950 People, Poland", "Remote", "Worldwide", "500 Mitarbeiter", "12 countries"],
)  # fmt: skip
def test_a_number_of_people_and_the_whole_world_are_no_town(text: str) -> None:
    assert "city" not in read_place(text)
    assert read_town(text) is None
    assert not [found for found in find_addresses(["Ring Street 1", text]) if found.office.city]


@pytest.mark.parametrize("town", ["Praha 4", "Lyon 3e", "Peoplesville", "None"])
def test_towns_with_odd_names_stay_towns(town: str) -> None:
    assert read_place(f"{town}, Italy")["city"] == town
