"""The four kinds of criteria: what each finds at a firm."""

from datetime import date
from typing import Any

import pytest

from recruit.firms.values import FirmView
from recruit.scoring.criteria.finding import Finding
from recruit.scoring.criteria.geography import Geography
from recruit.scoring.criteria.size import Size
from recruit.scoring.criteria.specialty import Specialty
from recruit.scoring.criteria.tenure import Tenure
from recruit.scoring.section import Section
from recruit.scoring.wording import names
from tests.factories.scoring import make_unknown_view, make_view

TODAY = date(2026, 3, 3)


def read(kind: Any, **values: Any) -> Any:
    return kind.read(Section("profile.toml", "criteria.x", values))


SIZE = read(Size, employees={"none_below": 3, "full_from": 10, "full_to": 250, "none_above": 1000})
TENURE = read(Tenure, years={"none_below": 0, "full_from": 5})
SPECIALTY = read(
    Specialty,
    enough=8,
    terms=[
        {"term": "kubernetes", "weight": 4, "synonyms": ["k8s"]},
        {"term": "managed services", "weight": 4},
        {"term": "training", "weight": 2},
    ],
)
EUROPE = read(
    Geography,
    elsewhere=0.1,
    areas=[{"regions": ["Europe"]}, {"countries": ["US", "Canada"], "share": 0.5}],
)
AROUND_BASEL = read(
    Geography, areas=[{"place": "Basel, Switzerland", "radius_km": 50, "fade_km": 50}]
)


@pytest.mark.parametrize(
    ("low", "high", "shares", "sentence"),
    [
        (64, 64, (1, 1), "64 people, inside the 10–250 people wanted."),
        (11, 50, (1, 1), "11–50 people, inside the 10–250 people wanted."),
        (1, 1, (0, 0), "1 person, below the 10–250 people wanted, too far for points."),
        (625, 625, (0.5, 0.5), "625 people, above the 10–250 people wanted, on the soft edge."),
        (
            201,
            500,
            (2 / 3, 1),
            "201–500 people, which may or may not be inside the 10–250 people wanted.",
        ),
        (
            1200,
            None,
            (0, 0),
            "At least 1,200 people, above the 10–250 people wanted, too far for points.",
        ),
        (
            100,
            None,
            (0, 1),
            "At least 100 people, which may or may not be inside the 10–250 people wanted.",
        ),
        (
            None,
            20,
            (0, 1),
            "Up to 20 people, which may or may not be inside the 10–250 people wanted.",
        ),
        (
            None,
            None,
            (0, 1),
            "Nobody states how many people work there; 10–250 people are wanted.",
        ),
    ],
)
def test_size_holds_the_headcount_against_the_band(
    low: int | None, high: int | None, shares: tuple[float, float], sentence: str
) -> None:
    found = SIZE.assess(make_view(employees_low=low, employees_high=high), TODAY)
    assert (found.low, found.high) == pytest.approx(shares)
    assert found.sentence == sentence
    assert found.fields == ("employees",)


@pytest.mark.parametrize(
    ("low", "high", "shares", "sentence"),
    [
        (
            2009,
            2009,
            (1, 1),
            "17 years in business (since 2009), inside the 5 years or more wanted.",
        ),
        (
            2024,
            2024,
            (0.4, 0.4),
            "2 years in business (since 2024), below the 5 years or more wanted, on the soft edge.",
        ),
        (
            2026,
            2026,
            (0, 0),
            "0 years in business (since 2026), below the 5 years or more wanted, too far for points.",
        ),
        (
            2027,
            2027,
            (0, 0),
            "0 years in business (since 2027), below the 5 years or more wanted, too far for points.",
        ),
        (
            2020,
            2023,
            (0.6, 1),
            "3–6 years in business (founded 2020–2023), which may or may not be inside the 5 years or more wanted.",
        ),
        (
            None,
            2010,
            (1, 1),
            "At least 16 years in business (founded in 2010 or earlier), inside the 5 years or more wanted.",
        ),
        (
            2020,
            None,
            (0, 1),
            "At most 6 years in business (founded in 2020 or later), which may or may not be inside the 5 years or more wanted.",
        ),
        (
            None,
            None,
            (0, 1),
            "Nobody states when it was founded; 5 years in business or more are wanted.",
        ),
    ],
)
def test_tenure_holds_the_years_in_business_against_the_band(
    low: int | None, high: int | None, shares: tuple[float, float], sentence: str
) -> None:
    found = TENURE.assess(make_view(founded_low=low, founded_high=high), TODAY)
    assert (found.low, found.high) == pytest.approx(shares)
    assert found.sentence == sentence


@pytest.mark.parametrize(
    ("tags", "share", "sentence"),
    [
        (("kubernetes", "managed services"), 1, "Offers kubernetes and managed services."),
        (("K8s", "php"), 0.5, "Offers kubernetes: 4 of the 8 in weight that make full points."),
        (
            ("kubernetes", "k8s"),
            0.5,
            "Offers kubernetes: 4 of the 8 in weight that make full points.",
        ),
        (
            ("training", "managed kubernetes"),
            0.75,
            "Offers kubernetes and training: 6 of the 8 in weight that make full points.",
        ),
        (("php",), 0, "Known for php, which this profile does not look for."),
        (
            ("a", "b", "c", "d", "e", "f"),
            0,
            "Known for a, b, c, d and 2 more, which this profile does not look for.",
        ),
    ],
)
def test_specialty_adds_up_weights_until_they_are_enough(
    tags: tuple[str, ...], share: float, sentence: str
) -> None:
    found = SPECIALTY.assess(make_view(specialties=tags), TODAY)
    assert (found.low, found.high, found.sentence) == (share, share, sentence)


def test_specialty_of_a_firm_without_tags_is_unknown() -> None:
    found = SPECIALTY.assess(make_unknown_view(), TODAY)
    assert found == Finding(0, 1, "Nobody states its specialties.", ("specialties",))


def test_specialty_looks_into_other_tags_when_asked_to() -> None:
    wide = read(
        Specialty,
        enough=4,
        look_in=["specialties", "partnerships"],
        terms=[{"term": "kubernetes", "weight": 4}],
    )
    found = wide.assess(
        make_view(specialties=(), partnerships=("Kubernetes Certified Service Provider",)), TODAY
    )
    assert (found.low, found.fields) == (1, ("partnerships",))


@pytest.mark.parametrize(
    ("tag", "word", "is_named"),
    [
        ("managed Kubernetes", "kubernetes", True),
        ("managed-services", "managed services", True),
        ("javascript", "java", False),
        ("cloud", "cloud native", False),
        ("c", "c++", False),
        ("C#", "c#", True),
        (".net", ".NET", True),
        ("Gerüstbau", "gerüstbau", True),
    ],
)
def test_a_tag_names_a_term_by_whole_words(tag: str, word: str, is_named: bool) -> None:
    assert names(tag, (word,)) is is_named


@pytest.mark.parametrize(
    ("place", "shares", "sentence"),
    [
        ({"country": "DE", "city": "Hamburg"}, (1, 1), "Hamburg, Germany is in Europe."),
        (
            {"country": "US", "city": None},
            (0.5, 0.5),
            "United States is in United States or Canada, where 50% of the points count.",
        ),
        (
            {"country": "JP", "city": "Tokyo"},
            (0.1, 0.1),
            "Tokyo, Japan is outside the areas wanted: Europe, United States or Canada.",
        ),
        (
            {"country": None, "city": None},
            (0.1, 1),
            "Nobody states its country; wanted is Europe, United States or Canada.",
        ),
    ],
)
def test_geography_takes_the_best_area(
    place: dict[str, str | None], shares: tuple[float, float], sentence: str
) -> None:
    found = EUROPE.assess(make_view(**place), TODAY)
    assert (found.low, found.high) == shares
    assert found.sentence == sentence


@pytest.mark.parametrize(
    ("firm", "shares"),
    [
        (make_view(country="FR", latitude=47.75, longitude=7.34), (1, 1)),  # Mulhouse, 29 km
        (make_view(country="CH", latitude=47.37, longitude=8.54), (0.48, 0.5)),  # Zurich, 75 km
        (make_view(country="FR", latitude=48.85, longitude=2.35), (0, 0)),  # Paris
        (make_view(country="DE", city=None), (0, 1)),  # Lörrach or Hamburg
        (make_view(country="US", city=None), (0, 0)),
        (make_unknown_view(), (0, 1)),
    ],
)
def test_geography_measures_the_distance_to_a_place(
    firm: FirmView, shares: tuple[float, float]
) -> None:
    found = AROUND_BASEL.assess(firm, TODAY)
    assert shares[0] <= found.low <= found.high <= shares[1] + 1e-9
    assert (found.low == found.high) == (firm.latitude is not None or shares == (0, 0))


def test_geography_tells_a_firm_at_the_edge() -> None:
    zurich = make_view(country="CH", city="Zurich", latitude=47.37, longitude=8.54)
    assert AROUND_BASEL.assess(zurich, TODAY).sentence == (
        "Zurich, Switzerland is at the edge of the area within 50 km of Basel, Switzerland, "
        "where 49% of the points count."
    )


def test_geography_says_what_it_does_not_know() -> None:
    found = AROUND_BASEL.assess(make_view(country="DE", city=None), TODAY)
    assert found.sentence == "Germany: it may or may not be within 50 km of Basel, Switzerland."
