"""Finds the firm's legal name in its own pages: a line that ends in a legal form, as imprints have it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from recruit.sourcing.text import clean, fold

_FORMS = (
    r"GmbH & Co\.? ?KG(?:aA)?|gGmbH|GmbH|AG & Co\.? ?KG|AG|UG \(haftungsbeschränkt\)|UG|e\. ?K\.|e\. ?V\.|eG|KGaA"
    r"|KG|OHG|GbR|PartG(?: mbB)?|SE|Ltd\.?|Limited|PLC|LLP|LLC|L\.L\.C\.|Inc\.?|Incorporated|Corp\.?|Corporation"
    r"|Pty\.? Ltd\.?|Pvt\.? Ltd\.?|Private Limited|S\. ?A\. ?S\.?|SASU|SAS|SARL|S\. ?A\. ?R\. ?L\.?|EURL|S\.A\.|SA"
    r"|S\. ?r\. ?l\.?|Srl|SRL|S\. ?p\. ?A\.?|SpA|B\. ?V\.|BV|N\. ?V\.|NV|BVBA|AB|A/S|ApS|AS|ASA|Oyj|Oy|Sp\. ?z ?o\. ?o\."
    r"|S\. ?L\. ?U?\.?|SL|Lda\.?|LDA|s\. ?r\. ?o\.|a\. ?s\.|d\. ?o\. ?o\.|Kft\.?|Zrt\.?|Nyrt\.?|K\. ?K\.|Co\., Ltd\.?"
)
_LINE = re.compile(
    rf"(?:^|[:©|]|\b(?:copyright|by)\b|\b20[0-9]{{2}}\b)\s*(?P<name>[A-ZÀ-Ž0-9][^:;|©<>]{{1,70}}?,?\s(?P<form>{_FORMS}))"
    r"(?=$|[\s,;|(]|[.](?:\s|$))"
)
_NOT_A_NAME = re.compile(
    r"\b(?:the|our|your|we|wir|unser|is|are|was|ist|und ist|by|for|für|with|mit|from|powered|hosting|provider"
    r"|register|registergericht|amtsgericht|geschäftsführer|managing director)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class LegalName:
    """A firm's name with its legal form; `is_alike` where it resembles the site's host."""

    name: str
    form: str
    is_alike: bool


def find_legal_name(lines: Sequence[str], host: str) -> LegalName | None:
    """Return the legal name that lines state, one that resembles the host before the first other one."""
    label = fold(host.partition(".")[0]).replace(" ", "")
    first: LegalName | None = None
    for line in lines:
        if len(line) > 200:
            continue
        for match in _LINE.finditer(line):
            name = clean(match["name"])
            if _NOT_A_NAME.search(name) or len(name.split()) > 9:
                continue
            bare = fold(name[: -len(match["form"])]).replace(" ", "")
            alike = len(bare) > 2 and bool(label) and (bare in label or label in bare)
            found = LegalName(name, match["form"].rstrip(","), alike)
            if alike:
                return found
            # Elsewhere on a page a firm names others too; a line of its own is its own.
            if first is None and match.start() == 0 and match.end() == len(line):
                first = found
    return first
