"""Salesforce: what is its own, and simple-salesforce speaking to the same fake as our adapter."""

import random
from datetime import timedelta

import httpx
import pytest
import requests
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from requests.adapters import HTTPAdapter
from simple_salesforce import Salesforce
from simple_salesforce.exceptions import SalesforceMalformedRequest, SalesforceResourceNotFound

from recruit.config import Secret
from recruit.crm.adapters.salesforce import SalesforceCrm
from recruit.crm.adapters.salesforce_wire import literal
from recruit.crm.port import CrmConflict, CrmError, CrmOutcomeUnknown, CrmRefused, CrmUnavailable
from tests.contracts.fakes import salesforce
from tests.contracts.fakes.peers import make_salesforce
from tests.contracts.fakes.salesforce import Field
from tests.contracts.fakes.soql import MalformedQuery, read_query


class Unprotected(HTTPAdapter):
    """Lets the library, which insists on https, speak to a fake on loopback."""

    def send(self, request, **options):
        request.url = request.url.replace("https://", "http://", 1)
        return super().send(request, **options)


@pytest.fixture
def peer():
    peer = make_salesforce()
    yield peer
    peer.close()


@pytest.fixture
def sdk(peer):
    session = requests.Session()
    session.trust_env = False
    session.mount("https://", Unprotected())
    yield Salesforce(
        instance_url=peer.fake.url.replace("http://", "https://"),
        session_id=peer.fake.issue_token(),
        session=session,
        version="62.0",
    )
    session.close()


def test_what_the_sdk_makes_our_adapter_finds_and_changes(peer, sdk):
    made = sdk.Account.create({"Name": "Acme", "Recruit_Domain__c": "acme.example"})
    (found,) = peer.crm.find("Account", "Recruit_Domain__c", "acme.example")
    assert (found.id, found.external_id) == (made["id"], None)
    linked = peer.crm.upsert("Account", "RC-1", {"BillingCity": "Oslo"}, crm_id=made["id"])
    seen = sdk.Account.get(made["id"])
    assert (seen["BillingCity"], seen["Recruit_Id__c"]) == ("Oslo", "RC-1")
    assert seen["SystemModstamp"] == linked.version


def test_what_our_adapter_makes_the_sdk_reads_queries_changes_and_deletes(peer, sdk):
    made = peer.crm.upsert("Account", "RC-1", {"Name": "Acme", "Recruit_Score__c": 74.5})
    by_id = sdk.Account.get_by_custom_id("Recruit_Id__c", "RC-1")
    assert (by_id["Id"], by_id["Recruit_Score__c"]) == (made.id, 74.5)
    assert sdk.Account.upsert("Recruit_Id__c/RC-1", {"Name": "Acme AS"}) == 200
    assert sdk.Account.upsert("Recruit_Id__c/RC-2", {"Name": "Other"}) == 201
    assert peer.crm.get("Account", made.id).fields["Name"] == "Acme AS"
    rows = sdk.query_all("SELECT Id, Name FROM Account WHERE Name = 'acme as'")["records"]
    assert [row["Id"] for row in rows] == [made.id]
    assert sdk.Account.update(made.id, {"Phone": "1"}) == 204
    assert sdk.Account.delete(made.id) == 204
    assert peer.crm.get("Account", made.id) is None
    now = peer.clock.now()
    deleted = sdk.Account.deleted(now - timedelta(hours=1), now + timedelta(hours=1))
    assert [row["id"] for row in deleted["deletedRecords"]] == [made.id]
    gone = sdk.query("SELECT Id FROM Account WHERE IsDeleted = true", include_deleted=True)
    assert [row["Id"] for row in gone["records"]] == [made.id]


def test_the_sdk_and_our_adapter_see_the_same_description(peer, sdk):
    theirs = {one["name"]: one["type"] for one in sdk.Account.describe()["fields"]}
    ours = peer.crm.describe("Account")
    assert set(ours) == set(theirs) - {"Recruit_Id__c", "BillingAddress"}
    assert (theirs["Recruit_Score__c"], ours["Recruit_Score__c"].kind) == ("double", "number")


def test_the_sdk_is_refused_what_our_adapter_is_refused(peer, sdk):
    with pytest.raises(SalesforceMalformedRequest, match="No such column"):
        sdk.Account.create({"Name": "A", "Fax": "1"})
    with pytest.raises(CrmRefused, match="No such column"):
        peer.crm.upsert("Account", "RC-1", {"Name": "A", "Fax": "1"})
    with pytest.raises(SalesforceResourceNotFound):
        sdk.Account.get("001000000000000AAA")


def test_the_sdk_reads_our_pages_of_a_long_query(peer, sdk):
    peer.fake.page = 7
    for n in range(20):
        peer.create("company", {"name": f"F{n}"})
    assert len(list(sdk.query_all_iter("SELECT Id FROM Account"))) == 20
    # Salesforce may give fewer rows at a time than were asked for.
    page = peer.crm.changes("Account", {}, 15)
    assert (len(page.records), page.more) == (15, True)


@pytest.mark.parametrize("missing", ["external_id", "case_sensitive"])
def test_an_object_without_our_external_id_is_told_what_to_make(peer, missing):
    fields = peer.fake.objects["Account"].fields
    fields["Recruit_Id__c"] = Field(
        external_id=missing != "external_id", case_sensitive=missing != "case_sensitive"
    )
    with pytest.raises(CrmRefused, match="external id, unique and case-sensitive"):
        peer.crm.describe("Account")
    del fields["Recruit_Id__c"]
    with pytest.raises(CrmRefused, match="Recruit_Id__c"):
        peer.crm.describe("Account")


def test_an_expired_session_is_renewed_and_the_write_happens_once(peer):
    peer.upsert("company", "RC-1", {"name": "Acme"})
    peer.fake.expire_tokens()
    peer.upsert("company", "RC-1", {"city": "Oslo"})
    peer.fake.expire_tokens()
    assert peer.find("company", "external_id", "RC-1")[0].fields["city"] == "Oslo"


def test_the_days_limit_stops_and_says_for_how_long(peer):
    peer.describe("company")
    peer.fake.used = peer.fake.limit
    with pytest.raises(CrmUnavailable) as error:
        peer.upsert("company", "RC-1", {"name": "Acme"})
    assert (error.value.kind, error.value.retry_after_s) == ("quota", 900.0)
    assert peer.pauses == []


def test_four_fifths_of_the_days_requests_are_all_that_is_taken(peer):
    peer.fake.used = int(peer.fake.limit * 0.8) - 1
    peer.describe("company")
    with pytest.raises(CrmUnavailable) as error:
        peer.upsert("company", "RC-1", {"name": "Acme"})
    assert error.value.kind == "quota"
    assert peer.list_ids("company") == []


def test_too_many_at_a_time_is_waited_for(peer):
    peer.describe("company")
    busy = {"errorCode": "REQUEST_LIMIT_EXCEEDED", "message": "ConcurrentRequests Limit exceeded."}
    peer.fake.answer(403, [busy], times=2)
    peer.upsert("company", "RC-1", {"name": "Acme"})
    assert peer.pauses == [0.5, 1.0]


def test_a_locked_row_is_a_conflict(peer):
    peer.describe("company")
    locked = {"statusCode": "UNABLE_TO_LOCK_ROW", "message": "unable to obtain exclusive access"}
    peer.fake.answer(
        200, [{"success": False, "errors": [locked]}], when=peer.fake.is_write, times=2
    )
    with pytest.raises(CrmConflict):
        peer.upsert("company", "RC-1", {"name": "Acme"})
    (result,) = peer.crm.upsert_many("Account", [("RC-1", {"Name": "Acme"})])
    assert isinstance(result, CrmConflict)


@pytest.mark.parametrize("answer", [[], {"odd": 1}, [{"success": True, "id": "x"}] * 2])
def test_an_answer_that_does_not_fit_the_batch_is_unknown(peer, answer):
    peer.describe("company")
    peer.fake.answer(200, answer, when=peer.fake.is_write)
    with pytest.raises(CrmOutcomeUnknown):
        peer.upsert("company", "RC-1", {"name": "Acme"})


def test_several_records_with_one_external_id_are_ambiguous(peer):
    # A field that became unique late may hold doubles from before.
    table = peer.fake.objects["Account"].table
    for n in range(2):
        table.insert(f"0015f0000000{n:03d}AAA", {"Name": f"F{n}", "Recruit_Id__c": "RC-1"})
    with pytest.raises(CrmRefused) as refusal:
        peer.upsert("company", "RC-1", {"city": "Oslo"})
    assert refusal.value.kind == "ambiguous"
    assert len(peer.find("company", "external_id", "RC-1")) == 2


@pytest.mark.parametrize("whole", [True, False])
def test_a_bad_record_of_a_batch_spoils_no_other(peer, whole):
    peer.fake.whole = whole
    items = [(f"RC-{n}", {"Name": f"F{n}"}) for n in range(20)]
    items[7] = ("RC-7", {"Name": "F7", "Recruit_Score__c": "high"})
    items[13] = ("RC-13", {"Name": "F13", "Fax": "1"})
    results = peer.crm.upsert_many("Account", items)
    assert {n: one.kind for n, one in enumerate(results) if isinstance(one, CrmError)} == {
        7: "invalid_value",
        13: "unknown_field",
    }
    assert len(peer.list_ids("company")) == 18


def test_1_000_firms_take_5_upserts(peer):
    items = [(f"RC-{n:08d}", {"Name": f"F{n}"}) for n in range(1000)]
    peer.describe("company")
    before = len(peer.fake.asked)
    for start in range(0, 1000, peer.crm.capabilities.batch_size):
        peer.crm.upsert_many("Account", items[start : start + 200])
    assert peer.fake.count("PATCH", "/composite/sobjects/Account/Recruit_Id__c") == 5
    # One look for deleted ones before each, one to read back what is stored.
    assert len(peer.fake.asked) - before == 15
    assert len(peer.list_ids("company")) == 1000


def test_no_address_grows_too_long_for_a_full_batch_of_hostile_ids(peer):
    items = [(f"{n:03d}" + "ÄÖ東京'#" * 12, {"Name": f"F{n}"}) for n in range(200)]
    results = peer.crm.upsert_many("Account", items)
    assert [one.external_id for one in results] == [external_id for external_id, _ in items]
    assert all(len(one.path) + len(str(one.query)) * 3 < 16_000 for one in peer.fake.asked)


def test_a_merged_record_is_found_as_its_survivor(peer):
    ours = peer.upsert("company", "RC-1", {"name": "Acme"})
    middle = peer.create("company", {"name": "Acme Inc"})
    last = peer.create("company", {"name": "Acme Group"})
    peer.fake.merge("Account", middle.id, ours.id)
    assert peer.get("company", ours.id).id == middle.id
    peer.fake.merge("Account", last.id, middle.id)
    seen = peer.get("company", ours.id)
    assert (seen.id, seen.fields["name"]) == (last.id, "Acme Group")
    assert peer.upsert("company", "RC-1", {}, crm_id=seen.id).external_id == "RC-1"
    page = peer.changes("company", {}, 10)
    assert [(r.id, r.deleted) for r in page.records] == [
        (ours.id, True),
        (middle.id, True),
        (last.id, False),
    ]


def test_a_picklist_that_lost_an_option_refuses_and_says_which(peer):
    fields = peer.fake.objects["Account"].fields
    fields["Recruit_Stage__c"] = Field("picklist", options=("Prospect", "Replied"))
    peer.crm.upsert("Account", "RC-1", {"Name": "A", "Recruit_Stage__c": "Replied"})
    fields["Recruit_Stage__c"] = Field("picklist", options=("Prospect",))
    with pytest.raises(CrmRefused, match="Recruit_Stage__c") as refusal:
        peer.crm.upsert("Account", "RC-1", {"Recruit_Stage__c": "Replied"})
    assert refusal.value.kind == "invalid_value"


def test_a_contact_without_a_name_is_known_by_its_address(peer):
    made = peer.upsert("contact", "RC-C1", {"email": "info@acme.example", "name": None})
    assert made.fields["name"] == "info@acme.example"
    named = peer.upsert("contact", "RC-C1", {"name": "Ada"})
    assert peer.upsert("contact", "RC-C1", {"job_title": "CEO"}).fields["name"] == "Ada"
    assert named.id == made.id


def test_a_contact_of_a_deleted_account_is_no_deleted_contact(peer):
    account = peer.upsert("company", "RC-1", {"name": "Acme"})
    contact = peer.upsert("contact", "RC-C1", {"email": "a@b.example", "name": "Ada"})
    peer.delete("company", account.id)
    for options in ({}, {"crm_id": contact.id}):
        with pytest.raises(CrmRefused) as refusal:
            peer.upsert("contact", "RC-C1", {"company_id": account.id}, **options)
        assert refusal.value.kind == "unknown_reference"


def test_the_fields_that_are_read_can_be_narrowed():
    peer = make_salesforce(fields={"Account": ["Name"]})
    try:
        made = peer.upsert("company", "RC-1", {"name": "Acme", "city": "Oslo"})
        assert made.fields == {"name": "Acme"}
        assert (
            peer.fake.asked[-1]
            .query["q"]
            .startswith("SELECT Id,IsDeleted,SystemModstamp,Name,Recruit_Id__c FROM Account WHERE")
        )
    finally:
        peer.close()


@pytest.mark.parametrize(
    "text",
    ["it's", "a\\b", "x' OR Name != '", "a\nb", 'say "hi"', "\\' OR Id != ''", "%_", "ÄÖ東京"],
)
def test_a_text_stays_one_literal_however_it_is_written(text):
    types = {"Id": "id", "Name": "text"}
    read = read_query(f"SELECT Id FROM Account WHERE Name = {literal(text)}", lambda _name: types)
    assert read.fits({"Name": text})
    assert not read.fits({"Name": "another"})


MALFORMED = [
    ("GET", "/query", {"q": "SELECT Id FROM Account WHERE Name = 'it's'"}, None),
    ("GET", "/query", {"q": "SELECT Id, Id FROM Account"}, None),
    ("GET", "/query", {"q": "SELECT * FROM Account"}, None),
    ("GET", "/query", {"q": "SELECT Id FROM Nothing"}, None),
    ("GET", "/query", {"q": "SELECT Id FROM Account WHERE Fax = '1'"}, None),
    ("GET", "/query", {"q": "SELECT Id FROM Account WHERE Id = 'short'"}, None),
    ("GET", "/query", {"q": "SELECT Id FROM Account WHERE SystemModstamp > '2026-01-01'"}, None),
    ("GET", "/query", {"q": "SELECT Id FROM Account WHERE SystemModstamp > 2026-01-01"}, None),
    ("GET", "/query", {"q": "SELECT Id FROM Account WHERE Name = 5"}, None),
    (
        "GET",
        "/query",
        {"q": "SELECT Id FROM Account WHERE Name = 'a' AND Name = 'b' OR Id = null"},
        None,
    ),
    ("GET", "/query", {"q": "SELECT Id FROM Account LIMIT many"}, None),
    ("GET", "/query", {"q": "SELECT Id FROM Account ORDER Name"}, None),
    ("GET", "/query", {"q": "SELECT Id FROM Account; DELETE"}, None),
    ("GET", "/query", {"query": "SELECT Id FROM Account"}, None),
    ("PATCH", "/composite/sobjects/Account/Recruit_Id__c", {}, {"records": []}),
    ("PATCH", "/composite/sobjects/Account/Recruit_Id__c", {}, {"inputs": []}),
    ("PATCH", "/composite/sobjects/Account/Recruit_Id__c", {}, {"allOrNone": "no", "records": [1]}),
    ("PATCH", "/composite/sobjects/Account/Recruit_Id__c", {}, {"records": [{"Name": "A"}]}),
    (
        "PATCH",
        "/composite/sobjects/Account/Recruit_Id__c",
        {},
        {"records": [{"attributes": {"type": "Contact"}, "Recruit_Id__c": "1"}]},
    ),
    (
        "PATCH",
        "/composite/sobjects/Account/Recruit_Id__c",
        {},
        {"records": [{"attributes": {"type": "Account"}, "Recruit_Id__c": "1", "Id": "2"}]},
    ),
    (
        "PATCH",
        "/composite/sobjects/Account/Recruit_Id__c",
        {},
        {"records": [{"attributes": {"type": "Account"}, "Recruit_Id__c": "1"}] * 201},
    ),
    ("PATCH", "/composite/sobjects", {}, {"records": [{"attributes": {"type": "Account"}}]}),
    ("PATCH", "/composite/sobjects", {}, [{"attributes": {"type": "Account"}, "id": "1"}]),
]


def test_malformed_requests_are_refused(peer):
    """Twenty, drawn by seed from those that Salesforce would refuse."""
    token = peer.fake.issue_token()
    drawn = random.Random(7).sample(MALFORMED, 20)
    for method, path, query, body in drawn:
        answer = httpx.request(
            method,
            f"{peer.fake.url}/services/data/v62.0{path}",
            params=query,
            json=body,
            headers={"Authorization": f"Bearer {token}"},
        )
        assert answer.status_code == 400, (path, query, body)
    assert len(peer.fake.malformed) == 20
    assert peer.list_ids("company") == []


def test_a_query_of_ours_is_never_malformed(peer):
    peer.upsert("company", "RC-1", {"name": "Acme"})
    peer.find("company", "name", "it's \\ \n 100%")
    more, position = True, {}
    while more:
        page = peer.changes("company", position, 1)
        position, more = page.position, page.more
    assert peer.fake.malformed == []
    with pytest.raises(MalformedQuery):
        read_query("SELECT Id FROM Account WHERE", lambda _name: {"Id": "id"})


@pytest.fixture(scope="module")
def key():
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def by_jwt(peer, key, **over):
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()
    options = {"user": salesforce.USER, "private_key": Secret(pem)} | over
    return SalesforceCrm(
        peer.fake.url, salesforce.CLIENT_ID, Secret(""), clock=peer.clock, **options
    )


def test_a_signed_statement_lets_us_in_without_a_client_secret(peer, key):
    peer.fake.certificate = key.public_key()
    crm = by_jwt(peer, key)
    assert "Name" in crm.describe("Account")
    crm.close()


def test_a_statement_by_another_key_or_for_another_user_is_refused_and_says_what_to_look_at(
    peer, key
):
    other = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    peer.fake.certificate = key.public_key()
    for crm in (by_jwt(peer, other), by_jwt(peer, key, user="other@vendor.example")):
        with pytest.raises(
            CrmUnavailable, match=r"invalid_grant\. Check the client id and the user"
        ):
            crm.describe("Account")
        crm.close()


def test_a_key_that_cannot_sign_is_refused_at_once_and_not_shown(peer, key):
    with pytest.raises(ValueError, match="no RSA key") as refusal:
        by_jwt(peer, key, private_key=Secret("s3cret nonsense"))
    assert "s3cret" not in repr(refusal.value)
    with pytest.raises(ValueError, match="user is missing"):
        by_jwt(peer, key, user="")
