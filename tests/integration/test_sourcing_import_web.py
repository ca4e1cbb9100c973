"""The import and new-source pages through HTTP: the whole way, and what is refused on it."""

import csv
import gzip
import io
from typing import Any

import pytest

from recruit.insights.jobs import get_job, list_jobs, list_sources
from recruit.people.values import Role
from recruit.sourcing.importing import run_import
from recruit.sourcing.trials import get_trial
from recruit.sourcing.values import JobStatus
from recruit.web.desk.uploads import name_of
from recruit.wiring import App
from recruit.worker.importer import _clear
from tests.factories.web import Visitor, open_visitor, words_of

CSV = "Kunde,Webseite,Land\nAcme GmbH,acme.example,Germany\nBeta,beta.example,Freedonia\n,x.example,\n=1+1,y.example,\n"


def upload(
    visitor: Visitor, content: bytes, name: str = "list.csv", source: str = "Trade fair 2026"
) -> Any:
    return visitor.client.post(
        "/sources/import",
        data={"csrf_token": visitor.csrf, "source": source},
        files={"file": (name, content)},
    )


def test_a_file_goes_from_upload_to_report(app: App) -> None:
    woken: list[tuple[Any, ...]] = []
    app.wake = lambda *args: woken.append(args)
    visitor = open_visitor(app)
    response = upload(visitor, CSV.encode())
    assert response.status_code == 303
    address = response.headers["location"]
    page = visitor.see(address)
    assert "Acme GmbH" in page
    assert "Trade fair 2026 , which is new" in page
    # Nobody can tell that "Kunde" is the firm; a person can.
    refused = visitor.post(address, action="start", **{"column-1": "website"})
    assert refused.status_code == 422
    assert "No column holds the firm's name" in words_of(refused.text)
    fields = {"column-0": "name", "column-1": "website", "column-2": "country"}
    looked = visitor.post(address, action="look", **fields)
    assert "'Freedonia' is not a known country" in words_of(looked.text)
    started = visitor.post(
        address, action="start", complete="on", lawful_basis="contract", **fields
    )
    assert started.status_code == 303
    job_id = int(started.headers["location"].rpartition("/")[2])
    assert woken == [("sourcing.run_import", job_id)]
    assert "It starts as soon as a worker is free" in visitor.see(f"/sources/jobs/{job_id}")
    run_import(app.transaction, job_id=job_id, runner="test")
    with app.reading() as tx:
        (source,) = list_sources(tx)
        job = get_job(tx, job_id)
    assert (source.name, source.title) == ("trade-fair-2026", "Trade fair 2026")
    assert (source.lawful_basis, source.is_complete) == ("contract", True)
    assert (job.status, job.new, job.problems) == (JobStatus.DONE, 3, 2)
    report = visitor.get(f"/sources/jobs/{job_id}/problems.csv")
    rows = list(csv.reader(io.StringIO(report.text.lstrip("\ufeff"))))
    assert rows[0] == ["row", "kept", "field", "reason", "remedy", "Kunde", "Webseite", "Land"]
    assert rows[1][:3] == ["3", "without this cell", "Land"]
    assert rows[1][5:] == ["Beta", "beta.example", "Freedonia"]
    assert rows[2][:3] == ["4", "no", "Kunde"]
    # The uploaded file is not needed any more, and the next file of these columns needs no question.
    _clear(app, job_id)
    assert visitor.get(address).status_code == 404
    again = visitor.see(upload(visitor, CSV.encode()).headers["location"])
    assert "it is read as it was then" in again


@pytest.mark.parametrize(
    ("content", "name", "words"),
    [
        (b"", "a.csv", "The file is empty"),
        (b"\x00" * 5000, "a.csv", "name the columns"),
        (b"%PDF-1.7", "a.pdf", "cannot be imported"),
        (b"PK\x03\x04broken", "a.xlsx", "damaged"),
        (b"\x1f\x8bbroken", "a.csv.gz", "damaged"),
        (b"PAR1broken", "a.parquet", "damaged"),
        (b'{"a":', "a.jsonl", "no JSON object"),
        (b"name\nA\n", "../../", "Choose a file"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_beside_its_field(
    app: App, content: bytes, name: str, words: str
) -> None:
    response = upload(open_visitor(app), content, name)
    assert response.status_code == 422
    assert words in words_of(response.text)


@pytest.mark.parametrize(
    ("sent", "name"),
    [
        ("../../../etc/passwd.csv", "passwd.csv"),
        ("C:\\Users\\me\\list.csv", "list.csv"),
        ("a\x00b\r\nc.csv", "a b c.csv"),
        ("<script>alert(1)</script>.csv", "script>.csv"),
        ("x" * 300 + ".csv.gz", None),
        ("..", ""),
        ("", ""),
        (None, ""),
    ],
)
def test_a_hostile_file_name_becomes_a_plain_one(sent: str | None, name: str | None) -> None:
    found = name_of(sent)
    assert name is None or found == name
    assert "/" not in found
    assert len(found) <= 100
    if sent and sent.endswith(".csv.gz"):
        assert found.endswith(".csv.gz")


def test_nothing_of_the_name_becomes_part_of_a_path(app: App) -> None:
    visitor = open_visitor(app)
    response = upload(visitor, b"name\nAcme\n", "../../../tmp/evil.csv")
    assert response.status_code == 303
    kept = list((app.settings.var_dir / "uploads").rglob("*"))
    assert {path.name for path in kept if path.is_file()} == {"file", "about.json"}
    assert "evil.csv" in visitor.see(response.headers["location"])
    for token in ("..%2F..", "a" * 22, "%00", "a"):
        assert visitor.get(f"/sources/import/{token}").status_code in {404, 400}


def test_a_packed_file_is_unpacked_as_it_is_read(app: App) -> None:
    response = upload(open_visitor(app), gzip.compress(b"name\nAcme\n"), "list.csv.gz")
    assert response.status_code == 303


def test_a_body_that_is_too_long_is_refused_before_it_is_read(app: App) -> None:
    visitor = open_visitor(app)
    response = visitor.client.post(
        "/sources/import", headers={"content-length": str(10**12)}, content=b"x"
    )
    assert response.status_code == 413
    assert "can be sent at once" in words_of(response.text)


def test_a_form_without_its_token_and_a_partner_are_refused(app: App) -> None:
    visitor = open_visitor(app)
    visitor.csrf = "wrong"
    assert upload(visitor, b"name\nA\n").status_code == 403
    partner = open_visitor(app, Role.PARTNER)
    assert upload(partner, b"name\nA\n").status_code == 403
    assert partner.get("/sources/new").status_code == 403
    assert not (app.settings.var_dir / "uploads").exists()


def test_a_person_pauses_resumes_and_ends_an_import(app: App) -> None:
    woken: list[tuple[Any, ...]] = []
    app.wake = lambda *args: woken.append(args)
    visitor = open_visitor(app)
    address = upload(visitor, b"name\nAcme\n").headers["location"]
    job = visitor.post(address, action="start", **{"column-0": "name"}).headers["location"]
    for action, status in (("pause", "paused"), ("resume", "queued"), ("cancel", "cancelled")):
        assert visitor.post(f"{job}/{action}").status_code == 303
        with app.reading() as tx:
            assert list_jobs(tx)[0].status.value == status
    assert [task for task, *_ in woken] == ["sourcing.run_import", "sourcing.run_import"]
    assert visitor.post(f"{job}/resume").status_code == 409
    assert visitor.post(f"{job}/explode").status_code == 404
    assert visitor.post("/sources/jobs/999/pause").status_code == 404


def test_a_source_is_tried_and_kept_from_the_form(app: App) -> None:
    woken: list[tuple[Any, ...]] = []
    app.wake = lambda *args: woken.append(args)
    visitor = open_visitor(app)
    form = {
        "title": "Members of the Cloud Association",
        "kind": "directory",
        "start_urls": "https://directory.example/members\n",
        "items": "a.firm",
        "lawful_basis": "Legitimate interest",
        "action": "try",
    }
    response = visitor.post("/sources/new", **form)
    assert response.status_code == 303
    trial_id = int(response.headers["location"].rpartition("/")[2])
    assert woken == [("sourcing.run_trial", trial_id)]
    with app.reading() as tx:
        spec = get_trial(tx, trial_id).spec
    assert spec.name == "members-of-the-cloud-association"
    assert spec.politeness.allow_private_hosts == ()
    assert (
        'value="Members of the Cloud Association"'
        in visitor.get(f"/sources/trials/{trial_id}/form").text
    )
    kept = visitor.post(f"/sources/trials/{trial_id}/keep")
    assert kept.headers["location"].startswith("/sources/jobs/")
    with app.reading() as tx:
        (source,) = list_sources(tx)
    assert source.lawful_basis == "Legitimate interest"
    assert "Crawl now" in visitor.see("/sources")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"start_urls": ""}, "needs at least one address"),
        ({"start_urls": "ftp://x.example"}, "is not an http(s) address"),
        ({"kind": "castle"}, "is unknown"),
        ({"items": "a["}, "is not a CSS selector"),
        ({"pages": "many"}, "is not a number"),
        ({"schedule": "now and then"}, "is not a schedule"),
        ({"title": "\x00", "name": ""}, "is not a text"),
    ],
)
def test_a_form_that_is_wrong_says_where(app: App, change: dict[str, str], words: str) -> None:
    form = {"title": "T", "kind": "directory", "start_urls": "https://x.example", "action": "try"}
    response = open_visitor(app).post("/sources/new", **(form | change))
    assert response.status_code == 422, response.text
    assert words in words_of(response.text)
