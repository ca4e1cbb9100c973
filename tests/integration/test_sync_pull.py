"""What is said in the CRM is heard once, and settled by each field's policy."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from recruit.crm.mapping import load_mapping, parse_mapping
from recruit.crm.port import ChangePage, CrmUnavailable
from recruit.crm.values import Inclusion
from recruit.db.outbox import OutboxEntry, OutboxStatus
from recruit.firms.tables import Firm
from recruit.insights.crm import crm_health, firm_sync_history
from recruit.sync.pull import pull_changes
from recruit.sync.push import push_changes
from recruit.sync.reconcile import reconcile
from recruit.sync.tables import CrmFact, CrmLink
from recruit.sync.usecases import announce_drifted
from recruit.sync.values import LinkStatus
from tests.factories.crm import FaultyCrm
from tests.factories.sync import make_candidate, make_told_firm

MAPPING = replace(load_mapping(), include=Inclusion.ENROLLED)


class Sides:
    """Both sides after a first push and pull, and what tests do with them."""

    def __init__(self, app, firms=1):
        self.app = app
        self.crm = FaultyCrm(app.crm)
        with app.transaction() as tx:
            self.firm_ids = [make_told_firm(tx, n).id for n in range(1, firms + 1)]
        self.push()
        self.pull()
        self.crm.forget()

    def push(self, mapping=MAPPING):
        return push_changes(self.app.transaction, self.crm, mapping)

    def pull(self, mapping=MAPPING, **options):
        return pull_changes(self.app.transaction, self.crm, mapping, **options)

    def company(self, n=0):
        external_id = f"RC-{self.firm_ids[n]:08d}"
        return self.app.crm.find("company", "external_id", external_id)[0]

    def edit(self, **fields):
        self.wait(1)
        self.app.crm.edit("company", self.company().id, fields)

    def change_firm(self, **fields):
        self.wait(1)
        with self.app.transaction() as tx:
            firm = tx.session.get(Firm, self.firm_ids[0])
            for name, value in fields.items():
                setattr(firm, name, value)
            firm.updated_at = tx.now
            tx.announce("firm", firm.id)

    def wait(self, minutes):
        self.app.clock.move_to(self.app.clock.now() + timedelta(minutes=minutes))

    def facts(self, n=0):
        with self.app.reading() as tx:
            row = tx.session.get(CrmFact, self.firm_ids[n])
            return row.facts if row else {}

    def history(self):
        with self.app.reading() as tx:
            return firm_sync_history(tx, self.firm_ids[0])

    def differences(self, **options):
        return reconcile(self.app.reading, self.app.crm, MAPPING, **options)


@pytest.fixture
def sides(app):
    return Sides(app)


def test_our_own_writes_are_heard_as_echoes(app):
    with app.transaction() as tx:
        make_told_firm(tx)
    push_changes(app.transaction, app.crm, MAPPING)
    report = pull_changes(app.transaction, app.crm, MAPPING)
    assert (report.read, report.echoes) == (6, 6)
    assert pull_changes(app.transaction, app.crm, MAPPING).read == 0


def test_ten_idle_cycles_write_nothing(app):
    sides = Sides(app, firms=10)
    app.crm.edit("company", sides.company().id, {"owner": "Ada", "city": "Bremen"})
    sides.pull()
    sides.push()
    sides.crm.forget()
    for _ in range(10):
        with app.transaction() as tx:
            for firm_id in sides.firm_ids:
                tx.announce("firm", firm_id)
        sides.wait(10)
        assert sides.push().written == 0
        assert sides.pull().read == 0
        assert announce_drifted(app.transaction, MAPPING) == 0
    assert sides.crm.writes == []


def test_a_value_that_the_crm_stores_in_its_own_way_is_not_written_for_ever(app, sides):
    original = app.crm.upsert

    def shouting(crm_object, external_id, fields, **options):
        shouted = {k: v.upper() if k == "city" and v else v for k, v in fields.items()}
        return original(crm_object, external_id, shouted, **options)

    app.crm.upsert = shouting
    mapping = parse_mapping(
        {
            "extends": "default",
            "include": "enrolled",
            "company": {"fields": {"city": {"policy": "ours_wins"}}},
        }
    )
    sides.change_firm(city="Kiel")
    assert sides.push(mapping).updated == 1
    assert sides.company().fields["city"] == "KIEL"
    for _ in range(3):
        with app.transaction() as tx:
            tx.announce("firm", sides.firm_ids[0])
        assert sides.pull(mapping).to_restore == 0
        assert sides.push(mapping).written == 0
    assert reconcile(app.reading, app.crm, mapping) == []
    sides.change_firm(city="Bonn")
    assert sides.push(mapping).updated == 1


def test_what_only_the_crm_knows_is_taken_and_shown_beside_the_firm(sides):
    sides.edit(owner="Ada", is_customer=True, open_opportunities=2)
    assert sides.pull().taken == 1
    assert sides.facts() == {"owner": "Ada", "is_customer": True, "open_opportunities": 2}
    assert sides.differences() == []
    sides.edit(owner=None)
    sides.pull()
    assert sides.facts()["owner"] is None
    newest = sides.history()[0]
    assert (newest.direction, newest.what) == ("pull", "changed_there")
    assert newest.changes == {"owner": ["Ada", None]}
    assert newest.text == "taken: owner"


def test_where_the_crm_prevails_its_value_stands_beside_ours_and_never_overwrites_it(app, sides):
    sides.edit(city="Bremen")
    assert sides.pull().taken == 1
    assert sides.facts() == {"city": "Bremen"}
    with app.reading() as tx:
        assert tx.session.get(Firm, sides.firm_ids[0]).city == "Hamburg"
    assert sides.push().written == 0
    assert sides.differences() == []
    (allowed,) = sides.differences(with_allowed=True)
    assert (allowed.field, allowed.ours, allowed.theirs) == ("city", "Hamburg", "Bremen")
    assert "taken" in allowed.why
    # Our side edits it as well: the CRM still prevails.
    sides.change_firm(city="Kiel")
    assert sides.push().written == 0
    assert sides.differences() == []
    # Once the CRM blanks it, ours is told.
    sides.edit(city=None)
    assert sides.pull().to_restore == 1
    assert sides.push().updated == 1
    assert sides.company().fields["city"] == "Kiel"
    assert sides.facts() == {}


def test_a_blank_that_is_taken_back_before_we_could_fill_it_changes_nothing(sides):
    sides.edit(city="Bremen")
    sides.pull()
    sides.edit(city=None)
    assert sides.pull().to_restore == 1
    sides.edit(city="Bremen")
    sides.push()
    assert sides.company().fields["city"] == "Bremen"
    assert sides.facts() == {"city": "Bremen"}
    assert sides.differences() == []


def test_where_ours_prevails_an_edit_there_is_put_right_by_the_next_push(sides):
    sides.edit(partner_stage="Mine", partner_score=1)
    assert sides.pull().to_restore == 1
    assert sides.history()[0].text == "put right by us: partner_score, partner_stage"
    assert {d.field for d in sides.differences()} == {"partner_stage", "partner_score"}
    assert sides.push().updated == 1
    assert sides.company().fields["partner_stage"] == "Replied"
    assert "partner_score" not in sides.company().fields
    assert sides.differences() == []
    assert sides.pull().echoes == 1


def test_the_latest_edit_prevails_whichever_side_it_is_on(sides):
    sides.edit(phone="+49 30 1")
    sides.pull()
    assert sides.facts() == {"phone": "+49 30 1"}
    sides.change_firm(phone="+49 30 2")
    sides.push()
    assert sides.company().fields["phone"] == "+49 30 2"
    assert sides.facts() == {}
    # Both at once, ours first: theirs is later.
    sides.change_firm(phone="+49 30 3")
    sides.edit(phone="+49 30 4")
    sides.pull()
    sides.push()
    assert sides.company().fields["phone"] == "+49 30 4"
    # Both at once, theirs first: ours is later.
    sides.edit(phone="+49 30 5")
    sides.change_firm(phone="+49 30 6")
    sides.pull()
    sides.push()
    assert sides.company().fields["phone"] == "+49 30 6"
    assert sides.differences() == []


def test_one_firm_edited_on_both_sides_at_once_keeps_what_each_policy_says(app, sides):
    sides.edit(name="Theirs", phone="+1", employees_high=999, specialties="theirs", owner="Grace")
    sides.change_firm(name="Ours", phone="+2", employees_high=100, specialties=["ours"])
    for _ in range(3):
        sides.pull()
        sides.push()
    fields = sides.company().fields
    assert fields["name"] == "Theirs"  # crm_unless_blank
    assert fields["phone"] == "+2"  # latest
    assert fields["employees_high"] == 999  # fill_blank_only
    assert fields["specialties"] == "ours"  # ours_wins
    assert sides.facts() == {"name": "Theirs", "owner": "Grace"}
    assert sides.differences() == []


def test_blanks_are_filled_from_both_sides_where_that_is_the_policy(sides):
    sides.change_firm(founded_low=None, founded_high=None)
    sides.edit(employees_low=None)
    sides.pull()
    sides.push()
    fields = sides.company().fields
    assert (fields["founded_year"], fields["employees_low"]) == (2009, 50)
    assert sides.differences() == []


def test_an_edit_of_a_field_that_is_not_mapped_is_no_edit(sides):
    sides.edit(notes="Called them.")
    assert sides.pull().echoes == 1
    # The version has moved on all the same, and the next write knows it.
    sides.change_firm(specialties=["aws"])
    assert sides.push().updated == 1


def test_a_contact_and_an_activity_are_put_right_too(app, sides):
    (contact,) = app.crm.list_records("contact")
    activity = app.crm.list_records("activity")[0]
    app.crm.edit("contact", contact.id, {"opted_out": True, "job_title": "CEO"})
    app.crm.edit("activity", activity.id, {"subject": "Forged"})
    assert sides.pull().to_restore == 2
    assert sides.push().updated == 2
    assert app.crm.list_records("contact")[0].fields["opted_out"] is False
    assert app.crm.list_records("contact")[0].fields["job_title"] == "CEO"
    assert app.crm.list_records("activity")[0].fields["subject"] == "Subject 0"
    assert sides.differences() == []


def test_what_is_deleted_there_stays_deleted_and_comes_back_when_it_is_restored(app, sides):
    app.crm.delete("company", sides.company().id)
    assert sides.pull().deleted == 1
    with app.reading() as tx:
        link = tx.session.scalar(select(CrmLink).where(CrmLink.object_type == "firm"))
        assert link.status is LinkStatus.DELETED_THERE
    sides.change_firm(specialties=["aws"])
    sides.push()
    assert sides.crm.writes == []
    assert app.crm.list_records("company") == []
    assert sides.differences() == []
    app.crm.restore("company", link.crm_id)
    sides.pull()
    assert sides.push().updated == 1
    assert sides.company().fields["specialties"] == "aws"
    assert sides.differences() == []
    told = [line.what for line in sides.history() if line.object_type == "firm"]
    assert told == ["updated", "restored_there", "deleted_there", "created"]


def test_many_records_changed_at_one_moment_are_all_heard_once(app):
    sides = Sides(app, firms=30)
    ids = [record.id for record in app.crm.list_records("company")]
    app.crm.edit("company", ids, {"owner": "Ada"})
    report = sides.pull(page_size=7)
    assert (report.read, report.taken) == (30, 30)
    assert all(sides.facts(n) == {"owner": "Ada"} for n in range(30))


def test_records_of_the_crms_own_are_left_alone(app, sides):
    app.crm.create("company", {"name": "Somebody else's"})
    assert sides.pull().unlinked == 1
    assert sides.differences() == []


def test_a_page_that_is_older_than_our_last_push_changes_nothing(app, sides):
    old = app.crm.changes("company", {}, 10)
    sides.wait(1)
    sides.change_firm(specialties=["aws"])

    class Late:
        name, capabilities = sides.crm.name, sides.crm.capabilities
        describe = sides.crm.describe

        def changes(self, crm_object, position, limit):
            if crm_object == "company":
                sides.push()
                return replace(old, position=app.crm.changes("company", {}, 10).position)
            return app.crm.changes(crm_object, position, limit)

    report = pull_changes(app.transaction, Late(), MAPPING)
    assert (report.read, report.echoes) == (1, 1)
    assert sides.differences() == []
    assert sides.push().written == 0


def test_a_pull_that_meets_another_leaves_the_rest_to_it(app, sides):
    sides.edit(owner="Ada")

    class Twice:
        name, capabilities = sides.crm.name, sides.crm.capabilities
        describe = sides.crm.describe

        def changes(self, crm_object, position, limit):
            page = app.crm.changes(crm_object, position, limit)
            if crm_object == "company":
                pull_changes(app.transaction, app.crm, MAPPING)
            return page

    assert pull_changes(app.transaction, Twice(), MAPPING).read == 0
    assert sides.facts() == {"owner": "Ada"}
    assert len([line for line in sides.history() if line.what == "changed_there"]) == 1


def test_a_pull_that_breaks_off_goes_on_from_where_it_stood(app):
    sides = Sides(app, firms=10)
    ids = [record.id for record in app.crm.list_records("company")]
    app.crm.edit("company", ids, {"owner": "Ada"})
    asked = []

    class Breaking:
        name, capabilities = sides.crm.name, sides.crm.capabilities
        describe = sides.crm.describe

        def changes(self, crm_object, position, limit) -> ChangePage:
            asked.append(position)
            if len(asked) == 3:
                raise CrmUnavailable("Down for maintenance.")
            return app.crm.changes(crm_object, position, limit)

    report = pull_changes(app.transaction, Breaking(), MAPPING, page_size=3)
    assert (report.read, report.stopped) == (6, "Down for maintenance.")
    assert sides.pull(page_size=3).read == 4
    assert all(sides.facts(n) == {"owner": "Ada"} for n in range(10))
    with app.reading() as tx:
        assert crm_health(tx).last_pull_at == app.clock.now()


def test_what_no_edit_announces_is_found_by_comparing(app, sides):
    with app.transaction() as tx:
        make_candidate(tx, tx.session.get(Firm, sides.firm_ids[0]))
    assert announce_drifted(app.transaction, MAPPING) == 1
    assert announce_drifted(app.transaction, MAPPING) == 0, "it waits already"
    sides.push()
    assert sides.company().fields["partner_stage"] == "Candidate"
    assert announce_drifted(app.transaction, MAPPING) == 0
    with app.reading() as tx:
        waiting = tx.session.scalar(
            select(func.count())
            .select_from(OutboxEntry)
            .where(OutboxEntry.status != OutboxStatus.ACKNOWLEDGED)
        )
    assert waiting == 0


def test_a_field_that_is_mapped_later_is_told_to_firms_that_are_in_already(app, sides):
    without = parse_mapping(
        {
            "extends": "default",
            "include": "enrolled",
            "company": {"fields": {"specialties": {"policy": "off"}}},
        }
    )
    with app.transaction() as tx:
        firm = make_told_firm(tx, 2)
    sides.push(without)
    (company,) = app.crm.find("company", "external_id", f"RC-{firm.id:08d}")
    assert "specialties" not in company.fields
    assert announce_drifted(app.transaction, MAPPING) == 1
    sides.push()
    (company,) = app.crm.find("company", "external_id", f"RC-{firm.id:08d}")
    assert company.fields["specialties"] == "kubernetes; training"
