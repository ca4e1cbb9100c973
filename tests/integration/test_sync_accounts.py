"""The CRM's accounts tag firms before anybody writes to them, whether Recruit told of them or not."""

from sqlalchemy import select

from recruit.crm.mapping import load_mapping
from recruit.firms.listed import list_tags_of
from recruit.firms.tables import Firm
from recruit.firms.tags import match_listed
from recruit.firms.values import FirmTag
from recruit.sync.accounts import LIST_NAME
from recruit.sync.pull import pull_changes
from tests.factories.sync import make_firm

MAPPING = load_mapping()


def tags(app, firm_id):
    with app.reading() as tx:
        return tx.session.get(Firm, firm_id).tags


def pull(app):
    return pull_changes(app.transaction, app.crm, MAPPING)


def test_somebodys_customer_is_tagged_although_recruit_never_told_of_it(app):
    with app.transaction() as tx:
        firm_id, other = make_firm(tx, 1).id, make_firm(tx, 2).id
    account = app.crm.create(
        "company", {"name": "Firm 1", "domain": "firm1.example", "is_customer": True}
    )
    app.crm.create("company", {"name": "Firm 2", "domain": "firm2.example"})
    assert pull(app).left_alone == 1
    assert tags(app, firm_id) == [FirmTag.CUSTOMER]
    assert not tags(app, other)
    # What changes there changes here.
    app.crm.edit("company", account.id, {"is_customer": False})
    assert pull(app).left_alone == 0
    assert tags(app, firm_id) == []


def test_an_account_that_was_deleted_tags_nobody(app):
    with app.transaction() as tx:
        firm_id = make_firm(tx, 1).id
    account = app.crm.create(
        "company", {"name": "Firm 1", "domain": "firm1.example", "is_customer": True}
    )
    pull(app)
    app.crm.delete("company", account.id)
    pull(app)
    assert tags(app, firm_id) == []


def test_an_account_waits_for_the_firm_that_a_source_finds_later(app):
    app.crm.create(
        "company", {"name": "Firm 7", "domain": "firm7.example", "open_opportunities": 1}
    )
    pull(app)
    with app.transaction() as tx:
        firm_id = make_firm(tx, 7).id
    with app.transaction() as tx:
        match_listed(tx, actor="test")
    assert tags(app, firm_id) == [FirmTag.CUSTOMER]


def test_the_history_names_the_list(app):
    with app.transaction() as tx:
        firm_id = make_firm(tx, 1).id
    app.crm.create("company", {"name": "Firm 1", "domain": "firm1.example", "is_customer": True})
    pull(app)
    with app.reading() as tx:
        assert tx.session.scalar(select(Firm.id).where(Firm.id == firm_id))
        (line,) = list_tags_of(tx, firm_id)
    assert line.list_name == LIST_NAME
