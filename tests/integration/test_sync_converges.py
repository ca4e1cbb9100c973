"""Whatever both sides edit in whatever order, they come to agree, and then nothing is written."""

import random
from datetime import timedelta

import pytest

from recruit.crm.mapping import parse_mapping
from recruit.crm.values import Direction, Policy
from recruit.db.transaction import Transaction
from recruit.firms.tables import Firm
from recruit.sync.pull import pull_changes
from recruit.sync.push import push_changes
from recruit.sync.reconcile import reconcile
from recruit.sync.tables import CrmFact
from tests.factories.crm import FaultyCrm
from tests.factories.sync import make_told_firm

# Our field, its name there, and values to play with.
FIELDS = {
    "website": ("website", ["https://a.example", "https://b.example", None]),
    "phone": ("phone", ["+1", "+2", None]),
    "street": ("street", ["Quay 1", "Quay 2", None]),
    "postcode": ("postal_code", ["1", "2", None]),
    "city": ("city", ["Oslo", "Bergen", None]),
    "region": ("state", ["N", "S", None]),
    "country": ("country", ["NO", "SE", None]),
}


def random_mapping(dice):
    allowed = [
        {"policy": policy, "direction": direction}
        for policy in Policy
        for direction in (Direction.PUSH, Direction.BOTH)
        if (policy, direction) != (Policy.LATEST, Direction.PUSH)
    ]
    fields = {ours: dice.choice(allowed) for ours in FIELDS}
    fields["owner"] = {
        "policy": dice.choice([Policy.CRM_WINS, Policy.LATEST, Policy.FILL_BLANK_ONLY]),
        "direction": Direction.PULL,
    }
    return parse_mapping(
        {"extends": "default", "include": "enrolled", "company": {"fields": fields}}
    )


@pytest.mark.parametrize("seed", range(5))
def test_both_sides_come_to_agree_and_then_rest(app, seed):
    dice = random.Random(seed)
    mapping = random_mapping(dice)
    crm = FaultyCrm(app.crm, seed=seed, lost_share=0.15)
    with app.transaction() as tx:
        firm_ids = [make_told_firm(tx, n).id for n in range(1, 4)]

    def edit_ours():
        with app.transaction() as tx:
            firm = tx.session.get(Firm, dice.choice(firm_ids))
            ours = dice.choice(list(FIELDS))
            setattr(firm, ours, dice.choice(FIELDS[ours][1]))
            firm.updated_at = tx.now
            tx.announce("firm", firm.id)

    def edit_theirs():
        for record in app.crm.list_records("company"):
            theirs, values = dice.choice([*FIELDS.values(), ("owner", ["Ada", "Grace", None])])
            app.crm.edit("company", record.id, {theirs: dice.choice(values)})

    acts = [
        edit_ours,
        edit_theirs,
        lambda: push_changes(app.transaction, crm, mapping),
        lambda: pull_changes(app.transaction, crm, mapping, page_size=2),
    ]
    for _ in range(120):
        dice.choice(acts)()
        app.clock.move_to(app.clock.now() + timedelta(minutes=dice.choice([0, 1, 7])))

    crm.lost_share = 0
    for _ in range(3):
        app.clock.move_to(app.clock.now() + timedelta(hours=2))
        pull_changes(app.transaction, crm, mapping)
        push_changes(app.transaction, crm, mapping)
    assert reconcile(app.reading, app.crm, mapping) == []
    assert len(app.crm.list_records("company")) == 3
    before = taken(app, firm_ids)
    crm.forget()
    for _ in range(2):
        with app.transaction() as tx:
            for firm_id in firm_ids:
                tx.announce("firm", firm_id)
        pull_changes(app.transaction, crm, mapping)
        push_changes(app.transaction, crm, mapping)
    assert crm.writes == []
    assert taken(app, firm_ids) == before


def taken(app, firm_ids):
    def facts(tx: Transaction, firm_id: int):
        row = tx.session.get(CrmFact, firm_id)
        return row.facts if row else {}

    with app.reading() as tx:
        return {firm_id: facts(tx, firm_id) for firm_id in firm_ids}
