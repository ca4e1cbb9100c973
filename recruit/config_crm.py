"""The CRMs that can be connected, and which settings each can't be reached without."""

from enum import StrEnum
from typing import Any


class CrmKind(StrEnum):
    """The customer's system of record."""

    NONE = "none"
    EMBEDDED = "embedded"
    HUBSPOT = "hubspot"
    SALESFORCE = "salesforce"
    DATAVERSE = "dataverse"
    PIPEDRIVE = "pipedrive"
    TRYTON = "tryton"


# What each CRM can't be reached without, by the settings' names.
CRM_NEEDS = {
    CrmKind.HUBSPOT: ("crm_token",),
    CrmKind.SALESFORCE: ("crm_url", "crm_client_id", "crm_client_secret"),
    CrmKind.DATAVERSE: ("crm_url", "crm_tenant", "crm_client_id", "crm_client_secret"),
    CrmKind.PIPEDRIVE: ("crm_url", "crm_token"),
    CrmKind.TRYTON: ("crm_url", "crm_database", "crm_client_id", "crm_client_secret"),
}


def list_missing(settings: Any) -> list[str]:
    """Return the names of settings that the chosen CRM can't be reached without and that are blank."""
    needs: tuple[str, ...] = CRM_NEEDS.get(settings.crm, ())
    if settings.crm is CrmKind.SALESFORCE and settings.crm_key_path is not None:
        needs = ("crm_url", "crm_client_id", "crm_user")
    return [name for name in needs if not getattr(settings, name)]
