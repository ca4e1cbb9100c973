"""A small track with its courses, evidence of partners at any point of it, and stored partners."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from sqlalchemy import select

from recruit.db.outbox import OutboxEntry
from recruit.db.transaction import Transaction
from recruit.onboarding.course import CourseDefinition, parse_course
from recruit.onboarding.evidence import Certificate, Declared, Evidence, Member, Signature
from recruit.onboarding.tables import Attempt, Candidate, Partner
from recruit.onboarding.track import TrackDefinition, parse_track
from recruit.onboarding.usecases import (
    accept_candidate,
    add_candidate,
    hand_in_quiz,
    invite_signatory,
    publish_agreement,
    publish_course,
    publish_resource,
    publish_track,
    save_company,
    sign_agreement,
    view_lesson,
)
from recruit.onboarding.values import Action, CandidateOrigin, MemberRole
from recruit.people.usecases import SignedIn, accept_invitation
from recruit.sequences.tables import Reply
from recruit.sequences.values import InboundKind, Mood
from recruit.wiring import App
from tests.conftest import NOW
from tests.factories.people import PASSWORD
from tests.factories.scoring import add_firm_row

SIGNATORY, ADMIN, MEMBER = 1, 2, 3
COMPANY = {"name": "Vela Cloud", "city": "Utrecht", "country": "NL"}
RIGHT: dict[str, dict[str, tuple[str, ...]]] = {
    "basics": {"where": ("With the customer",), "parts": ("Agent", "Console")},
    "selling": {"when": ("Before the offer",), "how-long": ("90 days",)},
}
WRONG: dict[str, dict[str, tuple[str, ...]]] = {
    "basics": {"where": ("With us",), "parts": ("Agent",)},
    "selling": {"when": ("Never",), "how-long": ("90 days",)},
}
_number = count(1)


def basics_data(**over: Any) -> dict[str, Any]:
    """Return a course of two lessons with a quiz of a single and a multiple question."""
    return {
        "key": "basics",
        "title": "Product basics",
        "summary": "What it does.",
        "lessons": [
            {
                "key": "what",
                "title": "What it does",
                "minutes": 4,
                "markdown": "It runs **things**.",
            },
            {"key": "who", "title": "Who buys it", "minutes": 5, "markdown": "Teams of fifty."},
        ],
        "quiz": {
            "minutes": 3,
            "pass_mark": 1.0,
            "questions": [
                {
                    "key": "where",
                    "kind": "single",
                    "text": "Where does the data live?",
                    "options": ["With us", "With the customer"],
                    "answer": "With the customer",
                    "lesson": "what",
                },
                {
                    "key": "parts",
                    "kind": "multiple",
                    "text": "Which parts are there?",
                    "options": ["Agent", "Console", "Toaster"],
                    "answer": ["Agent", "Console"],
                    "lesson": "who",
                },
            ],
        },
    } | over


def selling_data(**over: Any) -> dict[str, Any]:
    """Return a course of one lesson whose quiz certifies for twelve months."""
    return {
        "key": "selling",
        "title": "Selling",
        "summary": "How to sell it.",
        "validity_months": 12,
        "lessons": [
            {"key": "register", "title": "Register first", "minutes": 6, "markdown": "Do it."}
        ],
        "quiz": {
            "minutes": 4,
            "pass_mark": 0.75,
            "questions": [
                {
                    "key": "when",
                    "kind": "single",
                    "text": "When is a deal registered?",
                    "options": ["Before the offer", "Never"],
                    "answer": "Before the offer",
                    "lesson": "register",
                },
                {
                    "key": "how-long",
                    "kind": "single",
                    "text": "How long is it protected?",
                    "options": ["30 days", "90 days"],
                    "answer": "90 days",
                    "lesson": "register",
                },
            ],
        },
    } | over


def track_data(**over: Any) -> dict[str, Any]:
    """Return a track of four steps: agreement, company, course, certification."""
    steps: list[dict[str, Any]] = [
        {
            "key": "agreement",
            "kind": "agreement",
            "title": "Sign the agreement",
            "done_title": "Agreement signed",
            "agreement": "terms",
        },
        {
            "key": "company",
            "kind": "profile",
            "title": "Tell us about your company",
            "done_title": "Company profile",
        },
        {
            "key": "basics",
            "kind": "course",
            "title": "Learn the basics",
            "done_title": "Basics",
            "course": "basics",
        },
        {
            "key": "certification",
            "kind": "certification",
            "title": "Get certified",
            "done_title": "Certified",
            "course": "selling",
        },
    ]
    return {
        "name": "reseller",
        "title": "Reseller",
        "steps": steps,
        "opens": {
            "see_resources": ["agreement"],
            "see_prices": ["certification"],
            "register_deal": ["certification"],
        },
    } | over


def make_track(**over: Any) -> TrackDefinition:
    """Return the track of `track_data`."""
    return parse_track(track_data(**over))


def make_courses() -> dict[str, CourseDefinition]:
    """Return both courses by key."""
    return {"basics": parse_course(basics_data()), "selling": parse_course(selling_data())}


def make_certificate(
    awarded_at: datetime, *, days: int = 365, cycle: int = 1, course_key: str = "selling"
) -> Certificate:
    """Return a certificate that is valid for `days`."""
    until = awarded_at + timedelta(days=days)
    return Certificate(f"RC-{next(_number)}", course_key, cycle, awarded_at, until)


def make_member(person_id: int = SIGNATORY, **over: Any) -> Member:
    """Return a member: Sam may sign, Ada administers, Mel takes courses."""
    name, role = {
        SIGNATORY: ("Sam", MemberRole.SIGNATORY),
        ADMIN: ("Ada", MemberRole.ADMIN),
    }.get(person_id, ("Mel", MemberRole.MEMBER))
    values: dict[str, Any] = {
        "person_id": person_id,
        "name": name,
        "email": f"{name.lower()}{person_id}@vela.example",
        "role": role,
        "joined_at": NOW - timedelta(days=90),
    }
    return Member(**(values | over))


def make_evidence(steps: int = 0, **over: Any) -> Evidence:
    """Return evidence of three members, the first `steps` of the track done a day apart.

    Step n was done on day n after acceptance, 90 days before NOW; the certificate is Sam's and fresh.
    """
    began = NOW - timedelta(days=90)
    done_at = [began + timedelta(days=n) for n in range(1, 5)]
    sam = make_member(
        SIGNATORY,
        signed_in_at=began + timedelta(hours=1) if steps else None,
        lessons=_lessons(steps, done_at),
        passed={k: t for n, k, t in ((3, "basics", done_at[2]), (4, "selling", done_at[3])) if steps >= n},
        certificates=(make_certificate(done_at[3]),) if steps >= 4 else (),
    )  # fmt: skip
    values: dict[str, Any] = {
        "partner_id": 7,
        "firm_id": 70,
        "company_name": "Vela Cloud",
        "accepted_at": began,
        "track": make_track(),
        "courses": make_courses(),
        "members": (sam, make_member(ADMIN), make_member(MEMBER)),
        "signatures": {"terms": Signature("terms", 1, SIGNATORY, "Sam Vela", done_at[0])}
        if steps >= 1
        else {},
        "declared": {"company": Declared("company", False, "", "Sam", done_at[1])}
        if steps >= 2
        else {},
    }
    return Evidence(**(values | over))


def _lessons(steps: int, done_at: list[datetime]) -> Mapping[tuple[str, str], datetime]:
    read: dict[tuple[str, str], datetime] = {}
    if steps >= 3:
        read |= {("basics", "what"): done_at[2], ("basics", "who"): done_at[2]}
    if steps >= 4:
        read |= {("selling", "register"): done_at[3]}
    return read


def publish_small_track(tx: Transaction, **over: Any) -> None:
    """Publish the agreement, both courses, the track and a page behind each gate."""
    publish_agreement(tx, name="terms", title="Terms", text="# Terms\n\nBe good.\n")
    publish_course(tx, definition=basics_data())
    publish_course(tx, definition=selling_data())
    publish_track(tx, definition=track_data(**over))
    for position, action in enumerate((Action.SEE_RESOURCES, Action.SEE_PRICES), start=1):
        key = "deck" if action is Action.SEE_RESOURCES else "prices"
        publish_resource(
            tx,
            key=key,
            title=key.capitalize(),
            summary=f"The {key}.",
            markdown=f"All the {key}.",
            action=action,
            owner="Morgan Diaz",
            position=position,
        )


@dataclass
class Stored:
    """A stored partner: its ids, and the session of the person who may sign."""

    app: App
    partner_id: int
    firm_id: int
    person_id: int
    signed_in: SignedIn | None = field(default=None, repr=False)

    def sign(self, **over: Any) -> None:
        """Sign the agreement."""
        values: dict[str, Any] = {
            "partner_id": self.partner_id,
            "person_id": self.person_id,
            "typed_name": "Sam Vela",
            "job_title": "Director",
            "ip": "192.0.2.1",
            "user_agent": "test",
        }
        with self.app.transaction() as tx:
            sign_agreement(tx, **(values | over))

    def describe(self) -> None:
        """Fill in the company's profile."""
        with self.app.transaction() as tx:
            save_company(tx, partner_id=self.partner_id, person_id=self.person_id, company=COMPANY)

    def read(self, course: str) -> None:
        """Read all lessons of a course."""
        lessons = make_courses()[course].lessons
        with self.app.transaction() as tx:
            for lesson in lessons:
                view_lesson(tx, person_id=self.person_id, course_key=course, lesson_key=lesson.key)

    def hand_in(self, course: str, *, rightly: bool = True) -> Attempt:
        """Hand in a course's quiz."""
        with self.app.transaction() as tx:
            answers = (RIGHT if rightly else WRONG)[course]
            return hand_in_quiz(tx, person_id=self.person_id, course_key=course, answers=answers)

    def go(self, steps: int) -> "Stored":
        """Do the first `steps` of the track."""
        acts = (
            self.sign,
            self.describe,
            lambda: self._pass("basics"),
            lambda: self._pass("selling"),
        )
        for act in acts[:steps]:
            act()
        return self

    def _pass(self, course: str) -> None:
        self.read(course)
        self.hand_in(course)


def make_candidate(tx: Transaction, **over: Any) -> Candidate:
    """Store a firm that is a candidate."""
    number = next(_number)
    firm = add_firm_row(tx, name=f"Vela Cloud {number}", domain=f"vela{number}.example")
    values: dict[str, Any] = {
        "firm_id": firm.id,
        "origin": CandidateOrigin.RECRUITER,
        "contact_email": f"sam@vela{number}.example",
        "contact_name": f"Sam Vela {number}",
    }
    return add_candidate(tx, **(values | over))


def make_partner(app: App, steps: int = 0, *, signed_in: bool = True) -> Stored:
    """Store a partner who has done the first `steps`; the small track has to be published."""
    with app.transaction() as tx:
        candidate = make_candidate(tx)
        partner: Partner = accept_candidate(tx, candidate_id=candidate.id, actor="Alex Moor")
        token = invite_signatory(tx, partner_id=partner.id)
    with app.transaction() as tx:
        session = accept_invitation(tx, token=token, password=PASSWORD) if signed_in else None
    person_id = session.person.person_id if session else _person_of(app, partner.id)
    return Stored(app, partner.id, partner.firm_id, person_id, session).go(steps)


def _person_of(app: App, partner_id: int) -> int:
    from recruit.insights.onboarding import partner_page

    with app.reading() as tx:
        return partner_page(tx, partner_id).members[0].person_id


def add_reply(tx: Transaction, firm_id: int | None, **over: Any) -> Reply:
    """Store an answer that says yes for sure."""
    number = next(_number)
    values: dict[str, Any] = {
        "message_id": f"<reply-{number}@vela.example>",
        "received_at": tx.now,
        "from_address": f"sam{number}@vela.example",
        "subject": "Re: Partners",
        "text": "Gladly.",
        "raw": "",
        "kind": InboundKind.HUMAN,
        "mood": Mood.POSITIVE,
        "confidence": 0.9,
        "detail": {},
        "firm_id": firm_id,
        "recorded_at": tx.now,
    }
    reply = Reply(**(values | over))
    tx.session.add(reply)
    tx.session.flush()
    return reply


def count_announced(app: App, firm_id: int) -> int:
    """Return how often the CRM was told to hear of a firm."""
    with app.reading() as tx:
        found = tx.session.scalars(select(OutboxEntry.id).where(OutboxEntry.object_id == firm_id))
        return len(found.all())


@contextmanager
def told_once(app: App, firm_id: int) -> Iterator[None]:
    """Assert that what happens inside is announced to the CRM, in the same transaction, once."""
    before = count_announced(app, firm_id)
    yield
    assert count_announced(app, firm_id) == before + 1
