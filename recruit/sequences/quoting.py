"""The new text of a reply: what its writer wrote, without our mail below and the signature. Pure."""

import re

# "On Tue, 3 Mar 2026 at 10:00, Ann <ann@x.example> wrote:" in the languages of mail programs; it may be
# folded over up to three lines.
_INTRODUCTION = re.compile(
    r"(?im)^[>\s]*(\*)?(on|am|le|el|il|op|em|den|d\.|w dniu|dnia|på|ma|dne|в|il giorno|na dan|vào)\b[^\n]{0,200}(\n[^\n]{0,200}){0,3}?"
    r"\b(wrote|writes|schrieb|schreef|geschreven|a écrit|escribió|ha scritto|scrisse|escreveu|skrev|napisał(\(a\)|a)?|kirjoitti|napsal(a)?|пишет|написал(а)?|írta|έγραψε)\b[^\n]{0,120}(\n[^\n]{0,80})?:\s*(\*)?$"
)
_OTHER_INTRODUCTION = re.compile(
    r"(?im)^[>\s]*([^\n]{0,120}<[^<>\n]+@[^<>\n]+>[^\n]{0,60}(wrote|schrieb|schreef|escribió|écrit|scritto|skrev|napisał)?[^\n]{0,20}:|\d{4}[-/年][^\n]{0,120}<[^<>\n]+@[^<>\n]+>:?)\s*$"
)
_SEPARATOR = re.compile(
    r"(?im)^[>\s]*[-_*]{2,}\s*(original message|forwarded message|ursprüngliche nachricht|original-?nachricht|weitergeleitete nachricht|message d'origine|message original|mensaje original|messaggio originale|mensagem original|oorspronkelijk bericht|originalmeddelande|ursprungligt meddelande|oprindelig (besked|meddelelse)|oryginalna wiadomość|wiadomość oryginalna|исходное сообщение)\s*[-_*]{2,}\s*$|^\s*(begin forwarded message|anfang der weitergeleiteten)[^\n]*$"
)
# Outlook: a block of headers, at least "From" and then a date or recipient.
_HEADERS = re.compile(
    r"(?im)^[>\s]*\*?(from|von|de|da|van|från|fra|od|lähettäjä|от|差出人)\s?:\*?[^\n]*\n([^\n]*\n){0,2}?[>\s]*\*?(sent|gesendet|envoyé|enviado|inviato|verzonden|skickat|sendt|wysłano|date|datum|fecha|data|lähetetty|to|an|à|para|till|til|do|отправлено|送信日時|日時)\s?:"
)
_SIGNATURE = re.compile(
    r"(?im)^(--|—|__|-- )\s*$|^_{5,}\s*$|^(sent|gesendet|envoyé|enviado|inviato|verzonden|skickat|sendt|verstuurd|wysłane)[ \w]{0,12} (from|von|de|depuis|desde|dal|da|vanaf|van|från|fra|z) [^\n]{2,40}$|^get outlook for \w+|^sent via [^\n]{2,30}$"
)
# A line that a mail program draws between the answer and what it quotes.
_RULE = re.compile(r"\n\s*[-_*=]{4,}\s*$")


def new_text(text: str) -> str:
    """Return the part of a plain-text reply that is new; empty where everything is quoted."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\u00a0", " ")
    text = text[: _first(text, _SEPARATOR, _HEADERS)]
    answer = text[: _first(text, _INTRODUCTION, _OTHER_INTRODUCTION)]
    if not _unquoted(answer):
        # An answer below the quotation: drop what introduces it and what is quoted.
        answer = _OTHER_INTRODUCTION.sub("", _INTRODUCTION.sub("", text))
    kept = _unquoted(answer)
    return _RULE.sub("", kept[: _first(kept, _SIGNATURE)].strip()).strip()


def _first(text: str, *patterns: re.Pattern[str]) -> int:
    return min(
        (found.start() for pattern in patterns if (found := pattern.search(text))),
        default=len(text),
    )


def _unquoted(text: str) -> str:
    lines = (line.rstrip() for line in text.split("\n") if not line.lstrip().startswith(">"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
