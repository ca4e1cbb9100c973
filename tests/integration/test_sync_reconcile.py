"""Reconcile lists each difference, and the plan says what a push would do."""

from dataclasses import replace

import pytest

from recruit.crm.adapters.embedded import EmbeddedCrm
from recruit.crm.mapping import load_mapping
from recruit.crm.values import Inclusion
from recruit.firms.tables import Firm
from recruit.sync.planning import plan_sync
from recruit.sync.push import push_changes
from recruit.sync.reconcile import reconcile
from recruit.sync.tables import CrmLink
from tests.factories.crm import FaultyCrm
from tests.factories.sync import make_firm, make_told_firm

MAPPING = replace(load_mapping(), include=Inclusion.ENROLLED)


@pytest.fixture
def told(app):
    with app.transaction() as tx:
        ids = [make_told_firm(tx, n).id for n in range(1, 4)]
        make_firm(tx, 9)
    push_changes(app.transaction, app.crm, MAPPING)
    return ids


def compare(app, **options):
    return [
        (d.firm_id, d.kind, d.field, d.ours, d.theirs, d.why)
        for d in reconcile(app.reading, app.crm, MAPPING, **options)
    ]


def company_of(app, firm_id):
    return app.crm.find("company", "external_id", f"RC-{firm_id:08d}")[0]


def test_sides_that_are_equal_have_no_difference(app, told):
    assert compare(app) == []
    assert compare(app, with_allowed=True) == []


def test_an_edit_on_either_side_is_a_difference_by_firm_and_field(app, told):
    app.crm.edit("company", company_of(app, told[0]).id, {"partner_stage": "Mine"})
    with app.transaction() as tx:
        tx.session.get(Firm, told[1]).specialties = ["aws"]
    assert compare(app) == [
        (told[0], "company", "partner_stage", "Replied", "Mine", "differs"),
        (told[1], "company", "specialties", "aws", "kubernetes; training", "differs"),
    ]


def test_a_difference_is_found_even_where_the_bookkeeping_denies_it(app, told):
    # The answer said yes, the field was dropped all the same, and the base believes the answer.
    crm_id = company_of(app, told[0]).id
    app.crm.edit("company", crm_id, {"specialties": None})
    with app.transaction() as tx:
        for link in tx.session.query(CrmLink).where(CrmLink.crm_id == crm_id):
            link.base = link.base | {"specialties": None}
    ((firm_id, _, field, *_),) = compare(app)
    assert (firm_id, field) == (told[0], "specialties")


def test_a_record_that_was_never_told_is_missing(app, told):
    with app.transaction() as tx:
        firm = make_told_firm(tx, 7)
    found = compare(app)
    assert len(found) == 6
    assert {(d[0], d[5]) for d in found} == {(firm.id, "missing in the CRM")}


def test_a_record_that_nobody_of_ours_stands_behind_is_an_orphan(app, told):
    app.crm.upsert("company", "RC-00009999", {"name": "Ghost"})
    app.crm.upsert("company", "OTHER-1", {"name": "Another tool's"})
    assert compare(app) == [(None, "company", "", None, None, "in the CRM alone")]


def test_a_second_record_with_one_external_id_is_a_difference(app, told):
    class Doubling(FaultyCrm):
        def changes(self, crm_object, position, limit):
            page = super().changes(crm_object, position, limit)
            if crm_object != "company":
                return page
            twin = replace(page.records[0], id="C9999999")
            return replace(page, records=(*page.records, twin))

    differences = reconcile(app.reading, Doubling(app.crm), MAPPING)
    assert [(d.firm_id, d.why) for d in differences] == [(told[0], "2 times in the CRM")]


def test_the_plan_says_what_the_push_then_does(app):
    app.crm.create("company", {"name": "Firm Two GmbH", "domain": "firm2.example"})
    with app.transaction() as tx:
        make_told_firm(tx, 1)
        make_told_firm(tx, 2)
        outsider = make_firm(tx, 3)
    crm = FaultyCrm(app.crm)
    planned = plan_sync(app.reading, crm, MAPPING)
    assert crm.writes == []
    assert len(app.crm.list_records("company")) == 1
    said = [p for p in planned if p.what in {"create", "link", "update"}]
    push_changes(app.transaction, crm, MAPPING)
    done = [(o, e, set(f) - {"company_id", "contact_id"}) for o, e, f in crm.writes]
    expected = [
        (p.kind, p.external_id, set(p.changes) - {"company_id", "contact_id"}) for p in said
    ]
    assert done == expected
    assert {p.what for p in planned if p.firm == "Firm 2" and p.kind == "company"} == {"link"}
    assert [(p.firm_id, p.what) for p in planned if p.what == "skip"] == [(outsider.id, "skip")]
    assert plan_sync(app.reading, crm, MAPPING) == []


def test_reconcile_reads_a_crm_that_was_replaced_by_an_empty_one(app, told):
    empty = EmbeddedCrm(None, clock=app.clock)
    assert {d.why for d in reconcile(app.reading, empty, MAPPING)} == {"missing in the CRM"}
