"""Step 5: the people of accepted firms, each of whom goes as far through the track as is drawn for them."""

import hashlib
import heapq
import itertools
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from recruit.demo.world import DATA, World
from recruit.insights.onboarding import PartnerPage, partner_page
from recruit.onboarding.content import Content, publish_content, read_content
from recruit.onboarding.course import CourseDefinition
from recruit.onboarding.grading import right_answers
from recruit.onboarding.usecases import (
    hand_in_quiz,
    invite_signatory,
    save_company,
    sign_agreement,
    view_lesson,
)
from recruit.people.usecases import accept_invitation

# How many of the steps each partner takes, in the order of acceptance; the list repeats. 99 is all.
_PERSISTENCE = (99, 5, 99, 2, 99, 9, 0, 99, 3, 99, 1)

# Invented; every partner's signatory gets one.
_FIRST = ("Alex", "Sam", "Noor", "Mika", "Jo", "Kim", "Toni")
_LAST = ("Vela", "Moreau", "Lind", "Okoro", "Brandt")

Act = Callable[[], None]


def _name_of(partner_id: int) -> str:
    return f"{_FIRST[partner_id % len(_FIRST)]} {_LAST[partner_id % len(_LAST)]}"


@dataclass(order=True)
class _Plan:
    at: datetime
    number: int
    act: Act = field(compare=False)


@dataclass
class Partners:
    """Simulated partners. They do what a person does in the portal, some hours or days after each step."""

    world: World
    password: str = field(default_factory=lambda: secrets.token_urlsafe(9))
    content: Content = field(default_factory=lambda: read_content(DATA / "onboarding"))
    _plans: list[_Plan] = field(default_factory=list)
    _numbers: Iterator[int] = field(default_factory=itertools.count)
    _accepted: list[int] = field(default_factory=list)

    def publish(self) -> None:
        """Publish agreement, courses, track and resources."""
        with self.world.app.transaction() as tx:
            publish_content(tx, self.content)

    def welcome(self, partner_id: int, at: datetime) -> None:
        """Plan what a newly accepted partner does."""
        persistence = _PERSISTENCE[len(self._accepted) % len(_PERSISTENCE)]
        self._accepted.append(partner_id)
        for number, act in enumerate(itertools.islice(self._steps(partner_id), persistence)):
            at += self._pause(partner_id, number)
            heapq.heappush(self._plans, _Plan(at, next(self._numbers), act))

    def next_at(self) -> datetime | None:
        """Return when the next partner does something."""
        return self._plans[0].at if self._plans else None

    def act_until(self, now: datetime) -> None:
        """Do what has come due by `now`."""
        while self._plans and self._plans[0].at <= now:
            heapq.heappop(self._plans).act()

    def login(self) -> str | None:
        """Return the address of a partner who is in the middle of training, else of any who signed in."""
        pages = [self._page(partner_id) for partner_id in self._accepted]
        signed_in = [page for page in pages if page.members and page.members[0].signed_in_at]
        # The demo's visitor should find something to do: as far as possible, and not at the end.
        signed_in.sort(key=lambda page: (page.steps_done == len(page.steps), -page.steps_done))
        return signed_in[0].members[0].email if signed_in else None

    def _pause(self, partner_id: int, number: int) -> timedelta:
        digest = hashlib.sha256(f"{self.world.seed}:{partner_id}:{number}".encode()).digest()
        return timedelta(hours=4 + digest[0] % 36, minutes=digest[1] % 60)

    def _steps(self, partner_id: int) -> Iterator[Act]:
        yield partial(self._accept_invitation, partner_id)
        yield partial(self._sign, partner_id)
        yield partial(self._describe_company, partner_id)
        for course in self.content.courses:
            for lesson in course.lessons:
                yield partial(self._read, partner_id, course, lesson.key)
            if partner_id % 3 == 0:
                yield partial(self._take_quiz, partner_id, course, rightly=False)
            yield partial(self._take_quiz, partner_id, course, rightly=True)

    def _page(self, partner_id: int) -> PartnerPage:
        with self.world.app.reading() as tx:
            return partner_page(tx, partner_id)

    def _person(self, partner_id: int) -> int:
        return self._page(partner_id).members[0].person_id

    def _accept_invitation(self, partner_id: int) -> None:
        with self.world.app.transaction() as tx:
            token = invite_signatory(tx, partner_id=partner_id)
            accept_invitation(tx, token=token, password=self.password, name=_name_of(partner_id))

    def _sign(self, partner_id: int) -> None:
        page = self._page(partner_id)
        with self.world.app.transaction() as tx:
            sign_agreement(
                tx,
                partner_id=partner_id,
                person_id=page.members[0].person_id,
                typed_name=_name_of(partner_id),
                job_title="Managing director",
                ip="127.0.0.1",
                user_agent="demo",
            )

    def _describe_company(self, partner_id: int) -> None:
        page = self._page(partner_id)
        company = {"name": page.firm_name, "city": "Utrecht", "country": "NL"}
        with self.world.app.transaction() as tx:
            save_company(
                tx,
                partner_id=partner_id,
                person_id=page.members[0].person_id,
                company=company,
            )

    def _read(self, partner_id: int, course: CourseDefinition, lesson: str) -> None:
        person_id = self._person(partner_id)
        with self.world.app.transaction() as tx:
            view_lesson(tx, person_id=person_id, course_key=course.key, lesson_key=lesson)

    def _take_quiz(self, partner_id: int, course: CourseDefinition, *, rightly: bool) -> None:
        if course.quiz is None:
            return
        answers: dict[str, tuple[str, ...]] = dict(right_answers(course.quiz))
        if not rightly:
            for question in course.quiz.questions[:2]:
                wrong = next(o for o in question.options if o not in question.answer)
                answers[question.key] = (wrong,)
        person_id = self._person(partner_id)
        with self.world.app.transaction() as tx:
            hand_in_quiz(tx, person_id=person_id, course_key=course.key, answers=answers)
