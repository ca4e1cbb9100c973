"""Courses, quizzes and certificates as a partner's person stands in them at the moment of asking."""

from dataclasses import dataclass

from sqlalchemy import select

from recruit.db.transaction import Transaction
from recruit.insights.portal import NothingHere, evidence_of, member_of
from recruit.onboarding.course import CourseDefinition, Lesson
from recruit.onboarding.gates import Decision, decide
from recruit.onboarding.gathering import read_course
from recruit.onboarding.grading import AnswersIncomplete, Grade, grade, next_cycle
from recruit.onboarding.paper import Paper, draw_paper, seed_of
from recruit.onboarding.sitting import Standing
from recruit.onboarding.tables import Attempt, Course
from recruit.onboarding.training_tables import AttemptReview, LessonFile
from recruit.onboarding.uploads import CheckedFile
from recruit.onboarding.usecases import NothingToTake, find_turn
from recruit.onboarding.values import Action


@dataclass(frozen=True)
class CoursePage:
    """A course as this person stands in it. `can_take` tells whether the quiz counts now.

    `standing` says whether it may be sat this minute; None where there is nothing to take.
    """

    company: str
    course: CourseDefinition
    decision: Decision
    quiz_decision: Decision
    read: frozenset[str]
    passed: bool
    can_take: bool
    certificate: str
    standing: Standing | None = None

    @property
    def next_lesson(self) -> Lesson | None:
        """Return the first lesson that has not been read."""
        return next((x for x in self.course.lessons if x.key not in self.read), None)

    def after(self, key: str) -> Lesson | None:
        """Return the lesson that follows one."""
        keys = [lesson.key for lesson in self.course.lessons]
        at = keys.index(key) + 1
        return self.course.lessons[at] if at < len(keys) else None


@dataclass(frozen=True)
class Result:
    """The last quiz that a person handed in, as it stands: `note` is what staff wrote who read it."""

    page: CoursePage
    attempt_number: int
    share_right: float
    passed: bool
    grade: Grade
    asked: Paper
    awaiting: bool = False
    late: bool = False
    note: str = ""


@dataclass(frozen=True)
class QuizPage:
    """The questions to answer now; blank where the clock has to be started first."""

    page: CoursePage
    standing: Standing
    paper: Paper


def course_page(tx: Transaction, person_id: int, course_key: str) -> CoursePage:
    """Return a course as this person stands in it; raises `NothingHere`."""
    evidence = evidence_of(tx, person_id)
    member = member_of(evidence, person_id)
    course = evidence.courses.get(course_key)
    if course is None:
        raise NothingHere(f"There is no course {course_key!r}.")
    awards = [c for c in member.certificates if c.course_key == course_key]
    cycle = next_cycle([(c.cycle, c.valid_until) for c in awards], tx.now)
    passed = course_key in member.passed
    valid = [c.serial for c in awards if c.is_valid(tx.now)]
    return CoursePage(
        company=evidence.company_name,
        course=course,
        decision=decide(
            Action.TAKE_COURSE, evidence, tx.now, person_id=person_id, course=course_key
        ),
        quiz_decision=decide(
            Action.TAKE_QUIZ, evidence, tx.now, person_id=person_id, course=course_key
        ),
        read=frozenset(x.key for x in course.lessons if (course_key, x.key) in member.lessons),
        passed=passed,
        can_take=course.quiz is not None
        and (cycle is not None if course.certifies else not passed),
        certificate=valid[-1] if valid else "",
        standing=_standing(tx, person_id, course_key),
    )


def _standing(tx: Transaction, person_id: int, course_key: str) -> Standing | None:
    try:
        return find_turn(tx, person_id=person_id, course_key=course_key).standing
    except NothingToTake:
        return None


def quiz_page(tx: Transaction, person_id: int, course_key: str) -> QuizPage:
    """Return the quiz that a person may sit now; raises `NothingHere` or `NothingToTake`."""
    page = course_page(tx, person_id, course_key)
    turn = find_turn(tx, person_id=person_id, course_key=course_key)
    closed = turn.standing.refusal or turn.standing.must_start
    paper = Paper(()) if closed else draw_paper(turn.quiz, turn.seed(person_id))
    return QuizPage(page, turn.standing, paper)


def last_result(tx: Transaction, person_id: int, course_key: str) -> Result:
    """Return the last quiz that a person handed in for a course; raises `NothingHere`."""
    page = course_page(tx, person_id, course_key)
    row = tx.session.execute(
        select(Attempt, Course, AttemptReview)
        .join(Course, Course.id == Attempt.course_id)
        .join(AttemptReview, AttemptReview.attempt_id == Attempt.id, isouter=True)
        .where(Attempt.person_id == person_id, Course.key == course_key)
        .order_by(Attempt.id.desc())
        .limit(1)
    ).first()
    if row is None:
        raise NothingHere("No quiz was handed in.")
    attempt, course, review = row
    quiz = read_course(course.definition, course.definition_hash).quiz
    if quiz is None:
        raise NothingHere("The course has no quiz.")
    seed = seed_of(person_id, course.definition_hash, attempt.cycle, attempt.number)
    try:
        graded = grade(
            quiz, attempt.answers, seed=seed, read_right=review.right if review else None
        )
    except AnswersIncomplete:
        # The time was over before everything was answered.
        graded = Grade((), (), 0.0, passed=False, reread=())
    return Result(
        page,
        attempt.number,
        review.share_right if review else attempt.share_right,
        attempt.passed or (review is not None and review.passed),
        graded,
        asked=draw_paper(quiz, seed),
        awaiting=attempt.awaiting and review is None,
        late=attempt.late,
        note=review.note if review else "",
    )


def lesson_file(tx: Transaction, lesson: Lesson) -> CheckedFile:
    """Return the file that a lesson hands out; raises `NothingHere`."""
    found = tx.session.get(LessonFile, lesson.file_sha256)
    if found is None:
        raise NothingHere("This lesson has no file.")
    return CheckedFile(lesson.file, found.content_type, found.content)
