"""What a person's answer says: yes, no, later, ask someone else, leave us alone. Pure, by rules.

A guess with a confidence; a person confirms it. English, German and French.
"""

import re
from dataclasses import dataclass

from recruit.sequences.values import Mood


def _any(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(patterns), re.IGNORECASE)


_LEAVE_US_ALONE = _any(
    r"\bunsubscribe\b|\bopt[- ]?out\b|\b(remove|delete|take) (me|us|my (e-?mail|address)|our (e-?mail|address))\b|(remove|take) \S+ (from|off) (your|the|this) (mailing |e-?mail |distribution )?list",
    r"\b(stop|quit) (e-?mailing|mailing|contacting|writing|sending|spamming)|(do not|don't|never|please don't) (contact|e-?mail|mail|write( to)?|send) (me|us)\b( (again|any ?more|further))?|no (more|further) (e-?mails|mails|messages)",
    r"\babmelden\b|\baustragen\b|\b(lösch|entfern|streich)\w* (sie )?(mich|uns|meine|unsere)\b|keine (weiteren|weitere|mehr) (e-?mails|mails|nachrichten|werbung)|aus (dem|ihrem|eurem) (e-?mail-?)?verteiler|nicht (mehr|weiter) (anschreiben|kontaktieren|zu kontaktieren)",
    r"\bdés(abonn|inscri)\w*|ne (plus|pas) (me|nous) (contacter|écrire|envoyer)|(retire[zr]|supprime[zr]|enleve[zr]|enlève[zr])[- ](moi|nous|mon adresse|notre adresse)|plus (recevoir|de mails|d'e-?mails|de messages)",
)
_RULES: dict[Mood, re.Pattern[str]] = {
    Mood.NEGATIVE: _any(
        r"\bnot (really |currently |at all )?interested\b|\bno,? (thanks|thank you)\b|\bno interest\b|not (a |the )?(right |good )?fit\b|\b(isn't|is not) (a fit|for us|something|relevant|of interest)\b|we('ll| will) pass\b|\bdecline\b|not (looking for|relevant)",
        r"\b(don't|do not|won't|will not|can't|cannot) (take on|need|want|require|see (a|any)|work with|partner)|not for us\b|already (have|work with|use) (a|an|another|our own)\b|\bno need\b",
        r"\bkein(erlei)? (interesse|bedarf)\b|nicht interessier|\bnein,? danke|passt (leider )?nicht|(leider )?nicht (relevant|in frage)|kommt (für uns )?nicht in frage|müssen (wir )?(leider )?absagen",
        r"\bpas (vraiment )?intéress|\bnon,? merci|ne (nous|m')?\s?(correspond|intéresse) pas|aucun (intérêt|besoin)|pas besoin|ne souhait\w+ pas",
    ),
    Mood.LATER: _any(
        r"\bnot (right now|at (this|the) (time|moment)|yet|now)\b|\b(next|in the new) (quarter|year|month|half)\b|\b(come|get|check|reach|touch|circle|write) (back|out|base)? ?(to (me|us) )?(again |with (me|us) )?(in|next|after|later)\b|\blater (this|in the) (year|quarter)\b|in (a few|some|two|three|six|\d+) (weeks|months)|too (busy|early)|\b(after|until) (the )?(summer|q[1-4]|merger|holidays)",
        r"\b(derzeit|zurzeit|momentan|im moment|aktuell) (leider )?(nicht|kein)|(nächste[ns]?|kommende[ns]?) (quartal|jahr|monat)|\bspäter\b|in (einigen|ein paar|zwei|drei|sechs|\d+) (wochen|monaten)|noch zu früh",
        r"pas (pour le|en ce) moment|pas (tout de suite|maintenant)|plus tard|(trimestre|année|mois) prochaine?|dans (quelques|deux|trois|six|\d+) (semaines|mois)|trop tôt",
    ),
    Mood.REFERRAL: _any(
        r"\b(please )?(contact|reach out to|speak (to|with)|talk to|write to|get in touch with) (my|our|mr|ms|mrs|the right|[\w.]+@)|(right|better|correct|responsible) (person|contact|colleague)|\bforward(ed|ing)? (this|your|it)\b|i('ve| have)? (passed|copied|cc'?ed|added)\b|in (copy|cc)\b|no longer (work|responsible|with)",
        r"wenden sie sich( bitte)? an|(zuständig|ansprechpartner)|\bweitergeleitet\b|weiterleiten|(meine|unsere|meinen|unseren) (kolleg|partnerm)",
        r"(contacte[zr]|adresse[zr]|voir avec) (plutôt |vous à )?(mon|ma|notre|directement)|bon interlocuteur|bonne personne|je transmets|transmis (à|votre)|fait suivre",
    ),
    Mood.POSITIVE: _any(
        r"\b(we are|we're|i am|i'm|very|definitely|would be|could be|sounds?|looks?|is) (very |really |quite )?(interest(ed|ing)|good|great|promising|relevant|exciting)\b|\b(happy|glad|open|keen|love|like|interested) to (talk|chat|hear|learn|know|discuss|meet|see|explore|join)|would (like|love) to (know|learn|hear|talk|discuss|see|explore)",
        r"\b(tell|send|share)( me| us)? (some |the |more |further )*(details|information|info|more|material)|\b(set up|schedule|book|arrange|have) a (call|meeting|chat|demo)|(can|could|shall|let's|let us) (we )?(talk|speak|meet|chat|discuss)|\byes,|what (are|would be) the next steps|looking for (a |such )?partner",
        r"\b(klingt|hört sich|wäre|ist) (sehr |wirklich |durchaus )?(interessant|gut|spannend|vielversprechend)|\b(haben|hätten|wir sind|bin|sind) (sehr |grundsätzlich |durchaus )?(interess|interesse)|\bgerne? (mehr|würden|möchten|würde|sprechen|telefonieren|nehmen|ein)|mehr (erfahren|informationen|details)|wann (hätten|passt|können)|termin vereinbaren",
        r"(cela|ça|votre \w+) (nous|m')\s?(intéresse|parle)|(très |serions |suis |sommes )(très )?intéress|avec plaisir|en savoir plus|plus d'informations|(convenir d'|prendre )(un )?(rendez-vous|appel)|pouvez-vous nous envoyer|^\W*oui\b",
    ),
}
_LEAST_WORDS_TO_DOUBT = 60


@dataclass(frozen=True)
class Judgement:
    """A mood and how sure the rules are (0 to 1). `leave_alone`: the writer wants no more mail."""

    mood: Mood
    confidence: float
    leave_alone: bool = False


def judge_mood(text: str) -> Judgement:
    """Judge the new text of a person's answer."""
    words = len(text.split())
    if _LEAVE_US_ALONE.search(text):
        # In a long mail the words may be about something else ("how do your users unsubscribe?"),
        # but whom we wrote against their will we lose for good.
        return Judgement(
            Mood.NEGATIVE, 0.95 if words < _LEAST_WORDS_TO_DOUBT else 0.7, leave_alone=True
        )
    rest = text
    hits: dict[Mood, int] = {}
    for mood, pattern in _RULES.items():
        found = list(pattern.finditer(rest))
        hits[mood] = len(found)
        # "not interested" is no "interested": what one rule has read is gone for the next.
        rest = pattern.sub(" … ", rest)
    said = [mood for mood, count in hits.items() if count]
    if not said:
        return Judgement(Mood.UNCLEAR, 0.3)
    if len(said) == 1:
        return Judgement(said[0], 0.9 if hits[said[0]] > 1 else 0.8)
    # "Interesting, but not right now": the reservation is what counts, and a person should look.
    order = [Mood.REFERRAL, Mood.LATER, Mood.NEGATIVE, Mood.POSITIVE]
    return Judgement(next(mood for mood in order if mood in said), 0.55)
