import random

import phonenumbers
import pytest

from recruit.sourcing import phones
from recruit.sourcing.phones import read_local_phone, read_phone


def _the_long_way(text: str, country: str | None) -> str | None:
    try:
        number = phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _cases(seed: int, count: int) -> list[tuple[str, str | None]]:
    rng = random.Random(seed)
    cases: list[tuple[str, str | None]] = []
    for region in sorted(phonenumbers.SUPPORTED_REGIONS):
        for kind in range(11):
            example = phonenumbers.example_number_for_type(region, kind)
            if example is None:
                continue
            for style in (0, 1, 2):
                text = phonenumbers.format_number(example, style)
                cases += [(text, region), (text, None), (text, "DE")]
                place = rng.randrange(len(text))
                cases.append(
                    (text[:place] + rng.choice("0123456789 -") + text[place + 1 :], region)
                )
        cases += [
            ("".join(rng.choices("0123456789", k=rng.randint(6, 13))), region) for _ in range(9)
        ]
    return rng.sample(cases, count)


def test_the_short_way_says_what_the_long_way_says() -> None:
    decided = 0
    for text, country in _cases(7, 4000):
        quick = phones._read_plain(text, country)
        if quick is not None:
            decided += 1
            assert quick == _the_long_way(text, country), (text, country)
    assert decided > 400


@pytest.mark.parametrize(
    ("text", "digits"),
    [
        ("0221 4710000", "02214710000"),
        ("3865286", "3865286"),
        ("(0221) 471-0000", "02214710000"),
        ("020 7946 0018 ext. 12", "0207946001812"),
        ("12", None),
        ("ask for Jane", None),
        ("0000000", None),
        ("Tel 123456", None),
        ("1" * 30, None),
        ("", None),
    ],
)
def test_what_is_in_no_plan_is_kept_as_its_digits_when_it_looks_like_a_phone(
    text: str, digits: str | None
) -> None:
    assert read_local_phone(text) == digits


def test_a_number_needs_its_country_or_a_prefix() -> None:
    assert read_phone("0221 4710000", "DE") == read_phone("+49 (221) 4710000") == "+492214710000"
    assert read_phone("0221 4710000") is None
