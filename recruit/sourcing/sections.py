"""What stands below a heading, down to the next one of its rank: lines of an address, the items of a list."""

from collections.abc import Iterator
from dataclasses import dataclass

from recruit.sourcing.labels import Target, read_label
from recruit.sourcing.text import clean
from recruit.sourcing.tree import Element, text_lines

_RANKS = {"h1": 1, "h2": 2, "h3": 3, "h4": 4, "h5": 5, "h6": 6}
_MOST_LINES = 200
_LONGEST_PIECE = 70  # characters of a line that an author, not an editor, broke
_LEVELS = 2  # how far up a heading is looked beside when nothing stands beside itself


@dataclass(frozen=True)
class Section:
    """A heading that is a known label, what it means, and the lines below it."""

    target: Target
    label: str
    lines: tuple[str, ...]


def read_sections(root: Element) -> Iterator[Section]:
    """Yield what stands below the headings that are known labels."""
    for heading in root.iter(*_RANKS):
        label = clean(heading.text_content()).rstrip(": ")
        target = read_label(label) if label else None
        if target is None:
            continue
        lines = tuple(_lines_below(heading))[:_MOST_LINES]
        if lines:
            yield Section(target, label, lines)


def _lines_below(heading: Element) -> Iterator[str]:
    rank = _RANKS[heading.tag]
    if heading.tail:
        yield from _pieces(heading.tail)
    beside = heading
    for _ in range(_LEVELS):
        if beside.getnext() is not None or (beside.getparent() is None):
            break
        beside = beside.getparent()
    follower = beside.getnext()
    while follower is not None:
        if isinstance(follower.tag, str):
            if _begins_another(follower, rank):
                return
            for line in text_lines(follower, breaks=True):
                yield from _pieces(line)
        if follower.tail:
            yield from _pieces(follower.tail)
        follower = follower.getnext()


def _begins_another(element: Element, rank: int) -> bool:
    if element.tag in _RANKS:
        return _RANKS[element.tag] <= rank
    first = next(element.iter(*_RANKS), None)
    return first is not None and _RANKS[first.tag] <= rank


def _pieces(text: str) -> list[str]:
    """Return a text's lines where it was broken into short ones, else the text as one line."""
    pieces = [piece for part in text.split("\n") if (piece := clean(part))]
    if all(len(piece) <= _LONGEST_PIECE for piece in pieces):
        return pieces
    return [clean(text)]
