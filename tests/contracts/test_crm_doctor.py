"""What the doctor finds in a customer's CRM before the first write."""

import tomllib
from dataclasses import replace

import pytest

from recruit.crm.mapping import DEFAULT, load_mapping, parse_mapping
from recruit.crm.port import CrmUnavailable
from recruit.sync.doctor import Level, examine
from recruit.sync.values import RecruitmentStage
from tests.contracts.fakes import hubspot
from tests.contracts.fakes.peer import MAPPINGS
from tests.contracts.fakes.peers import PEERS


@pytest.fixture(params=[*PEERS])
def peer(request):
    peer = PEERS[request.param]()
    yield peer
    peer.close()


@pytest.fixture
def salesforce():
    peer = PEERS["salesforce"]()
    yield peer
    peer.close()


def look(peer, mapping=None):
    return examine(peer.crm, mapping or load_mapping(MAPPINGS / f"{peer.name}.toml"))


def problems(findings):
    return [f"{one.where}: {one.text}" for one in findings if one.level is Level.PROBLEM]


def change(peer, sobject, name, **over):
    fields = peer.fake.objects[sobject].fields
    fields[name] = replace(fields[name], **over)


def test_a_prepared_account_has_no_problem_and_nothing_is_written(peer):
    findings = look(peer)
    assert {one.level for one in findings} == {Level.GOOD}
    assert {one.where for one in findings} == {word.name for word in peer.words.values()}
    assert not any(map(peer.fake.is_write, peer.fake.asked))


def test_a_field_that_may_not_be_written_is_a_problem(salesforce):
    change(salesforce, "Account", "Recruit_Stage__c", read_only=True)
    (problem,) = problems(look(salesforce))
    assert "stage = 'Recruit_Stage__c'" in problem
    assert "May not be written" in problem


def test_a_picklist_that_lacks_our_words_names_them(salesforce):
    change(salesforce, "Account", "Recruit_Stage__c", options=("Prospect", "Replied"))
    (warning,) = [one for one in look(salesforce) if "stage =" in one.where]
    assert warning.level is Level.WARNING
    assert "Partner: full access" in warning.text
    assert "Prospect" not in warning.text


def test_a_picklist_in_the_crms_own_words_is_good_once_they_are_paired(salesforce):
    words = {stage.value: stage.value.upper() for stage in RecruitmentStage}
    change(salesforce, "Account", "Recruit_Stage__c", options=tuple(words.values()))
    assert any("stage =" in one.where for one in look(salesforce))
    text = (MAPPINGS / "salesforce.toml").read_text()
    pairs = ", ".join(f'{ours} = "{theirs}"' for ours, theirs in words.items())
    paired = text.replace(
        'stage = { theirs = "Recruit_Stage__c" }',
        f'stage = {{ theirs = "Recruit_Stage__c", values = {{ {pairs} }} }}',
    )
    mapping = parse_mapping(tomllib.loads(paired))
    assert not any("stage =" in one.where for one in look(salesforce, mapping))


def test_a_short_field_warns_of_what_would_be_refused(salesforce):
    change(salesforce, "Account", "Recruit_Specialties__c", length=255)
    (warning,) = [one for one in look(salesforce) if "specialties" in one.where]
    assert (warning.level, "255" in warning.text) == (Level.WARNING, True)


def test_a_field_that_the_crm_demands_and_nothing_fills_is_a_problem(salesforce):
    fields = salesforce.fake.objects["Account"].fields
    fields["Region_Code__c"] = replace(fields["Recruit_Domain__c"], required=True)
    (problem,) = problems(look(salesforce))
    assert problem.startswith("Account: Region_Code__c is required")


def test_an_object_that_is_not_there_does_not_hide_what_else_is_wrong(salesforce):
    del salesforce.fake.objects["Recruit_Activity__c"]
    change(salesforce, "Account", "Recruit_Stage__c", read_only=True)
    found = problems(look(salesforce))
    assert len(found) == 2
    assert any("Recruit_Activity__c" in one for one in found)


def test_a_mapping_of_another_crm_lists_each_field_that_is_missing(peer):
    found = problems(look(peer, load_mapping(DEFAULT)))
    assert found
    assert all("problem" not in one for one in found)


def test_a_read_only_property_of_hubspot_is_a_problem():
    peer = PEERS["hubspot"]()
    try:
        properties = peer.fake.objects["companies"].properties
        properties["recruit_stage"] = hubspot.Property(read_only=True)
        (problem,) = problems(look(peer))
    finally:
        peer.close()
    assert "recruit_stage" in problem


def test_a_crm_that_cannot_be_asked_says_so(peer):
    peer.fake.answer(503, "<html>maintenance</html>", times=99)
    with pytest.raises(CrmUnavailable):
        look(peer)
