"""What an account is to us, in each CRM's own words."""

import pytest

from recruit.firms.values import FirmTag
from recruit.sync.relation import relation_of


@pytest.mark.parametrize(
    ("facts", "tag"),
    [
        ({}, None),
        ({"owner": "17"}, None),
        ({"is_customer": True}, FirmTag.CUSTOMER),
        ({"is_customer": False}, None),
        ({"account_type": "Customer - Direct"}, FirmTag.CUSTOMER),
        ({"account_type": "Channel Partner / Reseller"}, FirmTag.PARTNER),
        ({"account_type": "Prospect"}, None),
        ({"lifecycle_stage": "customer"}, FirmTag.CUSTOMER),
        ({"lifecycle_stage": "lead"}, None),
        ({"relationship_type": 1}, FirmTag.COMPETITOR),
        ({"relationship_type": 3}, FirmTag.CUSTOMER),
        ({"relationship_type": 9}, FirmTag.PARTNER),
        ({"relationship_type": 8}, None),
        ({"relationship": "competitor"}, FirmTag.COMPETITOR),
        ({"open_opportunities": 2}, FirmTag.CUSTOMER),
        ({"open_opportunities": 0}, None),
        ({"open_opportunities": None, "account_type": None}, None),
    ],
)
def test_an_account_keeps_its_firm_out_by_what_people_set_on_it(facts, tag):
    assert relation_of(facts) is tag
