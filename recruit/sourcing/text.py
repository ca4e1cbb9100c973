"""Text as it may be stored and compared: no control characters, one kind of space, no accents."""

import re
import unicodedata

# PostgreSQL refuses NUL, UTF-8 refuses lone surrogates; the others are invisible and only break matches.
_UNSTORABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]")
_NOT_WORD = re.compile("[^a-z0-9]+")
_DASHES = re.compile("[\u2010-\u2015\u2212]")
_BLANK_WORDS = (
    "|na|n a|none|null|nil|nan|unknown|not known|not available|not applicable|not specified|tbd|tba"
    "|undefined|k a|keine angabe|keine angaben|unbekannt|inconnu|non renseigne|desconocido"
)
_BLANKS = frozenset(_BLANK_WORDS.split("|"))
# A first letter or digit with which no word for "nothing" begins.
_TELLING = frozenset("0123456789abefghjlmopqrsvwxyz")


def storable(text: str) -> str:
    """Return `text` without what a database or an encoder would refuse; its layout stays."""
    return text if text.isprintable() else _UNSTORABLE.sub("\ufffd", text)


def clean(text: str) -> str:
    """Return `text` on one line: invisible characters dropped, every run of space made one space."""
    # What Unicode calls printable holds none of them, and nearly all text is.
    if text.isprintable():
        return " ".join(text.split())
    return " ".join(_INVISIBLE.sub("", _UNSTORABLE.sub(" ", text)).split())


def plain_dashes(text: str) -> str:
    """Return `text` with every dash and minus as a hyphen."""
    return _DASHES.sub("-", text)


def fold(text: str) -> str:
    """Return what spellings share: lower case, no accents, words of letters and digits with one space between."""
    if text.isascii():
        return " ".join(_NOT_WORD.sub(" ", text.lower()).split())
    bare = "".join(
        c for c in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(c)
    )
    return " ".join("".join(c if c.isalnum() else " " for c in bare).split())


def is_blank(text: str) -> bool:
    """Tell whether a cell says that nothing is known: empty, a dash, "n/a", "unknown"."""
    if len(text) >= 20 or text[:1].lower() in _TELLING:
        return False
    return fold(text) in _BLANKS


def shorten(text: str, most: int) -> str:
    """Return at most `most` characters of `text`, an ellipsis for the rest."""
    return text if len(text) <= most else text[: most - 1] + "…"
