"""Sources, their jobs and what they found: sightings, firms with provenance, contacts."""

import random
from datetime import timedelta
from typing import Any

from recruit.db.transaction import Transaction
from recruit.firms.tables import Contact, Firm, FirmChange, FirmMember
from recruit.firms.values import ChangeKind
from recruit.sourcing.tables import JobProblem, Source, SourceRecord, SourcingJob
from recruit.sourcing.values import JobKind, JobStatus, SourceKind
from tests.factories.world.ids import World, add_all

HEADS = [
    "North", "Vela", "Kestrel", "Brume", "Aster", "Ember", "Harbor", "Ridge", "Willow", "Cobalt",
    "Fjord", "Larch", "Onyx", "Pollen", "Quill", "Sable", "Tarn", "Umber", "Vesper", "Wren",
]  # fmt: skip
TAILS = [
    "light Systems", "Cloud", "Ops", "Conseil", "Works", "Digital", "Platform", "Engineering", "Labs",
    "Networks",
]  # fmt: skip
PLACES = [
    ("Hamburg", "DE", 53.55, 10.0), ("Utrecht", "NL", 52.09, 5.12), ("Leeds", "GB", 53.8, -1.55),
    ("Lyon", "FR", 45.75, 4.85), ("Vienna", "AT", 48.21, 16.37), ("Zürich", "CH", 47.37, 8.54),
    ("Kraków", "PL", 50.06, 19.94), ("Aarhus", "DK", 56.16, 10.2), ("Porto", "PT", 41.15, -8.61),
    ("Toronto", "CA", 43.7, -79.42), (None, "US", None, None), ("Pune", "IN", 18.52, 73.86),
]  # fmt: skip
TAGS = [
    "kubernetes", "consulting", "managed services", "training", "devops", "aws", "security", "support",
]  # fmt: skip
FIRST = {"because": "first sighting of this firm"}
# Every seventeenth firm states no address, and every eleventh nothing of what it does.
NO_CONTACT, NO_TAGS = 17, 11


def store_firms(tx: Transaction, world: World, *, count: int, seed: int) -> list[Firm]:
    """Store sources with jobs, and `count` firms that they found."""
    rng = random.Random(seed)
    directory, providers = _sources(tx)
    jobs = _jobs(tx, directory, providers)
    world.job_ids = [job.id for job in jobs]
    firms = [_firm(tx, rng, n, directory, providers, jobs[0]) for n in range(count)]
    world.firm_ids = [firm.id for firm in firms]
    world.without_contact_ids = [f.id for n, f in enumerate(firms) if _lacks(n, NO_CONTACT)]
    return firms


def _lacks(n: int, every: int) -> bool:
    return n % every == every - 1


def _sources(tx: Transaction) -> tuple[Source, Source]:
    at = tx.now - timedelta(days=30)
    common: dict[str, Any] = {
        "definition": {},
        "licence_note": "Facts only, CC BY 4.0.",
        "lawful_basis": "legitimate interest",
        "created_at": at,
        "updated_at": at,
    }
    directory = Source(
        name="directory",
        title="Directory of remote companies",
        kind=SourceKind.DIRECTORY,
        trust=0.7,
        **common,
    )
    providers = Source(
        name="providers",
        title="Certified service providers",
        kind=SourceKind.FILE,
        trust=0.9,
        **common,
    )
    add_all(tx.session, directory, providers)
    return directory, providers


def _jobs(tx: Transaction, directory: Source, providers: Source) -> list[SourcingJob]:
    now = tx.now

    def job(source: Source, kind: JobKind, status: JobStatus, ago: timedelta, **over: Any) -> Any:
        ended = None if status is JobStatus.RUNNING else now - ago + timedelta(minutes=4)
        at = now - ago
        return SourcingJob(
            source_id=source.id, kind=kind, status=status, queued_at=at, started_at=at,
            finished_at=ended, **over,
        )  # fmt: skip

    crawl, done = JobKind.CRAWL, JobStatus.DONE
    jobs = [
        job(
            directory, crawl, done, timedelta(days=20), read=913, expected=913, records_new=846,
            problems=2,
        ),
        job(
            providers, JobKind.IMPORT, done, timedelta(days=19), read=257, expected=257,
            records_new=255, problems=1,
        ),
        job(
            directory, crawl, JobStatus.RUNNING, timedelta(minutes=8), read=311, expected=913,
            records_changed=12, records_same=290,
        ),
        job(
            providers, JobKind.IMPORT, JobStatus.FAILED, timedelta(days=1),
            message="No column looks like a name. Say which one it is with --mapping.",
        ),
    ]  # fmt: skip
    add_all(tx.session, *jobs)
    page = "https://directory.example/companies"
    problems = [
        (jobs[0], f"{page}/brumeconseil", "founded", "“1872?” is not a year.", "Mend it there.", "1872?"),
        (jobs[0], f"{page}/gone", None, "The page answered 404.", "Nothing: the page is gone.", ""),
        (jobs[1], "row 17", "name", "The row has no name.", "Fill it and import again.", ";;DE"),
    ]  # fmt: skip
    add_all(
        tx.session,
        *(
            JobProblem(
                job_id=at.id, place=place, field=name, reason=reason, remedy=remedy, raw=raw, at=now
            )
            for at, place, name, reason, remedy, raw in problems
        ),
    )
    return jobs


def _record(tx: Transaction, source: Source, job: SourcingJob, name: str, **over: Any) -> Any:
    url = over.get("url")
    fact = {"field": "name", "value": name, "text": name, "method": "json-ld", "confidence": 0.95}
    record = SourceRecord(
        source_id=source.id,
        facts=[fact | {"url": url, "inferred": False}],
        content_hash="0" * 64,
        first_job_id=job.id,
        last_job_id=job.id,
        first_seen_at=tx.now - timedelta(days=20),
        last_seen_at=tx.now - timedelta(days=3),
        **over,
    )
    add_all(tx.session, record)
    return record


def _firm(
    tx: Transaction,
    rng: random.Random,
    n: int,
    directory: Source,
    providers: Source,
    job: SourcingJob,
) -> Firm:
    head, tail = HEADS[n % len(HEADS)], TAILS[(n * 7 + n // len(HEADS)) % len(TAILS)]
    name = f"{head}{tail}" if tail[0].islower() else f"{head} {tail}"
    slug = f"{name.lower().replace(' ', '')}{n}"
    city, country, latitude, longitude = rng.choice(PLACES)
    size = None if rng.random() < 0.15 else rng.choice([4, 8, 14, 22, 38, 64, 120, 240, 610])
    founded = None if rng.random() < 0.1 else rng.randrange(1994, 2025)
    tags = [] if _lacks(n, NO_TAGS) else rng.sample(TAGS, rng.choice([1, 2, 2, 3, 4]))
    url = f"https://directory.example/companies/{slug}"
    record = _record(tx, directory, job, name, record_id=slug, url=url)

    def read(text: Any, method: str = "json-ld", **over: Any) -> dict[str, Any]:
        return {
            "source_record_id": record.id, "source": "directory", "url": url, "method": method,
            "text": str(text), "confidence": 0.9, "inferred": False,
            "rule": "the only source that says so",
        } | over  # fmt: skip

    provenance: dict[str, Any] = {
        "name": read(name),
        "website": read(f"{slug}.example"),
        "country": read(
            country, "tld", inferred=True, confidence=0.6, rule="inferred, for nobody states it"
        ),
        "specialties": [read(tag, "text") for tag in tags],
    }
    if city:
        provenance["city"] = read(city)
    if size:
        provenance["employees"] = read(f"about {size} people", "text", rule="stated beats inferred")
    if founded:
        provenance["founded"] = read(f"since {founded}", "text")
    firm = Firm(
        name=name, name_key=name.lower(), domain=f"{slug}.example", website=f"https://{slug}.example",
        city=city, country=country, latitude=latitude, longitude=longitude, employees_low=size,
        employees_high=None if size == 610 else size, founded_low=founded, founded_high=founded,
        specialties=tags, certifications=[], partnerships=[], provenance=provenance,
        created_at=tx.now - timedelta(days=20), updated_at=tx.now - timedelta(days=3),
    )  # fmt: skip
    add_all(tx.session, firm)
    _join(tx, firm, record, days=20, kind=ChangeKind.CREATED, detail={}, evidence=FIRST)
    if n % 3 == 0:
        twin = _record(tx, providers, job, f"{name} GmbH", record_id=f"row-{n}", url=None)
        evidence = {"because": "same domain; same name", "score": 31.5, "with": record.id}
        detail = {"fields": {"legal_form": [None, "GmbH"]}}
        _join(
            tx, firm, twin, days=19, kind=ChangeKind.UPDATED, detail=detail, evidence=evidence
        )  # fmt: skip
    if not _lacks(n, NO_CONTACT):
        origin = f"your imprint at https://{firm.domain}/imprint"
        add_all(
            tx.session,
            Contact(
                firm_id=firm.id, email=f"partners@{firm.domain}", is_role_address=True,
                origin=origin, created_at=tx.now - timedelta(days=20),
            ),
        )  # fmt: skip
    return firm


def _join(
    tx: Transaction,
    firm: Firm,
    record: SourceRecord,
    *,
    days: int,
    kind: ChangeKind,
    detail: dict[str, Any],
    evidence: dict[str, Any],
) -> None:
    at = tx.now - timedelta(days=days)
    add_all(
        tx.session,
        FirmMember(
            source_record_id=record.id, firm_id=firm.id, record_version=1, evidence=evidence,
            joined_at=at,
        ),
        FirmChange(firm_id=firm.id, kind=kind, detail=detail, actor="Recruit", at=at),
    )  # fmt: skip
