"""What a mail is: the order of verdicts, absences, moods and quoted text."""

from datetime import UTC, date, datetime

import pytest

from recruit.mail.refusals import judge_refusal
from recruit.sequences.absences import find_return
from recruit.sequences.classify import classify
from recruit.sequences.moods import judge_mood
from recruit.sequences.quoting import new_text
from recruit.sequences.values import InboundKind, Mood
from tests.factories.sequences import bounce_mail, reply_mail

MARCH = date(2026, 3, 3)  # a Tuesday


@pytest.mark.parametrize(
    ("subject", "text", "headers", "kind"),
    [
        ("Re: Hi", "Thanks, let us talk.", {}, InboundKind.HUMAN),
        ("Re: Hi", "Please take me off your list.", {}, InboundKind.UNSUBSCRIBE),
        ("Automatic reply: Hi", "I am away.", {}, InboundKind.AUTO_REPLY),
        ("Re: Hi", "Away.", {"Auto_Submitted": "auto-replied"}, InboundKind.AUTO_REPLY),
        ("Re: Hi", "Hello.", {"Auto_Submitted": "no"}, InboundKind.HUMAN),
        ("Re: Hi", "Away.", {"X_Autoreply": "yes"}, InboundKind.AUTO_REPLY),
        ("Abwesenheitsnotiz: Hi", "Ich bin im Urlaub.", {}, InboundKind.AUTO_REPLY),
        ("Réponse automatique : Hi", "Je suis absent.", {}, InboundKind.AUTO_REPLY),
        ("Re: Hi", "Ich bin bis Montag nicht im Büro.", {}, InboundKind.AUTO_REPLY),
        (
            "Re: undelivered mail",
            "Your mail was returned to me: user unknown?",
            {},
            InboundKind.HUMAN,
        ),
        (
            "Delivery status",
            "Is the delivery notification failure fixed? 550",
            {},
            InboundKind.HUMAN,
        ),
    ],
)
def test_a_mail_from_an_address_is_human_or_automatic(
    subject: str, text: str, headers: dict[str, str], kind: InboundKind
) -> None:
    mail = reply_mail(text, subject=subject, at=datetime(2026, 3, 3, tzinfo=UTC), **headers)
    assert classify(mail.raw).kind is kind


def test_a_bounce_that_says_auto_submitted_is_a_bounce() -> None:
    verdict = classify(bounce_mail("a@b.example", original="<x@y>").raw)
    assert (verdict.kind, verdict.hard, verdict.status) == (InboundKind.BOUNCE, True, "5.1.1")
    assert (verdict.recipient, verdict.references) == ("a@b.example", ("<x@y>",))


@pytest.mark.parametrize(
    ("text", "until"),
    [
        ("I am out of the office until 12 March 2026.", date(2026, 3, 12)),
        ("I will be back on March 16th.", date(2026, 3, 16)),
        ("Away from 4 March to 13 March.", date(2026, 3, 13)),
        ("Back on 2026-04-01", date(2026, 4, 1)),
        ("Back Monday", date(2026, 3, 9)),
        ("Back on Monday, 16 March", date(2026, 3, 16)),
        ("I return 3/14.", date(2026, 3, 14)),
        ("Ich bin bis zum 20.03.2026 nicht im Büro.", date(2026, 3, 20)),
        ("Ich bin ab dem 7. April wieder erreichbar.", date(2026, 4, 7)),
        ("Je suis absent jusqu'au 15 mars inclus.", date(2026, 3, 15)),
        ("Estaré fuera hasta el 18 de marzo de 2026.", date(2026, 3, 18)),
        ("Sono in ferie fino al 22 marzo.", date(2026, 3, 22)),
        ("Estou de férias até 30 de março.", date(2026, 3, 30)),
        ("Ik ben afwezig tot 19 maart.", date(2026, 3, 19)),
        ("I am away until 5 January.", date(2027, 1, 5)),
        ("Founded on 3 May 1999, call +49 40 12.34.56", None),
        ("I am away. Until 31 February.", None),
        ("In urgent cases call me.", None),
    ],
)
def test_the_day_of_return_is_read(text: str, until: date | None) -> None:
    assert find_return(text, MARCH) == until


@pytest.mark.parametrize(
    ("text", "mood"),
    [
        ("This sounds interesting. Could we talk next week?", Mood.POSITIVE),
        ("Yes, we would like to know more. Please send me the details.", Mood.POSITIVE),
        ("Das klingt interessant, gerne würden wir mehr erfahren.", Mood.POSITIVE),
        (
            "Bonjour, oui, cela nous intéresse. Pouvez-vous nous envoyer plus d'informations ?",
            Mood.POSITIVE,
        ),
        ("We are not interested.", Mood.NEGATIVE),
        ("Thank you, but this is not a fit for us.", Mood.NEGATIVE),
        ("Wir haben leider kein Interesse.", Mood.NEGATIVE),
        ("Nous ne sommes pas intéressés, merci.", Mood.NEGATIVE),
        ("Not right now, please come back to me next quarter.", Mood.LATER),
        ("Derzeit leider nicht, gerne im nächsten Jahr.", Mood.LATER),
        ("Pas pour le moment, revenez le trimestre prochain.", Mood.LATER),
        ("Please contact my colleague bob@firm.example, he looks after partners.", Mood.REFERRAL),
        ("Bitte wenden Sie sich an Frau Meier.", Mood.REFERRAL),
        ("Who are you?", Mood.UNCLEAR),
        ("", Mood.UNCLEAR),
    ],
)
def test_a_mood_is_guessed(text: str, mood: Mood) -> None:
    judged = judge_mood(text)
    assert judged.mood is mood
    assert not judged.leave_alone
    assert 0 < judged.confidence < 1


def test_mixed_words_are_left_to_a_person() -> None:
    judged = judge_mood("Sounds interesting, but not right now.")
    assert (judged.mood, judged.confidence < 0.6) == (Mood.LATER, True)


@pytest.mark.parametrize(
    "text",
    [
        "Unsubscribe",
        "Please remove us from your list",
        "stop emailing me",
        "Do not contact me again.",
        "Bitte nehmen Sie uns aus Ihrem Verteiler.",
        "Bitte keine weiteren Mails.",
        "Merci de ne plus me contacter.",
        "Désabonnez-moi",
    ],
)
def test_a_wish_to_be_left_alone_is_heard(text: str) -> None:
    assert judge_mood(text).leave_alone


def test_our_own_footer_quoted_back_is_no_wish() -> None:
    from recruit.sequences.mailparts import take_apart
    from recruit.sequences.messages import Letter, compose

    letter = Letter(
        sender="p@v.example",
        sender_name="Pat",
        recipient="a@b.example",
        recipient_name="",
        subject="Hi",
        body="Hello",
        message_id="<1@v.example>",
        references=(),
        sent_at=datetime(2026, 3, 3, tzinfo=UTC),
        unsubscribe_url="https://r.example/u/t",
        postal_address="1 Street",
        origin="Your address comes from a directory.",
    )
    ours = take_apart(compose(letter)).text
    assert not judge_mood("Yes, tell me more.\n\n" + ours).leave_alone


QUOTED = "\n\nOn Tue, 3 Mar 2026 at 10:00, Pat <p@v.example> wrote:\n> Hello\n> shall we talk?\n"


@pytest.mark.parametrize(
    ("text", "new"),
    [
        ("Yes please." + QUOTED, "Yes please."),
        (
            "Yes." + "\r\n\r\n-----Original Message-----\r\nFrom: Pat\r\nSent: today\r\n\r\nHello",
            "Yes.",
        ),
        ("Ja.\n\nAm 03.03.2026 um 10:00 schrieb Pat <p@v.example>:\n> Hallo", "Ja."),
        ("Oui.\n\nLe mar. 3 mars 2026 à 10:00, Pat <p@v.example> a écrit :\n> Bonjour", "Oui."),
        (
            "Yes.\n\n________________________________\nFrom: Pat\nSent: Tuesday\nTo: Ann\n\nHello",
            "Yes.",
        ),
        ("Ja.\n\nVon: Pat\nGesendet: Dienstag\nAn: Ann\n\nHallo", "Ja."),
        ("Yes.\n\n-- \nAnn Archer\nCEO" + QUOTED, "Yes."),
        ("Yes.\n\nSent from my iPhone" + QUOTED, "Yes."),
        ("> shall we talk?\nYes, Monday.", "Yes, Monday."),
        ("On Monday I am free.\nSee you", "On Monday I am free.\nSee you"),
        (
            "On Tue, 3 Mar 2026, Pat\n<p@v.example> wrote:\n> Hello\n\nMy answer is below.",
            "My answer is below.",
        ),
        ("", ""),
    ],
)
def test_the_new_text_of_a_reply_is_cut_out(text: str, new: str) -> None:
    assert new_text(text) == new


@pytest.mark.parametrize(
    ("words", "permanent", "about_us", "gone"),
    [
        ("550 5.1.1 No such user here", True, False, True),
        ("550 5.1.10 RESOLVER.ADR.RecipNotFound", True, False, True),
        ("550 5.1.2 Host unknown", True, False, True),
        ("550 Requested action not taken: mailbox unavailable", True, False, True),
        ("450 4.1.1 User unknown, try again", False, False, False),
        ("552 5.2.2 Mailbox full", False, False, False),
        ("550 5.2.1 This account is disabled", True, False, False),
        ("550 5.7.1 blocked using zen.spamhaus.org", True, True, False),
        ("550 5.7.26 Unauthenticated email from v.example (DMARC)", True, True, False),
        ("421 4.7.0 Too many connections", False, True, False),
        ("554 5.7.1 Relay access denied", True, True, False),
        ("554 5.6.0 Message contains a virus", True, False, False),
        ("552 5.3.4 Message size exceeds fixed maximum message size", True, False, False),
        ("451 4.7.1 Greylisted", False, False, False),
    ],
)
def test_a_refusal_is_judged(words: str, permanent: bool, about_us: bool, gone: bool) -> None:
    judged = judge_refusal(int(words[:3]), None, words)
    assert (judged.permanent, judged.about_us, judged.recipient_gone) == (permanent, about_us, gone)
