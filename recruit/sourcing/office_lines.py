"""Reads where offices are out of the lines below a heading such as "Office locations".

Whole addresses are read first; of what is left each line speaks for itself. A line that only says of what
kind the next place is ("Headquarters", "European office") is kept for it.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from recruit.sourcing.addresses import find_addresses, is_street, read_town, says_head_office
from recruit.sourcing.offices import (
    complete_place,
    read_offices,
    says_lesser_office,
    speaks_of_others,
    without_repeated_countries,
)
from recruit.sourcing.text import clean, fold, plain_dashes
from recruit.sourcing.values import Office

_PICTURES = re.compile(r"^[^\w(\"'„“]+|[^\w).\"'”]+$")
_MOST = 60
_SHORT = 60  # characters of a line that lists a place rather than tells of one


def read_office_lines(lines: Sequence[str], *, head: bool = False) -> list[tuple[Office, str]]:
    """Return the offices that the lines of a section name, each with its words.

    `head` tells that the heading calls them head offices. Countries in a row are where people live, or
    customers, unless a town is among them.
    """
    lines = [line for text in lines if (line := _PICTURES.sub("", clean(plain_dashes(text))))]
    if any(speaks_of_others(line) and len(line) <= _SHORT for line in lines[:1]):
        return []
    found = list(_read(lines, head=head))
    kept = without_repeated_countries([office for office, _ in found])
    found = [(office, text) for office, text in found if office in kept]
    if len(found) > 1 and not any(office.city for office, _ in found):
        return []
    return found[:_MOST]


def _read(lines: Sequence[str], *, head: bool) -> Iterator[tuple[Office, str]]:
    addresses = {fold(address.office.city or ""): address for address in find_addresses(lines)}
    is_head, is_lesser, seen = head, False, set[str]()
    for number, line in enumerate(lines):
        offices = list(_read_line(line, lines[number + 1 : number + 2]))
        if not offices:
            if is_street(line) or line[:1].isdigit():
                continue
            # What a line says of its kind holds for the next place alone.
            is_lesser = says_lesser_office(line)
            is_head = head or (says_head_office(line) and not is_lesser)
            continue
        for office in offices:
            lesser = is_lesser or says_lesser_office(line)
            address = addresses.get(fold(office.city or ""))
            known = address is not None and fold(office.city or "") not in seen
            whole = _join(office, address.office) if address and known else office
            seen.add(fold(office.city or ""))
            yield (
                replace(whole, head_office=(is_head or office.head_office) and not lesser),
                address.text if address and known else line,
            )
        is_head, is_lesser = head, False


def _read_line(line: str, after: Sequence[str]) -> list[Office]:
    if town := read_town(line):
        country = read_offices(after[0]) if after else []
        if len(country) == 1 and not country[0].city and "country" not in town:
            town["country"] = country[0].country or ""
        parts = complete_place({key: part for key, part in town.items() if part})
        return [Office.from_parts(parts)]
    return read_offices(line)


def _join(one: Office, whole: Office) -> Office:
    """Return the whole address, with what only the line says."""
    return replace(whole, region=whole.region or one.region, country=whole.country or one.country)
