"""The new text of a reply: what its writer wrote, without our mail, the signature and notices. Pure.

A reply is read line by line. What stands above the first sign of a quotation is new; where nothing does,
or where answers stand between quoted lines (">"), those are new too. The words of mail programs are in
`reply_words.toml`.
"""

import re
import tomllib
from collections.abc import Iterable
from importlib.resources import files

_WORDS: dict[str, list[str]] = tomllib.loads(
    files("recruit.sequences").joinpath("reply_words.toml").read_text(encoding="utf-8")
)

_MOST_LINES = 1500
_INTRO_LINES = 4
_SHORT = 70


def _any(phrases: Iterable[str]) -> str:
    return "(?:" + "|".join(re.escape(p) for p in sorted(phrases, key=len, reverse=True)) + ")"


_ADDRESS = r"[^\s<>@]+@[^\s<>@]+\.[^\s<>@]+"
_OPENS = re.compile(
    rf"(?i)^(?:{_any(_WORDS['openers'])}\b|{_any(_WORDS['weekdays'])}\b\.?|\d|[\"'<]?{_ADDRESS}|[^\s<>]+(?: [^\s<>]+){{0,4}} ?<{_ADDRESS}>)"
)
_WROTE = re.compile(rf"(?i){_any(_WORDS['wrote'])}(?!\w)")
_INTRO_END = re.compile(r"[:：]\s*\*?\s*$")
# A date or a time of day, in any country's way of writing them.
_WHEN = re.compile(r"\d{1,2}[:.h]\d{2}|\d{4}|\d{1,2}[./\-]\d{1,2}|年")
_FROM = re.compile(rf"(?i)^\W{{0,3}}{_any(_WORDS['from_labels'])}\s?\*?[:：]\*?\s*\S")
_LABEL = re.compile(
    rf"(?i)^\W{{0,3}}{_any({*_WORDS['other_labels'], *_WORDS['from_labels']})}\s?\*?[:：]"
)
_SEPARATOR = re.compile(
    rf"(?i)^\W{{0,8}}[-_*—]{{2,60}}\s?{_any(_WORDS['separators'])}\b.{{0,40}}?[-_*—]*\s*$|^\W*{_any(_WORDS['forwards'])}\s*:?\s*$"
)
_RULE = re.compile(r"^\s*(?:[-_=*]\s?){5,}\s*$")
_SIGNATURE = re.compile(r"^\s*(?:--|—-?|––|__)\s*$")
_INITIALS = re.compile(r"^\s*[-/~–—](?=[^\W\d_])[\w.'’]+(?: [\w.'’]+){0,3}\s*$")
_CLOSING = re.compile(
    rf"(?i)^\W{{0,8}}{_any(_WORDS['closings'])}(?:[\s,.!*]*|\s*,\s*(?P<name>[\w.'’\-]+(?: [\w.'’\-]+){{0,2}})\.?)\s*$"
)
_SOFT_CLOSING = re.compile(rf"(?i)^\W{{0,8}}{_any(_WORDS['soft_closings'])}\s*(?P<comma>,)?[\s*]*$")
_NAME = re.compile(r"^\W{0,2}[^\W\d_][\w.'’\-]*(?: [\w.'’\-]+){0,3}\W{0,2}$")
_SENT_FROM = re.compile(rf"(?i)^\W{{0,8}}{_any(_WORDS['sent_from'])}\b[^,;!?]*$")
_NOTICE = re.compile(rf"(?i)^\W{{0,8}}{_any(_WORDS['notices'])}")


def new_text(text: str) -> str:
    """Return the part of a plain-text reply that is new; empty where everything is quoted."""
    lines = _lines(text)
    start = _leading_headers(lines)
    lines = _without_banner(lines[start:])
    end, after = _quotation(lines)
    above = [line for line in lines[:end] if not _is_quoted(line)]
    between, below = _answers(lines[after:])
    answer = [*above, *between]
    if not _has_words(answer):
        answer = below
    return _joined(_without_signature(answer))


def _lines(text: str) -> list[str]:
    for mark, plain in (
        ("\r\n", "\n"),
        ("\r", "\n"),
        ("\u00a0", " "),
        ("\u202f", " "),
        ("\ufeff", ""),
        ("\u200b", ""),
    ):
        text = text.replace(mark, plain)
    return text.split("\n")[:_MOST_LINES]


def _is_quoted(line: str) -> bool:
    return line.lstrip().startswith(">")


def _has_words(lines: Iterable[str]) -> bool:
    return any(any(c.isalnum() for c in line) or line.strip(" -_*=>") for line in lines)


def _leading_headers(lines: list[str]) -> int:
    """Return where the text begins behind headers that a mail program put into its first lines."""
    first = next((i for i, line in enumerate(lines) if line.strip()), 0)
    if not _is_header_block(lines, first):
        return 0
    end = first
    while end < len(lines) and (_LABEL.match(lines[end]) or lines[end].startswith((" ", "\t"))):
        end += 1
    return end


def _without_banner(lines: list[str]) -> list[str]:
    """Drop a notice of the recipient's server ("this mail comes from outside") in the first lines."""
    first = next((i for i, line in enumerate(lines) if line.strip()), 0)
    if first < len(lines) and _NOTICE.match(lines[first]):
        end = first
        while end < len(lines) and lines[end].strip():
            end += 1
        if _has_words(lines[end:]):
            return lines[end:]
    return lines


def _quotation(lines: list[str]) -> tuple[int, int]:
    """Return where the first quotation begins, and where the text behind what introduces it begins."""
    for i, line in enumerate(lines):
        if not line.strip() or _is_quoted(line):
            continue
        if _SEPARATOR.match(line):
            return i, len(lines)
        if _is_header_block(lines, i):
            return _above_rule(lines, i), len(lines)
        height = _introduction(lines, i)
        if height:
            return i, i + height
    return len(lines), len(lines)


def _above_rule(lines: list[str], at: int) -> int:
    """Return where the line begins that a mail program draws above the headers, or else `at`."""
    above = at - 1
    while above >= 0 and not lines[above].strip():
        above -= 1
    return above if above >= 0 and _RULE.match(lines[above]) else at


def _is_header_block(lines: list[str], at: int) -> bool:
    if at >= len(lines) or not _FROM.match(lines[at]):
        return False
    # A folded or empty line may stand between two headers.
    labels = {
        line.partition(":")[0].strip().lower() for line in lines[at : at + 7] if _LABEL.match(line)
    }
    return len(labels) >= 2


def _introduction(lines: list[str], at: int) -> int:
    """Return how many lines "On Monday, Ann wrote:" takes here, 0 where there is no such thing."""
    if not _OPENS.match(lines[at].lstrip(" *")):
        return 0
    joined = ""
    for height in range(1, _INTRO_LINES + 1):
        if at + height > len(lines):
            return 0
        line = lines[at + height - 1].strip()
        if not line or _is_quoted(line):
            return 0
        joined = f"{joined} {line}".strip()
        if len(joined) > 400:
            return 0
        if _INTRO_END.search(joined) and _WHEN.search(joined):
            wrote = bool(_WROTE.search(joined))
            return height if wrote or re.search(_ADDRESS, joined) else 0
        if height > 1 and _INTRO_END.search(line):
            return 0
    return 0


def _answers(lines: list[str]) -> tuple[list[str], list[str]]:
    """Return what stands between quoted lines, and all that is not quoted, of the text behind an introduction."""
    quoted = [i for i, line in enumerate(lines) if _is_quoted(line)]
    if not quoted:
        return [], []
    stop = len(lines)
    for i, line in enumerate(lines):
        if (
            line.strip()
            and not _is_quoted(line)
            and (_SEPARATOR.match(line) or _is_header_block(lines, i) or _introduction(lines, i))
        ):
            stop = i
            break
    between = _paragraphs(lines[quoted[0] : min(quoted[-1], stop)])
    return between, [line for line in lines[:stop] if not _is_quoted(line)]


def _paragraphs(lines: list[str]) -> list[str]:
    """Return the lines of answers; a quoted line that was folded on its way is none."""
    kept: list[str] = []
    for i, line in enumerate(lines):
        folded = i > 0 and _is_quoted(lines[i - 1]) and len(lines[i - 1]) > _SHORT
        if not _is_quoted(line) and not folded:
            kept.append(line)
    return kept


def _without_signature(lines: list[str]) -> list[str]:
    for i in range(len(lines)):
        if _begins_end(lines, i) and _has_words(lines[:i]):
            lines = lines[:i]
            break
    while lines and not lines[-1].strip():
        lines = lines[:-1]
    if lines and _INITIALS.match(lines[-1]) and _has_words(lines[:-1]):
        lines = lines[:-1]
    return lines


def _begins_end(lines: list[str], at: int) -> bool:
    """Return whether a signature, a polite end, a notice or a list's footer begins at this line."""
    line = lines[at]
    if not line.strip():
        return False
    if _SIGNATURE.match(line) or _RULE.match(line) or _NOTICE.match(line):
        return True
    rest = [below.strip() for below in lines[at + 1 :] if below.strip()]
    if _SENT_FROM.match(line) and len(line.split()) <= 10:
        return len(rest) <= 3
    if _CLOSING.match(line):
        return _is_card(rest)
    soft = _SOFT_CLOSING.match(line)
    if soft is not None:
        named = bool(rest) and bool(_NAME.match(rest[0])) and len(rest) <= 8
        return bool(rest) and (named or bool(soft["comma"])) and _is_card(rest)
    return False


def _is_card(rest: list[str]) -> bool:
    """Return whether what follows a polite end looks like a name and address, not like more text."""
    card = rest[:6]
    return all(len(line) <= _SHORT or not line.endswith((".", "?", "!")) for line in card)


def _joined(lines: list[str]) -> str:
    return "\n".join(lines).strip()
