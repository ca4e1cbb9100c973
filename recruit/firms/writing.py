"""What a plan does to the firms: created, joined, united or left; then each field is decided anew.

Writes through the transaction that it is given, remembers every change in the firm's history, and
announces the firms of which a CRM would want to hear.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from recruit.db.transaction import Transaction
from recruit.firms import sightings as queries
from recruit.firms.contacts import find_contacts
from recruit.firms.families import remember_name
from recruit.firms.history import sources_of
from recruit.firms.placing import Leaving, Placement, Plan
from recruit.firms.sightings import SeenSighting
from recruit.firms.statements import Statement, is_usable, weigh
from recruit.firms.store import list_firms_by_ids
from recruit.firms.survivorship import survive
from recruit.firms.tables import Contact, Firm, FirmChange, FirmMember
from recruit.firms.uniting import unite
from recruit.firms.values import ChangeKind
from recruit.sourcing.values import FieldName

# Firms made at once: a first run over very many must not hold them all.
_BATCH = 1000
# Follow from other fields, and are no news by themselves.
_SILENT = frozenset({"provenance", "name_key"})


@dataclass
class Written:
    """How many firms were created, changed, joined into others; and how many sightings left theirs."""

    new: int = 0
    changed: int = 0
    merged: int = 0
    split: int = 0


@dataclass
class Writer:
    """Applies plans within one transaction, in the name of `actor`."""

    tx: Transaction
    actor: str
    written: Written = field(default_factory=Written)
    since: queries.Since = queries.ALWAYS
    _history: list[dict[str, Any]] = field(default_factory=list)

    def apply(self, plan: Plan, seen: Mapping[int, SeenSighting]) -> None:
        """Do what the plan says, or a part of it; `seen` are the new and changed sightings by id of their record."""
        left = {one.record_id: one.firm_id for one in plan.leaving}
        staying = {
            record: sighting.firm_id
            for record, sighting in seen.items()
            if sighting.firm_id is not None and record not in left
        }
        for leaving in plan.leaving:
            self._leave(leaving)
        merged_away = {gone for p in plan.placements for gone in p.firm_ids[1:]}
        for placement in plan.placements:
            self._unite(placement)
        created = self._create([p for p in plan.placements if not p.firm_ids], seen)
        grown = {p.firm_ids[0]: p for p in plan.placements if p.firm_ids}
        self._seat(created | grown, seen, left)
        queries.set_record_versions(self.tx, {record: seen[record].version for record in staying})
        touched = {*left.values(), *staying.values(), *grown} - merged_away
        self._renew(touched)
        self._write_history()

    def renew(self, firm_ids: Iterable[int]) -> None:
        """Decide the fields of these firms anew, since their sightings are others than they were.

        A name that changes by that is no rename.
        """
        self._renew(firm_ids, renaming=False)
        self._write_history()

    def finish(self) -> Written:
        """Note which firms vanished or came back; return what was done in all."""
        self._note_vanished()
        self._write_history()
        return self.written

    def _write_history(self) -> None:
        queries.insert_rows(self.tx, FirmChange, self._history)
        self._history.clear()

    def _leave(self, leaving: Leaving) -> None:
        detail = {"members": [leaving.record_id], "because": leaving.because}
        self._remember(leaving.firm_id, ChangeKind.SPLIT, detail)
        self.written.split += 1

    def _unite(self, placement: Placement) -> None:
        """Let the oldest of the firms have what the others had; their ids stay, and lead to it."""
        for gone in list_firms_by_ids(self.tx, placement.firm_ids[1:]):
            keep = self.tx.session.get_one(Firm, placement.firm_ids[0])
            unite(self.tx, keep=keep, away=gone, actor=self.actor, because=placement.because)
            self.written.merged += 1

    def _create(
        self, placements: Sequence[Placement], seen: Mapping[int, SeenSighting]
    ) -> dict[int, Placement]:
        created: dict[int, Placement] = {}
        for start in range(0, len(placements), _BATCH):
            batch = placements[start : start + _BATCH]
            statements = [state([seen[one.record_id] for one in p.joining]) for p in batch]
            firms = [
                Firm(**vars(survive(said)), created_at=self.tx.now, updated_at=self.tx.now)
                for said in statements
            ]
            self.tx.session.add_all(firms)
            self.tx.session.flush()
            for firm, placement in zip(firms, batch, strict=True):
                created[firm.id] = placement
                members = [one.record_id for one in placement.joining]
                self._remember(firm.id, ChangeKind.CREATED, {"members": members})
                self.tx.announce("firm", firm.id)
            contacts = {firm.id: said for firm, said in zip(firms, statements, strict=True)}
            self._add_contacts(contacts, known=set())
        self.written.new += len(created)
        return created

    def _seat(
        self,
        placements: Mapping[int, Placement],
        seen: Mapping[int, SeenSighting],
        left: Mapping[int, int],
    ) -> None:
        """Write which sightings belong to which firm (by id) now; `left` ones had another firm."""
        rows = [
            {
                "source_record_id": one.record_id,
                "firm_id": firm_id,
                "record_version": seen[one.record_id].version,
                "evidence": one.evidence,
                "joined_at": self.tx.now,
            }
            for firm_id, placement in placements.items()
            for one in placement.joining
        ]
        queries.insert_rows(
            self.tx, FirmMember, [row for row in rows if row["source_record_id"] not in left]
        )
        queries.update_members(self.tx, [row for row in rows if row["source_record_id"] in left])

    def _renew(self, firm_ids: Iterable[int], *, renaming: bool = True) -> None:
        """Decide the fields of these firms anew from all their sightings, and remember what changed."""
        ids = sorted(firm_ids)
        by_firm: dict[int, list[SeenSighting]] = {}
        for sighting in queries.list_sightings_of_firms(self.tx, ids):
            if sighting.firm_id is not None:
                by_firm.setdefault(sighting.firm_id, []).append(sighting)
        statements = {firm_id: state(members) for firm_id, members in by_firm.items()}
        for firm in list_firms_by_ids(self.tx, ids):
            if has_name(statements.get(firm.id, [])):
                self._update(firm, vars(survive(statements[firm.id])), renaming=renaming)
        known = queries.list_known_addresses(self.tx, ids)
        for firm_id in self._add_contacts(statements, known=known):
            self.tx.announce("firm", firm_id)

    def _update(self, firm: Firm, facts: Mapping[str, Any], *, renaming: bool) -> None:
        changed = {
            name: [getattr(firm, name), value]
            for name, value in facts.items()
            if name not in _SILENT and getattr(firm, name) != value
        }
        if renaming and facts["name_key"] != firm.name_key:
            remember_name(self.tx, firm.id, firm.name, firm.name_key)
        for name, value in facts.items():
            setattr(firm, name, value)
        if changed:
            firm.version += 1
            firm.updated_at = self.tx.now
            read_in = sources_of(firm.provenance, changed)
            detail = {"fields": changed, "sources": read_in}
            self._remember(firm.id, ChangeKind.UPDATED, detail)
            self.tx.announce("firm", firm.id)
            self.written.changed += 1

    def _add_contacts(
        self, statements: Mapping[int, list[Statement]], *, known: set[tuple[int, str]]
    ) -> set[int]:
        """Keep the addresses that sightings give; return the firms that have a new one.

        None is taken away, since messages may have gone to it.
        """
        rows = [
            {"firm_id": firm_id, "created_at": self.tx.now, **asdict(contact)}
            for firm_id, said in statements.items()
            for contact in find_contacts(said)
            if (firm_id, contact.email) not in known
        ]
        queries.insert_rows(self.tx, Contact, rows)
        return {row["firm_id"] for row in rows}

    def _note_vanished(self) -> None:
        gone, back = queries.list_vanishing(self.tx, self.since)
        for firm in gone:
            firm.vanished_at = self.tx.now
            self._remember(firm.id, ChangeKind.VANISHED, {})
        for firm in back:
            detail = {"fields": {"vanished_at": [str(firm.vanished_at), None]}}
            firm.vanished_at = None
            self._remember(firm.id, ChangeKind.UPDATED, detail)
        for firm in (*gone, *back):
            self.tx.announce("firm", firm.id)
        self.written.changed += len(gone) + len(back)

    def _remember(self, firm_id: int, kind: ChangeKind, detail: Mapping[str, Any]) -> None:
        self._history.append(
            {
                "firm_id": firm_id,
                "kind": kind,
                "detail": detail,
                "actor": self.actor,
                "at": self.tx.now,
            }
        )


def state(sightings: Sequence[SeenSighting]) -> list[Statement]:
    """Return every fact of a firm's sightings as a statement, weighed against the freshest of them."""
    freshest = max(sighting.last_seen_at for sighting in sightings)
    return [
        Statement(
            fact=fact,
            record_id=sighting.id,
            source=sighting.source,
            source_title=sighting.source_title,
            trust=sighting.trust,
            seen_at=sighting.last_seen_at,
            weight=weigh(
                fact, trust=sighting.trust, seen_at=sighting.last_seen_at, freshest=freshest
            ),
        )
        for sighting in sightings
        for fact in sighting.facts
    ]


def has_name(statements: Iterable[Statement]) -> bool:
    """Say whether any of the statements names the firm."""
    return any(s.fact.field is FieldName.NAME and is_usable(s.fact) for s in statements)
