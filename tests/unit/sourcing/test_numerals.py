from datetime import date

import pytest

from recruit.sourcing.numerals import looks_like_date, read_employees, read_founded
from recruit.sourcing.values import Interval

TODAY = date(2026, 3, 3)


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("40", 40, 40),
        ("12.0", 12, 12),
        ("11-50", 11, 50),
        ("51–200 employees", 51, 200),
        ("5001-10,000", 5001, 10000),
        ("50 à 99", 50, 99),
        ("1-5k", 1000, 5000),
        ("1,000+", 1000, None),
        ("10 001+ employees", 10001, None),
        ("more than 1,200 people", 1200, None),
        ("über 40 Mitarbeiter", 40, None),
        (">= 500", 500, None),
        ("1.000 Mitarbeiter", 1000, 1000),
        ("1.5k", 1500, 1500),
        ("125 and growing", 125, None),
        ("About 40 people", 40, 40),
        ("fewer than 20", None, 19),
        ("up to 50", None, 50),
        ("bis zu 50", None, 50),
        ("<50", None, 49),
        ("team of 12 (2020)", 12, 12),
        ("25 in March 2021", 25, 25),
        ("one", 1, 1),
        ("0", 0, 0),
    ],
)
def test_a_number_of_people_is_read_as_the_interval_it_states(
    text: str, low: int | None, high: int | None
) -> None:
    assert read_employees(text) == Interval(low, high)


@pytest.mark.parametrize(
    "text", ["", "many", "200-50", "-5", "9" * 400, "Oct-49", "2020-01-10", "99999999"]
)
def test_what_is_no_number_of_people_is_none(text: str) -> None:
    assert read_employees(text) is None


@pytest.mark.parametrize("text", ["Jan-10", "10-Oct", "Okt-49", "2026-11-50", "02-Feb"])
def test_a_range_that_a_spreadsheet_made_a_date_of_is_recognised(text: str) -> None:
    assert looks_like_date(text)


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("1998", 1998, 1998),
        ("1998-05-01", 1998, 1998),
        ("01.05.1998", 1998, 1998),
        ("est. 1887", 1887, 1887),
        ("1998.0", 1998, 1998),
        ("1990s", 1990, 1999),
        ("the 1990s, refounded 2005", 1990, 1999),
        ("2001-2003", 2001, 2003),
        ("2026", 2026, 2026),
    ],
)
def test_a_founding_year_is_read(text: str, low: int, high: int) -> None:
    assert read_founded(text, TODAY) == Interval(low, high)


@pytest.mark.parametrize("text", ["2027", "'98", "19987", "998", "long ago", ""])
def test_a_year_to_come_or_none_is_refused(text: str) -> None:
    assert read_founded(text, TODAY) is None
