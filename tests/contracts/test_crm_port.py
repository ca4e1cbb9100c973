"""One suite for every adapter of the CRM port; what only the embedded one promises stands below."""

import threading
from datetime import UTC, datetime, timedelta

import pytest

from recruit.clock import VirtualClock
from recruit.crm.adapters.embedded import EmbeddedCrm
from recruit.crm.port import CrmConflict, CrmRefused, CrmUnavailable
from tests.conftest import NOW
from tests.contracts.fakes.peers import PEERS
from tests.contracts.tryton.server import make_tryton

HOSTILE = [
    "../../contact/P0000001",
    "..",
    "RC-1' OR '1'='1",
    'RC-1"; DROP TABLE record; --',
    "RC#1",
    "RC?1=1",
    "RC%2F1",
    "RC/1",
    "RC&1=2",
    "RC-00000001.inc",
    "RC-ÄÖ-東京",
    "RC 1",
    "RC+1",
    "RC\\1",
    "rc-00000001",
]


@pytest.fixture(params=["file", "memory", *PEERS, "tryton"])
def crm(request, tmp_path):
    if request.param in PEERS:
        peer = PEERS[request.param]()
    elif request.param == "tryton":
        peer = make_tryton(request.getfixturevalue("tryton_server"))
    else:
        peer = EmbeddedPeer(
            tmp_path / "crm.db" if request.param == "file" else None, clock=VirtualClock(NOW)
        )
    yield peer
    peer.close()


class EmbeddedPeer(EmbeddedCrm):
    """The embedded CRM: its users are its own, and it has no exceptions to make."""

    requires_name = True
    longest_name = 255
    sees_deleted_twins = True
    blank_booleans = True
    deletes_cascade = False
    tombstones_have_external_ids = True

    def refuses(self, _external_id):
        return False

    def settle(self):
        """Its changes are visible at once, and come once."""


def read_all(crm, crm_object, limit=7, position=None):
    position, more, seen = position or {}, True, []
    while more:
        page = crm.changes(crm_object, position, limit)
        seen += page.records
        position, more = page.position, page.more
    return seen, position


def read_until_quiet(crm, crm_object, limit=100):
    """Read everything, and what comes again because it was fresh; return the quiet place."""
    _, position = read_all(crm, crm_object, limit)
    crm.settle()
    return read_all(crm, crm_object, limit, position)[1]


def test_it_says_which_fields_there_are_and_of_which_type(crm):
    assert crm.describe("company")["name"].kind == "text"
    assert crm.describe("company")["partner_score"].kind == "number"
    assert crm.describe("company")["certified_until"].kind == "date"
    assert crm.describe("contact")["opted_out"].kind == "boolean"
    assert crm.describe("activity")["at"].kind == "datetime"
    with pytest.raises(CrmRefused) as refusal:
        crm.describe("lead")
    assert refusal.value.kind == "unknown_object"


def test_an_upsert_makes_a_record_once_and_then_changes_it(crm):
    made = crm.upsert("company", "RC-1", {"name": " Acme ", "city": ""})
    changed = crm.upsert("company", "RC-1", {"city": "Oslo"})
    assert made.fields == {"name": "Acme"}
    assert made.external_id == "RC-1"
    assert changed.id == made.id
    assert changed.fields == {"name": "Acme", "city": "Oslo"}
    assert changed.version != made.version
    assert changed.modified_at > made.modified_at
    assert crm.get("company", made.id) == changed
    assert crm.list_records("company") == [changed]


def test_values_of_every_type_come_back_as_they_were_written(crm):
    company = crm.upsert("company", "RC-1", {"name": "Acme"})
    values = {
        "partner_score": 74.46,
        "employees_low": 50,
        "is_customer": True,
        "last_touch_at": "2026-03-03T09:30:00Z",
        "certified_until": "2027-03-03",
        "specialties": 'kubernetes; "training" & <b>Ünïcode</b> 東京',
    }
    stored = crm.upsert("company", "RC-1", values)
    assert stored.id == company.id
    assert stored.fields == {"name": "Acme", **values}
    said_no = crm.upsert("company", "RC-1", {"is_customer": False})
    assert said_no.fields.get("is_customer") is (False if crm.blank_booleans else None)


def test_a_blank_clears_a_field_and_what_is_not_named_stays(crm):
    crm.upsert("company", "RC-1", {"name": "Acme", "city": "Oslo", "phone": "+47 1"})
    assert crm.upsert("company", "RC-1", {"city": None}).fields == {
        "name": "Acme",
        "phone": "+47 1",
    }


def test_a_write_for_an_older_version_is_a_conflict_and_changes_nothing(crm):
    made = crm.upsert("company", "RC-1", {"name": "Acme"})
    crm.edit("company", made.id, {"city": "Oslo"})
    before = crm.get("company", made.id)
    # Where there is no conditional write, asking for one is refused, never ignored.
    error = CrmConflict if crm.capabilities.conditional_write else CrmRefused
    with pytest.raises(error):
        crm.upsert("company", "RC-1", {"name": "B"}, crm_id=made.id, if_version=made.version)
    with pytest.raises(error):
        crm.upsert("company", "RC-2", {"name": "B"}, if_version="1")
    assert crm.get("company", made.id) == before
    assert len(crm.list_records("company")) == 1


def test_a_write_for_the_present_version_goes_through(crm):
    if not crm.capabilities.conditional_write:
        pytest.skip("declares that it has no conditional write")
    made = crm.upsert("company", "RC-1", {"name": "Acme"})
    changed = crm.upsert("company", "RC-1", {"name": "B"}, crm_id=made.id, if_version=made.version)
    assert changed.fields == {"name": "B"}


def test_an_existing_record_can_be_given_an_external_id_once(crm):
    own = crm.create("company", {"name": "Acme"})
    assert own.external_id is None
    linked = crm.upsert("company", "RC-1", {}, crm_id=own.id)
    assert (linked.id, linked.external_id) == (own.id, "RC-1")
    other = crm.create("company", {"name": "B"})
    for external_id, crm_id in (("RC-2", own.id), ("RC-1", other.id)):
        with pytest.raises(CrmRefused) as refusal:
            crm.upsert("company", external_id, {}, crm_id=crm_id)
        assert refusal.value.kind == "duplicate_external_id"
    assert crm.get("company", own.id).external_id == "RC-1"
    assert crm.get("company", other.id).external_id is None


@pytest.mark.parametrize("hostile", HOSTILE)
def test_a_hostile_external_id_names_its_own_record_and_no_other(crm, hostile):
    victim = crm.upsert("company", "RC-00000001", {"name": "Victim"})
    person = crm.create("contact", {"email": "a@b.example", "name": "Ada"})
    if crm.refuses(hostile):
        with pytest.raises(CrmRefused) as refusal:
            crm.upsert("company", hostile, {"name": "Own"})
        assert refusal.value.kind == "invalid_external_id"
        assert crm.list_records("company") == [victim]
    else:
        made = crm.upsert("company", hostile, {"name": "Own"})
        again = crm.upsert("company", hostile, {"city": "Oslo"})
        assert made.external_id == hostile
        assert again.id == made.id
        assert crm.find("company", "external_id", hostile) == [again]
        assert len(crm.list_records("company")) == 2
    assert crm.get("company", victim.id) == victim
    assert crm.get("contact", person.id) == person
    assert len(crm.list_records("contact")) == 1


@pytest.mark.parametrize("broken", ["", "  ", "RC-\n1", "RC-\x00", "x" * 81])
def test_what_can_be_no_external_id_is_refused(crm, broken):
    with pytest.raises(CrmRefused) as refusal:
        crm.upsert("company", broken, {"name": "Acme"})
    assert refusal.value.kind == "invalid_external_id"
    assert crm.list_records("company") == []


@pytest.mark.parametrize(
    "crm_id",
    ["", "C", "C0000001x", "P0000001", "C-1", "C" + "9" * 30, "1", "../contact/1", "..", "1' or 1"],
)
def test_an_id_of_something_else_finds_nothing(crm, crm_id):
    crm.upsert("company", "RC-1", {"name": "Acme"})
    assert crm.get("company", crm_id) is None
    with pytest.raises(CrmRefused) as refusal:
        crm.upsert("company", "RC-2", {"name": "B"}, crm_id=crm_id)
    assert refusal.value.kind == "not_found"
    assert len(crm.list_records("company")) == 1


def test_an_id_of_another_object_finds_nothing(crm):
    person = crm.create("contact", {"email": "a@b.example", "name": "Ada"})
    assert crm.get("company", person.id) is None
    with pytest.raises(CrmRefused):
        crm.upsert("company", "RC-2", {"name": "B"}, crm_id=person.id)
    assert crm.get("contact", person.id) == person


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        ({}, "required"),
        ({"name": "  "}, "required"),
        ({"name": "A", "fax": "1"}, "unknown_field"),
        ({"name": "too long"}, "too_long"),
        ({"name": "A", "partner_score": "high"}, "invalid_value"),
        ({"name": "A", "is_customer": "yes"}, "invalid_value"),
        ({"name": "A", "last_touch_at": "2026-03-03T09:30:00"}, "invalid_value"),
        ({"name": "A", "certified_until": "soon"}, "invalid_value"),
    ],
)
def test_a_record_that_does_not_fit_is_refused_and_nothing_is_stored(crm, fields, kind):
    if kind == "required" and not crm.requires_name:
        assert crm.upsert("company", "RC-1", fields).fields == {}
        return
    described = crm.describe("company")
    if kind == "invalid_value" and any(
        described[name].kind == "text" for name in set(fields) - {"name"}
    ):
        # A CRM without such a type keeps it as text, which may be anything.
        return
    if kind == "too_long" and described["name"].longest is None:
        # A CRM that holds a name of any length.
        return
    if kind == "too_long":
        fields = {"name": "A" * (crm.longest_name + 1)}
    with pytest.raises(CrmRefused) as refusal:
        crm.upsert("company", "RC-1", fields)
    assert refusal.value.kind == kind
    assert refusal.value.text
    assert crm.list_records("company") == []


def test_a_reference_has_to_exist_and_be_alive(crm):
    company = crm.upsert("company", "RC-1", {"name": "Acme"})
    contact = crm.upsert(
        "contact", "RC-C1", {"email": "a@b.example", "name": "A", "company_id": company.id}
    )
    assert contact.fields["company_id"] == company.id
    crm.delete("company", company.id)
    for target in (company.id, "C9999999", "nonsense"):
        with pytest.raises(CrmRefused) as refusal:
            crm.upsert(
                "contact", "RC-C2", {"email": "c@b.example", "name": "C", "company_id": target}
            )
        assert refusal.value.kind == "unknown_reference"
    if crm.deletes_cascade:
        assert crm.list_records("contact") == []
        return
    # What refers to it already can still be changed otherwise.
    assert crm.upsert("contact", "RC-C1", {"name": "Ada"}).fields["name"] == "Ada"
    assert len(crm.list_records("contact")) == 1


def test_records_are_found_by_the_exact_value_of_a_field(crm):
    first = crm.upsert("company", "RC-1", {"name": "Acme", "domain": "acme.example"})
    second = crm.create("company", {"name": "Acme 2", "domain": "acme.example"})
    crm.create("company", {"name": "Other", "domain": "notacme.example"})
    crm.settle()
    assert crm.find("company", "domain", "acme.example") == [first, second]
    for value in ("' OR 1=1 --", "acme", "%", "acme.example' or '1'='1", "a&b#c"):
        assert crm.find("company", "domain", value) == []
    crm.delete("company", first.id)
    assert crm.find("company", "domain", "acme.example") == [second]
    assert crm.find("company", "external_id", "RC-1") == []
    with pytest.raises(CrmRefused):
        crm.find("company", "domain') OR 1=1 --", "x")


def test_what_was_deleted_stays_deleted(crm):
    made = crm.upsert("company", "RC-1", {"name": "Acme"})
    _, position = read_all(crm, "company")
    crm.delete("company", made.id)
    assert crm.get("company", made.id) is None
    for options in ({}, {"crm_id": made.id}):
        if not options and not crm.sees_deleted_twins:
            continue
        with pytest.raises(CrmRefused) as refusal:
            crm.upsert("company", "RC-1", {"name": "Again"}, **options)
        assert refusal.value.kind == "deleted"
    if crm.capabilities.deletes_in_feed:
        (tombstone,), _ = read_all(crm, "company", position=position)
        assert tombstone.deleted
        assert tombstone.id == made.id
        if crm.tombstones_have_external_ids:
            assert tombstone.external_id == "RC-1"
    crm.restore("company", made.id)
    assert crm.get("company", made.id).fields == {"name": "Acme"}


def test_changes_come_in_order_each_once_and_end(crm):
    made = [crm.upsert("company", f"RC-{n}", {"name": f"F{n}"}) for n in range(20)]
    seen, position = read_all(crm, "company", limit=5)
    assert [r.id for r in seen] == [r.id for r in made]
    position = read_until_quiet(crm, "company")
    again, position = read_all(crm, "company", 5, position)
    assert again == []
    crm.edit("company", made[3].id, {"city": "Oslo"})
    crm.delete("company", made[0].id)
    seen, position = read_all(crm, "company", 5, position)
    expected = [(made[3].id, False)]
    if crm.capabilities.deletes_in_feed:
        expected.append((made[0].id, True))
    assert [(r.id, r.deleted) for r in seen] == expected


def test_many_rows_with_one_time_of_change_are_all_read_once(crm):
    ids = [crm.create("company", {"name": f"F{n}"}).id for n in range(300)]
    position = read_until_quiet(crm, "company")
    crm.edit("company", ids, {"owner": "1"})
    seen, _ = read_all(crm, "company", 7, position)
    assert len({r.modified_at for r in seen}) == 1
    assert sorted(r.id for r in seen) == sorted(ids)


def test_a_change_is_never_hidden_behind_a_place_that_was_read_before(crm):
    # The clock stands still here, as a coarse one seems to.
    made = [crm.upsert("company", f"RC-{n}", {"name": f"F{n}"}) for n in range(3)]
    _, position = read_all(crm, "company")
    crm.edit("company", made[0].id, {"city": "Oslo"})
    (changed,) = (
        r for r in read_all(crm, "company", 9, position)[0] if r.fields.get("city") == "Oslo"
    )
    assert changed.id == made[0].id


def test_objects_are_kept_apart(crm):
    crm.upsert("company", "RC-1", {"name": "Acme"})
    crm.upsert("contact", "RC-1", {"email": "a@b.example", "name": "Ada"})
    assert len(read_all(crm, "company")[0]) == len(read_all(crm, "contact")[0]) == 1


def test_threads_that_write_one_external_id_make_one_record(crm):
    if not crm.capabilities.native_upsert:
        pytest.skip("declares that it has no upsert of its own")

    def write(n):
        for _ in range(10):
            crm.upsert("company", "RC-1", {"name": f"F{n}"})

    threads = [threading.Thread(target=write, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(crm.list_records("company")) == 1


# What only the embedded CRM promises.


@pytest.fixture
def embedded():
    peer = EmbeddedCrm(None, clock=VirtualClock(NOW))
    yield peer
    peer.close()


def test_refusals_of_the_embedded_crm_say_what_to_do(embedded):
    with pytest.raises(CrmRefused, match="No object 'lead' here; there are company"):
        embedded.describe("lead")
    own = embedded.upsert("company", "RC-1", {"name": "Acme"})
    with pytest.raises(CrmRefused, match="has the external id RC-1 already"):
        embedded.upsert("company", "RC-2", {}, crm_id=own.id)
    other = embedded.create("company", {"name": "B"})
    with pytest.raises(CrmRefused, match=f"External id RC-1 belongs to {own.id}"):
        embedded.upsert("company", "RC-1", {}, crm_id=other.id)
    with pytest.raises(CrmRefused, match="There is no company"):
        embedded.upsert("company", "RC-2", {"name": "B"}, crm_id="C0000009")
    embedded.edit("company", own.id, {"city": "Oslo"})
    with pytest.raises(CrmConflict, match="is at version 2, not 1"):
        embedded.upsert("company", "RC-1", {"name": "B"}, crm_id=own.id, if_version=own.version)
    with pytest.raises(CrmRefused, match="There is no deleted company"):
        embedded.restore("company", own.id)


@pytest.mark.parametrize("fields", [{"name": 5}, {"name": "A", "partner_score": True}])
def test_the_embedded_crm_takes_no_value_of_another_type(embedded, fields):
    with pytest.raises(CrmRefused) as refusal:
        embedded.upsert("company", "RC-1", fields)
    assert refusal.value.kind == "invalid_value"


def test_the_embedded_crms_changes_come_once_even_at_once(embedded):
    made = [embedded.upsert("company", f"RC-{n}", {"name": f"F{n}"}) for n in range(20)]
    _, position = read_all(embedded, "company", limit=5)
    assert embedded.changes("company", position, 5).records == ()
    assert embedded.changes("company", position, 5).position == position
    embedded.edit("company", made[3].id, {"city": "Oslo"})
    embedded.delete("company", made[0].id)
    page = embedded.changes("company", position, 5)
    assert [(r.id, r.deleted) for r in page.records] == [(made[3].id, False), (made[0].id, True)]


def test_threads_that_write_to_the_embedded_crm_take_turns(embedded):
    def write(n):
        for _ in range(10):
            embedded.upsert("company", "RC-1", {"name": f"F{n}"})

    threads = [threading.Thread(target=write, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (only,) = embedded.list_records("company")
    assert only.version == "40"


def test_a_file_outlives_its_connection_and_is_shared(tmp_path):
    clock = VirtualClock(NOW)
    first, second = (EmbeddedCrm(tmp_path / "deep" / "crm.db", clock=clock) for _ in range(2))
    made = first.upsert("company", "RC-1", {"name": "Acme"})
    assert second.get("company", made.id) == made
    first.close()
    assert first.get("company", made.id) == made
    first.close()
    second.close()


def test_time_of_change_is_the_clocks(tmp_path):
    clock = VirtualClock(NOW)
    crm = EmbeddedCrm(None, clock=clock)
    assert crm.create("company", {"name": "A"}).modified_at == NOW
    clock.move_to(datetime(2026, 4, 1, tzinfo=UTC))
    assert crm.create("company", {"name": "B"}).modified_at == clock.now()
    assert crm.create("company", {"name": "C"}).modified_at == clock.now() + timedelta(
        microseconds=1
    )


def test_a_file_that_cannot_be_opened_is_no_answer(tmp_path):
    (tmp_path / "crm.db").mkdir()
    crm = EmbeddedCrm(tmp_path / "crm.db", clock=VirtualClock(NOW))
    with pytest.raises(CrmUnavailable, match="cannot be used"):
        crm.list_records("company")
