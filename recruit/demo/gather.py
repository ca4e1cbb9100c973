"""Steps 1 and 2: crawl the packaged directory, import the packaged list, and resolve both into firms."""

import csv
import time
from pathlib import Path

from rich.progress import Progress

from recruit.demo.site import read_listings
from recruit.demo.world import DATA, World
from recruit.firms.usecases import resolve_firms
from recruit.firms.values import ResolutionReport
from recruit.insights.jobs import JobLine, get_job
from recruit.sourcing.opening import import_file
from recruit.sourcing.spec import load_source_spec
from recruit.sourcing.usecases import define_file_source, define_source, open_job
from recruit.sourcing.values import JobKind
from recruit.worker.crawl import run_crawl_process, stop_crawl_process


def crawl_directory(world: World, progress: Progress) -> JobLine:
    """Crawl the packaged directory on loopback with the real spider."""
    task = progress.add_task("Crawl the directory", total=len(read_listings()))
    text = (DATA / "directory.toml").read_text(encoding="utf-8")
    path = world.folder / "directory.toml"
    address = world.directory.removeprefix("http://")
    path.write_text(text.replace("ADDRESS", address), encoding="utf-8")
    with world.app.transaction() as tx:
        source = define_source(tx, spec=load_source_spec(path))
        job_id = open_job(tx, source_id=source.id, kind=JobKind.CRAWL).id
    log = world.folder / "logs" / "crawl.log"
    process = run_crawl_process(job_id, world.app.settings, log=log)
    try:
        while process.poll() is None:
            time.sleep(0.15)
            progress.update(task, completed=_read_job(world, job_id).records)
    finally:
        stop_crawl_process(process)
    line = _read_job(world, job_id)
    progress.update(task, completed=line.records, total=line.records)
    return line


def _read_job(world: World, job_id: int) -> JobLine:
    with world.app.reading() as tx:
        return get_job(tx, job_id)


def import_providers(world: World, progress: Progress) -> JobLine:
    """Import the packaged list of service providers, with an address to write to where one is drawn."""
    path = _with_addresses(world.folder)
    task = progress.add_task("Import the providers", total=None)
    with world.app.transaction() as tx:
        define_file_source(
            tx,
            name="cloud-native-providers",
            mapping=None,
            about={
                "title": "Certified cloud-native service providers",
                "trust": 0.8,
                "licence_note": "Facts from cncf/landscape (Apache-2.0); see NOTICE.",
                "lawful_basis": "Legitimate interest: a public list of service providers.",
            },
        )
    report = import_file(
        world.app.transaction,
        path=path,
        source_name="cloud-native-providers",
        on_progress=lambda read, expected: progress.update(task, completed=read, total=expected),
    )
    line = _read_job(world, report.job_id)
    progress.update(task, completed=line.read, total=line.read)
    return line


def _with_addresses(folder: Path) -> Path:
    # The published list names no addresses. These are reserved for examples and reach nobody.
    path = folder / "providers.csv"
    rows = list(csv.DictReader((DATA / "providers.csv").read_text(encoding="utf-8").splitlines()))
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, [*rows[0], "email"])
        writer.writeheader()
        for row in rows:
            # The same firm in both programs has one address.
            name = row["record_id"].partition("-")[2]
            writer.writerow(row | {"email": f"alliances@{name[:60].strip('-')}.example"})
    return path


def resolve(world: World, progress: Progress) -> ResolutionReport:
    """Make firms of the sightings of both sources."""
    task = progress.add_task("Resolve sightings into firms", total=1)
    with world.app.transaction() as tx:
        report = resolve_firms(tx)
    progress.update(task, completed=1)
    return report
