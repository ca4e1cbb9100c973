"""The message as it goes over the wire."""

from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes, policy

import pytest

from recruit.sequences.messages import Letter, UnsendableMessage, compose

LETTER = Letter(
    sender="partners@vendor.example",
    sender_name="Jürgen Müller",
    recipient="ann@firm.example",
    recipient_name='Ann "A." Archer, CEO',
    subject="Grüße from the vendor",
    body="Hello Ann,\n\nsee https://vendor.example/a?b=1&c=2.\n\n<script>1</script>\n.\nEnd",
    message_id="<m.1@vendor.example>",
    references=tuple(f"<{'x' * 60}.{n}@vendor.example>" for n in range(8)),
    sent_at=datetime(2026, 3, 3, 9, 30, tzinfo=UTC),
    unsubscribe_url="https://recruit.example/u/" + "t" * 60,
    postal_address="1 Harbour Street\nHamburg",
    origin="Your address comes from a directory.",
)


def test_long_headers_stay_on_one_line_unencoded() -> None:
    head = compose(LETTER).decode().partition("\r\n\r\n")[0].split("\r\n")
    lines = dict(line.split(": ", 1) for line in head)
    assert lines["List-Unsubscribe"] == f"<{LETTER.unsubscribe_url}>"
    assert lines["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert lines["References"] == " ".join(LETTER.references)
    assert lines["In-Reply-To"] == LETTER.references[-1]


def test_a_message_is_ascii_with_short_lines_and_reads_back() -> None:
    raw = compose(replace(LETTER, body="ü" * 3000))
    assert raw.isascii()
    body = raw.partition(b"\r\n\r\n")[2]
    assert max(map(len, body.split(b"\r\n"))) <= 78
    mail = message_from_bytes(raw, policy=policy.default)
    assert mail["To"].addresses[0].display_name == 'Ann "A." Archer, CEO'
    assert mail["From"].addresses[0].display_name == "Jürgen Müller"
    assert mail["Subject"] == "Grüße from the vendor"
    assert mail.get_body(("plain",)).get_content().startswith("ü" * 3000)


def test_the_html_part_escapes_what_the_text_says() -> None:
    mail = message_from_bytes(compose(LETTER), policy=policy.default)
    markup = mail.get_body(("html",)).get_content()
    assert "<script>" not in markup
    assert '<a href="https://vendor.example/a?b=1&amp;c=2">' in markup
    assert "Hamburg" in markup


def test_a_line_break_in_a_subject_makes_no_header() -> None:
    mail = message_from_bytes(compose(replace(LETTER, subject="Hi\r\nBcc: x@y.example")))
    assert mail["Bcc"] is None
    assert mail["Subject"] == "Hi Bcc: x@y.example"


def test_an_international_domain_is_written_in_ascii() -> None:
    mail = message_from_bytes(compose(replace(LETTER, recipient="ann@bücher.example")))
    assert "ann@xn--bcher-kva.example" in mail["To"]


@pytest.mark.parametrize(
    "recipient",
    ["", "ann", "ann@", "@firm.example", "änn@firm.example", "a b@c.example", "a@b\r\nBcc: c@d"],
)
def test_no_message_is_made_for_what_is_no_address(recipient: str) -> None:
    with pytest.raises(UnsendableMessage, match="Correct the contact"):
        compose(replace(LETTER, recipient=recipient))


def test_a_line_break_in_a_name_makes_no_header() -> None:
    with pytest.raises(UnsendableMessage):
        compose(replace(LETTER, recipient_name="Ann\r\nBcc: x@y.example"))
