"""Every kind of notice has a letter, and every letter says what it is about and what to do."""

from dataclasses import replace
from email import message_from_bytes, policy

import pytest

from recruit.notices.composing import Letter, LetterUnsendable, compose
from recruit.notices.values import NoticeKind, Wording
from recruit.notices.wording import LETTERS, LetterInvalid, put_in_words, put_together
from tests.conftest import NOW

# What is known of each, as the stages tell it.
FACTS = {
    "program": "Example partners",
    "firm": "Müller & Söhne GmbH",
    "token": "t0ken",
    "days": 14,
    "minutes": 15,
    "step": "Sell it",
    "done": 2,
    "total": 5,
    "path": "/portal/courses/basics",
    "title": "Partner agreement",
    "until": "3 May 2026",
    "name": "Ada",
    "course": "Basics",
    "serial": "RC-1",
    "candidate": 7,
    "missing": "the price list",
    "about": "",
    "how": "answered yes",
    "score": "81",
    "since": "1 March",
    "review_by": "1 March",
    "hidden": True,
    "passed": True,
    "note": "",
    "accepted": False,
    "reason": "The page of the customer is missing.",
    "when": "3 March 2026, 10:00",
}
LETTER = Letter(
    sender="partners@vendor.example",
    sender_name="Vendor",
    recipient="ada@partner.example",
    recipient_name="Ada Lovelace",
    wording=Wording("Hello", ("One.", "Two <b>."), "Go", "/portal"),
    base_url="https://portal.example/",
    choice_url="https://portal.example/notices/1-abc",
    message_id="<notice-1@vendor.example>",
    sent_at=NOW,
)


def read(letter):
    return message_from_bytes(compose(letter), policy=policy.default)


@pytest.mark.parametrize("kind", list(NoticeKind))
def test_every_kind_says_what_it_is_about_and_what_to_do(kind):
    wording = put_in_words(kind, FACTS)
    assert wording.subject
    assert wording.paragraphs
    assert wording.action
    assert wording.path.startswith("/")
    assert "{" not in "".join((wording.subject, *wording.paragraphs, wording.action))


def test_every_letter_has_its_kind():
    assert {path.stem for path in LETTERS.iterdir()} == {kind.value for kind in NoticeKind}


def test_a_fact_that_is_missing_is_never_a_gap_in_a_letter():
    with pytest.raises(LetterInvalid, match=r"certificate_awarded\.txt"):
        put_in_words(NoticeKind.CERTIFICATE_AWARDED, {"program": "P", "firm": "F"})


def test_several_notices_are_one_letter_with_a_line_each():
    one = put_in_words(NoticeKind.FULL_ACCESS, FACTS)
    assert put_together([one]) is one
    both = put_together([one, put_in_words(NoticeKind.RESOURCE_ADDED, FACTS)])
    assert both.subject == "2 things from your partner program"
    assert both.paragraphs[0] == "Müller & Söhne GmbH has full access"


def test_a_letter_says_the_same_in_text_and_html():
    mail = read(LETTER)
    plain = mail.get_body(("plain",)).get_content()
    html = mail.get_body(("html",)).get_content()
    for part in ("Hello Ada Lovelace,", "One.", "https://portal.example/portal", "Vendor"):
        assert part in plain
        assert part in html
    assert "Two &lt;b&gt;." in html
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["List-Unsubscribe"] == "<https://portal.example/notices/1-abc>"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_nobody_can_turn_off_what_the_account_needs():
    mail = read(replace(LETTER, is_account_mail=True))
    assert mail["List-Unsubscribe"] is None
    assert "notices/1-abc" not in mail.get_body(("plain",)).get_content()


def test_a_name_cannot_smuggle_a_header_in():
    hostile = replace(LETTER, recipient_name="Ada\r\nBcc: all@partner.example")
    try:
        mail = read(hostile)
    except LetterUnsendable:
        return
    assert mail["Bcc"] is None
