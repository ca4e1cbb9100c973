"""Answers that a machine gave: out of office, with the day of return where one is named. Pure."""

import re
from collections.abc import Iterator
from datetime import date, timedelta

from recruit.sequences.mailparts import MailParts

_SUBJECT = re.compile(
    r"^\W*(re:\s*)?(auto(matic|mated)?[- ]?(reply|response|answer)|auto:|autoreply|auto[- ]responder|out of (the )?office|ooo\b|away from|on (vacation|holiday|leave)|vacation"
    r"|automatische (antwort|abwesenheits\w*)|abwesenheit\w*|abwesend|nicht im (büro|haus)|im urlaub|urlaub\b|auto-?antwort"
    r"|réponse automatique|absence (du|de) bureau|absen[ct]|message d'absence|en congé"
    r"|respuesta automática|fuera de (la )?oficina|ausencia|ausente"
    r"|risposta automatica|fuori (ufficio|sede)|assente|assenza"
    r"|resposta automática|fora do escritório|ausência|ausente"
    r"|automatisch(e)? (antwoord|beantwoording)|afwezig|niet aanwezig|buiten kantoor"
    r"|autosvar|automatiskt svar|automatisk svar|frånvaro|fravær|poissa|automaattinen vastaus|automatická odpověď|automatyczna odpowiedź|odpowiedź automatyczna|nieobecno|автоответ|автоматический ответ|自動応答|自动回复|부재중)",
    re.IGNORECASE,
)
# Strong enough to stand alone in a short mail without any header that says so.
_TEXT = re.compile(
    r"\b(i am|i'm|i will be|we are) (currently |now )?(out of (the )?office|on (vacation|annual leave|leave|holiday|parental leave|maternity leave)|away from (my desk|the office))"
    r"|(this is an|thank you for your (e-?)?mail\. this is an) automat(ic|ed) (reply|response|message)|limited access to (my )?(e-?mail)"
    r"|(bin|befinde mich|sind) (derzeit |zurzeit |zur zeit |aktuell |momentan )?(ich )?(derzeit |zurzeit |zur zeit |aktuell |bis .{3,30} )?(nicht im (büro|haus)|im urlaub|außer haus|abwesend|nicht erreichbar)"
    r"|je suis (actuellement )?(absent|en congé|en vacances|hors du bureau)|(estoy|estaré) (actualmente )?(fuera de la oficina|de vacaciones|ausente)"
    r"|sono (attualmente )?(fuori (ufficio|sede)|in ferie|assente)|(estou|estarei) (atualmente )?(fora do escritório|de férias|ausente)|ik ben (momenteel |op dit moment )?(afwezig|niet aanwezig|met vakantie|op vakantie)",
    re.IGNORECASE,
)
_MONTHS = (
    "jan|janv|ene|gen|sty|led|янв",
    "feb|febr|févr|fév|fev|lut|úno|фев",
    "mar|mär|maer|mrt|maa|mars|bře|мар",
    "apr|avr|abr|kwi|dub|апр",
    "may|mai|mei|mag|maj|kvě|май|мая",
    "jun|juin|giu|cze|čer|июн",
    "jul|juil|lug|lip|čvc|июл",
    "aug|août|aou|ago|sie|srp|авг",
    "sep|set|wrz|zář|сен",
    "oct|okt|ott|out|paź|říj|окт",
    "nov|lis|ноя",
    "dec|dez|déc|dic|gru|pro|дек",
)
_MONTH = "(" + "|".join(_MONTHS) + r")[^\W\d]*"
_WEEKDAYS = (
    "monday|montag|lundi|lunes|lunedì|maandag|segunda",
    "tuesday|dienstag|mardi|martes|martedì|dinsdag|terça",
    "wednesday|mittwoch|mercredi|miércoles|mercoledì|woensdag|quarta",
    "thursday|donnerstag|jeudi|jueves|giovedì|donderdag|quinta",
    "friday|freitag|vendredi|viernes|venerdì|vrijdag|sexta",
)
_ISO = re.compile(r"\b(20\d\d)-(\d\d)-(\d\d)\b")
_NUMBERS = re.compile(
    r"(?<![\d./:-])(\d{1,2})([./-])(\d{1,2})(?:\2(\d{4}|\d\d))?(?![\d:])(?![./-]\d)"
)
_DAY_MONTH = re.compile(
    rf"\b(\d{{1,2}})(?:st|nd|rd|th|er|º|ª|\.)?\s*(?:of |de |di |d'|d’)?{_MONTH}\.?,?\s*(?:de |del |do )?(\d{{4}})?",
    re.IGNORECASE,
)
_MONTH_DAY = re.compile(
    rf"\b{_MONTH}\.? (\d{{1,2}})(?:st|nd|rd|th)?\b(?!:),?\s*(\d{{4}})?", re.IGNORECASE
)
_UNTIL = re.compile(
    r"until|till|through|\bback\b|return|resume|\bto\b|available again"
    r"|\bbis\b|zurück|wieder|ab dem|\bab\b|erreichbar"
    r"|jusqu|retour|à partir|\bau\b|hasta|vuelvo|regres|volver|\bal\b|fino|rientr|torn|dal\b|até|retorn|volt|\btot\b|terug|vanaf|t/m|\bdo\b|till och med|tillbaka",
    re.IGNORECASE,
)
# Further ahead than this is a slip, or the end of a contract.
_FURTHEST = timedelta(days=400)


def is_opt_out(mail: MailParts) -> bool:
    """Return whether a mail program wrote on its owner's behalf that no more mail is wanted."""
    by_machine = mail.headers.get("auto-submitted", "no").strip().lower() != "no"
    return "x-apple-unsubscribe" in mail.headers or (
        by_machine and mail.subject.strip().lower() in {"unsubscribe", "opt-out", "remove"}
    )


def is_auto_reply(mail: MailParts) -> bool:
    """Return whether a machine wrote this mail; bounces, which also say so, are judged before."""
    headers = mail.headers
    submitted = headers.get("auto-submitted", "no").partition(";")[0].strip().lower()
    precedence = headers.get("precedence", "").lower()
    return (
        submitted.startswith("auto-")
        or any(
            name in headers
            for name in (
                "x-autoreply",
                "x-autorespond",
                "x-autoresponder",
                "x-auto-reply",
                "x-vacation",
            )
        )
        or precedence in {"auto_reply", "auto-reply"}
        or bool(_SUBJECT.search(mail.subject))
        or (len(mail.text) < 1500 and bool(_TEXT.search(mail.text)))
    )


def find_return(text: str, written_on: date) -> date | None:
    """Return the last day that the text gives for the absence or the return, None where it names none."""
    stated = [
        (day, bool(_UNTIL.search(text[max(0, start - 40) : start])))
        for day, start in _dates(text, written_on)
        if written_on <= day <= written_on + _FURTHEST
    ]
    until = [day for day, triggered in stated if triggered]
    days = until or [day for day, _ in stated]
    return max(days, default=None)


def _dates(text: str, written_on: date) -> Iterator[tuple[date, int]]:
    for found in _ISO.finditer(text):
        yield from _dated(found, *map(int, found.groups()))
    for found in _DAY_MONTH.finditer(text):
        yield from _without_year(found, _month(found[2]), int(found[1]), found[3], written_on)
    for found in _MONTH_DAY.finditer(text):
        yield from _without_year(found, _month(found[1]), int(found[2]), found[3], written_on)
    for found in _NUMBERS.finditer(text):
        first, second = int(found[1]), int(found[3])
        # 3/14 can only be American; 14.3. and 3/4 are read as day and month.
        day, month = (second, first) if second > 12 >= first else (first, second)
        yield from _without_year(found, month, day, found[4], written_on)
    for number, names in enumerate(_WEEKDAYS):
        for found in re.finditer(rf"\b({names})\b", text, re.IGNORECASE):
            # A weekday beside a date only explains the date.
            if not re.match(
                r"\W{0,3}(the |den |le |el )?\d|\W{1,3}" + _MONTH,
                text[found.end() : found.end() + 20],
                re.IGNORECASE,
            ):
                ahead = (number - written_on.weekday() - 1) % 7 + 1
                yield written_on + timedelta(days=ahead), found.start()


def _without_year(
    found: re.Match[str], month: int, day: int, year: str | None, written_on: date
) -> Iterator[tuple[date, int]]:
    if year:
        yield from _dated(found, int(year) + (2000 if len(year) == 2 else 0), month, day)
        return
    for candidate in (written_on.year, written_on.year + 1):
        for moment, start in _dated(found, candidate, month, day):
            if moment >= written_on:
                yield moment, start
                return


def _dated(found: re.Match[str], year: int, month: int, day: int) -> Iterator[tuple[date, int]]:
    try:
        yield date(year, month, day), found.start()
    except ValueError:
        return


def _month(name: str) -> int:
    return next(
        number
        for number, names in enumerate(_MONTHS, start=1)
        if re.fullmatch(names, name, re.IGNORECASE)
    )
