"""Reads JSON objects as rows: one a line, or the items of one list, in bounded memory."""

import codecs
import io
import json
from collections.abc import Iterator
from itertools import chain, islice
from typing import Any, BinaryIO

from recruit.sourcing.delimited import BrokenRow, Row
from recruit.sourcing.sheets import show
from recruit.sourcing.text import shorten

_SAMPLE_OBJECTS = 200  # whose keys make the head
_LONGEST_OBJECT = 4_000_000  # characters of one line, or of one item of a list
_CHUNK = 256 * 1024
_MOST_COLUMNS = 2000
_DEEPEST = 8
_SPACE = " \t\r\n"

_Found = tuple[int, dict[str, str] | BrokenRow]


class NoObjects(ValueError):
    """There is no object to take the columns from; the message completes "The file …"."""


def read_objects(file: BinaryIO) -> tuple[tuple[str, ...], Iterator[Row | BrokenRow]]:
    """Return the columns and the rows of a JSON Lines file or a JSON list. Raises `NoObjects`.

    The columns are the keys of the first objects; a key of an object within is named "outer.inner".
    """
    begin = file.read(4)
    file.seek(0)
    encoding = "utf-16" if begin[:2] in {codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE} else "utf-8-sig"
    text = io.TextIOWrapper(file, encoding=encoding, errors="replace", newline="")
    first = text.read(_CHUNK).lstrip(_SPACE)
    rest = _Pushback(first, text)
    objects = _parse_list(rest) if first.startswith("[") else _parse_lines(rest)
    sample = list(islice(objects, _SAMPLE_OBJECTS))
    heads = [key for _, found in sample if isinstance(found, dict) for key in found]
    header = tuple(dict.fromkeys(heads))[:_MOST_COLUMNS]
    if not header:
        raise NoObjects(
            'has no JSON object in it. Write one a line: {"name": "…"}, or a list of them.'
        )
    return header, _align(chain(sample, objects), header)


def _align(objects: Iterator[_Found], header: tuple[str, ...]) -> Iterator[Row | BrokenRow]:
    for number, found in objects:
        if isinstance(found, BrokenRow):
            yield found
        elif any(found.values()):
            yield Row(number, tuple(found.get(key, "") for key in header))


class _Pushback:
    """A text stream whose first characters were read already."""

    def __init__(self, first: str, text: io.TextIOBase) -> None:
        self._first = first
        self._text = text

    def read(self, size: int) -> str:
        if self._first:
            part, self._first = self._first[:size], self._first[size:]
            return part
        return self._text.read(size)

    def readline(self, most: int) -> str:
        end = self._first.find("\n") + 1
        if end:
            end = min(end, most)
            line, self._first = self._first[:end], self._first[end:]
            return line
        line, self._first = self._first, ""
        return line + self._text.readline(most)


def _parse_lines(text: _Pushback) -> Iterator[_Found]:
    number = 0
    while line := text.readline(_LONGEST_OBJECT):
        number += 1
        raw = shorten(line.rstrip(), 2000)
        whole = line
        while not line.endswith("\n") and len(line) >= _LONGEST_OBJECT:
            line = text.readline(_LONGEST_OBJECT)
        if not whole.strip():
            continue
        try:
            cells = dict(_flatten(json.loads(whole.strip())))
        except (ValueError, AttributeError, RecursionError) as error:
            yield number, _broken(number, "line", error, raw)
        else:
            yield number, cells


def _parse_list(text: _Pushback) -> Iterator[_Found]:
    """Yield the items of a list as they come; after an item that cannot be read nothing is safe."""
    decode = json.JSONDecoder().raw_decode
    buffer = text.read(_CHUNK)
    at, number, ended = buffer.find("[") + 1, 0, False
    while True:
        at = _skip(buffer, at)
        if at >= len(buffer) - 1 and not ended:
            more = text.read(_CHUNK)
            ended = not more
            buffer, at = buffer[at:] + more, 0
            continue
        if at >= len(buffer) or buffer[at] == "]":
            return
        number += 1
        while True:
            try:
                found, end = decode(buffer, at)
                # A number at the very end may go on in the next part.
                if end < len(buffer) or ended:
                    break
            except RecursionError as error:
                yield number, _broken(number, "item", error, buffer[at : at + 2000])
                return
            except ValueError as error:
                if ended or len(buffer) - at > _LONGEST_OBJECT:
                    yield number, _broken(number, "item", error, buffer[at : at + 2000])
                    return
            more = text.read(max(_CHUNK, len(buffer) - at))
            ended = not more
            buffer, at = buffer[at:] + more, 0
        raw, at = buffer[at : min(end, at + 2000)], end
        try:
            yield number, dict(_flatten(found))
        except (AttributeError, ValueError, RecursionError) as error:
            yield number, _broken(number, "item", error, raw)


def _skip(buffer: str, at: int) -> int:
    while at < len(buffer) and buffer[at] in " \t\r\n,":
        at += 1
    return at


def _broken(number: int, what: str, error: Exception, raw: str) -> BrokenRow:
    said = "it is not one" if isinstance(error, AttributeError) else shorten(str(error), 200)
    reason = f"The {what} is not a JSON object: {said}."
    return BrokenRow(number, reason, "Mend or remove it.", raw)


def _flatten(found: Any, prefix: str = "", depth: int = 0) -> Iterator[tuple[str, str]]:
    if depth > _DEEPEST:
        raise ValueError("its objects are nested too deep")
    for key, value in found.items():
        name = f"{prefix}{key}"
        if isinstance(value, dict):
            yield from _flatten(value, f"{name}.", depth + 1)
        elif isinstance(value, list):
            yield name, "; ".join(show(v) for v in value if not isinstance(v, dict | list))
        else:
            yield name, show(value)
