"""Names are taken apart so that spellings of one name meet, and different names do not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recruit.firms.likeness import NameLevel, compare_names
from recruit.firms.names import WordKind, parse_name
from recruit.firms.rarity import Rarity, count_words


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("Acme GmbH", "acme"),
        ("Acme Pvt. Ltd.", "acme"),
        ("Acme Private Limited", "acme"),
        ("Acme A.Ş.", "acme"),
        ("Acme Sp. z o.o.", "acme"),
        ("Acme Co., Ltd.", "acme"),
        ("The Acme Company", "acme"),
        ("ACME AB", "acme"),
        ("OOO Gazprom", "gazprom"),
        ("Müller & Söhne GmbH & Co. KG", "muller sohne"),
        ("Société Générale S.A.", "co generale"),
        ("A.B.C. Company", "abc"),
        ("株式会社サイバーエージェント", "サイバーエージェント"),
        ("Forty-Four Labs", "44 lab"),
        ("Acme\u200b  Consulting", "acme consulting"),
    ],
)
def test_a_key_leaves_out_legal_form_accents_and_articles(text: str, key: str) -> None:
    assert parse_name(text).key == key


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Acme Consulting", "Acme Consultancy"),
        ("Acme Technologies Inc.", "ACME Technology"),
        ("U.S. Department of State", "United States Department of State"),
        ("Procter & Gamble Co.", "Procter and Gamble"),
        ("S.C. Johnson & Son, Inc.", "SC Johnson and Son"),
        ("Acme Data Centre", "Acme Data Center"),
    ],
)
def test_spellings_of_one_name_have_one_key(one: str, other: str) -> None:
    assert parse_name(one).key == parse_name(other).key


@pytest.mark.parametrize("text", ["AG Consulting", "AB Consulting", "SA Solutions", "AT&T"])
def test_a_name_that_opens_like_a_legal_form_keeps_the_word(text: str) -> None:
    parsed = parse_name(text)
    assert parsed.legal_form is None
    assert parsed.own_words


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("Siemens Aktiengesellschaft", "AG"),
        ("Acme Inc", "Inc"),
        ("Northlight", None),
        ("株式会社サイバー", "株式会社"),
        ("Teddy Bear II", None),
    ],
)
def test_the_legal_form_is_read_out_of_the_name(text: str, form: str | None) -> None:
    assert parse_name(text).legal_form == form


@pytest.mark.parametrize(
    "text",
    [
        "Global Digital Solutions",
        "Shenzhen Technology Co., Ltd.",
        "Berlin Software GmbH",
        "Management Company",
        "Swiss IT Services",
        "Cloud Native Consulting",
    ],
)
def test_a_name_of_generic_and_geographic_words_has_no_word_of_its_own(text: str) -> None:
    assert not parse_name(text).own_words


def test_words_know_what_they_are() -> None:
    kinds = {word.spelling: word.kind for word in parse_name("Shenzhen Huawei Technology 2").words}
    assert kinds == {
        "shenzhen": WordKind.PLACE,
        "huawei": WordKind.OWN,
        "technology": WordKind.GENERIC,
        "2": WordKind.NUMBER,
    }


@given(st.text(max_size=60))
def test_any_text_has_a_key(text: str) -> None:
    parsed = parse_name(text)
    assert parsed.words
    assert parse_name(text) == parsed


@pytest.mark.parametrize(
    ("one", "other", "level"),
    [
        ("Good Will Company", "Goodwill", NameLevel.SAME),
        ("Vanderbilt Corp", "Van der Bilt", NameLevel.SAME),
        ("Acme", "Acme Technologies GmbH", NameLevel.CORE),
        ("Crystalord Ltd", "Cristalord Limited", NameLevel.SPELLING),
        ("Deutsche Faberlic", "Faberlic Berlin", NameLevel.RELATED),
        ("Volkswagen AG", "Siemens AG", NameLevel.UNLIKE),
        ("Cloud Consulting", "Cloud Consulting Berlin", NameLevel.UNLIKE),
    ],
)
def test_names_are_alike_by_their_words(one: str, other: str, level: NameLevel) -> None:
    assert compare_names(parse_name(one), parse_name(other), Rarity()).level is level
    assert compare_names(parse_name(other), parse_name(one), Rarity()).level is level


def test_another_number_or_another_place_is_told() -> None:
    assert compare_names(parse_name("Fund III"), parse_name("Fund IV"), Rarity()).numbers_differ
    assert compare_names(
        parse_name("Acme Berlin"), parse_name("Acme Hamburg"), Rarity()
    ).places_differ


def test_a_word_that_many_names_share_tells_little() -> None:
    names = [
        parse_name(f"Schmidt {word}")
        for word in ["alba", "brio", "cento", "delta", "echo", "fiore"]
    ]
    many = count_words([*names * 50, *(parse_name(f"Firm{n}") for n in range(60))])
    word = parse_name("Schmidt").words[0]
    assert many.bits(word) < 5 < Rarity().bits(word)
    assert many.names == 66


def test_a_firm_that_many_sources_list_has_not_become_common() -> None:
    listed_often = count_words([parse_name("Northlight")] * 40)
    assert listed_often.bits(parse_name("Northlight").words[0]) == Rarity().population_bits
