"""Every CRM that the contract suite runs on."""

import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from recruit.clock import VirtualClock
from recruit.config import Secret
from recruit.crm.adapters.dataverse import DataverseCrm
from recruit.crm.adapters.embedded_schema import SCHEMA, SHORT, FieldType
from recruit.crm.adapters.hubspot import HubSpotCrm
from recruit.crm.adapters.hubspot_wire import to_wire as hubspot_text
from recruit.crm.adapters.pipedrive import PipedriveCrm
from recruit.crm.adapters.pipedrive_wire import SYSTEM
from recruit.crm.adapters.salesforce import SalesforceCrm
from tests.conftest import NOW
from tests.contracts.fakes import dataverse, hubspot, pipedrive, salesforce
from tests.contracts.fakes.peer import Peer, Word, words_of

_HUBSPOT_TYPES = {"text": "string", "boolean": "bool"}


def make_hubspot(*, seed: int = 1, tick: timedelta = timedelta(seconds=1), **adapter: Any) -> Peer:
    """Return a HubSpot account with the properties of the packaged mapping."""
    clock, words = VirtualClock(NOW), words_of("hubspot")
    objects = {
        word.name: {
            "recruit_id": hubspot.Property(unique=True),
            **{
                own: hubspot.Property(
                    _HUBSPOT_TYPES.get(SCHEMA[kind][name].kind, SCHEMA[kind][name].kind),
                    unique=(word.name, own) == ("contacts", "email"),
                )
                for name, own in word.fields.items()
                if not own.startswith("associations.")
            },
        }
        for kind, word in words.items()
    }
    objects["companies"]["lifecyclestage"] = hubspot.Property(
        "enumeration", options=("lead", "customer")
    )
    fake = hubspot.FakeHubSpot(clock, objects, seed=seed)
    for hub in fake.objects.values():
        hub.table.tick = tick
    pauses: list[float] = []
    crm = HubSpotCrm(
        Secret(hubspot.TOKEN), clock=clock, base_url=fake.url, sleep=pauses.append, **adapter
    )
    return Peer(
        crm,
        clock,
        words,
        fake,
        hubspot.TOKEN,
        pauses,
        to_wire=lambda _object, _name, value: hubspot_text(value),
        requires_name=False,
        longest_name=hubspot.LONGEST,
    )


_SALESFORCE_TYPES = {"text": "string", "number": "double"}
_PREFIXES = {"Account": "001", "Contact": "003", "Recruit_Activity__c": "a00"}
_OWNERS = {"Contact": "AccountId"}


def make_salesforce(
    *, seed: int = 1, tick: timedelta = timedelta(seconds=1), **adapter: Any
) -> Peer:
    """Return a Salesforce org with the fields of the packaged mapping."""
    clock, words = VirtualClock(NOW), words_of("salesforce")
    objects = {
        word.name: (
            _PREFIXES[word.name],
            {
                "Recruit_Id__c": salesforce.Field(length=80, external_id=True),
                **{
                    own: _salesforce_field(words, SCHEMA[kind][name])
                    for name, own in word.fields.items()
                },
            },
            _OWNERS.get(word.name),
        )
        for kind, word in words.items()
    }
    objects["Account"][1]["Type"] = salesforce.Field("picklist")
    objects["Contact"][1]["Email"] = salesforce.Field("email", length=80)
    objects["Contact"][1]["LastName"] = salesforce.Field(length=80, required=True)
    fake = salesforce.FakeSalesforce(clock, objects, seed=seed)
    for sobject in fake.objects.values():
        sobject.table.tick = tick
    pauses: list[float] = []
    crm = SalesforceCrm(
        fake.url,
        salesforce.CLIENT_ID,
        Secret(salesforce.CLIENT_SECRET),
        clock=clock,
        sleep=pauses.append,
        **adapter,
    )
    return Peer(
        crm,
        clock,
        words,
        fake,
        salesforce.CLIENT_SECRET,
        pauses,
        blank_booleans=False,
        deletes_cascade=True,
        given={"owner": salesforce.OWNER},
    )


def _salesforce_field(words: Mapping[str, Word], own: FieldType) -> salesforce.Field:
    if own.refers_to is not None:
        return salesforce.Field("reference", refers_to=words[own.refers_to].name)
    kind = _SALESFORCE_TYPES.get(own.kind, own.kind)
    return salesforce.Field(kind, length=own.most, required=own.required)


_DATAVERSE_TYPES = {"number": "Decimal", "boolean": "Boolean", "datetime": "DateTime"}


def make_dataverse(
    *, seed: int = 1, tick: timedelta = timedelta(seconds=1), **adapter: Any
) -> Peer:
    """Return a Dataverse environment with the columns of the packaged mapping."""
    clock, words = VirtualClock(NOW), words_of("dataverse")
    entities = {
        word.name: {
            "recruit_id": dataverse.Column(length=80),
            **dict(
                _dataverse_column(words, own, SCHEMA[kind][name])
                for name, own in word.fields.items()
            ),
        }
        for kind, word in words.items()
    }
    entities["account"]["customertypecode"] = dataverse.Column("Picklist")
    for name in ("account", "contact"):
        entities[name]["merged"] = dataverse.Column("Boolean", default=False)
        entities[name]["masterid"] = dataverse.Column("Lookup", navigation="masterid", target=name)
    entities["account"]["ownerid"] = dataverse.Column("Owner", default=dataverse.OWNER)
    entities["contact"]["donotbulkemail"] = dataverse.Column("Boolean", default=False)
    fake = dataverse.FakeDataverse(clock, entities, seed=seed)
    for entity in fake.entities.values():
        entity.table.tick = tick
    pauses: list[float] = []
    crm = DataverseCrm(
        fake.url,
        dataverse.TENANT,
        dataverse.CLIENT_ID,
        Secret(dataverse.CLIENT_SECRET),
        clock=clock,
        login_url=fake.url,
        sleep=pauses.append,
        **adapter,
    )
    return Peer(
        crm,
        clock,
        words,
        fake,
        dataverse.CLIENT_SECRET,
        pauses,
        requires_name=False,
        refuses=lambda external_id: not re.fullmatch(r"[A-Z0-9][A-Z0-9-]*", external_id),
        sees_deleted_twins=False,
        tombstones_have_external_ids=False,
        reads_back=False,
        blank_booleans=False,
        given={"owner": dataverse.OWNER},
    )


def _dataverse_column(
    words: Mapping[str, Word], own: str, field: FieldType
) -> tuple[str, dataverse.Column]:
    if field.refers_to is not None:
        # The attribute bears the navigation property's name in small letters, or a part of it.
        attribute = own.removesuffix("_account").lower()
        target = words[field.refers_to].name
        return attribute, dataverse.Column("Lookup", navigation=own, target=target)
    kind = "DateTime" if field.kind == "date" else _DATAVERSE_TYPES.get(field.kind, "String")
    return own, dataverse.Column(kind, length=field.most, date_only=field.kind == "date")


_PIPEDRIVE_TYPES = {"number": "double", "date": "date", "boolean": "enum"}


def make_pipedrive(
    *, seed: int = 1, tick: timedelta = timedelta(seconds=1), **adapter: Any
) -> Peer:
    """Return a Pipedrive account with the fields of the packaged mapping."""
    clock, words = VirtualClock(NOW), words_of("pipedrive")
    fields = {
        word.name: [
            pipedrive.Field("recruit_id"),
            *(
                _pipedrive_field(own, SCHEMA[kind][name])
                for name, own in word.fields.items()
                if own not in SYSTEM[word.name]
            ),
        ]
        for kind, word in words.items()
        if word.name != "activities"
    }
    fake = pipedrive.FakePipedrive(clock, fields, seed=seed)
    for table in fake.tables.values():
        table.tick = tick
    pauses: list[float] = []
    crm = PipedriveCrm(
        fake.url, Secret(pipedrive.TOKEN), clock=clock, sleep=pauses.append, **adapter
    )
    return Peer(
        crm,
        clock,
        words,
        fake,
        pipedrive.TOKEN,
        pauses,
        refuses=lambda external_id: not re.fullmatch(r"[A-Z0-9][A-Z0-9-]{1,29}", external_id),
        sees_deleted_twins=False,
        reads_back=False,
        given={"owner": 1},
    )


def _pipedrive_field(own: str, field: FieldType) -> pipedrive.Field:
    if field.kind == "boolean":
        return pipedrive.Field(own, "enum", ("Yes", "No"))
    kind = _PIPEDRIVE_TYPES.get(field.kind, "text" if field.most > SHORT else "varchar")
    return pipedrive.Field(own, kind)


PEERS: dict[str, Callable[..., Peer]] = {
    "hubspot": make_hubspot,
    "salesforce": make_salesforce,
    "dataverse": make_dataverse,
    "pipedrive": make_pipedrive,
}
