"""Each piece of a decision's evidence has a name that people are shown it under."""

from recruit.firms.evidence import Surroundings
from recruit.firms.matching import EVIDENCE_OF, decide
from tests.factories.firms import make_fingerprint


def test_every_piece_of_evidence_stands_under_the_name_of_its_field() -> None:
    a = make_fingerprint(1, name="Northlight GmbH", website="https://a.example", phone="+4940123456", country="DE")  # fmt: skip
    b = make_fingerprint(2, name="Northlight GmbH", website="https://b.example", phone="+4940123456", country="FR")  # fmt: skip
    found = decide(a, b, Surroundings()).evidence
    reasons = {name: one.reason for name, one in zip(EVIDENCE_OF, found, strict=True)}
    assert reasons["domain"] == "other domain: a.example, b.example"
    assert reasons["phone"].startswith("same phone")
    assert reasons["country"] == "other country: DE, FR"
    assert "Northlight" in reasons["name"]
