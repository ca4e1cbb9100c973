"""Pipedrive: what is its own. There is no SDK of Pipedrive's in Python to judge the fake by."""

import random
from datetime import timedelta

import httpx
import pytest

from recruit.config import Secret
from recruit.crm.adapters.pipedrive import PipedriveCrm
from recruit.crm.adapters.pipedrive_reader import COSTS
from recruit.crm.port import CrmOutcomeUnknown, CrmRefused, CrmUnavailable
from tests.contracts.fakes.peers import make_pipedrive
from tests.contracts.fakes.pipedrive import DAY, TOKEN, Field


@pytest.fixture
def peer():
    peer = make_pipedrive()
    yield peer
    peer.close()


def another(peer):
    """Return the adapter of another process, which knows nothing of what this one did."""
    return PipedriveCrm(peer.fake.url, Secret(TOKEN), clock=peer.clock, sleep=peer.pauses.append)


def test_fields_go_by_their_names_and_travel_by_their_keys(peer):
    assert peer.crm.describe("organizations")["recruit_score"].kind == "number"
    assert peer.crm.describe("persons")["recruit_opted_out"].kind == "boolean"
    peer.upsert("company", "RC-1", {"name": "Acme", "partner_score": 74.5})
    code = Field("recruit_score").code
    assert peer.fake.asked[-1].body["custom_fields"][code] == 74.5
    assert len(code) == 40


def test_an_account_without_our_field_is_told_what_to_make(peer):
    del peer.fake.custom["organizations"][Field("recruit_id").code]
    with pytest.raises(CrmRefused, match="a text field named 'recruit_id'") as refusal:
        peer.crm.describe("organizations")
    assert refusal.value.kind == "no_external_id"


@pytest.mark.parametrize("minutes", [0, 2, 10, 60 * 24])
def test_a_record_whose_answer_was_lost_is_found_by_another_process_at_any_time(peer, minutes):
    # Soon the search doesn't show it yet; later the list of what changed lately has no place for it.
    peer.fake.lose()
    with pytest.raises(CrmOutcomeUnknown):
        peer.upsert("company", "RC-1", {"name": "Acme"})
    peer.clock.move_to(peer.clock.now() + timedelta(minutes=minutes))
    crm = another(peer)
    (found,) = crm.find("organizations", "external_id", "RC-1")
    assert crm.upsert("organizations", "RC-1", {"recruit_city": "Oslo"}).id == found.id
    assert len(peer.list_ids("company")) == 1
    crm.close()


def test_what_was_just_made_is_found_although_no_search_shows_it(peer):
    made = peer.upsert("company", "RC-1", {"name": "Acme"})
    assert peer.crm.find("organizations", "name", "Acme") == []
    assert [one.id for one in peer.find("company", "external_id", "RC-1")] == [made.id]
    peer.delete("company", made.id)
    assert peer.find("company", "external_id", "RC-1") == []


def test_two_records_with_one_external_id_are_ambiguous(peer):
    for n in range(2):
        peer.fake.create("organizations", {"name": f"F{n}", "recruit_id": "RC-1"})
    with pytest.raises(CrmRefused, match="2 times") as refusal:
        peer.upsert("company", "RC-1", {"city": "Oslo"})
    assert refusal.value.kind == "ambiguous"


def test_the_price_of_a_first_push_is_known_beforehand(peer):
    """A firm that is looked for by its id and its domain, and made."""
    firms = 100
    peer.describe("company")
    for n in range(firms):
        assert peer.find("company", "external_id", f"RC-{n:08d}") == []
        assert peer.find("company", "domain", f"firm{n}.example") == []
        peer.upsert("company", f"RC-{n:08d}", {"name": f"F{n}", "domain": f"firm{n}.example"})
    # Fields, what changed lately, and for each firm two searches and one write.
    predicted = 2 * COSTS["list"] + firms * (2 * COSTS["search"] + COSTS["write"])
    assert predicted == peer.fake.charged == peer.crm.tokens_spent


def test_the_price_of_everything_is_counted_as_it_is_charged(peer):
    company = peer.upsert("company", "RC-1", {"name": "Acme"})
    peer.upsert("company", "RC-1", {"city": "Oslo"}, crm_id=company.id)
    contact = peer.upsert("contact", "RC-C1", {"name": "Ada", "company_id": company.id})
    activity = {"subject": "Hello", "company_id": company.id, "contact_id": contact.id}
    peer.upsert("activity", "RC-T1", activity)
    peer.settle()
    peer.find("contact", "email", "a@b.example")
    peer.changes("company", {}, 100)
    assert peer.crm.get("organizations", "999") is None
    assert peer.crm.tokens_spent == peer.fake.charged > 0


def test_four_fifths_of_the_days_tokens_are_all_that_is_taken(peer):
    peer.fake.charged = int(DAY * 0.8)
    peer.describe("company")
    with pytest.raises(CrmUnavailable) as error:
        peer.upsert("company", "RC-1", {"name": "Acme"})
    assert error.value.kind == "quota"
    assert peer.list_ids("company") == []


def test_a_day_without_tokens_stops_at_once(peer):
    peer.describe("company")
    peer.fake.answer(
        429,
        {"success": False, "error": "daily limit"},
        headers={"x-daily-ratelimit-token-remaining": "0", "Retry-After": "2"},
        times=9,
    )
    with pytest.raises(CrmUnavailable) as error:
        peer.upsert("company", "RC-1", {"name": "Acme"})
    assert (error.value.kind, peer.pauses) == ("quota", [])


def test_a_burst_waits_for_the_window_to_end(peer):
    peer.describe("company")
    busy = {"success": False, "error": "rate limit exceeded"}
    peer.fake.answer(429, busy, headers={"x-ratelimit-reset": "2"}, times=2)
    peer.upsert("company", "RC-1", {"name": "Acme"})
    assert peer.pauses == [2.0, 2.0]


def test_a_page_of_the_firewall_ends_all_asking(peer):
    peer.describe("company")
    page = "<!DOCTYPE html><title>Attention Required!</title>"
    peer.fake.answer(403, page, times=9)
    before = len(peer.fake.asked)
    with pytest.raises(CrmUnavailable, match="firewall") as error:
        peer.upsert("company", "RC-1", {"name": "Acme"})
    assert (error.value.kind, error.value.retry_after_s) == ("banned", 900.0)
    assert (len(peer.fake.asked), peer.pauses) == (before + 1, [])
    peer.fake.faults.clear()
    peer.fake.answer(403, {"success": False, "error": "no rights to this"}, times=1)
    with pytest.raises(CrmRefused):
        peer.upsert("company", "RC-1", {"name": "Acme"})


def test_an_activity_bears_its_id_at_the_end_of_its_note(peer):
    company = peer.upsert("company", "RC-1", {"name": "Acme"})
    text = 'Yes & no <b>"really"</b>\nSecond line [sic]'
    values = {"subject": "Re: Hello", "text": text, "at": "2026-03-03T09:30:00Z"}
    made = peer.upsert("activity", "RC-R00000001", {**values, "company_id": company.id})
    assert made.external_id == "RC-R00000001"
    assert made.fields == {**values, "company_id": company.id}
    row = peer.fake.tables["activities"].rows[made.id].fields
    assert row["note"].endswith("<br><br>[RC-R00000001]")
    assert row["done"] is True
    assert (row["due_date"], row["due_time"]) == ("2026-03-03", "09:30:00")
    again = peer.upsert("activity", "RC-R00000001", {"subject": "Re: Hello!"}, crm_id=made.id)
    assert again.fields["text"] == text
    assert again.external_id == "RC-R00000001"


@pytest.mark.parametrize("minutes", [0, 60 * 24])
def test_an_activity_whose_answer_was_lost_is_made_once(peer, minutes):
    company = peer.upsert("company", "RC-1", {"name": "Acme"})
    values = {"subject": "Hello", "company_id": company.id}
    peer.fake.lose()
    with pytest.raises(CrmOutcomeUnknown):
        peer.upsert("activity", "RC-T1", values)
    peer.clock.move_to(peer.clock.now() + timedelta(minutes=minutes))
    crm = another(peer)
    crm.upsert("activities", "RC-T1", {"subject": "Hello", "org_id": company.id})
    assert len(peer.list_ids("activity")) == 1
    crm.close()


def test_other_addresses_of_a_person_are_kept(peer):
    person = peer.fake.create("persons", {"name": "Ada"})
    person.fields["emails"] = [
        {"value": "old@acme.example", "primary": True, "label": "work"},
        {"value": "private@mail.example", "primary": False, "label": "home"},
    ]
    peer.upsert("contact", "RC-C1", {"email": "new@acme.example"}, crm_id=person.id)
    assert [one["value"] for one in person.fields["emails"]] == [
        "new@acme.example",
        "private@mail.example",
    ]


def test_a_person_without_a_name_is_known_by_the_address(peer):
    made = peer.upsert("contact", "RC-C1", {"email": "info@acme.example", "name": None})
    assert made.fields["name"] == "info@acme.example"


def test_a_choice_that_lost_an_option_refuses_and_says_which_there_are(peer):
    code = Field("recruit_stage").code
    peer.fake.custom["organizations"][code] = Field(
        "recruit_stage", "enum", ("Prospect", "Replied")
    )
    peer.crm.describe("organizations")
    made = peer.crm.upsert("organizations", "RC-1", {"name": "A", "recruit_stage": "Replied"})
    assert made.fields["recruit_stage"] == "Replied"
    peer.fake.custom["organizations"][code] = Field("recruit_stage", "enum", ("Prospect",))
    peer.crm.describe("organizations")
    with pytest.raises(CrmRefused, match="there are Prospect") as refusal:
        peer.crm.upsert("organizations", "RC-1", {"recruit_stage": "Replied"})
    assert refusal.value.kind == "invalid_value"


def test_a_cursor_that_is_no_good_any_more_goes_on_from_the_last_record(peer):
    made = [peer.create("company", {"name": f"F{n}"}).id for n in range(10)]
    page = peer.changes("company", {}, 4)
    peer.fake.expire_cursors()
    seen, position, more = list(page.records), page.position, True
    while more:
        page = peer.changes("company", position, 4)
        seen += page.records
        position, more = page.position, page.more
    assert {record.id for record in seen} == set(made)


def refused_by_types():
    code, score = Field("recruit_city").code, Field("recruit_score").code
    orgs, persons, acts = "/organizations", "/persons", "/activities"
    return [
        ("GET", orgs, {"start": "0"}, None),
        ("GET", orgs, {"limit": "501"}, None),
        ("GET", orgs, {"limit": "0"}, None),
        ("GET", orgs, {"sort_by": "name"}, None),
        ("GET", orgs, {"sort_direction": "up"}, None),
        ("GET", orgs, {"updated_since": "2026-03-03"}, None),
        ("GET", orgs, {"updated_since": "2026-03-03 09:30:00"}, None),
        ("GET", f"{orgs}/search", {"term": "", "fields": "name", "exact_match": "true"}, None),
        ("GET", f"{orgs}/search", {"term": "a", "fields": "name"}, None),
        ("GET", f"{orgs}/search", {"term": "acme", "fields": "recruit_id"}, None),
        ("GET", f"{orgs}/search", {"term": "acme", "field_key": code}, None),
        ("POST", orgs, {}, {}),
        ("POST", orgs, {}, ["name"]),
        ("POST", orgs, {}, {"name": 5}),
        ("POST", orgs, {}, {"name": "A", code: "Oslo"}),
        ("POST", orgs, {}, {"name": "A", "address": "Street 1"}),
        ("POST", orgs, {}, {"name": "A", "custom_fields": {"recruit_city": "Oslo"}}),
        ("POST", orgs, {}, {"name": "A", "custom_fields": [score]}),
        ("POST", persons, {}, {"name": "A", "email": "a@b.example"}),
        ("POST", persons, {}, {"name": "A", "emails": ["a@b.example"]}),
        (
            "POST",
            persons,
            {},
            {"name": "A", "emails": [{"value": 1, "primary": True, "label": ""}]},
        ),
        ("POST", persons, {}, {"name": "A", "org_id": "101"}),
        ("POST", acts, {}, {"subject": "A", "done": 1}),
        ("POST", acts, {}, {"subject": "A", "participants": [{"person_id": "1"}]}),
        ("POST", acts, {}, {"subject": "A", "custom_fields": {}}),
    ]


def test_malformed_requests_are_refused(peer):
    """Twenty, drawn by seed from those that Pipedrive would refuse."""
    for method, path, query, body in random.Random(7).sample(refused_by_types(), 20):
        answer = httpx.request(
            method,
            f"{peer.fake.url}/api/v2{path}",
            params=query,
            json=body,
            headers={"x-api-token": TOKEN},
        )
        assert answer.status_code == 400, (path, query, body)
    assert len(peer.fake.malformed) == 20
    assert peer.list_ids("company") == peer.list_ids("contact") == []
