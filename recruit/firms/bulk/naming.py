"""Many names taken apart at once.

`parse_name` costs fifty microseconds. Of a million names most consist of a word that nobody knows and
words that very many names have: `Braistquel Consulting GmbH`. The unknown word stays unread, what remains
(`… consulting gmbh`) is one of few templates, and each template is taken apart once.

A word is read as unknown when the rules know no meaning of it and it is rare. Only where several such
words are one idea together (a legal form written out in a language that hardly any name is in) does
`parse_name` see more; the larger the collection, the less can hide there.
"""

import json
import re
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rigour.names import NamePartTag, NameTypeTag, analyze_names

from recruit.firms.names import FirmName, Word, WordKind, parse_name
from recruit.firms.places import city_words
from recruit.firms.words import (
    ARTICLES,
    GENERIC,
    LEGAL,
    NO_NUMBERS,
    OF_A_PLACE,
    SHORTHAND,
    STOPS,
    word_set,
)

# A word of more names than this is never skipped over, known or not.
_RARE = 50
# Under so many names each is taken apart by itself.
_FEW = 2000
# Of these legal forms consist when they are written out; one by one they look like anything.
_WRITTEN_OUT = word_set(
    "akcyjna akcionerne aktsionernoe aktsionerne aktienkommanditgesellschaft anonima anonim anonyme anonymous"
    " association beschrankter beperkte besloten capital closed commandite commerciale compan company cooperativa"
    " cooperative corporation delniska druzba europaea eingetragener egyesuelet firma general"
    " gesellschaft haftung incorporated individuel individual joint jawna komandytowa kommanditgesellschaft"
    " korlatolt felelossegu tarsasag liability limitada limitata limited limitee naamloze odgovornostjo"
    " ogranichennoi ogranichennoy obshchestvo obschestvo ograniczona odpowiedzialnoscia omezenym otkrytoe otvetstvennostyu otvetstvennostiu"
    " partnership par actions professional proprietary public publichnoe qualified responsabilidad responsabilita responsabilite"
    " rucenim sherkat sirketi simplifiee simple sociedad societa societate societe societas spolecnost spolka stock stichting"
    " unlimited unternehmergesellschaft vennootschap verein with yhtio zakrytoe zrtna responsabilidade azioni"
)
_WORD = re.compile(r"(?<![^\s])[a-z]{4,}(?=[\s,]|$)")
# Between words under test, so that no two are read together; stands for itself.
_BETWEEN = " qzxq "
_AT_ONCE = 20
_SLOTS = tuple(f"qzx{chr(97 + n)}q" for n in range(16))
_SLOT_NUMBER = {slot: number for number, slot in enumerate(_SLOTS)}


class Codes:
    """Numbers for values, in the order of their first appearance."""

    def __init__(self) -> None:
        self.values: list[Any] = []
        self._number: dict[Hashable, int] = {}

    def of(self, value: Hashable) -> int:
        """Return the number of a value; -1 for None."""
        if value is None:
            return -1
        number = self._number.get(value)
        if number is None:
            number = self._number[value] = len(self.values)
            self.values.append(value)
        return number

    def all_of(self, values: Iterable[Hashable]) -> NDArray[np.int32]:
        """Return the numbers of values, -1 for None."""
        number = self._number
        known = self.values
        found = []
        for value in values:
            at = number.get(value)
            if at is None:
                if value is None:
                    at = -1
                else:
                    at = number[value] = len(known)
                    known.append(value)
            found.append(at)
        return np.array(found, np.int32)

    def forget(self) -> None:
        """Take no more values, and need no more room than those that there are."""
        self._number = {}

    def __len__(self) -> int:
        return len(self.values)


@dataclass(frozen=True, eq=False)
class ReadNames:
    """Different names taken apart, one entry each in every list.

    `words` are numbers of `all_words`, in order. `legal_forms` are in lower case. `places` are the forms
    of the places that a name tells.
    """

    words: list[tuple[int, ...]]
    keys: list[str]
    compacts: list[str]
    legal_forms: list[str | None]
    places: list[frozenset[str] | None]
    all_words: list[Word]


def read_names(texts: Sequence[str]) -> ReadNames:
    """Take different names apart; the answer has their order."""
    words = Codes()
    found = ReadNames([], [], [], [], [], words.values)
    lowered = [" ".join(text.lower().split()) for text in texts]
    unknown = _unknown_words(lowered) if len(texts) >= _FEW else frozenset()
    own = {word: words.of(Word(word, word, WordKind.OWN)) for word in unknown}
    templates: dict[str, _Template] = {}
    skipped: list[str] = []

    def skip(match: re.Match[str]) -> str:
        word = match[0]
        if word not in own or len(skipped) == len(_SLOTS):
            return word
        skipped.append(word)
        return _SLOTS[len(skipped) - 1]

    for text, low in zip(texts, lowered, strict=True):
        skipped.clear()
        shape = _WORD.sub(skip, low) if own else text
        template = templates.get(shape) if skipped else None
        if template is None:
            template = _Template.of(_parse(shape if skipped else text), words)
            if skipped:
                templates[shape] = template
        template.fill(found, skipped, own)
    return found


# Kept by nobody: each different name comes once.
_parse: Callable[[str], FirmName] = parse_name.__wrapped__


@dataclass(frozen=True, slots=True)
class _Template:
    """A name in which slots stand for the words that were skipped over: -1 for the first, and so on."""

    words: tuple[int, ...]
    key: str
    compact: str
    legal_form: str | None
    places: frozenset[str] | None

    @classmethod
    def of(cls, name: FirmName, words: Codes) -> "_Template":
        return cls(
            tuple(
                -1 - _SLOT_NUMBER[word.form] if word.form in _SLOT_NUMBER else words.of(word)
                for word in name.words
            ),
            name.key,
            name.compact,
            name.legal_form.casefold() if name.legal_form else None,
            name.places or None,
        )

    def fill(self, names: ReadNames, skipped: Sequence[str], own: Mapping[str, int]) -> None:
        key, compact, words = self.key, self.compact, self.words
        if skipped:
            for slot, word in zip(_SLOTS, skipped, strict=False):
                key, compact = key.replace(slot, word), compact.replace(slot, word)
            words = tuple([own[skipped[-1 - w]] if w < 0 else w for w in words])
        names.words.append(words)
        names.keys.append(key)
        names.compacts.append(compact)
        names.legal_forms.append(self.legal_form)
        names.places.append(self.places)


def _unknown_words(texts: Iterable[str]) -> frozenset[str]:
    seen = Counter(word for text in texts for word in _WORD.findall(text))
    meaning = _meaningful_words()
    rare = [word for word, count in seen.items() if count <= _RARE and word not in meaning]
    unknown: set[str] = set()
    for start in range(0, len(rare), _AT_ONCE):
        words = rare[start : start + _AT_ONCE]
        name = _analyze(words)
        # Whatever the tokens did not keep apart is looked at one by one.
        if len(name.parts) != 2 * len(words) - 1:
            unknown.update(w for w in words if _is_unknown(w))
            continue
        known = {part.index for span in name.spans for part in span.parts}
        unknown.update(
            word
            for at, word in enumerate(words)
            if 2 * at not in known
            and name.parts[2 * at].tag == NamePartTag.UNSET
            and name.parts[2 * at].form == word
        )
    return frozenset(unknown)


def _is_unknown(word: str) -> bool:
    name = _analyze([word])
    return (
        len(name.parts) == 1
        and not name.spans
        and name.parts[0].tag == NamePartTag.UNSET
        and name.parts[0].form == word
    )


def _analyze(words: Sequence[str]) -> Any:
    text = _BETWEEN.join(words)
    (name,) = analyze_names(NameTypeTag.ORG, [text], consolidate=False, phonetics=False)
    return name


@lru_cache(maxsize=1)
def _meaningful_words() -> frozenset[str]:
    """Return the words that our own rules know, and those of which names of territories consist."""
    from rigour._core import territories_jsonl

    known = set(GENERIC | STOPS | ARTICLES | OF_A_PLACE | LEGAL | NO_NUMBERS | _WRITTEN_OUT)
    known.update(SHORTHAND)
    known.update(word for words in city_words() for word in words)
    for line in territories_jsonl().splitlines():
        if line.strip():
            known.update(re.findall(r"[a-z]{4,}", json.dumps(json.loads(line)).lower()))
    return frozenset(known)
