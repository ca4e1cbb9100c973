"""CSV both ways: what is told, what comes back by external id, and what a broken file or line gets."""

import csv
import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from recruit.cli.main import cli
from recruit.crm.mapping import load_mapping
from recruit.crm.values import Inclusion
from recruit.firms.store import get_firm
from recruit.people.values import Role
from recruit.sync.files import ImportReport, export_lines, import_file
from recruit.sync.sheet import FileRefused
from recruit.sync.store import find_facts
from recruit.wiring import App
from tests.factories.sync import make_candidate, make_partner, make_told_firm
from tests.factories.web import open_visitor, words_of

sqlite_only = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
MAPPING = replace(load_mapping(), include=Inclusion.ENROLLED)


@pytest.fixture
def told(app: App) -> None:
    with app.transaction() as tx:
        for n in (1, 2, 3):
            firm = make_told_firm(tx, n, name="=Evil()" if n == 3 else f"Firm {n}")
        make_candidate(tx, firm)
        make_partner(tx, firm)


def exported(app: App, **options: Any) -> list[dict[str, str]]:
    text = "".join(export_lines(app.reading, MAPPING, **options))
    assert text.startswith("\ufeff")
    return list(csv.DictReader(io.StringIO(text[1:])))


def taken_from(app: App, text: str, **options: Any) -> ImportReport:
    return import_file(app.transaction, MAPPING, text.encode(), **options)


def facts(app: App, firm_id: int) -> dict[str, Any]:
    with app.reading() as tx:
        row = find_facts(tx, firm_id)
        return dict(row.facts) if row else {}


def test_every_firm_that_may_enter_is_told_in_a_line(app: App, told: None) -> None:
    rows = exported(app)
    assert [row["external_id"] for row in rows] == [f"RC-{n:08d}" for n in (1, 2, 3)]
    assert (rows[0]["name"], rows[0]["city"], rows[0]["stage"]) == ("Firm 1", "Hamburg", "replied")
    assert rows[0]["phone"] == "+4940000001"
    # What a spreadsheet would run is text.
    assert rows[2]["name"] == "'=Evil()"
    assert [row["external_id"] for row in exported(app, partners_only=True)] == ["RC-00000003"]


def test_our_own_file_brings_nothing_and_an_edited_one_what_the_policy_lets_in(
    app: App, told: None
) -> None:
    text = "".join(export_lines(app.reading, MAPPING))
    report = taken_from(app, text)
    assert (report.read, report.taken, report.same, report.refused) == (3, 0, 3, ())
    edited = (
        "external_id;city;stage;employees_high;owner;partner_stage2\n"
        "RC-00000001;Bremen;Mine;999;Grace;x\n"
        "\n"
        "RC-00000002;;;;;\n"
    )
    assert taken_from(app, edited, dry_run=True).taken == 1
    assert facts(app, 1) == {}
    assert taken_from(app, edited).taken == 1
    # city: the CRM's, unless blank; stage: ours; employees: only blanks are filled.
    assert facts(app, 1) == {"city": "Bremen", "owner": "Grace"}
    assert facts(app, 2) == {}
    assert taken_from(app, edited).taken == 0
    assert exported(app)[0]["city"] == "Bremen"


def test_an_account_that_is_somebodys_customer_keeps_its_firm_out(app: App, told: None) -> None:
    report = taken_from(
        app, "name,domain,is_customer\nFirm 1,firm1.example,yes\nElse,else.example,no\n"
    )
    assert (report.without_id, report.left_alone, report.refused) == (2, 1, ())
    with app.reading() as tx:
        assert get_firm(tx, 1).tags == ["customer"]
        assert get_firm(tx, 2).tags == []


def test_an_id_alone_says_whose_customer_a_firm_is_and_a_file_without_the_column_nothing(
    app: App, told: None
) -> None:
    assert taken_from(app, "external_id,is_customer\nRC-00000001,yes\n").left_alone == 1
    taken_from(app, "external_id,city\nRC-00000001,Bremen\n")
    with app.reading() as tx:
        assert get_firm(tx, 1).tags == ["customer"]


@sqlite_only
@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("RC-00000099,Oslo,", "No firm has the id RC-00000099"),
        ("RC-1,Oslo,", "none of our ids"),
        ("../../RC-00000001,Oslo,", "none of our ids"),
        ("RC-00000001' OR 1=1,Oslo,", "none of our ids"),
        ("RC-٠٠٠٠٠٠٠١,Oslo,", "none of our ids"),
        ("RC-999999999999999999,Oslo,", "No firm has the id"),
        ("RC-00000002,Oslo,many", "is no number"),
        ("RC-00000002,Oslo,nan", "is no number"),
        ("RC-00000001,Oslo,", "stands in line 2 already"),
    ],
)
def test_a_line_that_cannot_be_settled_is_left_out_by_number_and_the_others_are_settled(
    app: App, told: None, line: str, why: str
) -> None:
    text = f"external_id,city,employees_low\nRC-00000001,Bremen,\n{line}\nRC-00000003,Kiel,\n"
    report = taken_from(app, text)
    (refused,) = report.refused
    assert (refused.line, report.taken) == (3, 2)
    assert why in refused.why


@sqlite_only
@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "names no column"),
        (b"a,b\n1,2\n", "names no column"),
        (b"external_id,city,CITY\n", "Two columns are city"),
        (b"external_id,city\nRC-00000001,\xff\n", "not UTF-8"),
        (b"external_id,city\nRC-0000\x000001,x\n", "zero bytes"),
        (b"external_id\n" + b"x" * (20 * 1024**2), "more than 20 MB"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_in_words(
    app: App, told: None, content: bytes, why: str
) -> None:
    with pytest.raises(FileRefused, match=why):
        import_file(app.transaction, MAPPING, content)


def test_the_page_sends_the_file_and_reads_it_back(app: App, told: None) -> None:
    visitor = open_visitor(app, Role.CHANNEL_MANAGER)
    sent = visitor.get("/crm/files/firms.csv?partners=true")
    assert 'filename="partners.csv"' in sent.headers["content-disposition"]
    assert sent.text.count("RC-") == 1
    upload = {"file": ("back.csv", b"external_id,city\nRC-00000001,Bremen\nRC-77,x\n", "text/csv")}
    page = visitor.client.post(
        "/crm/files", data={"csrf_token": visitor.csrf}, files=upload, follow_redirects=False
    )
    assert "Something taken 1" in words_of(page.text)
    assert "3 'RC-77' is none of our ids" in words_of(page.text)
    assert facts(app, 1) == {"city": "Bremen"}


def test_the_command_line_writes_and_reads_files(
    app: App, told: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RECRUIT_VAR_DIR", str(app.settings.var_dir))
    monkeypatch.setenv("RECRUIT_DATABASE_URL", app.settings.database)
    run, target = CliRunner().invoke, tmp_path / "firms.csv"
    assert run(cli, ["crm", "export", str(target)]).exit_code == 0
    assert target.read_text(encoding="utf-8-sig").count("RC-") == 3
    target.write_text("external_id,city\nRC-00000001,Bremen\nnonsense,x\n", encoding="utf-8")
    read = run(cli, ["crm", "import", str(target), "--format", "json"])
    assert read.exit_code == 1
    assert json.loads(read.stdout)[0]["taken"] == 1
    assert "Line 3: 'nonsense' is none of our ids" in read.stderr
    assert run(cli, ["crm", "import", str(tmp_path / "none.csv")]).exit_code == 1
