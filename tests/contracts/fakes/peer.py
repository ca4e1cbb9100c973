"""A CRM behind the port together with its own users, in the words of the embedded one.

The contract suite and the sync's packaged mapping speak of `company`, `contact` and `activity`; each
vendor has other names. The translation is the vendor's packaged mapping, so what is tested is what
customers begin with.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import recruit.crm.mapping as mapping_module
from recruit.clock import VirtualClock
from recruit.crm.adapters.embedded_schema import SCHEMA
from recruit.crm.mapping import load_mapping
from recruit.crm.port import Capabilities, ChangePage, Crm, CrmRecord
from recruit.crm.values import Policy

MAPPINGS = Path(mapping_module.__file__).parent / "mappings"

_NOTHING = object()


@dataclass(frozen=True)
class Word:
    """What a vendor calls an object, and its fields."""

    name: str
    fields: Mapping[str, str]


def words_of(vendor: str) -> dict[str, Word]:
    """Return a vendor's names by the embedded CRM's, as its packaged mapping pairs them."""
    ours, theirs = load_mapping(), load_mapping(MAPPINGS / f"{vendor}.toml")
    words = {}
    for kind, part in ours.objects.items():
        fields = {name: name for name in SCHEMA[part.crm_object]}
        for rule in part.rules:
            twin = theirs.objects[kind].rule_of(rule.ours)
            if twin is not None and twin.policy is not Policy.OFF:
                fields[rule.theirs] = twin.theirs
        words[part.crm_object] = Word(theirs.objects[kind].crm_object, fields)
    return words


@dataclass
class Peer:
    """Speaks to an adapter in the embedded CRM's words, and acts as the vendor's own users.

    `create`, `edit`, `delete`, `restore` and `list_ids` are the fake's, by the vendor's names.
    """

    crm: Crm
    clock: VirtualClock
    words: Mapping[str, Word]
    fake: Any
    secret: str
    pauses: list[float]
    to_wire: Callable[[str, str, Any], Any] = lambda _object, _name, value: value
    # Which of the suite's demands the vendor's own rules make pointless.
    requires_name: bool = True
    longest_name: int = 255
    refuses: Callable[[str], bool] = lambda _external_id: False
    sees_deleted_twins: bool = True
    tombstones_have_external_ids: bool = True
    reads_back: bool = True
    blank_booleans: bool = True
    deletes_cascade: bool = False
    # What the vendor gives every record by itself.
    given: Mapping[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.crm.name

    @property
    def capabilities(self) -> Capabilities:
        return self.crm.capabilities

    def describe(self, crm_object: str) -> dict[str, str]:
        word = self._word(crm_object)
        described = self.crm.describe(word.name)
        return {name: described[own] for name, own in word.fields.items() if own in described}

    def get(self, crm_object: str, crm_id: str) -> CrmRecord | None:
        found = self.crm.get(self._word(crm_object).name, crm_id)
        return None if found is None else self._ours(crm_object, found)

    def find(self, crm_object: str, name: str, value: str) -> list[CrmRecord]:
        word = self._word(crm_object)
        found = self.crm.find(word.name, word.fields.get(name, name), value)
        return [self._ours(crm_object, record) for record in found]

    def upsert(
        self, crm_object: str, external_id: str, fields: Mapping[str, Any], **options: Any
    ) -> CrmRecord:
        word = self._word(crm_object)
        named = {word.fields.get(name, name): value for name, value in fields.items()}
        return self._ours(crm_object, self.crm.upsert(word.name, external_id, named, **options))

    def changes(self, crm_object: str, position: Mapping[str, Any], limit: int) -> ChangePage:
        page = self.crm.changes(self._word(crm_object).name, position, limit)
        return replace(page, records=tuple(self._ours(crm_object, r) for r in page.records))

    def close(self) -> None:
        self.crm.close()
        self.fake.close()

    def create(self, crm_object: str, fields: Mapping[str, Any]) -> CrmRecord:
        row = self.fake.create(self._word(crm_object).name, self.wire(crm_object, fields))
        made = self.get(crm_object, row.id)
        assert made is not None
        return made

    def edit(
        self, crm_object: str, crm_ids: str | Iterable[str], fields: Mapping[str, Any]
    ) -> None:
        ids = [crm_ids] if isinstance(crm_ids, str) else list(crm_ids)
        self.fake.edit(self._word(crm_object).name, ids, self.wire(crm_object, fields))

    def delete(self, crm_object: str, crm_id: str) -> None:
        self.fake.delete(self._word(crm_object).name, crm_id)

    def restore(self, crm_object: str, crm_id: str) -> None:
        self.fake.restore(self._word(crm_object).name, crm_id)

    def list_ids(self, crm_object: str) -> list[str]:
        ids: list[str] = self.fake.list_ids(self._word(crm_object).name)
        return ids

    def list_records(self, crm_object: str) -> list[CrmRecord]:
        found = (self.get(crm_object, crm_id) for crm_id in self.list_ids(crm_object))
        return [record for record in found if record is not None]

    def settle(self) -> None:
        """Let an hour go by: what was written is visible everywhere, and long ago."""
        self.clock.move_to(self.clock.now() + timedelta(hours=1))

    def wire(self, crm_object: str, fields: Mapping[str, Any]) -> dict[str, Any]:
        """Return fields by the vendor's names, as its own users' records hold them."""
        word = self._word(crm_object)
        return {
            word.fields[name]: self.to_wire(word.name, word.fields[name], value)
            for name, value in fields.items()
        }

    def _word(self, crm_object: str) -> Word:
        return self.words.get(crm_object, Word(crm_object, {}))

    def _ours(self, crm_object: str, record: CrmRecord) -> CrmRecord:
        own = {theirs: name for name, theirs in self._word(crm_object).fields.items()}
        fields = {
            own[name]: value
            for name, value in record.fields.items()
            # Where a checkbox can't be blank, an unticked one says nothing.
            if name in own
            and (self.blank_booleans or value is not False)
            and self.given.get(own[name], _NOTHING) != value
        }
        return replace(record, object=crm_object, fields=fields)
