"""Applying to a program on a public page: what comes in, and which firm it means.

The page answers the same whether the firm is known or not. A firm that is not known becomes a sighting
of the source "applications", and a candidate once resolution has said which firm that is.
"""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import func, select

from recruit.db.transaction import Transaction
from recruit.firms.domains import identifying_domain, registrable_domain
from recruit.firms.finding import FirmUnclear, find_meant_firm
from recruit.firms.lists import ListEntry
from recruit.firms.names import parse_name
from recruit.firms.tables import Firm, FirmMember
from recruit.firms.tags import forget_listed, remember_listed
from recruit.firms.usecases import resolve_firms
from recruit.firms.values import FirmTag
from recruit.notices.usecases import notify
from recruit.notices.values import NoticeKind
from recruit.onboarding import store
from recruit.onboarding.joining_tables import Application
from recruit.onboarding.programs import get_program
from recruit.onboarding.tables import Candidate
from recruit.onboarding.values import CandidateOrigin, CandidateStatus
from recruit.people.store import list_people
from recruit.people.usecases import normalize_email
from recruit.people.values import STAFF
from recruit.sourcing.tables import Source, SourceRecord
from recruit.sourcing.usecases import (
    claim_job,
    define_file_source,
    finish_job,
    open_job,
    record_sightings,
)
from recruit.sourcing.values import Fact, FieldName, JobKind, JobStatus, Sighting

# A person applies once; a whole office behind one address a few times.
MOST_AN_HOUR_BY_IP = 5
SOURCE = "applications"
# What somebody says of a firm on a form that anybody can fill in only fills gaps.
_TRUST = 0.2
_ACTOR = "application form"


class FormRefused(ValueError):
    """Something in the form is missing or can't be right; the message says what, for who filled it in."""


class TooManyApplications(Exception):
    """Too many applications came from one address of late."""


@dataclass(frozen=True)
class ApplicationForm:
    """What somebody wrote; `country` is ISO 3166 alpha-2, `partner_type` a key of the program's types."""

    company: str
    website: str
    country: str
    contact_name: str
    contact_email: str
    about: str
    partner_type: str = ""


def apply_to_program(
    tx: Transaction, *, program: str, form: ApplicationForm, form_id: str, ip: str
) -> Application:
    """Keep an application; the same form a second time is the same application.

    Raises `UnknownProgram`, `FormRefused`, `InvalidEmail` or `TooManyApplications`.
    """
    definition = get_program(tx, program, open_only=True)
    known = tx.session.scalar(select(Application).where(Application.form_id == form_id))
    if known is not None:
        return known
    form = _checked(form, [t.key for t in definition.types])
    since = tx.now - timedelta(hours=1)
    lately = tx.session.scalar(
        select(func.count()).where(Application.ip == ip[:45], Application.at > since)
    )
    if (lately or 0) >= MOST_AN_HOUR_BY_IP:
        raise TooManyApplications("Many applications came from your network. Try again in an hour.")
    firm = find_firm_of(tx, form.website)
    application = Application(
        form_id=form_id[:64],
        program=definition.key,
        partner_type=form.partner_type,
        company=form.company,
        website=form.website,
        country=form.country,
        contact_name=form.contact_name,
        contact_email=form.contact_email,
        about=form.about,
        ip=ip[:45],
        at=tx.now,
        known_before=firm is not None,
    )
    if not store.add_once(tx, application):
        return tx.session.scalars(select(Application).where(Application.form_id == form_id)).one()
    if firm is not None:
        _attach(tx, application, firm)
    return application


def _checked(form: ApplicationForm, types: list[str]) -> ApplicationForm:
    company, about = form.company.strip()[:200], form.about.strip()[:5000]
    website, name = form.website.strip()[:300], form.contact_name.strip()[:200]
    if sum(map(str.isalnum, company)) < 2 or not parse_name(company).key:
        raise FormRefused("Write your company's name.")
    if registrable_domain(website) is None or " " in website:
        raise FormRefused(f"{website!r} is no website. Write it like company.com.")
    if len(form.country) != 2:
        raise FormRefused("Choose your country.")
    if len(name) < 2:
        raise FormRefused("Write your name, so that we know whom to answer.")
    if len(about) < 20:
        raise FormRefused("Tell us in a sentence or two what your company does.")
    if types and form.partner_type not in types:
        raise FormRefused("Choose what you would like to be.")
    if "://" not in website:
        website = f"https://{website}"
    return ApplicationForm(
        company=company,
        website=website,
        country=form.country.upper(),
        contact_name=name,
        contact_email=normalize_email(form.contact_email),
        about=about,
        partner_type=form.partner_type if types else "",
    )


def find_firm_of(tx: Transaction, website: str) -> Firm | None:
    """Return the one firm whose own website this is."""
    domain = identifying_domain(website)
    if domain is None:
        return None
    try:
        return find_meant_firm(tx, domain)
    except FirmUnclear:
        return None


def place_applications(tx: Transaction) -> list[int]:
    """Find the firms of applications that wait for one; returns the candidates that were made of them."""
    waiting = list(
        tx.session.scalars(
            select(Application).where(Application.candidate_id.is_(None)).order_by(Application.id)
        )
    )
    if not waiting:
        return []
    _record(tx, waiting)
    resolve_firms(tx, actor=_ACTOR)
    made = []
    for application in waiting:
        firm_id = tx.session.scalar(
            select(FirmMember.firm_id)
            .join(SourceRecord, SourceRecord.id == FirmMember.source_record_id)
            .join(Source, Source.id == SourceRecord.source_id)
            .where(Source.name == SOURCE, SourceRecord.record_id == str(application.id))
        )
        if firm_id is not None and _attach(tx, application, store.get_firm_row(tx, firm_id)):
            made.append(application.candidate_id or 0)
    return made


def _record(tx: Transaction, applications: list[Application]) -> None:
    source = define_file_source(
        tx,
        name=SOURCE,
        mapping=None,
        about={
            "title": "Applications",
            "trust": _TRUST,
            "lawful_basis": "The firm applied to become a partner.",
        },
    )
    job = open_job(tx, source_id=source.id, kind=JobKind.IMPORT)
    claim_job(tx, job_id=job.id, runner=_ACTOR)
    sightings = [
        Sighting(
            str(one.id),
            one.website,
            tuple(
                Fact(field, value, value, "form", 0.6)
                for field, value in (
                    (FieldName.NAME, one.company),
                    (FieldName.WEBSITE, one.website),
                    (FieldName.COUNTRY, one.country),
                )
            ),
        )
        for one in applications
    ]
    record_sightings(tx, job_id=job.id, sightings=sightings, read=len(sightings))
    finish_job(tx, job_id=job.id, status=JobStatus.DONE)
    tx.session.flush()


def _attach(tx: Transaction, application: Application, firm: Firm) -> bool:
    """Make the firm a candidate, or let the one that it is have the application; True where it is new."""
    candidate = store.find_candidate_of_firm(tx, firm.id)
    made = candidate is None
    if candidate is None:
        candidate = Candidate(
            firm_id=firm.id,
            status=CandidateStatus.WAITING,
            origin=CandidateOrigin.APPLICATION,
            contact_name=application.contact_name,
            contact_email=application.contact_email,
            created_at=tx.now,
        )
        if not store.add_once(tx, candidate):
            candidate = store.find_candidate_of_firm(tx, firm.id)
            made = False
        if candidate is None:
            return False
    application.candidate_id = candidate.id
    if candidate.status is CandidateStatus.DECLINED:
        # Whoever asks again is looked at again; why it was declined stands beside it.
        candidate.status = CandidateStatus.WAITING
    tx.session.flush()
    if candidate.status is not CandidateStatus.ACCEPTED:
        mark_applied(tx, firm, FirmTag.OPEN_APPLICATION)
    tx.announce("firm", firm.id)
    tell_staff(tx, candidate, firm.name, how="applied", key=f"application:{application.id}")
    return made


def mark_applied(tx: Transaction, firm: Firm, tag: FirmTag | None) -> None:
    """Keep a firm that has applied out of cold outreach, or let it go where `tag` is None."""
    entry = ListEntry(
        name=firm.name, website=firm.website or "", country=firm.country or "", key=str(firm.id)
    )
    if tag is None:
        forget_listed(tx, list_name=SOURCE, keys=[entry.entry_key], actor=_ACTOR)
        return
    remember_listed(tx, list_name=SOURCE, tag=tag, entries=[entry], actor=_ACTOR, complete=False)


def tell_staff(tx: Transaction, candidate: Candidate, firm: str, *, how: str, key: str) -> None:
    """Let everybody of the staff know that a candidate waits; `how` goes on after the firm's name."""
    for person in list_people(tx):
        if person.role in STAFF and person.disabled_at is None:
            notify(
                tx,
                person_id=person.id,
                kind=NoticeKind.CANDIDATE_WAITING,
                key=key,
                facts={"firm": firm, "how": how, "candidate": candidate.id, "score": ""},
            )
