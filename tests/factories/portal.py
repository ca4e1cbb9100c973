"""Partners on the packaged track, for pages: what their people do, and links to come in by."""

from dataclasses import dataclass
from importlib.resources import files

from recruit.onboarding.content import Content, publish_content, read_content
from recruit.onboarding.course import CourseDefinition
from recruit.onboarding.grading import right_answers
from recruit.onboarding.usecases import (
    accept_candidate,
    hand_in_quiz,
    invite_member,
    invite_signatory,
    save_company,
    sign_agreement,
    view_lesson,
)
from recruit.onboarding.values import MemberRole
from recruit.people.usecases import accept_invitation
from recruit.wiring import App
from tests.factories.onboarding import make_candidate
from tests.factories.web import Visitor

CONTENT: Content = read_content(files("recruit.demo") / "data" / "onboarding")
BASICS, SELLING = CONTENT.courses
PASSWORD = "correct horse battery"


@dataclass
class Someone:
    """A person of a partner, with the session that their invitation opened."""

    app: App
    partner_id: int
    person_id: int
    email: str
    token: str
    csrf: str

    def at_browser(self, web: object) -> Visitor:
        """Return them at a browser."""
        return Visitor(web, csrf=self.csrf, token=self.token)  # type: ignore[arg-type]

    def sign(self) -> "Someone":
        """Sign the agreement."""
        with self.app.transaction() as tx:
            sign_agreement(
                tx,
                partner_id=self.partner_id,
                person_id=self.person_id,
                typed_name="Mira Okafor",
                job_title="Managing director",
                ip="192.0.2.7",
                user_agent="test",
            )
        return self

    def describe(self) -> "Someone":
        """Fill in the company's profile."""
        company = {"name": "Vela Cloud", "city": "Utrecht", "country": "Netherlands"}
        with self.app.transaction() as tx:
            save_company(tx, partner_id=self.partner_id, person_id=self.person_id, company=company)
        return self

    def read(self, course: CourseDefinition, lessons: int = 99) -> "Someone":
        """Read the first lessons of a course."""
        with self.app.transaction() as tx:
            for lesson in course.lessons[:lessons]:
                view_lesson(
                    tx, person_id=self.person_id, course_key=course.key, lesson_key=lesson.key
                )
        return self

    def take(self, course: CourseDefinition, *, wrong: int = 0) -> "Someone":
        """Read all of a course and hand its quiz in, with so many wrong answers."""
        self.read(course)
        assert course.quiz is not None
        answers = dict(right_answers(course.quiz))
        for question in course.quiz.questions[:wrong]:
            answers[question.key] = (next(o for o in question.options if o not in question.answer),)
        with self.app.transaction() as tx:
            hand_in_quiz(tx, person_id=self.person_id, course_key=course.key, answers=answers)
        return self

    def finish(self) -> "Someone":
        """Do the whole track."""
        return self.sign().describe().take(BASICS).take(SELLING)

    def bring(self, name: str, role: MemberRole) -> "Someone":
        """Bring a colleague in, who signs in."""
        email = f"{name.split()[0].lower()}{self.partner_id}@vela.example"
        with self.app.transaction() as tx:
            token = invite_member(tx, partner_id=self.partner_id, email=email, name=name, role=role)
        return _come_in(self.app, self.partner_id, token)


def publish(app: App) -> None:
    """Publish the packaged track."""
    with app.transaction() as tx:
        publish_content(tx, CONTENT)


def bring_partner(app: App, name: str = "Mira Okafor") -> Someone:
    """Accept a firm, and let the person who may sign come in."""
    with app.transaction() as tx:
        candidate = make_candidate(tx, contact_name=name)
        partner = accept_candidate(tx, candidate_id=candidate.id, actor="Alex Moor")
        token = invite_signatory(tx, partner_id=partner.id)
    return _come_in(app, partner.id, token)


def _come_in(app: App, partner_id: int, token: str) -> Someone:
    with app.transaction() as tx:
        come = accept_invitation(tx, token=token, password=PASSWORD)
    return Someone(
        app, partner_id, come.person.person_id, come.person.email, come.token, come.csrf_token
    )
