"""Lists that say what firms are to us: read from a file, or told by the CRM.

An entry names its firm by a domain, a registry number, or a name with a place; what else stands in a
row is not kept.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from recruit.firms.domains import identifying_domain, identifying_mail_domain, registrable_domain
from recruit.firms.names import parse_name
from recruit.firms.values import FirmTag, ListedState
from recruit.sourcing.countries import read_country, read_place
from recruit.sourcing.delimited import BrokenRow
from recruit.sourcing.labels import guess_label
from recruit.sourcing.readers import UnusableFile, open_table
from recruit.sourcing.text import clean, fold

# What of a row can name a firm; these do so by themselves.
_NAMES = frozenset({"name", "website", "email", "registry_id"})
_USED = _NAMES | {"postcode", "city", "country", "place", "record_id"}
_LONGEST = {"name": 300, "city": 120, "postcode": 20, "registry_id": 200}


@dataclass(frozen=True)
class ListEntry:
    """What a list says to name one firm. `key` tells it from the others: an id of theirs, or nothing."""

    name: str = ""
    website: str = ""
    email: str = ""
    postcode: str = ""
    city: str = ""
    country: str = ""
    registry_id: str = ""
    key: str = ""
    # The row of its file, counted as a spreadsheet counts.
    position: int | None = None

    @property
    def domain(self) -> str:
        """The firm's own domain, of its website or its mail address; empty where there is none."""
        compact = parse_name(self.name).compact if self.name else ""
        return (
            identifying_domain(self.website, compact) or identifying_mail_domain(self.email) or ""
        )

    @property
    def entry_key(self) -> str:
        """What tells the entry from the others of its list."""
        if self.key:
            return self.key if len(self.key) <= 100 else sha256(self.key.encode()).hexdigest()
        parts = (self.name, self.domain, self.postcode, self.city, self.country, self.registry_id)
        return sha256("\0".join(fold(part) for part in parts).encode()).hexdigest()[:40]

    @property
    def says_something(self) -> bool:
        """Whether it names a firm at all."""
        return bool(self.name or self.domain or self.registry_id)


@dataclass(frozen=True)
class ListedLine:
    """An entry and the firm that it means, or why it means none (yet)."""

    listed_id: int
    list_name: str
    tag: FirmTag
    position: int | None
    label: str
    state: ListedState
    because: str
    firm_id: int | None
    firm_name: str
    candidates: tuple[int, ...] = ()


@dataclass(frozen=True)
class ListReport:
    """What became of a list: how many entries mean a firm, none that is known, or could mean several.

    `unusable` rows (number, why) name no firm; `removed` entries are on the list no more; `lines` are
    those of this list, in its order.
    """

    list_name: str
    tag: FirmTag
    matched: int
    unmatched: int
    ambiguous: int
    removed: int = 0
    unusable: tuple[tuple[int, str], ...] = ()
    lines: tuple[ListedLine, ...] = field(default=(), repr=False)


def read_list(path: Path) -> tuple[list[ListEntry], list[tuple[int, str]]]:
    """Read a list of firms from a CSV, TSV, XLSX or JSON Lines file: its entries, and unusable rows.

    Columns are known by their heads; a file of one column without a head is read as domains or names.
    Raises `UnusableFile`.
    """
    entries: list[ListEntry] = []
    unusable: list[tuple[int, str]] = []
    with open_table(path) as table:
        columns = _columns(table.header)
        if not columns:
            if len(table.header) != 1:
                raise UnusableFile(
                    f"{path.name}: no column names a firm; the columns are "
                    f"{', '.join(map(repr, table.header[:20]))}. Name one website, name or "
                    "registry number."
                )
            # No head at all: the first row is an entry as well.
            only = table.header[0]
            columns = {0: "website" if registrable_domain(only) else "name"}
            entries.append(_entry(columns, table.header, 1))
        for row in table.rows:
            if isinstance(row, BrokenRow):
                unusable.append((row.number, row.reason))
                continue
            entry = _entry(columns, row.cells, row.number)
            if entry.says_something:
                entries.append(entry)
            else:
                unusable.append((row.number, "It gives no name, no domain and no registry number."))
    return entries, unusable


def _columns(header: Sequence[str]) -> dict[int, str]:
    """Return which columns say what; of two that say the same the surer one."""
    best: dict[str, tuple[int, int]] = {}
    for number, head in enumerate(header):
        guess = guess_label(head)
        if guess is None or guess[0].value not in _USED:
            continue
        what, rank = guess[0].value, guess[1]
        if what not in best or rank < best[what][0]:
            best[what] = (rank, number)
    return {number: what for what, (_, number) in best.items()} if _NAMES & best.keys() else {}


def _entry(columns: Mapping[int, str], cells: Sequence[str], number: int) -> ListEntry:
    said = dict.fromkeys(_USED, "")
    for column, what in columns.items():
        said[what] = clean(cells[column])[: _LONGEST.get(what)] if column < len(cells) else ""
    if "@" in said["website"]:
        said["website"], said["email"] = "", said["email"] or said["website"]
    place = read_place(said["place"]) if said["place"] else {}
    country = read_country(said["country"]) if said["country"] else place.get("country")
    return ListEntry(
        name=said["name"],
        website=said["website"],
        email=said["email"].lower(),
        postcode=said["postcode"],
        city=said["city"] or place.get("city", ""),
        country=country or "",
        registry_id=said["registry_id"],
        key=said["record_id"],
        position=number,
    )
