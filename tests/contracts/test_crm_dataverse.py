"""Dataverse: what is its own, and Microsoft's own SDK speaking to the same fake as our adapter."""

import random
import time

import httpx
import pytest
import requests
from azure.core.credentials import AccessToken, TokenCredential
from PowerPlatform.Dataverse.client import DataverseClient
from PowerPlatform.Dataverse.core.errors import HttpError
from requests.adapters import HTTPAdapter

from recruit.crm.port import CrmConflict, CrmError, CrmOutcomeUnknown, CrmRefused, CrmUnavailable
from tests.contracts.fakes.dataverse import Column
from tests.contracts.fakes.peers import make_dataverse


class Unprotected(HTTPAdapter):
    """Lets the library, which insists on https, speak to a fake on loopback."""

    def send(self, request, **options):
        request.url = request.url.replace("https://", "http://", 1)
        return super().send(request, **options)


class Credential(TokenCredential):
    """Gives tokens of the fake's own."""

    def __init__(self, fake):
        self.fake = fake

    def get_token(self, *_scopes, **_options):
        return AccessToken(self.fake.issue_token(), int(time.monotonic()) + 3600)


@pytest.fixture
def peer():
    peer = make_dataverse()
    yield peer
    peer.close()


@pytest.fixture
def sdk(peer):
    session = requests.Session()
    session.trust_env = False
    session.mount("https://", Unprotected())
    client = DataverseClient(peer.fake.url.replace("http://", "https://"), Credential(peer.fake))
    client._session = session
    yield client
    client.close()


def test_what_the_sdk_makes_our_adapter_finds_and_changes(peer, sdk):
    made = sdk.records.create("account", {"name": "Acme", "recruit_domain": "acme.example"})
    (found,) = peer.crm.find("account", "recruit_domain", "acme.example")
    assert (found.id, found.external_id) == (made, None)
    linked = peer.crm.upsert("account", "RC-1", {"address1_city": "Oslo"}, crm_id=made)
    seen = sdk.records.retrieve("account", made, select=["address1_city", "recruit_id"])
    assert (seen["address1_city"], seen["recruit_id"]) == ("Oslo", "RC-1")
    assert linked.external_id == "RC-1"


def test_what_our_adapter_makes_the_sdk_reads_queries_changes_and_deletes(peer, sdk):
    made = peer.crm.upsert("account", "RC-1", {"name": "Acme", "recruit_score": 74.5})
    rows = sdk.records.list("account", select=["name", "recruit_score"], filter="name eq 'acme'")
    assert [(row["accountid"], row["recruit_score"]) for row in rows] == [(made.id, 74.5)]
    sdk.records.update("account", made.id, {"name": "Acme AS"})
    assert peer.crm.get("account", made.id).fields["name"] == "Acme AS"
    sdk.records.delete("account", made.id)
    assert peer.crm.get("account", made.id) is None


def test_the_sdks_upserts_and_ours_land_on_the_same_rows(peer, sdk):
    def item(n):
        return {"alternate_key": {"recruit_id": f"RC-{n}"}, "record": {"name": f"F{n}"}}

    sdk.records.upsert("account", [item(1)])
    sdk.records.upsert("account", [item(n) for n in range(3)])
    ours = peer.crm.upsert_many("account", [(f"RC-{n}", {"telephone1": "1"}) for n in range(3)])
    assert [one.fields["name"] for one in ours] == ["F0", "F1", "F2"]
    assert len(peer.list_ids("company")) == 3


def test_a_lookup_that_our_adapter_writes_the_sdk_reads(peer, sdk):
    company = peer.crm.upsert("account", "RC-1", {"name": "Acme"})
    contact = peer.crm.upsert(
        "contact", "RC-C1", {"lastname": "Ada", "parentcustomerid_account": company.id}
    )
    seen = sdk.records.retrieve("contact", contact.id, select=["_parentcustomerid_value"])
    assert seen["_parentcustomerid_value"] == company.id
    other = sdk.records.create("account", {"name": "Other"})
    bind = {"parentcustomerid_account@odata.bind": f"/accounts({other})"}
    sdk.records.update("contact", contact.id, bind)
    assert peer.crm.get("contact", contact.id).fields["parentcustomerid_account"] == other
    cleared = peer.crm.upsert("contact", "RC-C1", {"parentcustomerid_account": None})
    assert "parentcustomerid_account" not in cleared.fields


def test_the_sdk_is_refused_what_our_adapter_is_refused(peer, sdk):
    with pytest.raises(HttpError, match="Invalid property 'fax'"):
        sdk.records.create("account", {"fax": "1"})
    with pytest.raises(CrmRefused, match="no column 'fax'"):
        peer.crm.upsert("account", "RC-1", {"fax": "1"})


@pytest.mark.parametrize(
    ("what", "kind"), [("key", "no_external_id"), ("tracked", "no_change_tracking")]
)
def test_a_table_that_is_not_prepared_is_told_what_to_do(peer, what, kind):
    setattr(peer.fake.entities["account"], what, "")
    with pytest.raises(CrmRefused) as refusal:
        peer.crm.describe("account")
    assert refusal.value.kind == kind


def test_columns_are_described_by_what_they_hold(peer):
    described = peer.crm.describe("account")
    assert described["ownerid"].kind == "text"
    assert described["customertypecode"].kind == "number"
    assert not {"recruit_id", "owneridname", "entityimage"} & set(described)
    assert peer.crm.describe("contact")["parentcustomerid_account"].kind == "text"
    assert peer.crm.describe("recruit_activity")["recruit_Account"].kind == "text"


def test_a_row_that_somebody_changed_meanwhile_is_not_overwritten(peer):
    made = peer.upsert("company", "RC-1", {"name": "Acme"})
    peer.edit("company", made.id, {"city": "Oslo"})
    for options in ({"crm_id": made.id}, {}):
        with pytest.raises(CrmConflict):
            peer.upsert("company", "RC-1", {"name": "B"}, if_version=made.version, **options)
    present = peer.get("company", made.id)
    assert present.fields == {"name": "Acme", "city": "Oslo"}
    for options in ({"crm_id": made.id}, {}):
        present = peer.upsert(
            "company", "RC-1", {"phone": "1"}, if_version=present.version, **options
        )
    assert present.fields["phone"] == "1"


def test_a_row_that_is_gone_is_not_made_anew_by_a_write_to_its_id(peer):
    made = peer.upsert("company", "RC-1", {"name": "Acme"})
    peer.describe("company")

    def gone_meanwhile(request):
        if request.method == "PATCH":
            peer.fake.delete("account", made.id)
        return False

    peer.fake.answer(200, when=gone_meanwhile)
    with pytest.raises(CrmRefused) as refusal:
        peer.upsert("company", "RC-1", {"city": "Oslo"}, crm_id=made.id)
    assert refusal.value.kind == "deleted"
    assert peer.list_ids("company") == []


def test_an_expired_delta_link_starts_afresh_and_goes_on(peer):
    made = [peer.create("company", {"name": f"F{n}"}).id for n in range(10)]
    page = peer.changes("company", {}, 100)
    assert len(page.records) == 10
    peer.fake.expire_links()
    peer.edit("company", made[3], {"city": "Oslo"})
    page = peer.changes("company", page.position, 100)
    assert sorted(record.id for record in page.records) == sorted(made)
    assert peer.changes("company", page.position, 100).records == ()


@pytest.mark.parametrize(
    "link",
    [
        "https://evil.example/api/data/v9.2/accounts?$deltatoken=1",
        "{url}.evil.example/api/data/v9.2/accounts?$deltatoken=1",
        "{url}/other/accounts?$deltatoken=1",
    ],
)
def test_a_link_to_elsewhere_is_not_followed(peer, link):
    peer.describe("company")
    body = {"value": [], "@odata.deltaLink": link.format(url=peer.fake.url)}
    peer.fake.answer(200, body)
    with pytest.raises(CrmUnavailable, match="strange next page"):
        peer.changes("company", {}, 10)


def test_four_fifths_of_the_requests_of_five_minutes_are_all_that_is_taken(peer):
    peer.describe("company")
    peer.fake.burst_left = 1_201
    peer.find("company", "external_id", "RC-1")
    with pytest.raises(CrmUnavailable) as error:
        peer.upsert("company", "RC-1", {"name": "Acme"})
    assert error.value.kind == "quota"
    assert 299 < error.value.retry_after_s <= 300
    assert peer.list_ids("company") == []


def test_a_bad_row_of_a_batch_is_found_although_the_batch_fails_as_a_whole(peer):
    items = [(f"RC-{n}", {"name": f"F{n}"}) for n in range(20)]
    items[7] = ("RC-7", {"name": "F7", "recruit_score": "high"})
    items[13] = ("RC-13", {"name": "F13", "fax": "1"})
    items[19] = ("rc-1", {"name": "another"})
    results = peer.crm.upsert_many("account", items)
    assert {n: one.kind for n, one in enumerate(results) if isinstance(one, CrmError)} == {
        7: "invalid_value",
        13: "unknown_field",
        19: "invalid_external_id",
    }
    assert len(peer.list_ids("company")) == 17


def test_a_batch_is_unknown_when_what_is_stored_cannot_be_read_back(peer):
    peer.describe("company")
    peer.fake.answer(
        403, {"error": {"code": "1", "message": "no"}}, when=lambda r: "$filter" in r.query
    )
    results = peer.crm.upsert_many("account", [("RC-1", {"name": "A"}), ("RC-2", {"name": "B"})])
    assert all(isinstance(one, CrmOutcomeUnknown) for one in results)
    assert len(peer.list_ids("company")) == 2


def test_1_000_firms_take_10_upserts(peer):
    items = [(f"RC-{n:08d}", {"name": f"F{n}"}) for n in range(1000)]
    peer.describe("company")
    before = len(peer.fake.asked)
    for start in range(0, 1000, peer.crm.capabilities.batch_size):
        peer.crm.upsert_many("account", items[start : start + 100])
    assert peer.fake.count("POST", "UpsertMultiple") == 10
    assert len(peer.fake.asked) - before == 20
    assert len(peer.list_ids("company")) == 1000


def test_a_column_that_became_shorter_refuses_and_says_which(peer):
    peer.describe("company")
    peer.fake.entities["account"].columns["recruit_stage"] = Column(length=5)
    with pytest.raises(CrmRefused, match="recruit_stage") as refusal:
        peer.crm.upsert("account", "RC-1", {"recruit_stage": "Replied"})
    assert refusal.value.kind == "too_long"


def test_the_fields_that_are_read_can_be_narrowed():
    peer = make_dataverse(fields={"account": ["name"]})
    try:
        made = peer.upsert("company", "RC-1", {"name": "Acme", "city": "Oslo"})
        assert made.fields == {"name": "Acme"}
        assert peer.fake.asked[-1].query["$select"] == (
            "_masterid_value,accountid,merged,modifiedon,name,recruit_id"
        )
    finally:
        peer.close()


UPSERT = "/accounts/Microsoft.Dynamics.CRM.UpsertMultiple"
TYPE = {"@odata.type": "Microsoft.Dynamics.CRM.account"}
ROW = {**TYPE, "@odata.id": "accounts(recruit_id='RC-1')", "name": "A"}
MALFORMED = [
    ("GET", "/accounts", {"$filter": "name eq 'it's'"}, None),
    ("GET", "/accounts", {"$filter": "name = 'a'"}, None),
    ("GET", "/accounts", {"$filter": "fax eq '1'"}, None),
    ("GET", "/accounts", {"$filter": "name eq 5"}, None),
    ("GET", "/accounts", {"$filter": "(name eq 'a'"}, None),
    ("GET", "/accounts", {"$filter": "name eq 'a' name eq 'b'"}, None),
    ("GET", "/accounts", {"$filter": "name eq"}, None),
    ("GET", "/accounts", {"$select": "name,fax"}, None),
    ("GET", "/accounts", {"$select": "name,name"}, None),
    ("GET", "/accounts", {"$select": "ownerid"}, None),
    ("GET", "/accounts", {"$orderby": "name sideways"}, None),
    ("GET", "/accounts", {"$where": "name"}, None),
    ("GET", "/accounts(recruit_id=RC-1)", {}, None),
    ("GET", "/accounts(recruit_id='RC#1')".replace("#", "%23"), {}, None),
    ("GET", "/accounts(not-a-guid)", {}, None),
    ("PATCH", "/accounts(recruit_id='RC-1')", {}, ["name"]),
    ("PUT", "/accounts(recruit_id='RC-1')", {}, {"name": "A"}),
    ("POST", UPSERT, {}, {"Targets": [ROW], "AllOrNone": False}),
    ("POST", UPSERT, {}, {"records": [ROW]}),
    ("POST", UPSERT, {}, {"Targets": []}),
    ("POST", UPSERT, {}, {"Targets": [ROW, ROW]}),
    ("POST", UPSERT, {}, {"Targets": [{**ROW, "@odata.type": "account"}]}),
    ("POST", UPSERT, {}, {"Targets": [{**TYPE, "recruit_id": "RC-1"}]}),
    ("POST", UPSERT, {}, {"Targets": [{**ROW, "@odata.id": "contacts(recruit_id='RC-1')"}]}),
]


def test_malformed_requests_are_refused(peer):
    """Twenty, drawn by seed from those that Dataverse would refuse."""
    token = peer.fake.issue_token()
    for method, path, query, body in random.Random(7).sample(MALFORMED, 20):
        answer = httpx.request(
            method,
            f"{peer.fake.url}/api/data/v9.2{path}",
            params=query,
            json=body,
            headers={"Authorization": f"Bearer {token}", "OData-Version": "4.0"},
        )
        assert answer.status_code == 400, (path, query, body)
    assert len(peer.fake.malformed) == 20
    assert peer.list_ids("company") == []


def test_no_request_of_ours_is_malformed(peer):
    peer.upsert("company", "RC-1", {"name": "it's 100% & more"})
    for text in ("it's", "a'' or name ne '", "100%", "ÄÖ & #", ""):
        peer.find("company", "name", text)
    assert [one.external_id for one in peer.find("company", "name", "it's 100% & more")] == ["RC-1"]
    assert peer.fake.malformed == []
