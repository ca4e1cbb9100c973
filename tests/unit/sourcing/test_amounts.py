"""Yearly revenue as people write it: what is read, and what is not."""

import pytest

from recruit.sourcing.amounts import names_other_currency, read_revenue
from recruit.sourcing.values import Interval

M = 1_000_000


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("5000000", 5 * M, 5 * M),
        ("1,500,000", 1.5 * M, 1.5 * M),
        ("1.500.000 EUR", 1.5 * M, 1.5 * M),
        ("12 500 000 €", 12.5 * M, 12.5 * M),
        ("$5M", 5 * M, 5 * M),
        ("US$ 3,5 Mio.", 3.5 * M, 3.5 * M),
        ("1.5bn", 1500 * M, 1500 * M),
        ("EUR 2 Mrd.", 2000 * M, 2000 * M),
        ("$1M - $10M", M, 10 * M),
        ("1–10 Mio. €", M, 10 * M),
        ("$1B to $10B (USD)", 1000 * M, 10_000 * M),
        ("$500,000 to $1 million", M / 2, M),
        ("1,2 Mio EUR bis 3 Mio EUR", 1.2 * M, 3 * M),
        ("more than 250 million", 250 * M, None),
        ("$10M+", 10 * M, None),
        ("Less than $1M", None, M),
        ("2023: $5M", 5 * M, 5 * M),
        ("$5M (2024)", 5 * M, 5 * M),
        ("FY23 $7m", 7 * M, 7 * M),
    ],
)
def test_an_amount_is_read(text: str, low: float | None, high: float | None) -> None:
    assert read_revenue(text) == Interval(
        None if low is None else int(low), None if high is None else int(high)
    )


@pytest.mark.parametrize("text", ["", "n/a", "confidential", "20-10M", "99999999999999999"])
def test_what_is_no_amount_is_not_read(text: str) -> None:
    assert read_revenue(text) is None
    assert not names_other_currency(text)


@pytest.mark.parametrize(
    "text", ["¥500M", "R$ 5M", "A$5M", "INR 5 crore", "kr 5 mill", "5 Mio. PLN"]
)
def test_an_amount_in_a_currency_that_is_not_compared_is_not_read(text: str) -> None:
    assert read_revenue(text) is None
    assert names_other_currency(text)
