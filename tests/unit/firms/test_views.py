"""A firm's view says in short words where each value was read."""

from recruit.firms.views import firm_view
from tests.factories.firms import make_firm_row


def entry(**over: object) -> dict[str, object]:
    return {"method": "csv", "source_title": "Partner list", "url": None, "inferred": False} | over


def test_origins_complete_a_sentence() -> None:
    firm = make_firm_row(
        id=1,
        version=3,
        country="DE",
        specialties=["aws", "go", "kubernetes"],
        provenance={
            "name": entry(),
            "employees": entry(method="text", url="https://northlight.example/about"),
            "country": entry(method="tld", inferred=True),
            "specialties": [entry(), entry(), entry(method="json-ld", url="https://x.example")],
        },
    )
    view = firm_view(firm)
    assert view.origins == (
        ("name", "row of Partner list"),
        ("employees", "text of https://northlight.example/about"),
        ("country", "ending of its domain"),
        ("specialties", "row of Partner list"),
        ("specialties", "JSON-LD of https://x.example"),
    )
    assert view.inferred == {"country"}
    assert (view.version, view.specialties) == (3, ("aws", "go", "kubernetes"))


def test_a_firm_without_provenance_has_a_view() -> None:
    assert firm_view(make_firm_row(id=1, version=1)).origins == ()
