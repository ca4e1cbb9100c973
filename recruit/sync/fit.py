"""Refuse a mapping that the CRM can't take before anything is written."""

from recruit.crm.mapping import MappingInvalid, list_misfits
from recruit.crm.port import Crm, CrmRefused
from recruit.crm.values import CrmMapping


class MappingDoesNotFit(MappingInvalid):
    """The CRM lacks objects or fields that the mapping names; the message lists each."""


def check_fit(crm: Crm, mapping: CrmMapping) -> None:
    """Compare the mapping with what the CRM says of itself; raises `MappingDoesNotFit`."""
    try:
        described = {
            part.crm_object: crm.describe(part.crm_object) for part in mapping.objects.values()
        }
    except CrmRefused as error:
        raise MappingDoesNotFit(f"The mapping does not fit the CRM: {error.text}") from error
    misfits = list_misfits(mapping, described)
    if misfits:
        raise MappingDoesNotFit(
            "The mapping does not fit the CRM:\n  "
            + "\n  ".join(misfits)
            + '\nCreate these fields there, correct the names, or set policy = "off".'
        )
