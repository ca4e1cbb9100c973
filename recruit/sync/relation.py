"""What a CRM's account is to us, from what its people set on it. Pure."""

from collections.abc import Mapping

from recruit.crm.values import Value
from recruit.firms.values import FirmTag

# The pulled facts that say it, by our names in the mappings.
_WORDED = ("relationship", "account_type", "lifecycle_stage", "relationship_type")
_WORDS = (
    ("competitor", FirmTag.COMPETITOR),
    ("partner", FirmTag.PARTNER),
    ("reseller", FirmTag.PARTNER),
    ("customer", FirmTag.CUSTOMER),
    ("client", FirmTag.CUSTOMER),
    ("evangelist", FirmTag.CUSTOMER),
)
# Dataverse says it by the numbers of its own list, `customertypecode`.
_CODES = {
    1: FirmTag.COMPETITOR,
    3: FirmTag.CUSTOMER,
    5: FirmTag.PARTNER,
    9: FirmTag.PARTNER,
}


def relation_of(facts: Mapping[str, Value]) -> FirmTag | None:
    """Return how an account stands to us; None for one that nothing keeps from being written to.

    One with an open opportunity is somebody's customer to be: sales is talking to it.
    """
    if facts.get("is_customer") is True:
        return FirmTag.CUSTOMER
    for name in _WORDED:
        value = facts.get(name)
        if isinstance(value, str):
            words = value.casefold()
            found = next((tag for word, tag in _WORDS if word in words), None)
        else:
            found = _CODES.get(int(value)) if isinstance(value, int | float) else None
        if found is not None:
            return found
    deals = facts.get("open_opportunities")
    if isinstance(deals, int | float) and not isinstance(deals, bool) and deals > 0:
        return FirmTag.CUSTOMER
    return None
