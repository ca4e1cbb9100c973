"""Phrases in tables: how texts are made plain, and how a phrase of a table is found in them. Pure.

A text is compared in lower case, without addresses, links and signs, and without apostrophes ("doesn't"
is "doesnt"). In a phrase `(a|b)` is either, `(a|)` may be missing, and ` * ` is up to five words.
"""

import re
from collections.abc import Iterable

# What a server or a person has to say is said by then.
_MOST_TEXT = 6000
_ADDRESS = re.compile(r"<?[^\s<>@,;:\"()\[\]]+@[^\s<>@,;:\"()\[\]]+>?")
_LINK = re.compile(r"https?://\S+")
_APOSTROPHE = re.compile(r"(?<=\w)['’`](?=\w)")
# A point between digits stays: it belongs to a status or a date.
_OTHER = re.compile(r"[^\w.]+|\.(?!\w)|(?<!\w)\.")


def plain_words(text: str) -> str:
    """Return a text as tables compare it."""
    text = _ADDRESS.sub(" ", _LINK.sub(" ", text[:_MOST_TEXT].lower()))
    return " ".join(_OTHER.sub(" ", _APOSTROPHE.sub("", text)).split())


def phrase_pattern(phrases: Iterable[str]) -> re.Pattern[str]:
    """Return a pattern that finds any of the phrases in a plain text."""
    return re.compile("|".join(_one(phrase) for phrase in phrases))


def _one(phrase: str) -> str:
    pattern = phrase.replace("(", "(?:").replace(" * ", r" (?:\S+ ){0,5}?")
    # Japanese and Chinese stand without spaces.
    if any("\u3040" <= letter <= "\u9fff" for letter in phrase):
        return pattern
    return rf"(?<!\w){pattern}(?!\w)"
