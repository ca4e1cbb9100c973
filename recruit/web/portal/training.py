"""Courses, lessons and quizzes. The server grades, and never shows the right answers."""

from collections.abc import Mapping

from fastapi import APIRouter, Request
from fastapi.responses import Response

from recruit.insights.training import QuizPage, course_page, last_result, lesson_file, quiz_page
from recruit.onboarding.grading import AnswersIncomplete, InvalidAnswer
from recruit.onboarding.usecases import (
    NotAttended,
    NothingToTake,
    NotNow,
    NotStarted,
    hand_in_quiz,
    start_quiz,
    view_lesson,
)
from recruit.web.errors import show_error
from recruit.web.packages.origin import address_of
from recruit.web.pages import redirect, render
from recruit.web.portal.files import attach
from recruit.web.portal.forms import PostedForm
from recruit.web.portal.locked import show_locked
from recruit.web.portal.markdown import to_html
from recruit.web.request import AppDep, PartnerPerson, ReadingTx, WritingTx, get_app

router = APIRouter()
ANSWER = "q-"


@router.get("/portal/courses/{key}")
def show_course(request: Request, tx: ReadingTx, person: PartnerPerson, key: str) -> Response:
    """Show a course's lessons and how far this person has come."""
    page = course_page(tx, person.person_id, key)
    if not page.decision.allowed:
        return show_locked(request, page.course.title, page.decision, company=page.company)
    return render(request, "portal/course.html", page=page)


@router.get("/portal/courses/{key}/lessons/{lesson_key}")
def show_lesson(
    request: Request, tx: ReadingTx, person: PartnerPerson, key: str, lesson_key: str
) -> Response:
    """Show a lesson."""
    page = course_page(tx, person.person_id, key)
    if not page.decision.allowed:
        return show_locked(request, page.course.title, page.decision, company=page.company)
    lesson = page.course.find_lesson(lesson_key)
    if lesson is None:
        return show_error(request, 404)
    return render(
        request,
        "portal/lesson.html",
        page=page,
        lesson=lesson,
        number=page.course.lessons.index(lesson) + 1,
        html=to_html(lesson.markdown or ""),
        package=address_of(get_app(request), request, person.session_id, key, lesson.key)
        if lesson.package
        else "",
    )


@router.post("/portal/courses/{key}/lessons/{lesson_key}")
def finish_lesson(
    request: Request, tx: WritingTx, person: PartnerPerson, key: str, lesson_key: str
) -> Response:
    """Write down that the lesson was read, and go on to what follows it."""
    try:
        view_lesson(tx, person_id=person.person_id, course_key=key, lesson_key=lesson_key)
    except NotAttended as error:
        here = f"/portal/courses/{key}/lessons/{lesson_key}"
        return redirect(request, here, str(error), kind="wait")
    page = course_page(tx, person.person_id, key)
    following = page.after(lesson_key) or page.next_lesson
    base = f"/portal/courses/{page.course.key}"
    if following is not None:
        return redirect(request, f"{base}/lessons/{following.key}")
    return redirect(request, f"{base}/quiz" if page.can_take else base)


@router.get("/portal/courses/{key}/lessons/{lesson_key}/file")
def get_lesson_file(
    request: Request, tx: ReadingTx, person: PartnerPerson, key: str, lesson_key: str
) -> Response:
    """Hand out the file of a lesson."""
    page = course_page(tx, person.person_id, key)
    if not page.decision.allowed:
        return show_locked(request, page.course.title, page.decision, company=page.company)
    lesson = page.course.find_lesson(lesson_key)
    if lesson is None or not lesson.file:
        return show_error(request, 404)
    return attach(lesson_file(tx, lesson), lesson.file)


@router.get("/portal/courses/{key}/quiz")
def show_quiz(request: Request, tx: ReadingTx, person: PartnerPerson, key: str) -> Response:
    """Show the quiz, or what starts its clock."""
    page = course_page(tx, person.person_id, key)
    if not page.quiz_decision.allowed:
        title = f"The quiz of “{page.course.title}”"
        return show_locked(request, title, page.quiz_decision, company=page.company)
    if not page.can_take:
        text = "You have passed this quiz." if page.passed else "This course has no quiz."
        return redirect(request, f"/portal/courses/{page.course.key}", text)
    return _show(request, quiz_page(tx, person.person_id, key))


@router.post("/portal/courses/{key}/quiz/start")
def post_start(request: Request, app: AppDep, person: PartnerPerson, key: str) -> Response:
    """Start the clock of a quiz that has one."""
    try:
        with app.transaction() as tx:
            start_quiz(tx, person_id=person.person_id, course_key=key)
    except (NothingToTake, NotNow) as error:
        return redirect(request, f"/portal/courses/{key}", str(error))
    return redirect(request, f"/portal/courses/{key}/quiz")


@router.post("/portal/courses/{key}/quiz")
def post_quiz(
    request: Request, app: AppDep, person: PartnerPerson, key: str, posted: PostedForm
) -> Response:
    """Grade what was handed in; with an answer missing, show the quiz again as it was filled in."""
    chosen = {
        name.removeprefix(ANSWER): [text for text in map(str, posted.getlist(name)) if text.strip()]
        for name in posted
        if name.startswith(ANSWER)
    }
    number = str(posted.get("number", ""))
    try:
        with app.transaction() as tx:
            hand_in_quiz(
                tx,
                person_id=person.person_id,
                course_key=key,
                answers=chosen,
                number=int(number) if number.isascii() and number.isdigit() else None,
            )
        return redirect(request, f"/portal/courses/{key}/result")
    except (NothingToTake, NotNow, NotStarted) as error:
        return redirect(request, f"/portal/courses/{key}", str(error))
    except AnswersIncomplete as error:
        problem, blank = str(error), error.numbers
    except InvalidAnswer:
        # Only a form that is not ours, or of an earlier version of the course, answers like this.
        problem, blank, chosen = "The questions have changed. Answer them as they are now.", (), {}
    with app.reading() as tx:
        page = quiz_page(tx, person.person_id, key)
    return _show(request, page, problem=problem, blank=blank, chosen=chosen)


def _show(
    request: Request,
    quiz: QuizPage,
    *,
    problem: str = "",
    blank: tuple[int, ...] = (),
    chosen: Mapping[str, list[str]] | None = None,
) -> Response:
    return render(
        request,
        "portal/quiz.html",
        status=422 if problem else 200,
        page=quiz.page,
        standing=quiz.standing,
        questions=quiz.paper.questions,
        problem=problem,
        blank=blank,
        chosen=chosen or {},
    )


@router.get("/portal/courses/{key}/result")
def show_result(request: Request, tx: ReadingTx, person: PartnerPerson, key: str) -> Response:
    """Show how the last quiz went, and what to read again; never the right answers."""
    result = last_result(tx, person.person_id, key)
    if not result.page.decision.allowed:
        page = result.page
        return show_locked(request, page.course.title, page.decision, company=page.company)
    return render(request, "portal/result.html", result=result)
