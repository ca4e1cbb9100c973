"""What counts as a password, and that checking one does not tell whether somebody exists."""

import pytest

from recruit.people.passwords import WeakPassword, hash_password, password_is
from recruit.people.usecases import InvalidEmail, normalize_email


@pytest.mark.parametrize(
    ("password", "words"),
    [
        ("short", "at least 12"),
        ("x" * 201, "longer than 200"),
        ("aaaaaaaaaaaaaaaa", "too easy"),
        ("anna.berg@vela.example", "too easy"),
    ],
)
def test_a_weak_password_is_refused_with_a_remedy(password: str, words: str) -> None:
    with pytest.raises(WeakPassword, match=words):
        hash_password(password, email="anna.berg@vela.example")


def test_only_the_password_itself_matches_its_hash() -> None:
    hashed = hash_password("four words in a row", email="a@b.example")
    assert password_is("four words in a row", hashed)
    assert not password_is("four words in a rom", hashed)
    assert "four" not in hashed


def test_nobody_has_a_password_and_a_broken_hash_matches_nothing() -> None:
    assert not password_is("the password of nobody at all", None)
    assert not password_is("anything", "not a hash")


@pytest.mark.parametrize("email", ["", "anna", "anna@", "@vela.example", "a b@vela.example", "a@b"])
def test_an_address_without_the_shape_of_one_is_refused(email: str) -> None:
    with pytest.raises(InvalidEmail, match="name@company"):
        normalize_email(email)


def test_an_address_is_known_however_it_is_typed() -> None:
    assert normalize_email(" Anna.Berg@Vela.Example ") == "anna.berg@vela.example"
