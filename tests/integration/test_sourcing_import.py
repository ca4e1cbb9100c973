import tracemalloc
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from recruit.insights.jobs import get_job, list_job_problems, list_jobs, list_sources
from recruit.sourcing.looking import look_into
from recruit.sourcing.mapping import MappingError, MappingSpec
from recruit.sourcing.opening import JobReport, import_file, open_import
from recruit.sourcing.readers import UnusableFile
from recruit.sourcing.tables import SourceRecord
from recruit.sourcing.usecases import LEASE, JobTaken, claim_job
from recruit.sourcing.values import JobKind, JobStatus
from recruit.wiring import App

CSV = """record_id,name,website,country,employees
1,Acme GmbH,acme.example,Germany,11-50
2,Beta Ltd,beta.example,Freedonia,5
3,,nobody.example,Germany,5
4,"Gamma,gamma.example,Germany,5
5,Delta,delta.example,DE,many
5,Delta again,delta.example,DE,7
"""


def write(path: Path, text: str = CSV) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def run(app: App, path: Path, **over: Any) -> JobReport:
    return import_file(app.transaction, path=path, source_name="list", **over)


def records(app: App) -> dict[str, tuple[int, Any]]:
    with app.reading() as tx:
        rows = tx.session.scalars(select(SourceRecord)).all()
        return {row.record_id: (row.version, row.content_hash) for row in rows}


def test_good_rows_are_kept_and_each_bad_one_is_told(app: App, tmp_path: Path) -> None:
    report = run(app, write(tmp_path / "firms.csv"))
    assert (report.read, report.new, report.problems) == (6, 3, 5)
    assert set(records(app)) == {"1", "2", "5"}
    with app.reading() as tx:
        problems = list_job_problems(tx, report.job_id)
        line = get_job(tx, report.job_id)
    assert [(p.place, p.field) for p in problems] == [
        ("firms.csv, row 3", "country"),
        ("firms.csv, row 4", "name"),
        ("firms.csv, row 5", None),
        ("firms.csv, row 6", "employees"),
        ("firms.csv, row 7", "record_id"),
    ]
    assert all(p.reason and p.remedy for p in problems)
    assert report.first_problems[0].reason == problems[0].reason
    assert (line.status, line.kind) == (JobStatus.DONE, JobKind.IMPORT)


def test_the_same_file_again_changes_nothing(app: App, tmp_path: Path) -> None:
    path = write(tmp_path / "firms.csv")
    run(app, path)
    before = records(app)
    again = run(app, path)
    assert (again.new, again.changed, again.same, again.problems) == (0, 0, 3, 5)
    assert records(app) == before


def test_a_changed_row_counts_up_the_version(app: App, tmp_path: Path) -> None:
    run(app, write(tmp_path / "firms.csv"))
    report = run(app, write(tmp_path / "firms.csv", CSV.replace("11-50", "51-200")))
    assert (report.new, report.changed, report.same) == (0, 1, 2)
    assert records(app)["1"][0] == 2


def test_rows_without_an_id_are_known_by_name_and_website(app: App, tmp_path: Path) -> None:
    text = "name,website,city\nAcme,acme.example,Bonn\nBeta,beta.example,Bonn\n"
    run(app, write(tmp_path / "a.csv", text))
    report = run(app, write(tmp_path / "b.csv", text.replace("Bonn", "Köln")))
    assert (report.new, report.changed) == (0, 2)


def test_a_mapping_is_used_and_remembered(app: App, tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "Kunde;Sitz;Notiz\nAcme;Bonn;x\n")
    mapping = tmp_path / "m.toml"
    mapping.write_text(
        'default_country = "DE"\n[columns]\nname = "Kunde"\ncity = "Sitz"\n[source]\ntitle = "Our list"\ntrust = 0.9\n'
        'lawful_basis = "contract"\n'
    )
    first = run(app, path, mapping=mapping)
    again = run(app, path)
    assert first.columns == again.columns == {"Kunde": "name", "Sitz": "city"}
    assert first.unused_columns == ("Notiz",)
    assert again.same == 1
    with app.reading() as tx:
        (source,) = list_sources(tx)
    assert (source.title, source.trust, source.lawful_basis) == ("Our list", 0.9, "contract")
    # A file of other columns is looked at anew, and the first one is still known afterwards.
    assert run(app, write(tmp_path / "b.csv", "name\nAcme\n")).columns == {"name": "name"}
    assert run(app, path).columns == first.columns


@pytest.mark.parametrize(
    ("name", "text", "error"),
    [
        ("a.csv", "", UnusableFile),
        ("a.csv", "x,y\n1,2\n", MappingError),
        ("a.pdf", "x", UnusableFile),
    ],
)
def test_a_file_that_cannot_be_used_leaves_no_trace(
    app: App, tmp_path: Path, name: str, text: str, error: type[Exception]
) -> None:
    with pytest.raises(error):
        run(app, write(tmp_path / name, text))
    with app.reading() as tx:
        assert list_jobs(tx) == []
        assert list_sources(tx) == []


def test_an_import_that_is_stopped_by_hand_rests_and_goes_on(app: App, tmp_path: Path) -> None:
    path = write(
        tmp_path / "a.csv", "id,name\n" + "".join(f"{n},Firm {n}\n" for n in range(12_000))
    )

    def interrupt(read: int, _expected: int | None) -> None:
        if read >= 5000:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(app, path, on_progress=interrupt)
    with app.reading() as tx:
        (line,) = list_jobs(tx)
    assert (line.status, line.new, line.read) == (JobStatus.PAUSED, 5000, 5000)
    assert "go on from here" in line.message
    report = run(app, path)
    assert (report.job_id, report.resumed_at) == (line.job_id, 5000)
    assert (report.read, report.new, report.same) == (12_000, 12_000, 0)


def test_an_import_that_was_killed_goes_on_once_its_lease_is_over(app: App, tmp_path: Path) -> None:
    path = write(tmp_path / "firms.csv")
    seen = look_into(app.transaction, path=path, source_name="list")
    with app.transaction() as tx:
        dead = open_import(
            tx, path=path, source_name="list", header=seen.header, mapping=seen.mapping
        ).job_id
        claim_job(tx, job_id=dead, runner="gone")
    with pytest.raises(JobTaken, match=f"Job {dead} is importing"):
        run(app, path)
    app.clock.move_to(app.clock.now() + LEASE + timedelta(seconds=1))  # type: ignore[attr-defined]
    report = run(app, path)
    assert (report.job_id, report.new) == (dead, 3)


def test_another_file_takes_the_place_of_one_that_was_not_finished(
    app: App, tmp_path: Path
) -> None:
    def interrupt(_read: int, _expected: int | None) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(app, write(tmp_path / "a.csv"), on_progress=interrupt)
    report = run(app, write(tmp_path / "b.csv", CSV + "9,Nine,,,\n"))
    with app.reading() as tx:
        statuses = {line.job_id: line.status for line in list_jobs(tx)}
    assert statuses.pop(report.job_id) is JobStatus.DONE
    assert list(statuses.values()) == [JobStatus.CANCELLED]


def test_progress_is_told_in_rows(app: App, tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "name\n" + "".join(f"Firm {n}\n" for n in range(12_000)))
    told: list[tuple[int, int | None]] = []
    run(app, path, on_progress=lambda read, expected: told.append((read, expected)))
    assert [read for read, _ in told] == [5000, 10_000, 12_000]
    assert told[-1] == (12_000, 12_000)


def test_a_workbook_and_json_lines_give_the_same_firm(app: App, tmp_path: Path) -> None:
    from openpyxl import Workbook

    book = Workbook()
    book.active.append(["id", "name", "founded"])  # type: ignore[union-attr]
    book.active.append([7, "Acme", 1998])  # type: ignore[union-attr]
    book.save(tmp_path / "a.xlsx")
    assert run(app, tmp_path / "a.xlsx").new == 1
    jsonl = write(tmp_path / "a.jsonl", '{"id": 7, "name": "Acme", "founded": 1998}\n')
    assert run(app, jsonl).same == 1


def test_memory_does_not_grow_with_the_file(app: App, tmp_path: Path) -> None:
    peaks = []
    for count in (20_000, 60_000):
        path = write(
            tmp_path / f"{count}.csv",
            "id,name,city\n" + "".join(f"{n},Firm {n},Bonn\n" for n in range(count)),
        )
        tracemalloc.start()
        run(app, path, mapping=MappingSpec({}))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    # Three times the rows; caches that fill up by chance make a little of a difference.
    assert peaks[1] < peaks[0] * 1.6
