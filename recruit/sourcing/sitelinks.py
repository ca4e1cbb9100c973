"""Which pages of a firm's own site are worth reading beside its start: contact, imprint, about, partners …

Links say what they lead to, by their words and by their address, in many languages. Nothing is guessed
that nobody links to.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from recruit.sourcing.contacts import host_of
from recruit.sourcing.text import fold

# In the order in which they are wanted; folded words as they stand in links and in addresses.
_KINDS: dict[str, str] = {
    "imprint": "imprint|impressum|legal notice|legal information|company information|mentions legales"
    "|informations legales|aviso legal|informacion legal|note legali|informazioni legali|colofon|colophon"
    "|bedrijfsgegevens|impresszum|nota legal|aviso juridico|juridisk information|impresum|tiráž|dane firmy",
    "contact": "contact|contact us|contacts|get in touch|reach us|kontakt|kontaktieren|contactez nous"
    "|nous contacter|contacto|contactanos|contactar|contatti|contattaci|contato|contacte nos|fale conosco"
    "|contactos|kontakt oss|kontakta oss|kontakty|kontakti|neem contact op|yhteystiedot|ota yhteytta"
    "|kapcsolat|iletisim|epikoinonia|skontaktuj sie",
    "about": "about|about us|company|who we are|our story|our company|uber uns|ueber uns|unternehmen|wir"
    "|wer wir sind|firma|a propos|qui sommes nous|entreprise|societe|l entreprise|notre histoire|sobre"
    "|sobre nosotros|quienes somos|empresa|nosotros|la empresa|chi siamo|azienda|l azienda|over ons|bedrijf"
    "|quem somos|sobre nos|a empresa|o nas|o firmie|o spolecnosti|o nama|om oss|om os|om|yritys|meista"
    "|rolunk|hakkimizda|tietoa meista|profil|unternehmensprofil|company profile",
    "locations": "locations|offices|our offices|office locations|where we are|standorte|standort|filialen"
    "|niederlassungen|agences|nos agences|implantations|nos bureaux|bureaux|oficinas|sedes|nuestras oficinas"
    "|sedi|le nostre sedi|dove siamo|vestigingen|kantoren|escritorios|onde estamos|oddzialy|biura|pobocky"
    "|kontor|vara kontor|toimipisteet|worldwide|global offices",
    "partners": "partners|our partners|partnerships|technology partners|alliances|technology alliances"
    "|vendor partners|partner|unsere partner|technologiepartner|partnerschaften|hersteller|partenaires"
    "|nos partenaires|partenariats|socios|nuestros socios|socios tecnologicos|partnerzy|nasi partnerzy"
    "|parceiros|partner tecnologici|i nostri partner|onze partners|samarbetspartners|partnere|partneri",
    "certifications": "certifications|certificates|certification|accreditations|awards and certifications"
    "|zertifizierungen|zertifikate|certificaciones|certificazioni|certificeringen|certyfikaty|certificacoes"
    "|certifieringar|labels et certifications|qualifications|compliance and certifications",
    "team": "team|our team|the team|meet the team|leadership|management|people|unser team|ansprechpartner"
    "|equipe|notre equipe|equipo|nuestro equipo|il team|ons team|zespol|nossa equipe|vart team|tiimi",
}
_WORDS = {
    kind: frozenset(fold(word) for word in words.split("|")) for kind, words in _KINDS.items()
}
_NOT_HERE = re.compile(
    r"/(?:blog|news|presse?|press-releases?|jobs?|careers?|karriere|events?|shop|product|produkte?|login"
    r"|wp-content|tag|category|author|kb|docs|forum|search|cart)(?:/|$)",
    re.IGNORECASE,
)
_FILE = re.compile(r"\.(?!html?$|php$|aspx?$|jsp$|shtml$|cfm$|xhtml$)[a-z0-9]{2,5}$", re.IGNORECASE)
_LANGUAGE = re.compile(r"/([a-z]{2})(?:[-_][a-z]{2})?(?=/|$)", re.IGNORECASE)
_NUMBERED = re.compile(r"^[0-9]+ | [0-9]+$")


@dataclass(frozen=True)
class SiteLink:
    """A link as it stands on a page: where it leads (absolute) and what it says."""

    url: str
    text: str


def choose_site_links(
    links: Iterable[SiteLink], start: str, *, most: int, follow: Sequence[str] = ()
) -> list[str]:
    """Return at most `most` addresses of the same site that are worth reading, the best first.

    One of each kind comes before a second one of any. `follow` are patterns of path and query that come
    before everything else. A page in the language of `start` comes before one in another language.
    """
    best: dict[str, list[tuple[float, str]]] = {}
    wanted: list[str] = []
    seen = {_key(start)}
    language = _language(start)
    for link in links:
        if not is_same_site(link.url, start) or _key(link.url) in seen:
            continue
        parts = urlsplit(link.url)
        target = f"{parts.path}?{parts.query}" if parts.query else parts.path
        if any(re.search(pattern, target) for pattern in follow):
            wanted.append(link.url)
            seen.add(_key(link.url))
            continue
        found = rate_link(link)
        if found is None:
            continue
        kind, score = found
        if _language(link.url) not in {language, ""}:
            score -= 1.5
        best.setdefault(kind, []).append((score, link.url))
    chosen = list(dict.fromkeys(wanted))
    for place in range(2):
        for kind in _KINDS:
            ranked = sorted(set(best.get(kind, ())), key=lambda entry: (-entry[0], len(entry[1])))
            urls = list({_key(url): url for _, url in reversed(ranked)}.values())[::-1]
            if place < len(urls) and _key(urls[place]) not in seen:
                seen.add(_key(urls[place]))
                chosen.append(urls[place])
    return chosen[:most]


def rate_link(link: SiteLink) -> tuple[str, float] | None:
    """Return what kind of page a link leads to and how sure that is; None for any other page."""
    path = urlsplit(link.url).path.rstrip("/")
    if _NOT_HERE.search(path) or _FILE.search(path):
        return None
    segments = [segment for segment in path.split("/") if segment]
    last = fold(re.sub(r"\.\w+$", "", segments[-1])) if segments else ""
    last = _NUMBERED.sub("", last)
    text = fold(link.text)
    for kind, words in _WORDS.items():
        score = 3.0 * (text in words) + 2.0 * (last in words)
        if not score and last and len(last) < 40:
            score = 1.0 * any(len(word) > 4 and word in last.split() for word in words)
        if score:
            return kind, score - 0.3 * len(segments) - 0.5 * bool(urlsplit(link.url).query)
    return None


def is_same_site(url: str, start: str) -> bool:
    """Tell whether two addresses are of one site: the same host and port, or one host below the other."""
    try:
        one, two = urlsplit(url), urlsplit(start)
        if one.scheme not in {"http", "https"} or (one.port or 0) != (two.port or 0):
            return False
    except ValueError:
        return False
    here, there = host_of(url), host_of(start)
    return bool(here) and (here == there or here.endswith(f".{there}"))


def _language(url: str) -> str:
    match = _LANGUAGE.match(urlsplit(url).path)
    return match[1].lower() if match else ""


def _key(url: str) -> str:
    parts = urlsplit(url)
    return f"{host_of(url)}{parts.path.rstrip('/')}?{parts.query}"
