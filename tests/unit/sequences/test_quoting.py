"""The new text of a reply, as mail programs of many languages build it."""

import pytest

from recruit.sequences.classify import classify
from recruit.sequences.quoting import new_text

CASES = {
    "gmail, English": (
        "Sounds good.\n\nOn Tue, Mar 3, 2026 at 10:00 AM Pat Vendor <p@v.example> wrote:\n\n> Hello\n",
        "Sounds good.",
    ),
    "gmail, folded": (
        "Sounds good.\nOn Tue, Mar 3, 2026 at 10:00 AM Pat Vendor <\np@v.example> wrote:\n> Hello\n",
        "Sounds good.",
    ),
    "gmail, German": (
        "Gerne.\n\nAm Di., 3. März 2026 um 10:00 Uhr schrieb Pat Vendor <p@v.example>:\n> Hallo\n",
        "Gerne.",
    ),
    "gmail, French": (
        "D'accord.\n\nLe mar. 3 mars 2026 à 10:00, Pat Vendor <p@v.example> a écrit :\n\n> Bonjour\n",
        "D'accord.",
    ),
    "gmail, Spanish": (
        "De acuerdo.\n\nEl mar, 3 mar 2026 a las 10:00, Pat Vendor (<p@v.example>) escribió:\n> Hola\n",
        "De acuerdo.",
    ),
    "gmail, Italian": (
        "Va bene.\n\nIl giorno mar 3 mar 2026 alle ore 10:00 Pat Vendor <p@v.example> ha scritto:\n> Ciao\n",
        "Va bene.",
    ),
    "gmail, Portuguese": (
        "Claro.\n\nPat Vendor <p@v.example> escreveu (terça, 3/03/2026 à(s) 10:00):\n> Olá\n",
        "Claro.",
    ),
    "gmail, Dutch": (
        "Prima.\n\nOp di 3 mrt 2026 om 10:00 schreef Pat Vendor <p@v.example>:\n> Hallo\n",
        "Prima.",
    ),
    "gmail, Polish": (
        "Dobrze.\n\nwt., 3 mar 2026 o 10:00 Pat Vendor <p@v.example> napisał(a):\n> Witam\n",
        "Dobrze.",
    ),
    "gmail, Russian": (
        "Хорошо.\n\nвт, 3 мар. 2026 г. в 10:00, Pat Vendor <p@v.example>:\n> Привет\n",
        "Хорошо.",
    ),
    "apple mail": (
        "Yes.\n\n> On 3 Mar 2026, at 10:00, Pat Vendor <p@v.example> wrote:\n> \n> Hello\n",
        "Yes.",
    ),
    "thunderbird, German": ("Ja.\n\nAm 03.03.26 um 10:00 schrieb Pat Vendor:\n> Hallo\n", "Ja."),
    "outlook, German": (
        "Guten Tag,\nja.\n\nVon: Pat Vendor <p@v.example>\nGesendet: Dienstag, 3. März 2026 10:00\nAn: Ann\nBetreff: Partner\n\nHallo\n",
        "Guten Tag,\nja.",
    ),
    "outlook, French": (
        "Oui.\n\nDe : Pat Vendor <p@v.example>\nEnvoyé : mardi 3 mars 2026 10:00\nÀ : Ann\nObjet : Partenariat\n\nBonjour\n",
        "Oui.",
    ),
    "outlook, with a line above": (
        "Oui.\n________________________________\nDe: Pat\nEnvoyé: mardi\nÀ: Ann\n\nBonjour\n",
        "Oui.",
    ),
    "outlook, old": (
        "Yes.\n\n-----Original Message-----\nFrom: Pat\nSent: Tuesday\nTo: Ann\n\nHello\n",
        "Yes.",
    ),
    "below the quotation": (
        "On Tue, 3 Mar 2026 at 10:00, Pat <p@v.example> wrote:\n> Shall we talk?\n\nYes, on Thursday.\n",
        "Yes, on Thursday.",
    ),
    "between the lines": (
        "Hi Pat,\n\nOn 3 Mar 2026, Pat <p@v.example> wrote:\n> When?\n\nThursday.\n\n> Where?\n\nHere.\n\n> Bye\n",
        "Hi Pat,\n\n\nThursday.\n\n\nHere.",
    ),
    "signature": ("Yes.\n\n-- \nAnn Archer\nNorthlight\n", "Yes."),
    "telephone": ("Yes.\n\nVon meinem iPhone gesendet\n", "Yes."),
    "polite end": ("Ja.\n\nMit freundlichen Grüßen\n\nAnn Archer\nNorthlight GmbH\n", "Ja."),
    "thanks with a name": ("Please send it.\n\nThanks,\nAnn\n", "Please send it."),
    "thanks in the text": (
        "Thanks\nfor your mail. We are not interested.\n",
        "Thanks\nfor your mail. We are not interested.",
    ),
    "notice below": (
        "No.\n\nThis email and any attachments are confidential.\nDelete it.\n",
        "No.",
    ),
    "a sentence with a colon": (
        "On Thursday we decided this:\nwe join.\n",
        "On Thursday we decided this:\nwe join.",
    ),
    "a list": ("Please:\n\n- call Bob\n- send prices\n", "Please:\n\n- call Bob\n- send prices"),
    "nothing new": ("On 3 Mar 2026 at 10:00, Pat <p@v.example> wrote:\n> Hello\n", ""),
}


@pytest.mark.parametrize(("text", "new"), CASES.values(), ids=CASES)
def test_the_new_text_is_cut_out(text: str, new: str) -> None:
    assert new_text(text) == new


def test_the_new_text_of_an_html_mail_is_cut_out() -> None:
    raw = (
        b"From: ann@firm.example\nSubject: Re: Hi\nContent-Type: text/html; charset=utf-8\n\n"
        b"<html><head><style>p {color: red}</style></head><body><p>Yes,<br>gladly.</p>"
        b'<div class="gmail_quote"><div>On Tue, Mar 3, 2026 at 10:00 AM Pat &lt;p@v.example&gt; wrote:</div>'
        b"<blockquote><p>Shall we talk?</p></blockquote></div></body></html>"
    )
    assert classify(raw).text == "Yes,\ngladly."


def test_a_text_without_headers_is_read_as_a_mail() -> None:
    assert (
        classify(b"Note: I wrote this by hand.\nYes.\n").text == "Note: I wrote this by hand.\nYes."
    )
