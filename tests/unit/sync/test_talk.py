"""Who asks together, who waits, and what becomes of everybody when the CRM can't be asked."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from recruit.crm.port import Capabilities, CrmRecord, CrmRefused, CrmUnavailable
from recruit.sync.talk import Find, Get, Upsert, hold, hold_many

AT = datetime(2026, 3, 2, tzinfo=UTC)


class BatchCrm:
    """Remembers what it was asked, and answers from a dictionary of records."""

    name = "batch"
    capabilities = Capabilities(
        native_upsert=True, conditional_write=False, batch_size=3, deletes_in_feed=True
    )

    def __init__(self):
        self.asked = []
        self.records = {}
        self.down = False

    def describe(self, crm_object):
        return {}

    def changes(self, crm_object, position, limit):
        raise NotImplementedError

    def close(self):
        pass

    def get(self, crm_object, crm_id):
        self.asked.append(("get", crm_id))
        return self.records.get(crm_id)

    def find(self, crm_object, field, value):
        return self.find_many(crm_object, field, [value])[value]

    def find_many(self, crm_object, field, values):
        self.asked.append(("find", field, *values))
        return {v: [r for r in self.records.values() if r.fields.get(field) == v] for v in values}

    def upsert(self, crm_object, external_id, fields, *, crm_id=None, if_version=None):
        self.asked.append(("upsert", external_id, crm_id))
        record = CrmRecord(crm_object, crm_id or external_id, external_id, "1", AT, dict(fields))
        self.records[record.id] = record
        return record

    def upsert_many(self, crm_object, items):
        if self.down:
            raise CrmUnavailable("down for maintenance")
        self.asked.append(("upsert_many", *(external_id for external_id, _ in items)))
        results = []
        for external_id, fields in items:
            if fields.get("bad"):
                results.append(CrmRefused("no"))
                continue
            record = CrmRecord(crm_object, external_id, external_id, "1", AT, dict(fields))
            self.records[external_id] = record
            results.append(record)
        return results


def create(name, **fields):
    made = yield Upsert("company", name, fields)
    return made.external_id


def link_or_create(name, domain):
    found = yield Find("company", "domain", domain)
    free = [record for record in found if record.external_id is None]
    made = yield Upsert("company", name, {"domain": domain}, crm_id=free[0].id if free else None)
    return made.id


def test_like_writes_go_together_and_answers_come_in_order():
    crm = BatchCrm()
    assert hold_many(crm, [create(f"F{n}") for n in range(7)]) == [f"F{n}" for n in range(7)]
    assert [len(call) - 1 for call in crm.asked] == [3, 3, 1]


def test_a_refusal_reaches_only_the_one_it_is_about():
    def careful(name, **fields):
        try:
            return (yield from create(name, **fields))
        except CrmRefused:
            return "refused"

    talks = [careful("F0"), careful("F1", bad=True), careful("F2")]
    assert hold_many(BatchCrm(), talks) == ["F0", "refused", "F2"]


def test_of_two_that_look_for_the_same_the_second_sees_what_the_first_made_of_it():
    crm = BatchCrm()
    crm.records["7"] = CrmRecord("company", "7", None, "1", AT, {"domain": "acme.example"})
    talks = [link_or_create(f"F{n}", "acme.example") for n in range(2)]
    assert hold_many(crm, talks) == ["7", "F1"]


def test_when_the_crm_cannot_be_asked_everybody_hears_it():
    def patient(talk):
        try:
            yield from talk
        except CrmUnavailable as error:
            return error.text
        return "told"

    crm = BatchCrm()
    crm.down = True
    talks = [patient(create("F0")), patient(link_or_create("F1", "a.example"))]
    assert hold_many(crm, talks) == ["down for maintenance"] * 2


def test_one_conversation_says_the_same_alone():
    crm = BatchCrm()
    crm.records["7"] = replace(crm.upsert("company", "F7", {}), id="7")

    def read():
        record = yield Get("company", "7")
        return record.external_id

    assert hold(crm, read()) == "F7"
    assert hold(crm, create("F1")) == "F1"


def test_what_a_conversation_raises_is_raised():
    def broken():
        yield Get("company", "7")
        raise LookupError("nothing there")

    with pytest.raises(LookupError, match="nothing there"):
        hold(BatchCrm(), broken())
