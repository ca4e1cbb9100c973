from datetime import date

import pytest

from recruit.sourcing.prose import find_employees, find_founded, find_seat
from recruit.sourcing.specialties import find_tags, read_bare_list, read_tags
from recruit.sourcing.values import Interval

TODAY = date(2026, 3, 3)


@pytest.mark.parametrize(
    ("sentence", "low", "high"),
    [
        ("About 40 people", 40, 40),
        ("The team counts 11-50 people.", 11, 50),
        ("The team counts up to 200 people.", None, 200),
        ("The team counts 1000+ people.", 1000, None),
        ("Our team of 12 consultants loves Kubernetes", 12, 12),
        ("heute über 40 Mitarbeiter", 40, None),
        ("We employ more than 1,200 people worldwide", 1200, None),
        ("A 20-person team", 20, 20),
        ("we are about 35 people", 35, 35),
    ],
)
def test_a_sentence_tells_how_many_work_there(
    sentence: str, low: int | None, high: int | None
) -> None:
    found = find_employees(sentence)
    assert found is not None
    assert found[0] == Interval(low, high)


@pytest.mark.parametrize(
    "sentence",
    [
        "We train 200 engineers a year",
        "helping 500 people",
        "trusted by 500 employees",
        "our team is 100% remote",
        "The company has 3 offices",
        "for companies with 50 employees",
    ],
)
def test_other_peoples_people_do_not_count(sentence: str) -> None:
    assert find_employees(sentence) is None


@pytest.mark.parametrize(
    ("sentence", "low", "high"),
    [
        ("Founded in 1998", 1998, 1998),
        ("Acme was founded by A. Müller in March 2004 in Bonn", 2004, 2004),
        ("established 1887", 1887, 1887),
        ("Since 2006, we build clouds", 2006, 2006),
        ("im Jahr 1999 gegründet", 1999, 1999),
        ("seit 1987", 1987, 1987),
        ("20+ years in business", None, 2006),
    ],
)
def test_a_sentence_tells_since_when(sentence: str, low: int | None, high: int | None) -> None:
    found = find_founded(sentence, TODAY)
    assert found is not None
    assert found[0] == Interval(low, high)


@pytest.mark.parametrize(
    "sentence", ["AWS partner since 2015", "launched our product in 2015", "Founded in 2087"]
)
def test_other_years_do_not_count(sentence: str) -> None:
    assert find_founded(sentence, TODAY) is None


def test_a_sentence_tells_where_it_sits() -> None:
    assert find_seat("Headquartered in Lyon, France") == "Lyon, France"
    assert find_seat("We are based in the cloud") is None


def test_a_list_becomes_tags_and_a_sentence_does_not() -> None:
    assert read_tags("Kubernetes, and AWS; Cloud Native.; aws") == [
        "kubernetes",
        "aws",
        "cloud native",
    ]
    assert read_tags("We do all that a firm of our kind could ever do for you") == []
    assert read_bare_list("Kubernetes, AWS, training") == ["kubernetes", "aws", "training"]
    assert read_bare_list("Berlin, Hamburg, Munich") == []


def test_prose_gives_only_tags_that_are_known() -> None:
    tags = [
        tag for tag, _ in find_tags("We run K8s on Amazon Web Services; javascripting in Javaland.")
    ]
    assert tags == ["kubernetes", "aws"]
