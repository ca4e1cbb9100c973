"""HubSpot: what is its own, and its own SDK speaking to the same fake as our adapter."""

import random
from datetime import timedelta

import httpx
import hubspot_sdk
import pytest
from hubspot_sdk import HubSpot

from recruit.crm.port import CrmError, CrmOutcomeUnknown, CrmRefused, CrmUnavailable
from tests.contracts.fakes.hubspot import TOKEN
from tests.contracts.fakes.peers import make_hubspot


@pytest.fixture
def peer():
    peer = make_hubspot()
    yield peer
    peer.close()


@pytest.fixture
def sdk(peer):
    client = HubSpot(access_token=TOKEN, base_url=peer.fake.url, max_retries=0)
    yield client.crm.objects.companies
    client.close()


def test_what_the_sdk_makes_our_adapter_finds_and_changes(peer, sdk):
    made = sdk.create(associations=[], properties={"name": "Acme", "domain": "acme.example"})
    (found,) = peer.crm.find("companies", "domain", "acme.example")
    assert (found.id, found.external_id) == (made.id, None)
    linked = peer.crm.upsert("companies", "RC-1", {"city": "Oslo"}, crm_id=made.id)
    seen = sdk.get(made.id, properties=["name", "city", "recruit_id"])
    assert seen.properties == {
        "city": "Oslo",
        "hs_lastmodifieddate": seen.properties["hs_lastmodifieddate"],
        "hs_object_id": made.id,
        "name": "Acme",
        "recruit_id": "RC-1",
    }
    assert linked.modified_at == seen.updated_at


def test_what_our_adapter_makes_the_sdk_reads_searches_changes_and_deletes(peer, sdk):
    made = peer.crm.upsert("companies", "RC-1", {"name": "Acme", "recruit_score": 74.5})
    by_id = sdk.get("RC-1", id_property="recruit_id", properties=["recruit_score"])
    assert (by_id.id, by_id.properties["recruit_score"]) == (made.id, "74.5")
    found = sdk.search(
        after="0",
        filter_groups=[
            {"filters": [{"operator": "EQ", "property_name": "recruit_id", "value": "RC-1"}]}
        ],
        limit=10,
        properties=["name"],
        sorts=["-hs_lastmodifieddate"],
    )
    assert [one.id for one in found.results] == [made.id]
    sdk.update(made.id, properties={"name": "Acme AS"})
    assert peer.crm.get("companies", made.id).fields["name"] == "Acme AS"
    assert [one.id for one in sdk.list(properties=["name"], limit=10)] == [made.id]
    sdk.delete(made.id)
    assert peer.crm.get("companies", made.id) is None
    assert [one.id for one in sdk.list(archived=True)] == [made.id]


def test_the_sdks_batches_and_ours_see_the_same(peer, sdk):
    theirs = sdk.batch.upsert(
        inputs=[
            {"id": f"RC-{n}", "id_property": "recruit_id", "properties": {"name": f"F{n}"}}
            for n in range(3)
        ]
    )
    ours = peer.crm.upsert_many("companies", [(f"RC-{n}", {"city": "Oslo"}) for n in range(3)])
    assert [one.id for one in theirs.results] == [one.id for one in ours]
    read = sdk.batch.get(
        inputs=[{"id": one.id} for one in ours],
        properties=["name", "city"],
        properties_with_history=[],
    )
    assert {one.properties["city"] for one in read.results} == {"Oslo"}
    assert [one.fields["name"] for one in ours] == ["F0", "F1", "F2"]


def test_the_sdk_is_refused_what_our_adapter_is_refused(peer, sdk):
    with pytest.raises(hubspot_sdk.BadRequestError):
        sdk.create(associations=[], properties={"fax": "1"})
    with pytest.raises(CrmRefused):
        peer.crm.upsert("companies", "RC-1", {"fax": "1"})
    with pytest.raises(hubspot_sdk.NotFoundError):
        sdk.get("1")


def test_properties_and_associations_are_described(peer):
    described = peer.crm.describe("contacts")
    assert described["associations.companies"].kind == "text"
    assert "recruit_id" not in described
    assert peer.crm.describe("companies")["hs_num_open_deals"].kind == "number"


def test_an_account_without_our_unique_property_is_told_what_to_make(peer):
    own = peer.fake.objects["companies"].properties
    for broken in ({}, {"recruit_id": own["lifecyclestage"]}):
        del own["recruit_id"]
        own.update(broken)
        with pytest.raises(CrmRefused, match="whose values are unique"):
            peer.crm.describe("companies")
        own["recruit_id"] = own["lifecyclestage"]


def test_a_locked_record_is_waited_for(peer):
    peer.describe("company")
    peer.fake.answer(423, {"status": "error", "message": "locked"}, times=2)
    peer.upsert("company", "RC-1", {"name": "Acme"})
    assert peer.pauses == [2.0, 2.0]


def test_the_days_limit_stops_at_once(peer):
    peer.describe("company")
    body = {"status": "error", "message": "Daily limit reached.", "policyName": "DAILY"}
    peer.fake.answer(429, body, times=9)
    with pytest.raises(CrmUnavailable) as error:
        peer.upsert("company", "RC-1", {"name": "Acme"})
    assert (error.value.kind, error.value.retry_after_s) == ("quota", 3600.0)
    assert peer.pauses == []


def test_four_fifths_of_the_days_requests_are_all_that_is_taken(peer):
    peer.fake.daily_left = 100_001
    peer.describe("company")
    with pytest.raises(CrmUnavailable) as error:
        peer.upsert("company", "RC-1", {"name": "Acme"})
    assert error.value.kind == "quota"
    assert peer.list_ids("company") == []


@pytest.mark.parametrize("partial", [True, False])
def test_a_bad_input_of_a_batch_spoils_no_other(peer, partial):
    # In part (207), or all or nothing (400): both happen.
    peer.fake.partial = partial
    items = [(f"RC-{n}", {"name": f"F{n}"}) for n in range(20)]
    items[7] = ("RC-7", {"name": "F7", "recruit_score": "high"})
    items[13] = ("RC-13", {"name": "F13", "fax": "1"})
    results = peer.crm.upsert_many("companies", items)
    assert {n: one.kind for n, one in enumerate(results) if isinstance(one, CrmError)} == {
        7: "invalid_value",
        13: "unknown_field",
    }
    assert len(peer.list_ids("company")) == 18


def test_an_input_that_a_batch_says_nothing_of_is_unknown(peer):
    peer.describe("company")
    silent = {"status": "COMPLETE", "results": [], "startedAt": "", "completedAt": ""}
    peer.fake.answer(200, silent, when=lambda request: request.path.endswith("/upsert"))
    (result,) = peer.crm.upsert_many("companies", [("RC-1", {"name": "A"})])
    assert isinstance(result, CrmOutcomeUnknown)


def test_1_000_firms_take_10_upserts(peer):
    items = [(f"RC-{n:08d}", {"name": f"F{n}"}) for n in range(1000)]
    for start in range(0, 1000, peer.crm.capabilities.batch_size):
        peer.crm.upsert_many("companies", items[start : start + 100])
    assert peer.fake.count("POST", "/batch/upsert") == 10
    # One look for archived ones before, one to read back what is stored.
    assert peer.fake.count("POST", "/batch/read") == 20
    assert len(peer.list_ids("company")) == 1000


def test_a_merged_record_is_found_as_its_survivor(peer):
    ours = peer.upsert("company", "RC-1", {"name": "Acme"})
    other = peer.create("company", {"name": "Acme Inc", "city": "Oslo"})
    position = {}
    survivor = peer.fake.merge("companies", other.id, ours.id)
    seen = peer.get("company", ours.id)
    assert (seen.id, seen.external_id) == (survivor.id, "RC-1")
    assert peer.find("company", "external_id", "RC-1") == [seen]
    changed = peer.upsert("company", "RC-1", {"city": "Bergen"}, crm_id=ours.id)
    assert (changed.id, changed.fields["city"]) == (survivor.id, "Bergen")
    more, heard = True, []
    while more:
        page = peer.changes("company", position, 10)
        heard += page.records
        position, more = page.position, page.more
    assert [(r.id, r.deleted) for r in heard] == [
        (survivor.id, False),
        (other.id, True),
        (ours.id, True),
    ]


def test_a_picklist_that_lost_an_option_refuses_and_says_which(peer):
    properties = peer.fake.objects["companies"].properties
    stage = type(properties["lifecyclestage"])
    properties["recruit_stage"] = stage("enumeration", options=("Prospect", "Replied"))
    peer.crm.upsert("companies", "RC-1", {"recruit_stage": "Replied"})
    properties["recruit_stage"] = stage("enumeration", options=("Prospect",))
    with pytest.raises(CrmRefused, match="recruit_stage") as refusal:
        peer.crm.upsert("companies", "RC-1", {"recruit_stage": "Replied"})
    assert refusal.value.kind == "invalid_value"


def test_archived_records_are_told_once_however_many_there_are(peer):
    made = [peer.create("company", {"name": f"F{n}"}).id for n in range(250)]
    for crm_id in made[:230]:
        peer.delete("company", crm_id)

    def read(position):
        more, seen = True, []
        while more:
            page = peer.changes("company", position, 100)
            seen += page.records
            position, more = page.position, page.more
        return seen, position

    seen, position = read({})
    assert sorted(r.id for r in seen if r.deleted) == sorted(made[:230])
    peer.settle()
    _, position = read(position)
    peer.settle()
    peer.delete("company", made[240])
    seen, position = read(position)
    assert [(r.id, r.deleted) for r in seen] == [(made[240], True)]
    peer.clock.move_to(peer.clock.now() + timedelta(hours=1))
    assert read(read(position)[1]) == ([], read(position)[1])


def test_the_fields_that_are_read_can_be_narrowed():
    peer = make_hubspot(fields={"companies": ["name"]})
    try:
        made = peer.upsert("company", "RC-1", {"name": "Acme", "city": "Oslo"})
        assert made.fields == {"name": "Acme"}
        assert peer.fake.asked[-1].body["properties"] == [
            "hs_lastmodifieddate",
            "name",
            "recruit_id",
        ]
    finally:
        peer.close()


def test_malformed_requests_are_refused_by_the_published_types(peer):
    """Twenty seeded ways to spoil requests that were accepted."""
    company = peer.upsert("company", "RC-1", {"name": "Acme", "domain": "acme.example"})
    peer.upsert("contact", "RC-C1", {"email": "a@b.example", "company_id": company.id})
    peer.upsert("company", "RC-1", {"city": "Oslo"}, crm_id=company.id)
    peer.find("company", "domain", "acme.example")
    peer.changes("company", {}, 10)
    accepted = [request for request in peer.fake.asked if request.body]
    assert peer.fake.malformed == []
    chance = random.Random(7)
    spoiled = {}
    while len(spoiled) < 20:
        request = chance.choice(accepted)
        body = spoil(request.body, chance)
        spoiled[f"{request.path} {body!r}"] = (request, body)
    for request, body in spoiled.values():
        answer = httpx.request(
            request.method,
            peer.fake.url + request.path,
            json=body,
            headers={"Authorization": f"Bearer {TOKEN}"},
        )
        assert answer.status_code == 400, (request.path, body)
    assert len(peer.fake.malformed) == 20
    assert peer.crm.get("companies", company.id).fields["city"] == "Oslo"


def spoil(body, chance):
    """Return a body with one thing wrong: a name, a type or a shape."""
    places = [place for place in _places(body, ()) if place]
    while True:
        place = chance.choice(places)
        holder = body
        for step in place[:-1]:
            holder = holder[step]
        value = holder[place[-1]]
        in_properties = "properties" in place[:-1]
        match chance.choice(["type", "extra", "shape"]):
            case "type" if isinstance(value, str):
                return _with(body, place, 5)
            case "extra" if isinstance(value, dict) and "properties" not in place:
                return _with(body, place, {**value, "unheardOf": "1"})
            case "shape" if isinstance(value, list | dict) and not in_properties:
                return _with(body, place, "none")


def _places(value, place):
    yield place
    parts = value.items() if isinstance(value, dict) else enumerate(value)
    if isinstance(value, dict | list):
        for key, part in parts:
            if isinstance(part, dict | list):
                yield from _places(part, (*place, key))
            else:
                yield (*place, key)


def _with(value, place, new):
    if not place:
        return new
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[place[0]] = _with(copy[place[0]], place[1:], new)
    return copy
