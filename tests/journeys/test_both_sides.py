"""One firm is edited on both sides at once; its page shows what each field's policy made of it."""

from typing import Any

import pytest
from typer.testing import CliRunner

from recruit.cli.main import cli
from recruit.clock import SystemClock
from recruit.firms.tables import Firm
from recruit.people.values import Role
from tests.factories.sync import make_told_firm
from tests.factories.web import open_visitor, words_of


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_firm_that_both_sides_edit_shows_on_its_page_who_prevailed(
    make_app: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = make_app(clock=SystemClock())
    monkeypatch.setenv("RECRUIT_VAR_DIR", str(app.settings.var_dir))
    monkeypatch.setenv("RECRUIT_DATABASE_URL", app.settings.database)

    def run(*words: str) -> str:
        result = CliRunner().invoke(cli, ["crm", *words])
        assert result.exit_code == 0, result.output
        return result.output

    with app.transaction() as tx:
        make_told_firm(tx)
    run("push")
    (company,) = app.crm.list_records("company")
    # A channel manager there and a source here speak of the same fields before either side hears.
    app.crm.edit(
        "company",
        company.id,
        {
            "city": "Bremen",
            "phone": "+49 421 1",
            "employees_high": 999,
            "specialties": "theirs",
            "owner": "Grace",
        },
    )
    with app.transaction() as tx:
        firm = tx.session.get(Firm, 1)
        firm.city, firm.phone = "Kiel", "+49 431 2"
        firm.employees_high, firm.specialties = 100, ["ours"]
        firm.updated_at = tx.now
        tx.announce("firm", 1)
    run("pull")
    run("push")
    run("reconcile")
    page = words_of(open_visitor(app, Role.CHANNEL_MANAGER).get("/firms/1/crm").text)
    for row in (
        "City Kiel Bremen the CRM, unless blank there the CRM’s holds",
        "Employees high 100 999 nobody: only blanks are filled both stay",
        "Owner – Grace the CRM the CRM’s holds",
    ):
        assert row in page, page
    # The later edit prevailed in the phone, and ours in the specialties: there both sides agree.
    fields = app.crm.list_records("company")[0].fields
    assert (fields["phone"], fields["specialties"]) == ("+49 431 2", "ours")
    differing = page[page.index("Both sides") : page.index("Company updated")]
    assert "Phone" not in differing
    assert "Specialties" not in differing
    # The history says the same, edit by edit.
    assert (
        "taken: city, owner; put right by us: phone, specialties; left as it is: employees" in page
    )
