"""Each CRM is reached with nothing but settings, through the command line's front door."""

import json

import pytest
from typer.testing import CliRunner

from recruit.cli.main import cli
from recruit.config import SettingsError, load_settings
from recruit.config_crm import CRM_NEEDS, CrmKind
from tests.contracts.fakes import dataverse, hubspot, pipedrive, salesforce
from tests.contracts.fakes.peers import PEERS

CREDENTIALS = {
    CrmKind.HUBSPOT: {"TOKEN": hubspot.TOKEN},
    CrmKind.SALESFORCE: {
        "CLIENT_ID": salesforce.CLIENT_ID,
        "CLIENT_SECRET": salesforce.CLIENT_SECRET,
    },
    CrmKind.DATAVERSE: {
        "TENANT": dataverse.TENANT,
        "CLIENT_ID": dataverse.CLIENT_ID,
        "CLIENT_SECRET": dataverse.CLIENT_SECRET,
    },
    CrmKind.PIPEDRIVE: {"TOKEN": pipedrive.TOKEN},
}


@pytest.fixture(params=list(CREDENTIALS))
def kind(request):
    return request.param


@pytest.fixture
def environment(kind, tmp_path):
    peer = PEERS[kind.value]()
    yield {
        "RECRUIT_VAR_DIR": str(tmp_path),
        "RECRUIT_CRM": kind.value,
        "RECRUIT_CRM_URL": peer.fake.url,
        "RECRUIT_CRM_LOGIN_URL": peer.fake.url,
        **{f"RECRUIT_CRM_{name}": value for name, value in CREDENTIALS[kind].items()},
    }
    peer.close()


def test_a_dry_run_needs_only_settings(environment):
    runner = CliRunner(env=environment)
    assert runner.invoke(cli, ["db", "upgrade"]).exit_code == 0
    planned = runner.invoke(cli, ["crm", "plan", "--format", "json"])
    assert (planned.exit_code, json.loads(planned.stdout)) == (0, []), planned.output


def test_a_wrong_secret_is_said_in_a_sentence(environment, kind):
    secret = "TOKEN" if "TOKEN" in CREDENTIALS[kind] else "CLIENT_SECRET"
    runner = CliRunner(env=environment | {f"RECRUIT_CRM_{secret}": "not the secret"})
    runner.invoke(cli, ["db", "upgrade"])
    planned = runner.invoke(cli, ["crm", "plan"])
    assert planned.exit_code == 1
    assert "Traceback" not in planned.output
    assert "not the secret" not in planned.output


@pytest.mark.parametrize("kind", list(CRM_NEEDS))
def test_what_a_crm_cannot_be_reached_without_is_named(kind):
    with pytest.raises(SettingsError) as refused:
        load_settings({"RECRUIT_CRM": kind.value})
    for name in CRM_NEEDS[kind]:
        assert f"RECRUIT_{name.upper()}" in str(refused.value)


@pytest.mark.parametrize("name", ["CRM_URL", "CRM_LOGIN_URL"])
def test_credentials_never_go_in_the_clear(name):
    environment = {
        "RECRUIT_CRM": "pipedrive",
        "RECRUIT_CRM_TOKEN": "x",
        "RECRUIT_CRM_URL": "https://a.example",
        f"RECRUIT_{name}": "http://a.example",
    }
    with pytest.raises(SettingsError, match=f"RECRUIT_{name}"):
        load_settings(environment)
