"""A small world in every state that the desk can show, written straight into the tables.

Deterministic: the same seed gives the same firms, so that screenshots can be compared.
"""

import random
import tomllib
from dataclasses import dataclass, field
from datetime import timedelta
from importlib.resources import files
from typing import Any

from sqlalchemy.orm import Session

from recruit.db.outbox import OutboxEntry, OutboxStatus
from recruit.db.transaction import Transaction
from recruit.firms.tables import Contact, Firm, FirmChange, FirmMember
from recruit.firms.values import ChangeKind
from recruit.onboarding.tables import Candidate, Partner
from recruit.onboarding.values import CandidateOrigin, CandidateStatus
from recruit.scoring.tables import Profile, ProfileVersion, Score
from recruit.scoring.values import CriterionKind, Reason, Standing
from recruit.sequences.tables import (
    Enrollment,
    Mailbox,
    Reply,
    Sequence,
    SequenceVersion,
    Touch,
)
from recruit.sequences.values import (
    EnrollmentStatus,
    ExitReason,
    InboundKind,
    Mood,
    SequenceStatus,
    StepKind,
    TouchStatus,
)
from recruit.sourcing.tables import JobProblem, Source, SourceRecord, SourcingJob
from recruit.sourcing.values import JobKind, JobStatus, SourceKind
from recruit.sync.tables import CrmLink, SyncEvent
from recruit.sync.values import LinkStatus, SyncDirection, SyncWhat

HEADS = [
    "North",
    "Vela",
    "Kestrel",
    "Brume",
    "Aster",
    "Ember",
    "Harbor",
    "Ridge",
    "Willow",
    "Cobalt",
    "Fjord",
    "Larch",
    "Onyx",
    "Pollen",
    "Quill",
    "Sable",
    "Tarn",
    "Umber",
    "Vesper",
    "Wren",
]
TAILS = [
    "light Systems",
    "Cloud",
    "Ops",
    "Conseil",
    "Works",
    "Digital",
    "Platform",
    "Engineering",
    "Labs",
    "Networks",
]
PLACES = [
    ("Hamburg", "DE"), ("Utrecht", "NL"), ("Leeds", "GB"), ("Lyon", "FR"), ("Vienna", "AT"),
    ("Zürich", "CH"), ("Kraków", "PL"), ("Aarhus", "DK"), ("Porto", "PT"), ("Toronto", "CA"),
    (None, "US"), ("Munich", "DE"),
]  # fmt: skip
TAGS = [
    "kubernetes",
    "consulting",
    "managed services",
    "training",
    "devops",
    "aws",
    "security",
    "data",
]
STEPS = ["First word", "A case close to yours", "LinkedIn", "Shall I close the file?"]


@dataclass
class World:
    """The ids that tests ask for."""

    firm_ids: list[int] = field(default_factory=list)
    profile_version_id: int = 0
    sequence_id: int = 0
    reply_ids: dict[str, int] = field(default_factory=dict)
    candidate_ids: list[int] = field(default_factory=list)
    task_ids: list[int] = field(default_factory=list)
    partner_ids: list[int] = field(default_factory=list)
    job_ids: list[int] = field(default_factory=list)
    unknown_touch_id: int = 0
    held_touch_id: int = 0
    positives: int = 0


def add_all(session: Session, *rows: Any) -> None:
    """Add rows and give them their ids."""
    session.add_all(rows)
    session.flush()


def make_firm(tx: Transaction, **over: Any) -> Firm:
    """Return a stored firm."""
    values: dict[str, Any] = {
        "name": "Northlight Systems",
        "name_key": "northlight systems",
        "website": "https://northlight.example",
        "domain": "northlight.example",
        "city": "Hamburg",
        "country": "DE",
        "employees_low": 64,
        "employees_high": 64,
        "founded_low": 2009,
        "founded_high": 2009,
        "specialties": ["kubernetes", "managed services"],
        "certifications": [],
        "partnerships": [],
        "provenance": {},
        "created_at": tx.now - timedelta(days=20),
        "updated_at": tx.now - timedelta(days=3),
    }
    firm = Firm(**(values | over))
    add_all(tx.session, firm)
    return firm


def make_contact(tx: Transaction, firm: Firm, **over: Any) -> Contact:
    """Return a stored contact of `firm`."""
    values: dict[str, Any] = {
        "firm_id": firm.id,
        "email": f"partners@{firm.domain}",
        "is_role_address": True,
        "origin": f"your imprint at https://{firm.domain}/imprint",
        "created_at": tx.now - timedelta(days=20),
    }
    contact = Contact(**(values | over))
    add_all(tx.session, contact)
    return contact


def make_score(
    tx: Transaction, firm: Firm, version_id: int, rank: int | None, **over: Any
) -> Score:
    """Return a stored score whose reasons add up to its total."""
    total = max(12.0, 94.0 - (rank or 90) * 0.52)
    parts = (("specialty", 0.4), ("geography", 0.25), ("size", 0.2), ("tenure", 0.15))
    size_unknown = firm.employees_low is None
    reasons = []
    for name, share in parts:
        points = round(min(total, 91) * share, 2)
        unknown = name == "size" and size_unknown
        reasons.append(
            Reason(
                criterion=name,
                kind=CriterionKind(name),
                points=points,
                low=points - 8 if unknown else points,
                high=points + 1.5 if unknown else points,
                most=share * 100,
                sentence={
                    "specialty": f"{', '.join(firm.specialties[:2])}: asked for by the profile",
                    "geography": f"{firm.city or firm.country} lies in your territory",
                    "size": "Size unknown: counts as average until somebody looks it up"
                    if unknown
                    else f"{firm.employees_low} people, inside 20–250",
                    "tenure": f"In business since {firm.founded_low}",
                }[name],
                evidence=f"directory page, read on https://{firm.domain}",
            )
        )
    values: dict[str, Any] = {
        "profile_version_id": version_id,
        "firm_id": firm.id,
        "firm_version": firm.version,
        "standing": Standing.RANKED,
        "standing_reason": "",
        "rank": rank,
        "total": sum(r.points for r in reasons),
        "low": sum(r.low for r in reasons),
        "high": sum(r.high for r in reasons),
        "reasons": [reason.to_json() for reason in reasons],
        "scored_at": tx.now - timedelta(days=2),
    }
    score = Score(**(values | over))
    add_all(tx.session, score)
    return score


def build_world(tx: Transaction, *, firms: int = 130, seed: int = 7) -> World:
    """Fill the database and return the ids."""
    rng = random.Random(seed)
    world = World()
    now, session = tx.now, tx.session
    directory, registry, job = _sources(tx, world)
    profile = Profile(
        name="cloud-native",
        title="Cloud-native service partner",
        created_at=now - timedelta(days=30),
    )
    add_all(session, profile)
    versions = [
        ProfileVersion(
            profile_id=profile.id, number=number, definition=PROFILE, definition_hash=f"{number:064d}",
            created_at=now - timedelta(days=30 - 9 * number), created_by="Alex Moor",
            ranked_at=now - timedelta(days=29 - 9 * number),
        )
        for number in (1, 2, 3)
    ]  # fmt: skip
    add_all(session, *versions)
    world.profile_version_id = versions[-1].id
    all_firms = [_firm(tx, rng, n, directory, registry, job) for n in range(firms)]
    world.firm_ids = [firm.id for firm in all_firms]
    for rank, firm in enumerate(all_firms[: firms - 12], start=1):
        make_score(tx, firm, world.profile_version_id, rank)
    for firm in all_firms[firms - 12 :]:
        make_score(
            tx, firm, world.profile_version_id, None, standing=Standing.GATED,
            standing_reason="Not a service provider: the profile asks for one",
        )  # fmt: skip
    _outreach(tx, world, all_firms, rng)
    _crm(tx, all_firms)
    return world


def _sources(tx: Transaction, world: World) -> tuple[Source, Source, SourcingJob]:
    now = tx.now
    base: dict[str, Any] = {
        "definition": {},
        "licence_note": "Facts only; CC BY 4.0",
        "lawful_basis": "legitimate interest",
        "created_at": now - timedelta(days=30),
        "updated_at": now - timedelta(days=30),
    }
    directory = Source(
        name="directory",
        title="Directory of remote companies",
        kind=SourceKind.DIRECTORY,
        trust=0.7,
        **base,
    )
    registry = Source(
        name="providers",
        title="Certified service providers",
        kind=SourceKind.FILE,
        trust=0.9,
        **base,
    )
    add_all(tx.session, directory, registry)
    jobs = [
        SourcingJob(source_id=directory.id, kind=JobKind.CRAWL, status=JobStatus.DONE, queued_at=now - timedelta(days=20), started_at=now - timedelta(days=20), finished_at=now - timedelta(days=20, minutes=-4), read=913, expected=913, records_new=846, records_same=0, records_changed=0, problems=3, message=""),
        SourcingJob(source_id=registry.id, kind=JobKind.IMPORT, status=JobStatus.DONE, queued_at=now - timedelta(days=19), started_at=now - timedelta(days=19), finished_at=now - timedelta(days=19, minutes=-1), read=257, expected=257, records_new=255, problems=2, message=""),
        SourcingJob(source_id=directory.id, kind=JobKind.CRAWL, status=JobStatus.RUNNING, queued_at=now - timedelta(minutes=9), started_at=now - timedelta(minutes=8), read=311, expected=913, records_changed=12, records_same=290, message=""),
        SourcingJob(source_id=registry.id, kind=JobKind.IMPORT, status=JobStatus.FAILED, queued_at=now - timedelta(days=1), started_at=now - timedelta(days=1), finished_at=now - timedelta(days=1), message="The file has no column that looks like a name. Say which one it is with --mapping."),
    ]  # fmt: skip
    add_all(tx.session, *jobs)
    world.job_ids = [job.id for job in jobs]
    add_all(
        tx.session,
        JobProblem(job_id=jobs[0].id, place="https://directory.example/companies/brumeconseil", field="founded", reason="“1872?” is not a year", remedy="Mend it in the directory, or ignore it: the firm counts without.", raw="1872?", at=now),
        JobProblem(job_id=jobs[0].id, place="https://directory.example/companies/404", field=None, reason="The page answered 404", remedy="Nothing to do: the page is gone.", raw="", at=now),
        JobProblem(job_id=jobs[1].id, place="row 17", field="name", reason="The row has no name", remedy="Fill the column “name” and import the file again.", raw=";;DE", at=now),
    )  # fmt: skip
    return directory, registry, jobs[0]


def _firm(
    tx: Transaction,
    rng: random.Random,
    n: int,
    directory: Source,
    registry: Source,
    job: SourcingJob,
) -> Firm:
    head, tail = HEADS[n % len(HEADS)], TAILS[(n * 7 + n // len(HEADS)) % len(TAILS)]
    name = f"{head}{tail}" if tail[0].islower() else f"{head} {tail}"
    domain = f"{name.lower().replace(' ', '')}{n}.example"
    city, country = PLACES[rng.randrange(len(PLACES))]
    size = None if rng.random() < 0.15 else rng.choice([8, 14, 22, 38, 64, 120, 240, 610])
    founded = None if rng.random() < 0.1 else rng.randrange(1994, 2022)
    tags = rng.sample(TAGS, rng.choice([1, 2, 2, 3, 4]))
    url = f"https://directory.example/companies/{domain.split('.')[0]}"
    record = SourceRecord(
        source_id=directory.id, record_id=domain.split(".")[0], url=url,
        facts=[{"field": "name", "value": name, "text": name, "method": "json-ld", "confidence": 0.95, "url": url, "inferred": False}],
        content_hash=f"{n:064d}", first_job_id=job.id, last_job_id=job.id,
        first_seen_at=tx.now - timedelta(days=20), last_seen_at=tx.now - timedelta(days=3),
    )  # fmt: skip
    add_all(tx.session, record)

    def read(text: Any, method: str = "json-ld", **over: Any) -> dict[str, Any]:
        return {
            "source_record_id": record.id,
            "source": "directory",
            "url": url,
            "method": method,
            "text": str(text),
            "confidence": 0.9,
            "inferred": False,
            "rule": "the only source that says so",
        } | over

    provenance: dict[str, Any] = {
        "name": read(name),
        "website": read(domain),
        "country": read(
            country, "tld", inferred=True, confidence=0.6, rule="inferred, since nobody states it"
        ),
        "specialties": [read(tag, "text") for tag in tags],
    }
    if city:
        provenance["city"] = read(city)
    if size:
        provenance["employees"] = read(f"about {size} people", "text", rule="stated beats inferred")
    if founded:
        provenance["founded"] = read(f"since {founded}", "text")
    firm = make_firm(
        tx, name=name, name_key=name.lower(), domain=domain, website=f"https://{domain}", city=city,
        country=country, employees_low=size, employees_high=None if size == 610 else size,
        founded_low=founded, founded_high=founded, specialties=tags, provenance=provenance,
    )  # fmt: skip
    add_all(
        tx.session,
        FirmMember(source_record_id=record.id, firm_id=firm.id, record_version=1, evidence={"method": "alone"}, joined_at=tx.now - timedelta(days=20)),
        FirmChange(firm_id=firm.id, kind=ChangeKind.CREATED, detail={}, actor="Recruit", at=tx.now - timedelta(days=20)),
    )  # fmt: skip
    if n % 3 == 0:
        twin = SourceRecord(
            source_id=registry.id, record_id=f"row-{n}", url=None,
            facts=[{"field": "name", "value": f"{name} GmbH", "text": f"{name} GmbH", "method": "csv", "confidence": 1.0}],
            content_hash=f"{n + 10_000:064d}", first_job_id=job.id, last_job_id=job.id,
            first_seen_at=tx.now - timedelta(days=19), last_seen_at=tx.now - timedelta(days=19),
        )  # fmt: skip
        add_all(tx.session, twin)
        add_all(
            tx.session,
            FirmMember(source_record_id=twin.id, firm_id=firm.id, record_version=1, evidence={"method": "pair", "fields": ["domain", "name"], "score": 0.98}, joined_at=tx.now - timedelta(days=19)),
            FirmChange(firm_id=firm.id, kind=ChangeKind.UPDATED, detail={"fields": {"legal_form": [None, "GmbH"]}}, actor="Recruit", at=tx.now - timedelta(days=19)),
        )  # fmt: skip
    if n % 17 != 16:
        make_contact(tx, firm)
    return firm


def _outreach(tx: Transaction, world: World, firms: list[Firm], rng: random.Random) -> None:
    now, session = tx.now, tx.session
    mailbox = Mailbox(
        address="robin@northlight.example", from_name="Robin Vale", cap_per_day=40, gap_s=90
    )
    add_all(session, mailbox)
    sequence = Sequence(
        name="cloud-partners-first-contact",
        title="Cloud partners, first contact",
        status=SequenceStatus.ACTIVE,
        mailbox_id=mailbox.id,
        created_at=now - timedelta(days=18),
    )
    add_all(session, sequence)
    version = SequenceVersion(
        sequence_id=sequence.id,
        number=1,
        definition=DEFINITION,
        definition_hash="1" * 64,
        created_at=now - timedelta(days=18),
        created_by="Alex Moor",
    )
    add_all(session, version)
    world.sequence_id = sequence.id
    fates = (
        ["active"] * 9
        + ["task"] * 5
        + ["paused"] * 2
        + ["positive"] * 6
        + ["negative"] * 3
        + [
            "later",
            "unclear",
            "referral",
            "opted_out",
            "bounced",
            "no_reply",
            "no_reply",
            "unknown",
            "held",
        ]
    )
    rng.shuffle(fates)
    with_contact = [firm for n, firm in enumerate(firms) if n % 17 != 16]
    for firm, fate in zip(with_contact[2:], fates, strict=False):
        _enroll(tx, world, sequence, version, firm, fate)


PROFILE: dict[str, Any] = tomllib.loads(
    (files("recruit.demo") / "data" / "profile.toml").read_text(encoding="utf-8")
)
DEFINITION: dict[str, Any] = {
    "name": "cloud-partners-first-contact",
    "title": "Cloud partners, first contact",
    "steps": [
        {
            "kind": "email",
            "delay_working_days": 0,
            "subject": STEPS[0],
            "body": "Hello,\n\nI read what {{ firm.name }} does.",
        },
        {
            "kind": "email",
            "delay_working_days": 3,
            "body": "One firm like yours doubled its margin.",
        },
        {
            "kind": "task",
            "delay_working_days": 3,
            "subject": STEPS[2],
            "body": "Send a short note.",
            "channel": "linkedin",
            "link": "https://www.linkedin.com/",
        },
        {"kind": "email", "delay_working_days": 5, "body": "Shall I close the file?"},
    ],
}


def _enroll(
    tx: Transaction,
    world: World,
    sequence: Sequence,
    version: SequenceVersion,
    firm: Firm,
    fate: str,
) -> None:
    now, session = tx.now, tx.session
    contact = session.query(Contact).filter_by(firm_id=firm.id).one()
    began = now - timedelta(days=14)
    finished = {
        "positive": ExitReason.REPLIED, "negative": ExitReason.REPLIED, "later": ExitReason.REPLIED,
        "unclear": ExitReason.REPLIED, "referral": ExitReason.REPLIED, "opted_out": ExitReason.OPTED_OUT,
        "bounced": ExitReason.BOUNCED, "no_reply": ExitReason.NO_REPLY,
    }  # fmt: skip
    status = (
        EnrollmentStatus.FINISHED
        if fate in finished
        else EnrollmentStatus.PAUSED
        if fate == "paused"
        else EnrollmentStatus.ACTIVE
    )
    enrollment = Enrollment(
        sequence_id=sequence.id, sequence_version_id=version.id, firm_id=firm.id, contact_id=contact.id,
        address_domain=str(firm.domain), status=status, exit_reason=finished.get(fate),
        exit_detail="An answer came in, so nothing more goes out." if fate in {"positive", "negative"} else "",
        profile_version_id=world.profile_version_id, score_total=80.0, enrolled_at=began, enrolled_by="Alex Moor",
        paused_until=now + timedelta(days=6) if fate == "paused" else None,
        finished_at=now - timedelta(days=2) if fate in finished else None,
    )  # fmt: skip
    add_all(session, enrollment)
    sent = {
        "active": 1,
        "task": 2,
        "paused": 1,
        "opted_out": 1,
        "bounced": 1,
        "no_reply": 4,
        "unknown": 1,
        "held": 1,
    }.get(fate, 2)
    touches = []
    for step in range(sent):
        is_task = step == 2
        touches.append(
            Touch(
                enrollment_id=enrollment.id, sequence_id=sequence.id, firm_id=firm.id, step_index=step,
                kind=StepKind.TASK if is_task else StepKind.EMAIL,
                status=TouchStatus.DONE if is_task else TouchStatus.SENT,
                address_key=contact.email, due_at=began + timedelta(days=4 * step, hours=1),
                subject=STEPS[step],
                body=f"Hello,\n\nI read that {firm.name} does {firm.specialties[0]} in {firm.city or 'your region'}. We look for partners who run clusters for customers that do not want to.\n\nWould a call of 20 minutes next week suit you?\n\nRobin Vale",
                message_id=None if is_task else f"<touch-{enrollment.id}-{step}@northlight.example>",
                settled_at=began + timedelta(days=4 * step, hours=1, minutes=2), settled_by="" if not is_task else "Alex Moor",
                outcome="connected" if is_task else "250 queued",
            )
        )  # fmt: skip
    if fate == "bounced":
        touches[-1].status = TouchStatus.SENT
    if status is not EnrollmentStatus.FINISHED:
        step = sent
        extra = Touch(
            enrollment_id=enrollment.id, sequence_id=sequence.id, firm_id=firm.id, step_index=step,
            kind=StepKind.TASK if step == 2 else StepKind.EMAIL, status=TouchStatus.PENDING,
            address_key=contact.email, due_at=now + timedelta(days=1 + enrollment.id % 5, hours=enrollment.id % 6), subject=STEPS[step],
        )  # fmt: skip
        if fate == "task":
            extra.status, extra.due_at = (
                TouchStatus.OPEN,
                now - timedelta(days=enrollment.id % 3, hours=3),
            )
            extra.subject = f"Connect with someone at {firm.name}"
            extra.body = "Look for the person who answers for partnerships, and send a short note that mentions our two mails."
            extra.link = f"https://www.linkedin.com/search/results/companies/?keywords={firm.name.replace(' ', '%20')}"
        if fate == "unknown":
            extra.status, extra.outcome, extra.due_at = (
                TouchStatus.UNKNOWN,
                "The connection broke after the text was sent; nobody knows whether it arrived.",
                now - timedelta(hours=20),
            )
        if fate == "held":
            extra.status, extra.blocked_by, extra.due_at = (
                TouchStatus.HELD,
                "It is 3 days overdue; a mail that late would look odd. Release it or skip it.",
                now - timedelta(days=3),
            )
        touches.append(extra)
    add_all(session, *touches)
    last = touches[-1]
    if fate == "task":
        world.task_ids.append(last.id)
    if fate == "unknown":
        world.unknown_touch_id = last.id
    if fate == "held":
        world.held_touch_id = last.id
    _answer(tx, world, firm, enrollment, contact, touches, fate)


WORDS = {
    "positive": ("Sounds good. We have two platform teams and look for exactly such a product.\n\nTuesday at 10 would work. Who joins from your side?", Mood.POSITIVE, 0.93),
    "negative": ("Thank you, but we work with a competitor of yours and are happy there.", Mood.NEGATIVE, 0.9),
    "later": ("Interesting, though not before our fiscal year ends. Please come back in April.", Mood.LATER, 0.81),
    "unclear": ("Got it.", Mood.UNCLEAR, 0.4),
    "referral": ("I am the wrong person; Mira Okafor looks after alliances: mira@example.example", Mood.REFERRAL, 0.77),
}  # fmt: skip


def _answer(
    tx: Transaction,
    world: World,
    firm: Firm,
    enrollment: Enrollment,
    contact: Contact,
    touches: list[Touch],
    fate: str,
) -> None:
    kinds = {
        "bounced": InboundKind.BOUNCE,
        "opted_out": InboundKind.UNSUBSCRIBE,
        "paused": InboundKind.AUTO_REPLY,
    }
    if fate not in WORDS and fate not in kinds:
        return
    text, mood, confidence = WORDS.get(
        fate,
        (
            {
                "bounced": "550 5.1.1 No such user here",
                "opted_out": "Please take us off your list.",
                "paused": "I am away until Monday.",
            }.get(fate, ""),
            None,
            0.99,
        ),
    )
    at = tx.now - timedelta(days=2, hours=enrollment.id % 20)
    reply = Reply(
        message_id=f"<reply-{enrollment.id}@{firm.domain}>", received_at=at, from_address=contact.email,
        subject=f"Re: {touches[0].subject}", text=text, raw="", kind=kinds.get(fate, InboundKind.HUMAN), mood=mood,
        confidence=confidence, detail={"hard": True, "status": "5.1.1"} if fate == "bounced" else {}, matched_by="references",
        touch_id=touches[0].id, enrollment_id=enrollment.id, firm_id=firm.id, recorded_at=at,
        handled_at=at if fate in kinds else None,
    )  # fmt: skip
    add_all(tx.session, reply)
    world.reply_ids.setdefault(fate, reply.id)
    if fate != "positive":
        return
    world.positives += 1
    number = world.positives - 1
    if number % 3 == 2:
        return
    accepted = number % 3 == 1
    reply.mood_confirmed_by = "Alex Moor" if accepted else None
    reply.handled_at = at + timedelta(hours=3) if accepted else None
    candidate = Candidate(
        firm_id=firm.id, status=CandidateStatus.ACCEPTED if accepted else CandidateStatus.WAITING, origin=CandidateOrigin.REPLY,
        reply_id=reply.id, contact_name="Mira Okafor", contact_email=contact.email, created_at=at,
        decided_at=at + timedelta(hours=3) if accepted else None, decided_by="Alex Moor" if accepted else "",
    )  # fmt: skip
    add_all(tx.session, candidate)
    if accepted:
        partner = Partner(
            firm_id=firm.id,
            company={"name": firm.name},
            accepted_at=at + timedelta(hours=3),
            accepted_by="Alex Moor",
        )
        add_all(tx.session, partner)
        world.partner_ids.append(partner.id)
    else:
        world.candidate_ids.append(candidate.id)


def _crm(tx: Transaction, firms: list[Firm]) -> None:
    now = tx.now
    for n, firm in enumerate(firms[:30]):
        add_all(
            tx.session,
            CrmLink(object_type="firm", object_id=firm.id, external_id=f"recruit-firm-{firm.id}", crm_object="company", crm_id=f"C-{firm.id:05d}", crm_version="3", crm_modified_at=now - timedelta(hours=n), base={}, ours={}, base_hash="0" * 64, status=LinkStatus.LINKED, linked_at=now - timedelta(days=9), synced_at=now - timedelta(hours=n)),
            SyncEvent(at=now - timedelta(days=9), direction=SyncDirection.PUSH, object_type="firm", object_id=firm.id, what=SyncWhat.CREATED, changes={"name": [None, firm.name], "stage": [None, "contacted"]}),
            OutboxEntry(object_type="firm", object_id=firm.id, status=OutboxStatus.ACKNOWLEDGED, queued_at=now - timedelta(days=9), next_attempt_at=now - timedelta(days=9), settled_at=now - timedelta(days=9)),
        )  # fmt: skip
    add_all(
        tx.session,
        OutboxEntry(object_type="firm", object_id=firms[0].id, status=OutboxStatus.DEAD, queued_at=now - timedelta(hours=5), next_attempt_at=now, attempts=5, error_class="refused", error_text="The picklist “Tier” has no value “registered”."),
        OutboxEntry(object_type="firm", object_id=firms[1].id, status=OutboxStatus.PENDING, queued_at=now - timedelta(minutes=3), next_attempt_at=now, attempts=0),
    )  # fmt: skip
