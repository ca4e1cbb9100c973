"""Places are found within their country, and a country alone is no place."""

import pytest

from recruit.firms.places import count_city_words, country_of_domain, find_city


@pytest.mark.parametrize(
    ("city", "country", "region", "name", "latitude"),
    [
        ("München", "DE", None, "Munich", 48.14),
        ("Munich", "DE", None, "Munich", 48.14),
        ("東京", "JP", None, "Tokyo", 35.69),
        ("Bangalore", "IN", None, "Bengaluru", 12.97),
        ("St. Gallen", "CH", None, "Sankt Gallen", 47.42),
        ("Washington, D.C.", "US", None, "Washington", 38.90),
        ("Portland", "US", None, "Portland", 45.52),
        ("Portland", "US", "Maine", "Portland", 43.66),
        ("Portland", "US", "ME", "Portland", 43.66),
        ("Boston", "GB", None, "Boston", 52.98),
    ],
)
def test_a_city_is_found_by_the_names_that_it_has(
    city: str, country: str, region: str | None, name: str, latitude: float
) -> None:
    found = find_city(city, country, region)
    assert found is not None
    assert (found.name, found.country) == (name, country)
    assert found.latitude == pytest.approx(latitude, abs=0.01)


@pytest.mark.parametrize(
    ("city", "country"), [("Berlin", None), (None, "DE"), ("", "DE"), ("Atlantis", "DE")]
)
def test_without_city_or_country_nothing_is_found(city: str | None, country: str | None) -> None:
    assert find_city(city, country) is None


@pytest.mark.parametrize(
    ("domain", "country"),
    [("acme.de", "DE"), ("acme.co.uk", "GB"), ("acme.io", None), ("acme.com", None), (None, None)],
)
def test_the_ending_of_a_domain_tells_a_country_where_it_means_one(
    domain: str | None, country: str | None
) -> None:
    assert country_of_domain(domain) == country


def test_big_cities_are_words_of_geography() -> None:
    assert count_city_words(("new", "york", "city")) in {2, 3}
    assert count_city_words(("shenzhen", "acme")) == 1
    assert count_city_words(("northlight",)) == 0
