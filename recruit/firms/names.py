"""Names of firms: taken apart into words, and reduced to a key that spellings share.

`rigour` finds legal forms, places, numbers and the generic words of many trades; `recruit.firms.words`
adds those of ours. What words are worth against each other is decided by `recruit.firms.likeness`.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from rigour.names import (
    Name,
    NamePart,
    NamePartTag,
    NameTypeTag,
    Span,
    SymbolCategory,
    analyze_names,
    extract_org_types,
    replace_org_types_display,
)

from recruit.firms.places import count_city_words
from recruit.firms.words import (
    ALSO_CALLED,
    ARTICLES,
    GENERIC,
    LEGAL,
    LEGAL_AFFIXES,
    LEGAL_IN_FRONT,
    NO_NUMBERS,
    OF_A_PLACE,
    SHORTHAND,
    STOPS,
)


class WordKind(StrEnum):
    """What a word of a name tells: only `OWN` words can make a name somebody's own."""

    OWN = "own"
    GENERIC = "generic"
    PLACE = "place"
    NUMBER = "number"


@dataclass(frozen=True, slots=True)
class Word:
    """One word, or several that are one idea (`united states`).

    `form` is canonical (numbers as digits, `consultancy` and `beratung` alike); `spelling` is what
    stood there, in lower case without accents.
    """

    form: str
    spelling: str
    kind: WordKind


@dataclass(frozen=True, slots=True)
class FirmName:
    """A name taken apart. Articles, "and" and the legal form are no longer among its words.

    `key` joins the words' canonical forms; names with one key are one name. `compact` is the spelling
    without spaces, for those who write `Good Will` and `Goodwill`. `own_words` are those that are
    neither generic nor geography nor a number.
    """

    text: str
    words: tuple[Word, ...]
    legal_form: str | None
    key: str
    compact: str
    own_words: tuple[Word, ...]

    @property
    def places(self) -> frozenset[str]:
        """The places that are named in it."""
        return frozenset(word.form for word in self.words if word.kind is WordKind.PLACE)


_SPACES = re.compile(r"\s+")
_INVISIBLE = dict.fromkeys((0x00AD, 0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF))
# Spellings of legal forms that rigour does not know, and the ones that it does.
_LEGAL_SPELLINGS = (
    (re.compile(r"\bA\.?\s?Ş\b\.?", re.IGNORECASE), "AS"),
    (re.compile(r"\bsp(?:o|ó)(?:l|ł)ka\s+z\s*o\.?\s*o\b\.?", re.IGNORECASE), "Sp. z o.o."),
    (re.compile(r"(?<=[A-Za-z]{3})\s?&\s?(?=Co\b)", re.IGNORECASE), " & "),
    (re.compile(r"(?<=\bCo)\.(?=[A-Za-z])", re.IGNORECASE), ". "),
    (re.compile(r"\bP(?:vt|te|ty|rop)\b\.?\s+(?=Ltd|Limited)", re.IGNORECASE), ""),
)
# rigour's symbols: the world, the internet and Europe are no places to find a firm at.
_NOWHERE = frozenset({"zz", "ip", "eu"})
_SHORTHAND = re.compile(r"\b(" + "|".join(SHORTHAND) + r")\b\.?", re.IGNORECASE)
# "Kestrel.com" is called Kestrel.
_WEB_ENDING = re.compile(
    r"(?<=[^\W_]{3})\.(?:ai|app|biz|com|dev|eu|info|io|net|org)(?![\w.])", re.IGNORECASE
)
_ALSO_CALLED = re.compile(
    r"(?<=[\s,;(\[])(?:" + "|".join(map(re.escape, ALSO_CALLED)) + r")\b[.:]?\s+(?=\S)",
    re.IGNORECASE,
)
# What stands around and between two names.
_BETWEEN_NAMES = " \t,;:()[]-–—/"
_LONGEST_KEY = 300
# "Company" closes a name like a legal form does.
_CLOSING = frozenset({"co", "corp", "private"})


def split_names(text: str) -> tuple[str, tuple[str, ...]]:
    """Return a firm's name, and those it goes by as well or went by: `Kestrel Ltd (formerly Nightjar)`."""
    if not _ALSO_CALLED.search(text):
        return text, ()
    first, *others = (part.strip(_BETWEEN_NAMES) for part in _ALSO_CALLED.split(text))
    named = [part for part in others if any(map(str.isalnum, part))]
    return (first, tuple(named)) if any(map(str.isalnum, first)) else (text, ())


@lru_cache(maxsize=65536)
def parse_name(text: str) -> FirmName:
    """Take a firm's name apart. One that is nothing but a legal form keeps it as its word."""
    clean = _SPACES.sub(" ", unicodedata.normalize("NFKC", text).translate(_INVISIBLE)).strip()
    bare, affix = clean, None
    for form in LEGAL_AFFIXES:
        if form in bare and bare != form:
            bare, affix = bare.replace(form, " ").strip(), form
    for pattern, known in _LEGAL_SPELLINGS:
        bare = pattern.sub(known, bare)
    bare = _WEB_ENDING.sub("", bare)
    bare = _SHORTHAND.sub(lambda short: SHORTHAND[short[1].lower()], bare)
    analyzed = list(analyze_names(NameTypeTag.ORG, [bare], consolidate=False, phonetics=False))
    spoken = _words(analyzed[0]) if analyzed and analyzed[0].parts else ()
    if not spoken:
        spoken = (Word(clean.casefold(), clean.casefold(), WordKind.GENERIC),)
    words = tuple(word for word in spoken if word.spelling not in STOPS) or spoken
    return FirmName(
        text=clean,
        words=words,
        legal_form=affix or _legal_form(bare),
        key=" ".join(word.form for word in words)[:_LONGEST_KEY],
        compact="".join(w.spelling for w in spoken if w.spelling not in ARTICLES).replace(" ", ""),
        own_words=tuple(word for word in words if word.kind is WordKind.OWN),
    )


def _legal_form(text: str) -> str | None:
    folded = text.casefold()
    for matched, short in reversed(extract_org_types(folded)):
        if short == "ii" or (folded.startswith(matched) and _only_a_word(short)):
            continue
        shown = replace_org_types_display(matched)
        at = folded.rfind(matched)
        return text[at : at + len(matched)] if shown == matched else shown
    return None


def _only_a_word(opening: str) -> bool:
    return len(opening) < 3 and opening not in LEGAL_IN_FRONT


def _words(name: Name) -> tuple[Word, ...]:
    found = list(_find_words(name))
    # Legal forms are None; what stands last before them may be one that only its place betrays.
    while found and (
        found[-1] is None
        or (
            sum(word is not None for word in found) > 1
            and (found[-1].form in _CLOSING or found[-1].spelling in LEGAL)
        )
    ):
        found.pop()
    return tuple(_mark_cities([word for word in found if word is not None]))


def _find_words(name: Name) -> Iterator[Word | None]:
    legal = _legal_parts(name)
    ideas = _ideas(name)
    at = 0
    while at < len(name.parts):
        if at in legal:
            yield None
            at += 1
        elif at in ideas:
            end, word = ideas[at]
            yield word
            at = end
        else:
            yield _plain_word(name.parts[at])
            at += 1


def _legal_parts(name: Name) -> set[int]:
    legal = {part.index for part in name.parts if part.tag == NamePartTag.LEGAL}
    for span in name.spans:
        if span.symbol.category == SymbolCategory.ORG_CLASS:
            legal.update(part.index for part in span.parts)
    # "II" is a legal form in one country and a number everywhere.
    legal.difference_update(
        part.index
        for span in name.spans
        if span.symbol.category == SymbolCategory.NUMERIC
        for part in span.parts
    )
    opening = _spelling(name.parts[0])
    if opening in LEGAL_IN_FRONT and len(name.parts) > 1:
        legal.add(0)
    elif _only_a_word(opening):
        legal.discard(0)
    return legal


def _ideas(name: Name) -> dict[int, tuple[int, Word]]:
    """Return what rigour recognised, by the part where it starts: where it ends, and what it is."""
    ideas: dict[int, tuple[int, Word]] = {}
    taken: set[int] = set()
    for span in sorted(name.spans, key=lambda s: (-len(s.parts), str(s.symbol))):
        first, last = span.parts[0].index, span.parts[-1].index
        kind = _kind_of(span)
        if kind is None or taken.intersection(range(first, last + 1)):
            continue
        spelling = " ".join(_spelling(part) for part in span.parts)
        form = span.symbol.id.lower()
        if spelling in OF_A_PLACE:
            kind = WordKind.PLACE
        elif spelling in NO_NUMBERS:
            kind, form = WordKind.GENERIC, spelling
        ideas[first] = (last + 1, Word(form, spelling, kind))
        taken.update(range(first, last + 1))
    return ideas


def _kind_of(span: Span) -> WordKind | None:
    category = span.symbol.category
    if category == SymbolCategory.NUMERIC:
        # A roman numeral opens no name: "X Labs", "Mix IV".
        opening = span.parts[0].index == 0 and len(span.parts[0].form) < 3
        return None if opening and span.parts[0].form.isalpha() else WordKind.NUMBER
    if category == SymbolCategory.LOCATION:
        return WordKind.GENERIC if span.symbol.id in _NOWHERE else WordKind.PLACE
    # Of several words together rigour knows single organisations, which are anything but generic.
    generic = category in (SymbolCategory.SYMBOL, SymbolCategory.DOMAIN) and len(span.parts) == 1
    return WordKind.GENERIC if generic else None


def _plain_word(part: NamePart) -> Word:
    spelling = _spelling(part)
    if spelling in OF_A_PLACE:
        kind = WordKind.PLACE
    elif spelling in GENERIC:
        kind = WordKind.GENERIC
    else:
        kind = WordKind.OWN
    return Word(spelling, spelling, kind)


def _spelling(part: NamePart) -> str:
    return (part.ascii or part.form).lower()


def _mark_cities(words: list[Word]) -> list[Word]:
    spellings = tuple(word.spelling for word in words)
    marked = list(words)
    for at in range(len(words)):
        for place in range(at, at + count_city_words(spellings[at : at + 3])):
            word = words[place]
            marked[place] = Word(word.form, word.spelling, WordKind.PLACE)
    return marked
