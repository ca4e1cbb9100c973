"""The packaged profiles on the demo's real firms: what a channel manager would expect to see."""

import csv
from datetime import date
from importlib.resources import files

import pytest

from recruit.firms.values import FirmView
from recruit.scoring.columnar import assess, count, order, score_columns
from recruit.scoring.columns import FirmColumns
from recruit.scoring.examples import list_examples
from recruit.scoring.profile import read_profile
from recruit.scoring.shortfall import say_shortfall
from recruit.scoring.values import Standing
from recruit.sourcing.countries import read_country

TODAY = date(2026, 3, 3)


def whole(text: str) -> int | None:
    return int(text) if text.isdigit() else None


def read_firms() -> list[FirmView]:
    rows: list[dict[str, str]] = []
    for name in ("companies.csv", "providers.csv"):
        text = (files("recruit.demo") / "data" / name).read_text(encoding="utf-8")
        rows += csv.DictReader(text.splitlines())
    return [
        FirmView(
            id=number,
            version=1,
            name=row["name"],
            country=read_country(row["country"]) if row["country"] else None,
            city=row["city"] or None,
            employees_low=whole(row.get("employees_low") or row.get("employees") or ""),
            employees_high=whole(row.get("employees_high") or row.get("employees") or ""),
            founded_low=whole(row["founded"]),
            founded_high=whole(row["founded"]),
            specialties=tuple(filter(None, row["specialties"].split(";"))),
            certifications=tuple(filter(None, [row.get("program", "")])),
        )
        for number, row in enumerate(rows, start=1)
    ]


FIRMS = read_firms()


def best(name: str, top: int) -> tuple[list[FirmView], int]:
    """Return the best firms, and how many fail a must-have."""
    (example,) = [one for one in list_examples() if one.name == name]
    columns = FirmColumns.from_views(FIRMS)
    counted = score_columns(read_profile(example.text, name), columns, TODAY)
    rows = order(counted, columns, top)
    return [FIRMS[row] for row in rows.tolist()], counted.number_of(Standing.GATED)


def test_security_comes_from_those_who_run_systems_for_others() -> None:
    top, _ = best("msp-security", 20)
    assert {"Cyso", "BEGASOFT", "Nuharbor Security"} <= {firm.name for firm in top}
    assert "SecurityScorecard" not in {firm.name for firm in top}, "it sells a product"
    for firm in top:
        assert {"managed services", "security", "devsecops", "hosting"} & set(firm.specialties) or (
            "Kubernetes Certified Service Provider" in firm.certifications
        )


def test_design_comes_from_agencies_of_the_size_wanted() -> None:
    top, _ = best("design-agencies", 20)
    assert {"Happy Cog", "WebDevStudios", "Palantir.net"} <= {firm.name for firm in top}
    work = {"design", "agency", "web development", "ecommerce", "digital marketing"}
    assert all(work & set(firm.specialties) for firm in top)
    assert all((firm.employees_low or 0) <= 300 for firm in top)


def test_where_nobody_distributes_goods_the_nearest_rank_low_and_that_is_said() -> None:
    top, gated = best("industrial-distributors", 20)
    assert 3 <= len(top) <= 12
    assert all({"iot", "systems integration"} & set(firm.specialties) for firm in top)
    assert gated > 1000
    columns = FirmColumns.from_views(FIRMS)
    said = {}
    for example in list_examples():
        profile = read_profile(example.text, example.name)
        assessed = assess(profile, columns, TODAY)
        said[example.name] = say_shortfall(profile, assessed, count(profile, assessed))
    assert "No firm has more than 17% of the points on specialty" in said["industrial-distributors"]
    assert {said["msp-security"], said["design-agencies"]} == {""}


def test_a_distributor_among_them_would_be_first() -> None:
    distributor = FirmView(
        id=99_999,
        version=1,
        name="Rhein Antriebe",
        country="DE",
        employees_low=120,
        employees_high=120,
        founded_low=1994,
        founded_high=1994,
        specialties=("industrial automation", "wholesale", "bearings"),
        partnerships=("siemens",),
    )
    (example,) = [one for one in list_examples() if one.name == "industrial-distributors"]
    columns = FirmColumns.from_views([*FIRMS, distributor])
    counted = score_columns(read_profile(example.text, "x"), columns, TODAY)
    first, second, *_ = order(counted, columns).tolist()
    assert (columns.ids[first], counted.total[first]) == (99_999, 10_000)
    assert counted.total[second] < 5_000


@pytest.mark.parametrize("label", ["partner", "customer", "competitor", "excluded"])
@pytest.mark.parametrize("name", [one.name for one in list_examples()])
def test_whom_we_know_already_is_left_out_of_every_example(name: str, label: str) -> None:
    (example,) = [one for one in list_examples() if one.name == name]
    firms = FirmColumns.from_views([FirmView(id=1, version=1, name="A", tags=(label,))])
    counted = score_columns(read_profile(example.text, name), firms, TODAY)
    assert counted.number_of(Standing.EXCLUDED) == 1
